//! The workspace as its manifests tell it: members, their purposes, and who imports whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use toml::{Table, Value};

/// One member of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its package name.
    pub(crate) name: String,
    /// Its folder, relative to the top; `.` for the desktop package.
    pub(crate) folder: PathBuf,
    /// The `description` in its manifest.
    pub(crate) description: String,
    /// The comment on its line in the workspace's list; the desktop package has none.
    pub(crate) purpose: Option<String>,
    /// The members it depends on, in any section save dev-dependencies.
    pub(crate) imports: BTreeSet<String>,
    /// Whether it takes the workspace's lints.
    pub(crate) workspace_lints: bool,
}

/// All members, in the order of the workspace's list, the desktop package first.
pub(crate) fn read(root: &Path) -> Result<Vec<Member>> {
    let text = load(&root.join("Cargo.toml"))?;
    let manifest: Table = text.parse().context("Cargo.toml isn't TOML")?;
    let folders = at(&manifest, &["workspace", "members"])
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut members = vec![member(root, Path::new("."), None)?];
    for folder in folders.iter().filter_map(Value::as_str) {
        members.push(member(root, Path::new(folder), purpose_of(&text, folder))?);
    }
    let names: BTreeSet<_> = members.iter().map(|member| member.name.clone()).collect();
    for member in &mut members {
        member.imports.retain(|import| names.contains(import));
    }
    Ok(members)
}

/// The folders of a member and of everything it imports, however far.
pub(crate) fn folders_behind(members: &[Member], name: &str) -> Vec<PathBuf> {
    let by_name: BTreeMap<_, _> = members.iter().map(|member| (member.name.as_str(), member)).collect();
    let (mut waiting, mut seen) = (vec![name], BTreeSet::new());
    while let Some(member) = waiting.pop().and_then(|next| by_name.get(next)) {
        if seen.insert(member.folder.clone()) {
            waiting.extend(member.imports.iter().map(String::as_str));
        }
    }
    seen.into_iter().collect()
}

fn member(root: &Path, folder: &Path, purpose: Option<String>) -> Result<Member> {
    let path = root.join(folder).join("Cargo.toml");
    let manifest: Table = load(&path)?
        .parse()
        .with_context(|| format!("{} isn't TOML", path.display()))?;
    let text = |keys: &[&str]| {
        at(&manifest, keys)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut imports = BTreeSet::new();
    collect_imports(&manifest, &mut imports);
    for platform in at(&manifest, &["target"])
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values)
    {
        collect_imports(platform.as_table().unwrap_or(&Table::new()), &mut imports);
    }
    Ok(Member {
        name: text(&["package", "name"]),
        folder: folder.to_path_buf(),
        description: text(&["package", "description"]),
        purpose,
        imports,
        workspace_lints: at(&manifest, &["lints", "workspace"])
            .and_then(Value::as_bool)
            .unwrap_or(false),
    })
}

fn collect_imports(section: &Table, imports: &mut BTreeSet<String>) {
    for kind in ["dependencies", "build-dependencies"] {
        let table = section.get(kind).and_then(Value::as_table);
        imports.extend(table.into_iter().flat_map(|table| table.keys().cloned()));
    }
}

/// The comment behind `"folder",` in the workspace's list.
fn purpose_of(manifest: &str, folder: &str) -> Option<String> {
    let quoted = format!("\"{folder}\",");
    let line = manifest.lines().find(|line| line.trim_start().starts_with(&quoted))?;
    let (_, comment) = line.split_once('#')?;
    Some(comment.trim().to_owned()).filter(|comment| !comment.is_empty())
}

fn at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (last, path) = keys.split_last()?;
    path.iter()
        .try_fold(table, |table, key| table.get(*key)?.as_table())?
        .get(*last)
}

fn load(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should stop where it fails")]

    use super::*;

    #[test]
    fn a_members_purpose_is_the_comment_on_its_line() {
        let manifest = "members = [\n    \"crates/a\",  # does this\n    \"crates/b\",\n]";
        assert_eq!(purpose_of(manifest, "crates/a").as_deref(), Some("does this"));
        assert_eq!(purpose_of(manifest, "crates/b"), None);
        assert_eq!(purpose_of(manifest, "crates"), None);
    }

    #[test]
    fn the_page_stands_on_report_contract_action_and_evidence_alone() {
        let members = read(&crate::repo::root()).unwrap();
        let folders = folders_behind(&members, "ui");
        let expected = [
            "crates/action",
            "crates/contract",
            "crates/evidence",
            "crates/report",
            "ui",
        ]
        .map(PathBuf::from);
        assert_eq!(folders, expected);
    }
}
