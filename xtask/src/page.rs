//! The page: ui compiled to WebAssembly, bound to JavaScript, laid out in dist/ as the window loads it.
//!
//! dist/ holds index.html, loader.js, ui.js, ui_bg.wasm, style.css and fonts/, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::programs::step;
use crate::repo;
use crate::wasm::{self, Compile, Form};

/// Size before speed, in a profile of the page's own: the gateway's release profile wants the opposite.
const SETTINGS: [&str; 5] = [
    "profile.page.inherits='release'",
    "profile.page.opt-level='s'",
    "profile.page.lto='thin'",
    "profile.page.codegen-units=4",
    // Leptos compiles each component once, rather than once in every place: a fifth less for the window to load.
    "target.wasm32-unknown-unknown.rustflags=['--cfg', 'erase_components']",
];

/// Builds dist/, unless nothing that goes into it has changed since the last time.
pub(crate) fn build() -> Result<()> {
    let stamp = repo::target().join("page.stamp");
    let inputs = wasm::fingerprint(&wasm::inputs("ui", &["xtask/src/page.rs"])?)?;
    if fs::read_to_string(&stamp).is_ok_and(|built| built == inputs) && is_whole(&repo::dist()) {
        println!("The page in dist/ is up to date.");
        return Ok(());
    }
    step("Building the page (WebAssembly)", || {
        let module = wasm::compile(&Compile {
            package: "ui",
            profile: "page",
            settings: &SETTINGS.map(str::to_owned),
        })?;
        wasm::bind(&module, "ui", &Form::Module, &bound())?;
        lay_out()
    })?;
    fs::write(&stamp, inputs).with_context(|| format!("{} can't be written", stamp.display()))
}

fn lay_out() -> Result<()> {
    let root = repo::root();
    let mut files = wasm::gather(&bound(), "")?;
    files.extend(wasm::gather(&root.join("assets/fonts"), "fonts")?);
    for name in ["index.html", "loader.js"] {
        files.insert(PathBuf::from(name), wasm::read(&root.join("ui").join(name))?);
    }
    let style = wasm::style(&[root.join("crates/report"), root.join("ui")])?;
    files.insert(PathBuf::from("style.css"), style);

    let dist = repo::dist();
    fs::create_dir_all(&dist)?;
    for old in wasm::walk(&dist)? {
        if !files.contains_key(old.strip_prefix(&dist)?) {
            fs::remove_file(&old)?;
        }
    }
    // A file that says the same stays as it is, so that the window isn't rebuilt for nothing.
    for (name, bytes) in files {
        let path = dist.join(name);
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(&dist))?;
        fs::write(&path, bytes).with_context(|| format!("{} can't be written", path.display()))?;
    }
    Ok(())
}

fn is_whole(dist: &Path) -> bool {
    ["index.html", "loader.js", "ui.js", "ui_bg.wasm", "style.css"]
        .iter()
        .all(|name| dist.join(name).is_file())
}

/// Not `target/page`: that is cargo's own, for what the profile `page` builds on this machine, and is emptied at no time.
fn bound() -> PathBuf {
    repo::target().join("page-bound")
}
