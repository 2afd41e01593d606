//! WebAssembly for pages: compiling a member, binding it to JavaScript, gathering styles, and noticing what changed.
//!
//! What wasm-bindgen's program does, its library does here at exactly the version in Cargo.lock: nothing is downloaded,
//! nothing can skew.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::programs::{cargo, run};
use crate::{repo, workspace};

/// How to compile a member.
pub(crate) struct Compile<'a> {
    /// The member.
    pub(crate) package: &'a str,
    /// A name for the profile, which no other build has: its objects stand in a folder by this name.
    pub(crate) profile: &'a str,
    /// What the profile says, as `--config` takes it.
    pub(crate) settings: &'a [String],
}

/// Compiles a member to WebAssembly; gives the module's path.
pub(crate) fn compile(what: &Compile<'_>) -> Result<PathBuf> {
    let mut command = cargo(&[
        "build",
        "--package",
        what.package,
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    for setting in what.settings {
        command.args(["--config", setting]);
    }
    run(command.args(["--profile", what.profile]))?;
    let file = format!("{}.wasm", what.package.replace('-', "_"));
    Ok(repo::target()
        .join("wasm32-unknown-unknown")
        .join(what.profile)
        .join(file))
}

/// As what JavaScript loads it.
pub(crate) enum Form {
    /// A module of its own, beside its WebAssembly.
    Module,
    /// A script that can stand in a page.
    Script,
}

/// Binds a module to JavaScript, into an empty folder.
pub(crate) fn bind(wasm: &Path, name: &str, form: &Form, into: &Path) -> Result<()> {
    if into.exists() {
        fs::remove_dir_all(into)?;
    }
    fs::create_dir_all(into)?;
    let mut bindgen = Bindgen::new();
    match form {
        Form::Module => bindgen.web(true)?,
        Form::Script => bindgen.no_modules(true)?,
    };
    bindgen
        .input_path(wasm)
        // Names of functions are half of the file, and nobody reads them in a window.
        .remove_name_section(true)
        .remove_producers_section(true)
        .typescript(false)
        .out_name(name)
        .generate(into)
        .with_context(|| format!("{} couldn't be bound to JavaScript", wasm.display()))
}

/// Every style sheet of these folders in one: each folder's `styles/` first, by name (tokens before what uses them),
/// then each component's own, by path.
pub(crate) fn style(folders: &[PathBuf]) -> Result<Vec<u8>> {
    let mut style = Vec::new();
    for folder in folders {
        let mut sheets: Vec<_> = walk(folder)?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|e| e == "css"))
            .collect();
        if sheets.is_empty() {
            bail!("there is no style sheet under {}", folder.display());
        }
        sheets.sort_by_key(|path| (!path.starts_with(folder.join("styles")), path.clone()));
        for sheet in sheets {
            style.extend(read(&sheet)?);
            style.push(b'\n');
        }
    }
    Ok(style)
}

/// Everything that decides what a page made from this member is.
pub(crate) fn inputs(package: &str, more: &[&str]) -> Result<Vec<PathBuf>> {
    let root = repo::root();
    let mut inputs: Vec<_> = ["Cargo.lock", "Cargo.toml", "rust-toolchain.toml", "xtask/src/wasm.rs"]
        .iter()
        .chain(more)
        .map(|name| root.join(name))
        .collect();
    for folder in workspace::folders_behind(&workspace::read(&root)?, package) {
        inputs.extend(walk(&root.join(folder))?);
    }
    inputs.extend(walk(&root.join("assets/fonts"))?);
    Ok(inputs)
}

/// A hash over names and bytes. It only has to notice a change, so the standard library's serves.
pub(crate) fn fingerprint(paths: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        let bytes = read(path)?;
        hasher.write(path.to_string_lossy().as_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Every file under a folder, sorted.
pub(crate) fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
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

/// A file, or which one can't be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}

/// Every file under a folder, by its path below it.
pub(crate) fn gather(folder: &Path, below: &str) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let named = |path: PathBuf| Ok((Path::new(below).join(path.strip_prefix(folder)?), read(&path)?));
    walk(folder)?.into_iter().map(named).collect()
}
