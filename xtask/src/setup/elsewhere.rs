//! Where packages can't be installed by this program: what to install, and how.

use std::env;

use anyhow::{Result, bail};

use super::packages::Need;
use crate::programs::answers;

/// Checks what can be checked; where something is missing, says what to install and stops.
pub(crate) fn explain(needs: &[Need]) -> Result<()> {
    match env::consts::OS {
        "macos" => macos(),
        "windows" => windows(),
        _ => linux(needs),
    }
}

fn macos() -> Result<()> {
    if answers("xcode-select", "-p") {
        return Ok(());
    }
    bail!(
        "the Xcode command line tools are missing. Install them with `xcode-select --install`, then run this again. \
         Nothing else is needed: the web view and the keychain are part of macOS"
    )
}

fn windows() -> Result<()> {
    println!(
        "Windows needs, each once, and this program can't install them:\n  \
         - Visual Studio Build Tools with \"Desktop development with C++\":  \
         winget install Microsoft.VisualStudio.2022.BuildTools\n  \
         - the WebView2 runtime (part of Windows 11; for Windows 10):  \
         winget install Microsoft.EdgeWebView2Runtime\n\
         The keychain is the Credential Manager. Going on as if they were there."
    );
    Ok(())
}

/// A Linux without dpkg: pkg-config tells whether the libraries are there.
fn linux(needs: &[Need]) -> Result<()> {
    let wants_window = needs.iter().any(|need| need.package.starts_with("libwebkit2gtk"));
    let there = |library| {
        std::process::Command::new("pkg-config")
            .args(["--exists", library])
            .status()
    };
    if !wants_window || there("webkit2gtk-4.1").is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let listed: Vec<_> = needs
        .iter()
        .map(|need| format!("  {:<24} {}", need.package, need.why))
        .collect();
    bail!(
        "this Linux has no dpkg, so nothing can be installed from here. Install these yourself, then run this again.\n\
         Fedora:  sudo dnf install gcc pkgconf-pkg-config gtk3-devel webkit2gtk4.1-devel\n\
         Arch:    sudo pacman -S --needed base-devel gtk3 webkit2gtk-4.1\n\
         Others, by their Debian names:\n{}",
        listed.join("\n")
    )
}
