//! What a person does on a page and sees of it, through WebDriver; elements are named by their `data-test` attribute.

use anyhow::{Context as _, Result};
use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use serde_json::Value;

use crate::until;

/// A page that is open, in the console's window or in a browser.
#[derive(Debug)]
pub struct Page {
    client: Client,
}

impl Page {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }

    /// Waits until an element is there and shown.
    ///
    /// # Errors
    /// Where it never is.
    pub async fn find(&self, name: &str) -> Result<Element> {
        let selector = selector(name);
        let what = format!("`{name}` in the window");
        let found = until(&what, async || {
            for element in self.client.find_all(Locator::Css(&selector)).await? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        });
        match found.await {
            Ok(element) => Ok(element),
            Err(error) => Err(error.context(format!("the window shows:\n{}", self.page().await))),
        }
    }

    /// How many elements of this name are shown now.
    ///
    /// # Errors
    /// Where the window doesn't answer.
    pub async fn count(&self, name: &str) -> Result<usize> {
        Ok(self.client.find_all(Locator::Css(&selector(name))).await?.len())
    }

    /// Clicks an element once it is there and may be clicked.
    ///
    /// # Errors
    /// Where it never is.
    pub async fn click(&self, name: &str) -> Result<()> {
        until(&format!("`{name}` to be clickable"), async || {
            let element = self.find(name).await?;
            if !element.is_enabled().await.unwrap_or(false) {
                return Ok(None);
            }
            // The page may have drawn the element anew between finding and clicking it.
            Ok(element.click().await.ok())
        })
        .await
    }

    /// Types into a field.
    ///
    /// # Errors
    /// Where it never is there.
    pub async fn fill(&self, name: &str, text: &str) -> Result<()> {
        let field = self.find(name).await?;
        field.clear().await?;
        field.send_keys(text).await?;
        Ok(())
    }

    /// Chooses the option with this label.
    ///
    /// # Errors
    /// Where the field or the option never is there.
    pub async fn choose(&self, name: &str, label: &str) -> Result<()> {
        let what = format!("`{label}` in `{name}`");
        until(&what, async || {
            Ok(self.find(name).await?.select_by_label(label).await.ok())
        })
        .await
    }

    /// Presses a key wherever the focus is, as WebDriver names it.
    ///
    /// # Errors
    /// Where the window doesn't answer.
    pub async fn press(&self, key: &str) -> Result<()> {
        self.client.active_element().await?.send_keys(key).await?;
        Ok(())
    }

    /// What an element says.
    ///
    /// # Errors
    /// Where it never is there.
    pub async fn text(&self, name: &str) -> Result<String> {
        Ok(self.find(name).await?.text().await?)
    }

    /// Waits until an element says something that contains `wanted`, and gives all it says.
    ///
    /// # Errors
    /// Where it never does; says what it said instead.
    pub async fn says(&self, name: &str, wanted: &str) -> Result<String> {
        let mut last = String::new();
        let what = format!("`{name}` to say `{wanted}`");
        let said = until(&what, async || {
            last = match self.find(name).await?.text().await {
                Ok(text) => text,
                Err(_drawn_anew) => return Ok(None),
            };
            Ok(last.contains(wanted).then(|| last.clone()))
        });
        let said = said.await;
        said.with_context(|| format!("it says `{last}`"))
    }

    /// An attribute of an element.
    ///
    /// # Errors
    /// Where the element never is there, or has no such attribute.
    pub async fn attribute(&self, name: &str, attribute: &str) -> Result<String> {
        let value = self.find(name).await?.attr(attribute).await?;
        value.with_context(|| format!("`{name}` has no `{attribute}`"))
    }

    /// Runs a script in the page.
    ///
    /// # Errors
    /// Where it throws.
    pub async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Runs a script in the page that says `done(value)` at its end, and gives the value.
    ///
    /// # Errors
    /// Where it throws, or never says so.
    pub async fn script_done(&self, script: &str) -> Result<Value> {
        self.script_done_with(script, Vec::new()).await
    }

    /// As [`Self::script_done`], with values that the script finds in `arguments`.
    ///
    /// # Errors
    /// Where it throws, or never says so.
    pub async fn script_done_with(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        let script = format!("const done = arguments[arguments.length - 1];{script}");
        Ok(self.client.execute_async(&script, arguments).await?)
    }

    /// Makes the window so wide and tall, in CSS pixels.
    ///
    /// # Errors
    /// Where it stays as it was.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        Ok(self.client.set_window_size(width, height).await?)
    }

    /// Waits until fonts are there, nothing moves any more, and what is drawn has been shown.
    ///
    /// # Errors
    /// Where the page never comes to rest.
    pub async fn settle(&self) -> Result<()> {
        let script = "const frame = () => new Promise(requestAnimationFrame); \
                      const still = () => Promise.all(document.getAnimations().map(moving => moving.finished)); \
                      document.fonts.ready.then(still).then(frame).then(frame).then(() => done(true), () => done(true));";
        self.script_done(script).await?;
        Ok(())
    }

    /// What stands on the page now: for a failure's message.
    async fn page(&self) -> String {
        let script = "return document.body.innerText";
        match self.client.execute(script, Vec::new()).await {
            Ok(Value::String(text)) => text,
            other => format!("{other:?}"),
        }
    }
}

/// `inbox-row` or `inbox-row[data-uid="…"]`: an element by its `data-test`, and by what follows in CSS.
fn selector(name: &str) -> String {
    let (test, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    format!("[data-test=\"{test}\"]{rest}")
}
