//! `cargo xtask run`: from a bare machine to the open console, or to a gateway that serves without one.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::programs::{cargo, program, read_whatever_the_end, run as go, step};
use crate::setup::{self, Purpose};
use crate::{page, repo, verifier_page};

/// `countersign`'s exit code where the key store is absent, locked, or can't be opened.
const KEY_STORE: i32 = 5;

/// How to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Don't ask before using sudo.
    #[arg(long)]
    yes: bool,
    /// Serve without a window even where there is a display.
    #[arg(long)]
    headless: bool,
    /// Given on to the program that is started: `cargo xtask run -- --data DIR`.
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Sets up, builds, and opens the console; serves headless where there is no display.
pub(crate) fn run(options: &Options) -> Result<()> {
    setup::ensure(Purpose::Run, options.yes)?;
    page::build()?;
    verifier_page::build()?;
    step("Building the console and the command line", || {
        go(&mut cargo(&[
            "build",
            "--package",
            "countersign-console",
            "--package",
            "cli",
        ]))
    })?;
    if options.headless || !has_display() {
        if !options.headless {
            println!("\nThere is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.");
        }
        return serve(&repo::program("debug", "countersign"), &options.arguments);
    }
    println!("\nOpening the console.");
    go(program(repo::program("debug", "countersign-console")).args(&options.arguments))
}

fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// The same gateway without a window; the first time, with a set-up in the operating system's keychain before it.
fn serve(countersign: &Path, arguments: &[OsString]) -> Result<()> {
    let general = general(arguments);
    let words: String = general
        .iter()
        .map(|word| format!(" {}", word.to_string_lossy()))
        .collect();
    let program_here = shown(countersign);
    println!("Running the same gateway without one. In another terminal:");
    for (verb, what) in [
        ("practice call", "makes a first held item"),
        ("inbox list", "shows what waits, and how to decide it"),
    ] {
        println!("  {program_here}{words} {verb:<14} {what}");
    }
    println!("  {program_here} demo  walks the whole way, on data that is thrown away");
    if !is_set_up(countersign, &general)? {
        println!("\nNothing is set up yet. Setting up, with the keys in this machine's keychain:\n");
        let status = program(countersign).arg("init").args(&general).status()?;
        match status.code() {
            Some(0) => {}
            Some(KEY_STORE) => bail!("{}", choose_a_key_store(countersign, &general)),
            _ => bail!("`countersign init` failed ({status}); see what it says above"),
        }
        println!();
    }
    go(program(countersign).arg("serve").args(arguments))
}

/// What every verb takes: `serve`'s own `--agents ADDRESS` left out.
fn general(arguments: &[OsString]) -> Vec<OsString> {
    let mut general = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--agents" {
            rest.next();
        } else if !argument.to_string_lossy().starts_with("--agents=") {
            general.push(argument.clone());
        }
    }
    general
}

/// `countersign doctor` knows; a sick set-up is a set-up too, and `serve` will say what ails it.
fn is_set_up(countersign: &Path, general: &[OsString]) -> Result<bool> {
    let printed = read_whatever_the_end(program(countersign).args(["doctor", "--json"]).args(general))?;
    let diagnosis: Value =
        serde_json::from_str(&printed).context("`countersign doctor --json` didn't answer in JSON")?;
    let checks = diagnosis
        .get("checks")
        .and_then(Value::as_array)
        .context("`countersign doctor` made no checks")?;
    let text = |check: &Value, key| check.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(checks
        .iter()
        .any(|check| text(check, "name") == "Set-up" && text(check, "health") == "good"))
}

fn choose_a_key_store(countersign: &Path, general: &[OsString]) -> String {
    let program = shown(countersign);
    let general: String = general
        .iter()
        .map(|word| format!(" {}", word.to_string_lossy()))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "Choose where the keys are to be kept, once; nothing is chosen for you:\n\n\
         - In a keychain. There is none here that answers: start and unlock one (GNOME Keyring, KWallet or another \
         Secret Service)\n  in this session, then run `cargo xtask run` again.\n\n\
         - In a file sealed with a passphrase, as on servers. Write a passphrase that only you can read, and keep a \
         copy elsewhere:\n  \
         (umask 077; head -c 32 /dev/urandom | base64 > ~/countersign.passphrase)\n  \
         {program} init --key-store sealed-file --passphrase-file ~/countersign.passphrase{general}\n  \
         cargo xtask run -- --passphrase-file ~/countersign.passphrase{general}"
    )
}

/// The program as one would type it here.
fn shown(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    let shorter = path
        .strip_prefix(here)
        .map(Path::as_os_str)
        .unwrap_or_else(|_| OsStr::new(path));
    shorter.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_serve_takes_is_left_out_for_other_verbs() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            general(&words("--data d --agents 127.0.0.1:0 --json")),
            words("--data d --json")
        );
        assert_eq!(general(&words("--agents=127.0.0.1:0 --data=d")), words("--data=d"));
    }
}
