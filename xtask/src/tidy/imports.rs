//! Imports point one way, and every member says what it is for.

use crate::workspace::Member;

/// Who may import whom, from the top down. A member that isn't here may import nothing of ours.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    // The last three fill logs, for measuring.
    (
        "product-tests",
        &["client", "contract", "gateway", "evidence", "ledger", "vault"],
    ),
    (
        "countersign-console",
        &[
            "client", "contract", "engine", "evidence", "gateway", "reviewer", "vault",
        ],
    ),
    (
        "cli",
        &[
            "client", "contract", "engine", "evidence", "gateway", "reviewer", "vault",
        ],
    ),
    ("gateway", &["client", "contract", "engine"]),
    ("client", &["contract"]),
    ("reviewer", &["action", "contract", "engine", "evidence", "vault"]),
    (
        "engine",
        &["action", "contract", "evidence", "ledger", "policy", "vault"],
    ),
    ("ledger", &["evidence", "vault"]),
    ("vault", &[]),
    ("policy", &["action", "evidence"]),
    ("ui", &["contract", "report"]),
    ("verifier-page", &["contract", "evidence", "report"]),
    ("report", &["contract"]),
    ("contract", &["action", "evidence"]),
    ("action", &["evidence"]),
    ("evidence", &[]),
    ("xtask", &[]),
];

/// Problems with the workspace's shape.
pub(crate) fn check(members: &[Member]) -> Vec<String> {
    let mut problems = Vec::new();
    for member in members {
        let Member { name, folder, .. } = member;
        let manifest = folder.join("Cargo.toml");
        let mut problem = |what: String| problems.push(format!("{}: {what}", manifest.display()));
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(member, _)| member == name) else {
            problem(format!(
                "`{name}` has no place in the import order; give it one in xtask/src/tidy/imports.rs"
            ));
            continue;
        };
        for import in member
            .imports
            .iter()
            .filter(|import| !allowed.contains(&import.as_str()))
        {
            problem(format!(
                "`{name}` may not import `{import}`: imports point one way, down"
            ));
        }
        if member.purpose.is_none() && folder != std::path::Path::new(".") {
            problem(format!(
                "`{name}` has no purpose on its line in the workspace's list of members"
            ));
        }
        if member.description.is_empty() {
            problem(format!("`{name}` has no description"));
        }
        if !member.workspace_lints {
            problem(format!(
                "`{name}` doesn't take the workspace's lints: [lints] workspace = true"
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, imports: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            folder: format!("crates/{name}").into(),
            description: "does something".to_owned(),
            purpose: Some("does something".to_owned()),
            imports: imports.iter().map(|import| (*import).to_owned()).collect(),
            workspace_lints: true,
        }
    }

    #[test]
    fn imports_downwards_pass() {
        assert!(check(&[member("engine", &["ledger", "action"]), member("client", &["contract"])]).is_empty());
    }

    #[test]
    fn imports_upwards_or_sideways_fail() {
        for (name, import) in [
            ("ledger", "engine"),
            ("ui", "engine"),
            ("client", "evidence"),
            ("evidence", "action"),
        ] {
            assert_eq!(check(&[member(name, &[import])]).len(), 1, "{name} → {import}");
        }
    }

    #[test]
    fn a_stranger_fails() {
        assert_eq!(check(&[member("surprise", &[])]).len(), 1);
    }

    #[test]
    fn a_member_without_purpose_description_or_lints_fails() {
        let mut bare = member("vault", &[]);
        bare.purpose = None;
        bare.description.clear();
        bare.workspace_lints = false;
        assert_eq!(check(&[bare]).len(), 3);
    }

    #[test]
    fn the_order_has_no_circle() {
        for (index, (_, allowed)) in MAY_IMPORT.iter().enumerate() {
            let above = MAY_IMPORT.iter().take(index).map(|(name, _)| name);
            for name in above {
                let is_leaf_of_ours = ["contract", "action", "evidence", "vault"].contains(name);
                assert!(
                    is_leaf_of_ours || !allowed.contains(name),
                    "`{name}` is imported from below"
                );
            }
        }
    }
}
