//! Takes the verifier's page in, where the build names it: `COUNTERSIGN_VERIFIER_PAGE` is the absolute path of
//! its file.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

const NAMED: &str = "COUNTERSIGN_VERIFIER_PAGE";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={NAMED}");
    println!("cargo::rustc-check-cfg=cfg(with_verifier_page)");
    let Some(page) = env::var_os(NAMED).map(PathBuf::from) else {
        return Ok(());
    };
    println!("cargo::rerun-if-changed={}", page.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo says where to write")?);
    fs::copy(&page, out.join("verifier.html")).map_err(|error| format!("{}: {error}", page.display()))?;
    println!("cargo::rustc-cfg=with_verifier_page");
    Ok(())
}
