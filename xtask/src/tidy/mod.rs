//! The house rules as executable checks.
//!
//! Each rule is a function from what is there to the problems it finds, so that its tests can show it failing.

mod files;
mod imports;
mod words;

use std::path::Path;

use anyhow::{Result, bail};

use crate::programs::{program, read, step};
use crate::{repo, workspace};

/// Checks every rule; fails with every problem found.
pub(crate) fn run() -> Result<()> {
    step("House rules (tidy)", || {
        let root = repo::root();
        let members = workspace::read(&root)?;
        let mut problems = imports::check(&members);
        for source in tracked(&root)? {
            problems.extend(files::check(&source));
            problems.extend(words::check(&source));
        }
        if problems.is_empty() {
            return Ok(());
        }
        for problem in &problems {
            println!("{problem}");
        }
        bail!("tidy: {} breaches of the house rules, listed above", problems.len())
    })
}

/// A text file of the project.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its path relative to the top, with `/`.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

impl Source {
    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it only exists to test: unwraps and the like are then nobody's harm.
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Its lines up to where its unit tests begin, numbered from 1.
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
    }

    /// Its lines from where its unit tests begin (all of them in a test file), numbered from 1.
    pub(crate) fn test_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.is_test();
        self.lines()
            .skip_while(move |(_, line)| !all && !line.starts_with("#[cfg(test)]"))
    }

    /// All its lines, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// A problem at one of its lines.
    pub(crate) fn problem(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The project's text files: what git tracks or would track.
fn tracked(root: &Path) -> Result<Vec<Source>> {
    const BINARY: [&str; 8] = ["png", "ico", "icns", "woff2", "zip", "bin", "lock", "snap"];
    let listing = read(program("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut sources = Vec::new();
    for path in listing.lines() {
        let extension = Path::new(path).extension().unwrap_or_default();
        if BINARY.iter().any(|binary| extension == *binary) {
            continue;
        }
        // A file that git still lists but that was deleted, or one that isn't UTF-8, has no lines to check.
        if let Ok(text) = std::fs::read_to_string(root.join(path)) {
            sources.push(Source {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(sources)
}
