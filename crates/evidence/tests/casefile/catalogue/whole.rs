//! What the file says of itself, its contents, and whose keys it is signed with.

use evidence::casefile::{KeyEntry, KeysFile, Manifest};
use evidence::ocsf::AgentName;
use evidence::verifier::{Verdict, ids};
use evidence::{Digest, Role};

use super::{Attack, Honest};
use crate::attackers::Who;
use crate::export::of_agent_in;
use crate::fixture::{Keys, Log, START_MS, bot, key, other_bot};
use crate::tamper::{Files, close, open};

/// A lie's name, what it changes in the manifest, the finding and a part of its sentence.
type Lie = (&'static str, fn(&mut Manifest), &'static str, &'static str);

fn harmless_bot() -> AgentName {
    AgentName {
        name: "harmless-bot".into(),
        ..bot()
    }
}

fn manifests(honest: &Honest) -> Vec<Attack> {
    let lies: [Lie; 9] = [
        (
            "manifest_of_another_tenant",
            |m| m.tenant.uid = "x".into(),
            ids::MANIFEST,
            "another tenant",
        ),
        (
            "manifest_of_another_agent",
            |m| m.selection = of_agent_in(&other_bot(), None, None),
            ids::EXPORT,
            "another agent",
        ),
        (
            "manifest_with_another_name_for_the_agent",
            |m| m.selection = of_agent_in(&harmless_bot(), None, None),
            ids::EXPORT,
            "another agent, interval or selection",
        ),
        (
            "manifest_of_a_shorter_interval",
            |m| m.selection = of_agent_in(&bot(), Some(START_MS + 9000), None),
            ids::EXPORT,
            "another agent, interval or selection",
        ),
        (
            "manifest_of_an_interval_that_ends_earlier",
            |m| m.selection = of_agent_in(&bot(), None, Some(START_MS + 9000)),
            ids::EXPORT,
            "another agent, interval or selection",
        ),
        (
            "manifest_of_another_size",
            |m| m.size += 1,
            ids::MANIFEST,
            "another log, size or root",
        ),
        (
            "manifest_of_another_root",
            |m| m.root = Digest::new([0; 32]),
            ids::MANIFEST,
            "another log, size or root",
        ),
        (
            "manifest_of_another_log",
            |m| m.origin = Log::new(Keys::of(9)).origin,
            ids::MANIFEST,
            "another log, size or root",
        ),
        (
            "manifest_of_another_export",
            |m| m.export_record -= 1,
            ids::EXPORT,
            "isn't the record that follows",
        ),
    ];
    let changed = |name: &str, finding, words, change: fn(&mut Manifest)| {
        honest.by(Who::Operator, name, finding, words, |files| {
            let mut manifest = Manifest::parse(&files["manifest.json"]).unwrap();
            change(&mut manifest);
            files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
        })
    };
    let mut attacks: Vec<Attack> = lies
        .into_iter()
        .map(|(name, change, finding, words)| changed(name, finding, words, change))
        .collect();
    // What only one who doesn't sign again can say: the list of files and of records.
    let listed = |name: &str, words, change: &dyn Fn(&mut Manifest)| {
        honest.by(Who::Nobody, name, ids::MANIFEST, words, |files| {
            let mut manifest = Manifest::parse(&files["manifest.json"]).unwrap();
            change(&mut manifest);
            files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
        })
    };
    attacks.extend([
        listed("manifest_of_more_records", "it says 15 records", &|m| m.records += 1),
        listed("manifest_that_leaves_a_file_out", "otherwise, or not at all", &|m| {
            m.files.pop();
        }),
        listed("manifest_that_lists_a_file_twice", "lists a file twice", &|m| {
            m.files.push(m.files[0].clone())
        }),
        listed(
            "manifest_that_lists_a_file_that_is_not_here",
            "which isn't here",
            &|m| {
                let mut file = m.files[0].clone();
                file.name = "contents/gone.bin".into();
                m.files.push(file);
            },
        ),
        listed("manifest_with_another_digest", "otherwise, or not at all", &|m| {
            m.files[0].sha256 = Digest::new([0; 32]);
        }),
    ]);
    attacks
}

fn of_kind(files: &Files, end: &str) -> Vec<String> {
    let contents = files.keys().filter(|name| name.starts_with("contents/"));
    contents.filter(|name| name.ends_with(end)).cloned().collect()
}

/// An opening's file with another salt.
fn salted(file: &[u8], salt: &str) -> Vec<u8> {
    let text = String::from_utf8(file.to_vec()).unwrap();
    let at = text.find("\"salt\":\"").unwrap() + 8;
    format!("{}{salt}{}", &text[..at], &text[at + 64..]).into_bytes()
}

fn contents(honest: &Honest) -> Vec<Attack> {
    let (bins, openings) = (of_kind(&honest.files, ".bin"), of_kind(&honest.files, ".json"));
    let text = String::from_utf8(honest.files[&openings[0]].clone()).unwrap();
    let salt = text.split("\"salt\":\"").nth(1).unwrap()[..64].to_owned();
    let by =
        |name: &str, words, change: &dyn Fn(&mut Files)| honest.by(Who::Operator, name, ids::CONTENTS, words, change);
    vec![
        by("content_swapped", "isn't what was recorded", &|files| {
            files.insert(bins[0].clone(), b"{\"ask\":\"something else\"}".to_vec());
        }),
        by("contents_exchanged", "isn't what was recorded", &|files| {
            for names in [&bins, &openings] {
                let (one, other) = (files[&names[0]].clone(), files[&names[1]].clone());
                files.extend([(names[0].clone(), other), (names[1].clone(), one)]);
            }
        }),
        by(
            "content_with_another_salt",
            "isn't the one that the record commits to",
            &|files| {
                files.insert(openings[0].clone(), salted(&files[&openings[0]], &"0".repeat(64)));
            },
        ),
        by("salt_reused", "its salt is that of another content", &|files| {
            files.insert(openings[1].clone(), salted(&files[&openings[1]], &salt));
        }),
        by("content_without_its_salt", "its salt isn't here", &|files| {
            files.remove(&openings[0]);
        }),
        by("salt_without_its_content", "isn't here whole", &|files| {
            files.remove(&bins[0]);
        }),
        by("content_that_no_record_commits_to", "commits to it", &|files| {
            let uid = "00000000-0000-4000-8000-000000000000";
            let text = String::from_utf8(files[&openings[0]].clone()).unwrap();
            let own = openings[0].trim_start_matches("contents/").trim_end_matches(".json");
            let again = salted(text.replace(own, uid).as_bytes(), &"1".repeat(64));
            files.insert(format!("contents/{uid}.json"), again);
            files.insert(format!("contents/{uid}.bin"), files[&bins[0]].clone());
        }),
        honest.by(
            Who::Operator,
            "policy_text_edited",
            ids::FORMAT,
            "isn't the one that it is called by",
            |files| {
                let name = files.keys().find(|name| name.starts_with("policies/")).unwrap().clone();
                files.get_mut(&name).unwrap().push(b' ');
            },
        ),
        honest.by(
            Who::Operator,
            "approval_removed",
            ids::APPROVALS,
            "isn't here",
            |files| {
                files.remove("approvals/8.dsse.json");
            },
        ),
        honest.by(
            Who::Operator,
            "approval_of_another_item",
            ids::APPROVALS,
            "isn't the statement whose digest",
            |files| {
                let other = files["approvals/15.dsse.json"].clone();
                files.insert("approvals/8.dsse.json".into(), other);
            },
        ),
        honest.by(
            Who::Operator,
            "approval_of_no_record",
            ids::APPROVALS,
            "is a person's decision at that place",
            |files| {
                let other = files["approvals/15.dsse.json"].clone();
                files.insert("approvals/9.dsse.json".into(), other);
            },
        ),
        honest.by(Who::Repacker, "readme_edited", ids::FILES, "README.txt", |files| {
            files.insert("README.txt".into(), b"Trust me.".to_vec());
        }),
        honest.by(
            Who::Repacker,
            "file_put_in_after_signing",
            ids::FILES,
            "was not in it when it was signed",
            |files| {
                files.insert("contents/x.bin".into(), b"x".to_vec());
            },
        ),
    ]
}

fn keys(honest: &Honest) -> Vec<Attack> {
    let listed = |name: &str, words, change: &dyn Fn(&mut KeysFile)| {
        honest.by(Who::Operator, name, ids::MANIFEST, words, |files| {
            let mut keys = KeysFile::parse(&files["keys.json"]).unwrap();
            change(&mut keys);
            files.insert("keys.json".into(), keys.to_bytes().unwrap());
        })
    };
    let other = key(Role::Case, 50).public();
    let mut attacks = vec![
        listed(
            "key_list_with_another_key",
            "which no record here registers so",
            &|keys| {
                keys.keys[1] = KeyEntry::new(Role::Case, &other, None, 1);
            },
        ),
        listed(
            "key_list_with_another_role",
            "which no record here registers so",
            &|keys| {
                keys.keys[1].role = Role::Release;
            },
        ),
        listed(
            "key_list_with_another_owner",
            "which no record here registers so",
            &|keys| {
                keys.keys[2].owner_uid = Some("op-eve".into());
            },
        ),
        listed(
            "key_list_with_another_record",
            "which no record here registers so",
            &|keys| {
                keys.keys[1].record = 3;
            },
        ),
        listed("key_list_with_another_id", "contradicts the rest of it", &|keys| {
            keys.keys[1].key_id = keys.keys[2].key_id;
        }),
    ];
    // For this log the case key of another was pinned.
    let mut pinned = honest.bytes(
        "pinned_key_is_another",
        ids::SIGNER,
        "For this log you pinned another",
        honest.zip.clone(),
    );
    pinned.pinned.1 = other;
    attacks.push(pinned);
    // Every key replaced at once: a whole log under others. It is intact, and nobody's whom the verifier knows.
    let mut forged = Log::scripted(20);
    let zip = forged.case().unwrap();
    let mut everywhere = honest.bytes("every_key_replaced_at_once", ids::SIGNER, "Nobody pinned this key", zip);
    everywhere.verdict = Verdict::SignerNotEstablished;
    attacks.push(everywhere);
    // The same, but under the name of the pinned log.
    let mut files = open(&forged.case().unwrap());
    let (own, theirs) = (honest.pinned.0.to_string(), forged.origin.to_string());
    for bytes in files.values_mut() {
        if let Ok(text) = String::from_utf8(bytes.clone()) {
            *bytes = text.replace(&theirs, &own).into_bytes();
        }
    }
    attacks.push(honest.bytes(
        "every_key_replaced_under_the_pinned_logs_name",
        ids::FINGERPRINT,
        "hashes to",
        close(&files),
    ));
    attacks
}

/// All of these.
pub(super) fn attacks(honest: &Honest) -> Vec<Attack> {
    [manifests(honest), contents(honest), keys(honest)]
        .into_iter()
        .flatten()
        .collect()
}
