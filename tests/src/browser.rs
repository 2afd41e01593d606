//! An auditor's browser, with a file of this machine open in it.

use std::fs;
use std::ops::Deref;
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
    /// Firefox, without a screen.
    Firefox,
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
        Self::open_at(home, engine, &format!("file://{}", file.display()), &[]).await
    }

    /// Opens an address in a fresh browser; `more` are arguments of Chromium's, besides those it always gets.
    ///
    /// # Errors
    /// Where the browser doesn't start.
    pub async fn open_at(home: &Home, engine: Engine, url: &str, more: &[&str]) -> Result<Self> {
        let address = free_address()?;
        let port = format!("--port={}", address.port());
        let (program, arguments, capabilities) = match engine {
            Engine::Chromium => ("chromedriver", vec![port], chromium(more)),
            Engine::Firefox => ("geckodriver", vec![port, "--host=127.0.0.1".to_owned()], firefox()),
            Engine::WebKit => ("WebKitWebDriver", vec![port, "--host=127.0.0.1".to_owned()], Map::new()),
        };
        let mut command = home.command(program);
        command.args(arguments);
        let driver = Running::start(&mut command, home.logs(), program)?;
        until(program, async || Ok(TcpStream::connect(address).await.ok())).await?;
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://{address}"))
            .await
            .with_context(|| format!("{engine:?} didn't open: {}", driver.said()))?;
        client.goto(url).await?;
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

    /// Drops files on the page, as a script can: the event that a browser makes of a drop, with files of these bytes.
    ///
    /// # Errors
    /// Where the page can't be spoken to, or a file can't be read.
    pub async fn drop_files(&self, files: &[&Path]) -> Result<()> {
        const DROP: &str = r"
            const [files] = arguments;
            const dropped = new DataTransfer();
            for (const [name, bytes] of files) {
                dropped.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
            }
            for (const type of ['dragover', 'drop']) {
                document.body.dispatchEvent(new DragEvent(type, { dataTransfer: dropped, bubbles: true, cancelable: true }));
            }
            done(true);";
        let named = |file: &&Path| -> Result<Value> {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(json!([name, STANDARD.encode(fs::read(file)?)]))
        };
        let files = files.iter().map(named).collect::<Result<Value>>()?;
        self.script_done_with(DROP, vec![files]).await.map(drop)
    }

    /// Opens the page anew.
    ///
    /// # Errors
    /// Where the browser doesn't answer.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.page.client().refresh().await?)
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

/// Without a screen; without a sandbox, which needs rights that a container doesn't give; and without what the browser
/// fetches for itself.
fn chromium(more: &[&str]) -> Map<String, Value> {
    let mut arguments = vec![
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1440,900",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--no-first-run",
        "--disable-features=OptimizationHints,MediaRouter",
    ];
    arguments.extend(more);
    let options = json!({ "args": arguments });
    // A script may wait for a verdict on a large file.
    let timeouts = json!({ "script": 300_000 });
    [
        ("goog:chromeOptions".to_owned(), options),
        ("timeouts".to_owned(), timeouts),
    ]
    .into_iter()
    .collect()
}

/// Without a screen, and without what the browser fetches for itself.
fn firefox() -> Map<String, Value> {
    let preferences = json!({
        "app.normandy.enabled": false,
        "app.update.disabledForTesting": true,
        "browser.safebrowsing.downloads.remote.enabled": false,
        "datareporting.healthreport.uploadEnabled": false,
        "network.captive-portal-service.enabled": false,
        "network.connectivity-service.enabled": false,
        "services.settings.server": "data:,#remote-settings-dummy/v1",
        "toolkit.telemetry.enabled": false,
    });
    let options = json!({ "binary": "/usr/bin/firefox-esr", "args": ["-headless"], "prefs": preferences });
    [("moz:firefoxOptions".to_owned(), options)].into_iter().collect()
}
