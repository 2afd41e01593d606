//! The page: ui compiled to WebAssembly, bound to JavaScript, laid out in dist/ as the window loads it.
//!
//! dist/ holds index.html, loader.js, ui.js, ui_bg.wasm, style.css and fonts/, and nothing else. What wasm-bindgen's
//! program does, its library does here at exactly the version in Cargo.lock: nothing is downloaded, nothing can skew.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::programs::{cargo, run, step};
use crate::{repo, workspace};

/// Size before speed, in a profile of the page's own: the gateway's release profile wants the opposite.
const PROFILE: [&str; 4] = [
    "profile.page.inherits='release'",
    "profile.page.opt-level='s'",
    "profile.page.lto='thin'",
    "profile.page.codegen-units=4",
];

/// Builds dist/, unless nothing that goes into it has changed since the last time.
pub(crate) fn build() -> Result<()> {
    let stamp = repo::target().join("page.stamp");
    let inputs = fingerprint(&inputs()?)?;
    if fs::read_to_string(&stamp).is_ok_and(|built| built == inputs) && is_whole(&repo::dist()) {
        println!("The page in dist/ is up to date.");
        return Ok(());
    }
    step("Building the page (WebAssembly)", || {
        compile()?;
        bind()?;
        lay_out()
    })?;
    fs::write(&stamp, inputs).with_context(|| format!("{} can't be written", stamp.display()))
}

fn compile() -> Result<()> {
    let mut command = cargo(&[
        "build",
        "--package",
        "ui",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    run(command.args(["--profile", "page"]))
}

fn bind() -> Result<()> {
    let wasm = repo::target().join("wasm32-unknown-unknown/page/ui.wasm");
    let bound = bound();
    clear(&bound)?;
    Bindgen::new()
        .input_path(&wasm)
        .web(true)?
        // Names of functions are half of the file, and nobody reads them in a window.
        .remove_name_section(true)
        .remove_producers_section(true)
        .typescript(false)
        .out_name("ui")
        .generate(&bound)
        .with_context(|| format!("{} couldn't be bound to JavaScript", wasm.display()))
}

fn lay_out() -> Result<()> {
    let root = repo::root();
    let mut files = BTreeMap::new();
    for folder in [bound(), root.join("assets/fonts")] {
        let below = if folder.ends_with("fonts") { "fonts" } else { "" };
        for path in walk(&folder)? {
            let name = Path::new(below).join(path.strip_prefix(&folder)?);
            files.insert(name, read(&path)?);
        }
    }
    for name in ["index.html", "loader.js"] {
        files.insert(PathBuf::from(name), read(&root.join("ui").join(name))?);
    }
    files.insert(PathBuf::from("style.css"), style(&root.join("ui"))?);

    let dist = repo::dist();
    fs::create_dir_all(&dist)?;
    for old in walk(&dist)? {
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

/// Every style sheet of ui/ in one: `ui/styles/` first, by name (tokens before what uses them), then each component's
/// own, by path.
fn style(ui: &Path) -> Result<Vec<u8>> {
    let mut sheets: Vec<_> = walk(ui)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "css"))
        .collect();
    if sheets.is_empty() {
        bail!("there is no style sheet under {}", ui.display());
    }
    sheets.sort_by_key(|path| (!path.starts_with(ui.join("styles")), path.clone()));
    let mut style = Vec::new();
    for sheet in sheets {
        style.extend(read(&sheet)?);
        style.push(b'\n');
    }
    Ok(style)
}

/// Everything that decides what the page is.
fn inputs() -> Result<Vec<PathBuf>> {
    let root = repo::root();
    let mut inputs: Vec<_> = ["Cargo.lock", "Cargo.toml", "rust-toolchain.toml", "xtask/src/page.rs"]
        .map(|name| root.join(name))
        .into();
    for folder in workspace::folders_behind(&workspace::read(&root)?, "ui") {
        inputs.extend(walk(&root.join(folder))?);
    }
    inputs.extend(walk(&root.join("assets/fonts"))?);
    Ok(inputs)
}

/// A hash over names and bytes. It only has to notice a change, so the standard library's serves.
fn fingerprint(paths: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        let bytes = read(path)?;
        hasher.write(path.to_string_lossy().as_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    Ok(format!("{:016x}", hasher.finish()))
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

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Every file under a folder, sorted.
fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(walk(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}
