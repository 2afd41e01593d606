//! What the verifier's page takes for a file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use product_tests::{Browser, root};
use serde::Deserialize;
use serde_json::json;

/// What the page took for one file.
pub(crate) struct Took {
    pub(crate) verdict: String,
    /// From the drop to the verdict.
    pub(crate) verdict_ms: f64,
    /// From the drop of the same bytes as a page, which is only hashed, to its digest.
    pub(crate) hash_ms: f64,
}

#[derive(Deserialize)]
struct Seen {
    ms: f64,
    verdict: String,
}

/// The page, made by `cargo xtask verifier-page`.
pub(crate) fn built() -> Result<PathBuf> {
    let page = root().join("dist-verifier/verifier.html");
    ensure!(
        page.is_file(),
        "the verifier page isn't built: run `cargo xtask verifier-page`"
    );
    Ok(page)
}

/// A field of our own, through which the driver hands a file to the page.
const FIELD: &str = "
    document.querySelector('input[data-test=measured]')?.remove();
    const field = Object.assign(document.createElement('input'), { type: 'file' });
    field.dataset.test = 'measured';
    document.body.append(field);
    done(true);";

/// Drops the field's file under a name, and waits for what is to come of it.
const DROP: &str = r#"
    const [name, wanted] = arguments;
    const chosen = document.querySelector('input[data-test=measured]').files[0];
    const dropped = new DataTransfer();
    dropped.items.add(new File([chosen], name));
    const began = performance.now();
    const watch = new MutationObserver(() => {
        const failed = document.querySelector('[data-test=failure], #loading-failed');
        if (failed) return done({ ms: 0, verdict: failed.textContent });
        const found = [...document.querySelectorAll(wanted)].find((element) =>
            element.dataset.file === name || element.textContent.includes(name));
        if (!found) return;
        watch.disconnect();
        done({ ms: performance.now() - began, verdict: found.dataset.verdict ?? '' });
    });
    watch.observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));"#;

/// The shortest of three, in a page that was just opened.
pub(crate) async fn measured(browser: &Browser, file: &Path) -> Result<Took> {
    browser.reload().await?;
    browser.find("drop-zone").await?;
    browser.script_done(FIELD).await?;
    browser.choose_files("measured", &[file]).await?;
    let mut best: Option<Took> = None;
    for _ in 0..3 {
        let name = file.file_name().context("a file without a name")?.to_string_lossy();
        let number = rand()?;
        let as_case = dropped(browser, &format!("{number}-{name}"), "[data-test=verdict]").await?;
        let as_page = dropped(browser, &format!("{number}.html"), "[data-test=dropped-page]").await?;
        let (verdict_ms, hash_ms) = match &best {
            Some(best) => (best.verdict_ms.min(as_case.ms), best.hash_ms.min(as_page.ms)),
            None => (as_case.ms, as_page.ms),
        };
        best = Some(Took {
            verdict: as_case.verdict,
            verdict_ms,
            hash_ms,
        });
    }
    best.context("nothing was measured")
}

async fn dropped(browser: &Browser, name: &str, wanted: &str) -> Result<Seen> {
    let seen = browser.script_done_with(DROP, vec![json!(name), json!(wanted)]).await?;
    let seen: Seen = serde_json::from_value(seen)?;
    ensure!(seen.ms > 0.0, "the page says: {}", seen.verdict);
    Ok(seen)
}

/// Names that never come twice, so that what is seen is what was dropped last.
fn rand() -> Result<u32> {
    let mut random = [0; 4];
    getrandom::fill(&mut random)?;
    Ok(u32::from_be_bytes(random))
}
