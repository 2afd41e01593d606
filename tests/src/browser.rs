//! An auditor's browser, with a file of this machine open in it.

use std::ops::Deref;
use std::path::Path;

use anyhow::{Context as _, Result};
use fantoccini::{ClientBuilder, Locator};
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;

use crate::cli::free_address;
use crate::{Home, Page, Running, until};

/// Whose browser it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, without a screen.
    Chromium,
    /// WebKit's own MiniBrowser; it wants a screen.
    WebKit,
}

/// A browser that is open.
#[derive(Debug)]
pub struct Browser {
    page: Page,
    _driver: Running,
}

impl Browser {
    /// Opens a file of this machine in a fresh browser.
    ///
    /// # Errors
    /// Where the browser doesn't start.
    pub async fn open(home: &Home, engine: Engine, file: &Path) -> Result<Self> {
        let address = free_address()?;
        let (program, capabilities) = match engine {
            Engine::Chromium => ("chromedriver", chromium()),
            Engine::WebKit => ("WebKitWebDriver", Map::new()),
        };
        let mut command = home.command(program);
        command.arg(format!("--port={}", address.port()));
        if engine == Engine::WebKit {
            command.arg("--host=127.0.0.1");
        }
        let driver = Running::start(&mut command, home.logs(), program)?;
        until(program, async || Ok(TcpStream::connect(address).await.ok())).await?;
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://{address}"))
            .await
            .with_context(|| format!("{engine:?} didn't open: {}", driver.said()))?;
        client.goto(&format!("file://{}", file.display())).await?;
        Ok(Self {
            page: Page::new(client),
            _driver: driver,
        })
    }

    /// Chooses files as a person does in the browser's own dialog.
    ///
    /// # Errors
    /// Where the page has no such field.
    pub async fn choose_files(&self, name: &str, files: &[&Path]) -> Result<()> {
        let selector = format!("input[type=file][data-test=\"{name}\"]");
        let field = until(&selector, async || {
            Ok(self.page.client().find(Locator::Css(&selector)).await.ok())
        })
        .await?;
        let paths: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        field.send_keys(&paths.join("\n")).await?;
        Ok(())
    }

    /// Runs a script that calls its last argument with its answer.
    ///
    /// # Errors
    /// Where it throws or never answers.
    pub async fn ask(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.page.client().execute_async(script, arguments).await?)
    }

    /// A photograph of the page, PNG.
    ///
    /// # Errors
    /// Where the browser takes none.
    pub async fn photograph(&self) -> Result<Vec<u8>> {
        Ok(self.page.client().screenshot().await?)
    }

    /// Closes the browser.
    ///
    /// # Errors
    /// Where the session can't be ended.
    pub async fn close(self) -> Result<()> {
        self.page.close().await
    }
}

impl Deref for Browser {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

/// Without a screen; and without a sandbox, which needs rights that a container doesn't give.
fn chromium() -> Map<String, Value> {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1440,900",
    ];
    let options = json!({ "args": arguments });
    [("goog:chromeOptions".to_owned(), options)].into_iter().collect()
}
