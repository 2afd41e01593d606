//! `cargo xtask test`: everything that can be checked, from the house rules to the real window.

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::programs::{answers, cargo, read, run as go, step};
use crate::setup::{self, Purpose};
use crate::{page, tidy, verifier_page};

/// The pinned cargo-deny, installed where it is missing.
const CARGO_DENY: &str = "0.20.2";

/// Clicks in Firefox through WebDriver. Debian has no package of it; Mozilla publishes it as a crate.
const GECKODRIVER: &str = "0.37.1";

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Only these stages, in their usual order; all of them when none is named.
    #[arg(value_enum)]
    stages: Vec<Stage>,
    /// Don't ask before using sudo.
    #[arg(long)]
    yes: bool,
}

/// A stage, in the order they run: what is quick to fail comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// House rules and formatting.
    Tidy,
    /// Clippy over the workspace, the page for wasm32.
    Lint,
    /// Licences, sources and bans of dependencies.
    Deny,
    /// Unit, integration and documentation tests.
    Unit,
    /// The whole product from outside: real window, keychain, HTTP and SDKs.
    Product,
}

/// Runs the stages; the first that fails ends it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let wanted = |stage| options.stages.is_empty() || options.stages.contains(&stage);
    // The vault's own tests want a real keychain too.
    let tests = wanted(Stage::Unit) || wanted(Stage::Product);
    let purpose = if tests { Purpose::Test } else { Purpose::Run };
    setup::ensure(purpose, options.yes)?;
    if wanted(Stage::Tidy) {
        tidy::run()?;
        step("Formatting", || go(&mut cargo(&["fmt", "--all", "--check"])))?;
    }
    if wanted(Stage::Lint) || wanted(Stage::Unit) || wanted(Stage::Product) {
        // The window is compiled around its page, and the programs with the verifier's, so the pages come first.
        page::build()?;
        verifier_page::build()?;
    }
    if wanted(Stage::Lint) {
        lint()?;
    }
    if wanted(Stage::Deny) {
        deny()?;
    }
    if wanted(Stage::Unit) {
        unit()?;
    }
    if wanted(Stage::Product) {
        product()?;
    }
    println!("\nEverything passed.");
    Ok(())
}

fn lint() -> Result<()> {
    step("Clippy", || {
        let workspace = [
            "clippy",
            "--workspace",
            "--exclude",
            "ui",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ];
        go(&mut cargo(&workspace))
    })?;
    step("Clippy for the pages", || {
        let page = [
            "clippy",
            "--package",
            "ui",
            "--package",
            "verifier-page",
            "--target",
            "wasm32-unknown-unknown",
            "--",
            "--deny",
            "warnings",
        ];
        go(&mut cargo(&page))
    })
}

fn deny() -> Result<()> {
    installed("cargo-deny", CARGO_DENY)?;
    // Crates that stand in the tree in two versions are a warning: `cargo deny --workspace check` by hand lists them.
    step("Dependencies: licences, sources, bans", || {
        go(&mut cargo(&[
            "deny",
            "--log-level",
            "error",
            "--workspace",
            "check",
            "licenses",
            "bans",
            "sources",
        ]))
    })
}

/// The one package whose tests need the built product, a screen and a keychain.
const PRODUCT: &str = "product-tests";

fn unit() -> Result<()> {
    build()?;
    step("Unit and integration tests", || {
        let tests = integration_tests(|package| package != PRODUCT)?;
        go(cargo(&["test", "--workspace", "--lib", "--bins"]).args(tests))
    })?;
    step("Documentation tests", || {
        go(&mut cargo(&["test", "--workspace", "--doc"]))
    })
}

/// A program from crates.io, at the version that is pinned here, installed where there is none.
fn installed(name: &str, version: &str) -> Result<()> {
    if answers(name, "--version") {
        return Ok(());
    }
    step(&format!("Installing {name}"), || {
        go(&mut cargo(&["install", name, "--locked", "--version", version]))
            .with_context(|| format!("{name} couldn't be installed; it comes from crates.io"))
    })
}

fn product() -> Result<()> {
    installed("geckodriver", GECKODRIVER)?;
    build()?;
    step("The product from outside", || {
        let tests = integration_tests(|package| package == PRODUCT)?;
        // One after another: each has a screen, a keychain and a gateway of its own, and two cores to share.
        go(cargo(&["test", "--workspace"])
            .args(tests)
            .args(["--", "--test-threads", "1"]))
    })
}

/// Always the whole workspace: another selection of packages would unify features differently and build the
/// dependencies again.
fn build() -> Result<()> {
    step("Building programs and tests", || {
        go(&mut cargo(&["build", "--workspace", "--all-targets"]))
    })
}

/// `--test NAME` for each integration test of the packages asked for.
fn integration_tests(of: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let metadata = read(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Metadata = serde_json::from_str(&metadata).context("`cargo metadata` said something else")?;
    let targets = metadata
        .packages
        .into_iter()
        .filter(|package| of(&package.name))
        .flat_map(|package| package.targets);
    let tests = targets.filter(|target| target.kind.iter().any(|kind| kind == "test"));
    Ok(tests.flat_map(|test| ["--test".to_owned(), test.name]).collect())
}

/// What is read of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}
