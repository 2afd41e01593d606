//! The verifier page: one HTML file with everything in it, and a policy that forbids it every connection.
//!
//! Equal sources give equal bytes, wherever they are built: paths are rewritten, names and producers left out, and
//! nothing of the machine or the hour goes in.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::programs::{cargo, program, read, run, step};
use crate::repo;
use crate::wasm::{self, Compile, Form};

/// The page's whole memory: what would need more stops, and says so.
const MEMORY: u32 = 256 << 20;

const PROFILE: [&str; 5] = [
    "profile.verifier.inherits='release'",
    "profile.verifier.opt-level='s'",
    // wasm-bindgen reads the section that says which features are used, and leaves out the rest.
    "profile.verifier.strip='debuginfo'",
    "profile.verifier.lto='fat'",
    "profile.verifier.codegen-units=1",
];

/// Hashing and signatures are where the time goes, and little of the size.
const FAST: [&str; 6] = [
    "sha2",
    "p256",
    "primeorder",
    "primefield",
    "elliptic-curve",
    "crypto-bigint",
];

/// Builds dist-verifier/verifier.html, unless nothing that goes into it has changed, writes SHA256SUMS beside it, and
/// prints its SHA-256.
pub(crate) fn build() -> Result<()> {
    let stamp = repo::target().join("verifier-page.stamp");
    let inputs = wasm::fingerprint(&wasm::inputs("verifier-page", &["xtask/src/verifier_page.rs"])?)?;
    if !(fs::read_to_string(&stamp).is_ok_and(|built| built == inputs) && repo::verifier_page().is_file()) {
        step("Building the verifier page (WebAssembly)", make)?;
        fs::write(&stamp, inputs).with_context(|| format!("{} can't be written", stamp.display()))?;
    }
    let page = repo::verifier_page();
    let bytes = wasm::read(&page)?;
    let sums = repo::verifier_sums();
    // Also where the page was up to date: the two are published together.
    fs::write(&sums, line_of_sums(&bytes)).with_context(|| format!("{} can't be written", sums.display()))?;
    println!("{}  {} ({} bytes)", sha256_hex(&bytes), page.display(), bytes.len());
    Ok(())
}

/// Builds it once more from a copy of the sources in another folder, and compares.
pub(crate) fn build_again() -> Result<()> {
    build()?;
    let copy = tempfile::Builder::new().prefix("verifier-again-").tempdir()?;
    step("Building it again from a copy of the sources elsewhere", || {
        for name in read(program("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?.lines() {
            let (from, to) = (repo::root().join(name), copy.path().join(name));
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap_or(copy.path()))?;
                fs::copy(&from, &to)?;
            }
        }
        run(cargo(&["xtask", "verifier-page"])
            .current_dir(copy.path())
            .env_remove("CARGO_TARGET_DIR"))
    })?;
    let name = repo::verifier_page();
    let again = copy.path().join(name.strip_prefix(repo::root())?);
    if wasm::read(&name)? != wasm::read(&again)? {
        bail!("the two builds differ: the verifier page isn't reproducible");
    }
    println!("Both builds have the same bytes.");
    Ok(())
}

fn make() -> Result<()> {
    let mut settings = PROFILE.map(str::to_owned).to_vec();
    settings.extend(
        FAST.iter()
            .map(|name| format!("profile.verifier.package.{name}.opt-level=3")),
    );
    settings.push(flags()?);
    let module = wasm::compile(&Compile {
        package: "verifier-page",
        profile: "verifier",
        settings: &settings,
    })?;
    let bound = repo::target().join("verifier-page");
    wasm::bind(&module, "verifier", &Form::Script, &bound)?;
    let page = assemble(&bound)?;
    let path = repo::verifier_page();
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    fs::write(&path, page).with_context(|| format!("{} can't be written", path.display()))
}

/// The linker's bound on memory, and paths by the same names on every machine.
fn flags() -> Result<String> {
    let home = |variable: &str, folder: &str| {
        let usual = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(folder));
        std::env::var_os(variable).map(PathBuf::from).or_else(usual)
    };
    let cargo_home = home("CARGO_HOME", ".cargo").context("neither CARGO_HOME nor HOME is set")?;
    let sysroot = read(program("rustc").args(["--print", "sysroot"]))?;
    let mut renamed = vec![(repo::root(), "/countersign"), (PathBuf::from(sysroot.trim()), "/rust")];
    // The folder is named after where the crates were downloaded, which may be a mirror.
    let crates =
        fs::read_dir(cargo_home.join("registry/src")).context("the folder of downloaded crates can't be read")?;
    for registry in crates {
        renamed.push((registry?.path(), "/crates"));
    }
    let mut flags = vec![format!("-Clink-arg=--max-memory={MEMORY}")];
    flags.extend(
        renamed
            .iter()
            .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display())),
    );
    let flags = toml::Value::Array(flags.into_iter().map(toml::Value::String).collect());
    Ok(format!("target.wasm32-unknown-unknown.rustflags={flags}"))
}

/// Everything in one file.
fn assemble(bound: &Path) -> Result<String> {
    let root = repo::root();
    let source = root.join("crates/verifier-page/src");
    let text =
        |path: &Path| String::from_utf8(wasm::read(path)?).with_context(|| format!("{} isn't UTF-8", path.display()));
    let script = format!(
        "const VERIFIER = \"{}\";\n{}\n{}",
        STANDARD.encode(packed(&wasm::read(&bound.join("verifier_bg.wasm"))?)),
        text(&bound.join("verifier.js"))?,
        text(&source.join("loader.js"))?
    );
    let style = wasm::style(&[root.join("crates/report"), root.join("crates/verifier-page")])?;
    let style = with_fonts(String::from_utf8(style)?, &root.join("assets/fonts"))?;
    page(&text(&source.join("page.html"))?, &style, &script)
}

/// RFC 1950, which the browser unpacks itself: a third of the size. By a packer that does the same on every processor;
/// a faster one may choose other matches where the processor hashes otherwise.
fn packed(bytes: &[u8]) -> Vec<u8> {
    const BEST: u8 = 10;
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, BEST)
}

/// Fonts stand in the file too.
fn with_fonts(mut style: String, fonts: &Path) -> Result<String> {
    for path in wasm::walk(fonts)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".woff2") {
            let data = format!("data:font/woff2;base64,{}", STANDARD.encode(wasm::read(&path)?));
            style = style.replace(&format!("fonts/{name}"), &data);
        }
    }
    Ok(style)
}

/// Style and script in their places, and the policy that names each by its hash.
fn page(template: &str, style: &str, script: &str) -> Result<String> {
    for (part, end) in [(style, "</style"), (script, "</script"), (script, "<!--")] {
        if part.contains(end) || part.contains('\r') {
            bail!("a part of the verifier page would end before its end: it contains `{end}` or a carriage return");
        }
    }
    let csp = format!(
        "default-src 'none'; script-src 'sha256-{}' 'wasm-unsafe-eval'; style-src 'sha256-{}'; font-src data:; \
         base-uri 'none'; form-action 'none'",
        sha256_base64(script.as_bytes()),
        sha256_base64(style.as_bytes())
    );
    Ok(template
        .replace("{{csp}}", &csp)
        .replace("{{style}}", style)
        .replace("{{script}}", script))
}

/// The page's line in SHA256SUMS, as `sha256sum` of coreutils writes and checks it.
fn line_of_sums(page: &[u8]) -> String {
    format!("{}  verifier.html\n", sha256_hex(page))
}

fn sha256_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_forbids_every_connection_and_names_script_and_style_by_hash() {
        let page = page("{{csp}}|{{style}}|{{script}}", "a{}", "run()").unwrap_or_default();
        assert!(page.starts_with("default-src 'none'; script-src 'sha256-"));
        assert!(page.contains(&sha256_base64(b"a{}")) && page.contains(&sha256_base64(b"run()")));
        for loose in [
            "unsafe-inline",
            "'unsafe-eval'",
            "connect-src",
            "http",
            "'self'",
            "blob:",
        ] {
            assert!(!page.contains(loose), "{loose}");
        }
        assert!(page.ends_with("|a{}|run()"));
    }

    /// Two spaces: the second would be `*` for a file read as binary. The digest is FIPS 180-2's for "abc" (appendix B.1).
    #[test]
    fn the_sums_are_in_the_form_that_sha256sum_checks() {
        assert_eq!(
            line_of_sums(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  verifier.html\n"
        );
    }

    #[test]
    fn a_part_that_would_end_its_element_is_refused() {
        for (style, script) in [("</style>", ""), ("", "\"</script>\""), ("", "<!--"), ("\r\n", "")] {
            assert!(page("", style, script).is_err(), "{style}{script}");
        }
    }
}
