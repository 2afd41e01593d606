//! The real console, driven as a person drives it and photographed as a person sees it.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use fantoccini::ClientBuilder;
use serde_json::json;
use tokio::net::TcpStream;

use crate::cli::free_address;
use crate::{Home, Page, Running, places, until};

/// An open console.
#[derive(Debug)]
pub struct Window {
    page: Page,
    /// Where agents connect to the gateway inside.
    pub address: SocketAddr,
    _driver: Running,
}

impl Window {
    /// Opens the console in this home, with its page loaded and the gateway inside at this address.
    ///
    /// # Errors
    /// Where the window doesn't open.
    pub async fn open(home: &Home, address: SocketAddr) -> Result<Self> {
        let driver_address = free_address()?;
        let mut command = home.command("WebKitWebDriver");
        command
            .arg("--host=127.0.0.1")
            .arg(format!("--port={}", driver_address.port()))
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("COUNTERSIGN_LISTEN", address.to_string())
            .env("COUNTERSIGN_TEST_SAVE_DIR", home.path());
        let driver = Running::start(&mut command, home.logs(), "console")?;
        until("WebKitWebDriver", async || {
            Ok(TcpStream::connect(driver_address).await.ok())
        })
        .await?;

        let console = places::program("countersign-console")?;
        let options = json!({"binary": console, "args": []});
        let capabilities = [("webkitgtk:browserOptions".to_owned(), options)].into_iter().collect();
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://{driver_address}"))
            .await
            .with_context(|| format!("the console didn't open: {}", driver.said()))?;
        Ok(Self {
            page: Page::new(client),
            address,
            _driver: driver,
        })
    }

    /// What an SDK takes as its base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Closes the window as the operating system does, and waits until the program has ended.
    ///
    /// # Errors
    /// Where the session can't be ended.
    pub async fn close(self) -> Result<()> {
        self.page.close().await
    }
}

impl std::ops::Deref for Window {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}
