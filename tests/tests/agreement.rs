//! The verifier's page finds the same as the native verifier, in every word, in each of a series of mutated files.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]
#![expect(
    dead_code,
    reason = "the makers of mutated files are those of the verifier's own tests, which use more of them"
)]

#[path = "../../crates/evidence/tests/casefile/export.rs"]
mod export;
#[path = "../../crates/evidence/tests/casefile/fixture.rs"]
mod fixture;
#[path = "../../crates/evidence/tests/casefile/forge.rs"]
mod forge;
#[path = "../../crates/evidence/tests/casefile/mutations/mod.rs"]
mod mutations;
#[path = "../../crates/evidence/tests/casefile/tamper.rs"]
mod tamper;

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::Digest;
use evidence::verifier::{Pins, verify};
use mutations::{Base, bases, of_seed};
use product_tests::{Browser, Engine, Home, SHOWN, Shown, root};
use serde_json::{Value, json};

/// How many files are dropped between two openings of the page, which keeps every report that it made.
const AT_ONCE: u64 = 25;

/// Drops the files one after the other, and reads each report in full.
const DROP_EACH: &str = r"
const [files] = arguments;
const one = ([name, bytes]) => new Promise((seen) => {
    const dropped = new DataTransfer();
    dropped.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
    const watch = new MutationObserver(() => {
        if (document.querySelector('[data-test=verdict]')?.dataset.file !== name) return;
        watch.disconnect();
        seen(shown());
    });
    watch.observe(document.body, { childList: true, subtree: true, attributes: true });
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
});
(async () => {
    const all = [];
    for (const file of files) all.push(await one(file));
    done(all);
})();";

/// What the native verifier finds.
fn natively(zip: &[u8], name: &str) -> Shown {
    contract::Report::from(verify(zip, name, &Pins::default())).into()
}

/// What the page finds in the files of these seeds.
async fn in_the_page(browser: &Browser, bases: &[Base], seeds: &[u64]) -> Result<Vec<Shown>> {
    let files: Value = seeds
        .iter()
        .map(|seed| json!([named(*seed), STANDARD.encode(of_seed(*seed, bases).zip)]))
        .collect();
    let shown = browser
        .script_done_with(&format!("{SHOWN}{DROP_EACH}"), vec![files])
        .await?;
    Ok(serde_json::from_value(shown)?)
}

fn named(seed: u64) -> String {
    format!("{seed}.case.zip")
}

/// How many times the test's hundred; a trial tries more.
fn rounds() -> u64 {
    let asked = std::env::var("COUNTERSIGN_TRIAL_ROUNDS");
    asked.map_or(1, |rounds| rounds.parse().unwrap())
}

#[tokio::test]
async fn the_page_finds_in_each_mutated_file_what_the_native_verifier_finds() -> Result<()> {
    let total = 100 * rounds();
    let page = root().join("dist-verifier/verifier.html");
    ensure!(
        page.is_file(),
        "the verifier page isn't built: run `cargo xtask verifier-page`"
    );
    let home = Home::new("agreement")?;
    let bases = bases();
    let all: Vec<u64> = (0..total).collect();
    let (mut found, mut different) = (Vec::new(), 0);
    for seeds in all.chunks(usize::try_from(AT_ONCE)?) {
        let browser = Browser::open(&home, Engine::Chromium, &page).await?;
        let shown = in_the_page(&browser, &bases, seeds).await?;
        browser.close().await?;
        ensure!(shown.len() == seeds.len(), "the page showed {} reports", shown.len());
        for (seed, in_page) in seeds.iter().zip(shown) {
            let native = natively(&of_seed(*seed, &bases).zip, &named(*seed));
            assert_eq!(in_page, native, "seed {seed}");
            different += u64::from(in_page.verdict == "failed");
            found.extend_from_slice(format!("{seed} {in_page:?}\n").as_bytes());
        }
    }
    assert!(different * 10 > total * 8, "{different} of {total} mutated files fail");
    let digest = Digest::sha256(&found);
    if let Some(path) = std::env::var_os("COUNTERSIGN_TRIAL_FIGURES") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(
            file,
            "{total} mutated case files in the page (WebAssembly, Chromium) and natively: the same verdict, findings and \
             timeline word for word in each; SHA-256 over all of them {digest}"
        )
        .context("the figures can't be kept")?;
    }
    Ok(())
}
