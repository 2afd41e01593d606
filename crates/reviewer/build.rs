//! Takes the verifier's page in, where it was built: `COUNTERSIGN_VERIFIER_PAGE` is the absolute path of its file, which
//! `.cargo/config.toml` says. Without it the programs do everything but put the page into case files.

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
    if !page.try_exists()? {
        println!("cargo::warning=case files won't carry a verifier: `cargo xtask verifier-page` makes it");
        return Ok(());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo says where to write")?);
    fs::copy(&page, out.join("verifier.html")).map_err(|error| format!("{}: {error}", page.display()))?;
    println!("cargo::rustc-cfg=with_verifier_page");
    Ok(())
}
