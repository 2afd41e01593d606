//! Debian and Ubuntu: apt installs, dpkg-query tells what is there.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::packages::Need;
use crate::programs::{answers, program, read, run};

/// Installs what is missing of `needs`.
pub(crate) fn ensure(needs: &[Need], yes: bool) -> Result<()> {
    let installed = installed(needs)?;
    let there = |need: &Need| {
        let answers = |name| answers(name, "--version");
        installed.contains(need.package) || need.program.is_some_and(answers)
    };
    let missing: Vec<_> = needs.iter().filter(|need| !there(need)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("These system packages are missing:");
    for need in &missing {
        println!("  {:<24} {}", need.package, need.why);
    }
    let names: Vec<_> = missing.iter().map(|need| need.package).collect();
    let by_hand = format!(
        "apt-get update && apt-get install --no-install-recommends {}",
        names.join(" ")
    );
    let root = read(program("id").arg("-u"))?.trim() == "0";
    if !root {
        if !answers("sudo", "--version") {
            bail!("installing them takes root, and there is no sudo. As root, run: {by_hand}");
        }
        if !yes && !agreed()? {
            bail!("nothing was installed. To do it yourself: sudo sh -c '{by_hand}'");
        }
    }
    // An outdated index is no reason to stop: the packages may well be in it.
    if let Err(error) = run(apt(root).arg("update")) {
        eprintln!("{error:#}; going on with the package index that is here");
    }
    run(apt(root)
        .args(["install", "--yes", "--no-install-recommends"])
        .args(&names))
    .with_context(|| format!("the packages weren't installed; see what apt says above, or run it yourself: {by_hand}"))
}

/// Which of these dpkg calls installed. A package it doesn't know is a package that isn't here.
fn installed(needs: &[Need]) -> Result<BTreeSet<String>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat=${Package} ${db:Status-Status}\\n"])
        .args(needs.iter().map(|need| need.package))
        .stderr(Stdio::null())
        .output()
        .context("dpkg-query couldn't be started")?;
    Ok(parse_installed(&String::from_utf8_lossy(&output.stdout)))
}

/// Lines of `name status`; only the status `installed` counts (`config-files` means it was removed).
fn parse_installed(listing: &str) -> BTreeSet<String> {
    let lines = listing.lines().filter_map(|line| line.split_once(' '));
    lines
        .filter(|(_, status)| *status == "installed")
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn apt(root: bool) -> Command {
    let mut command = program(if root { "env" } else { "sudo" });
    if !root {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command
}

/// Asks. Without a terminal there is nobody to agree, and that is a no.
fn agreed() -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("Install them now with sudo apt-get? [y/n] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_installed_counts_as_installed() {
        let listing = "xvfb installed\nopenbox config-files\nxdotool not-installed\n";
        assert_eq!(parse_installed(listing), BTreeSet::from(["xvfb".to_owned()]));
    }
}
