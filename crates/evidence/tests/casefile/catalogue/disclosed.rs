//! Contents that are here though the log says withheld, and one that isn't though it says disclosed.

use evidence::casefile::{Disclosure, Manifest};
use evidence::verifier::{Verdict, ids};

use super::{Attack, Honest};
use crate::attackers::Who;
use crate::export::{everything, of_agent_in, signed};
use crate::fixture::{Log, bot};

/// All of these.
pub(super) fn attacks(honest: &Honest) -> Vec<Attack> {
    let all: Vec<String> = honest
        .files
        .keys()
        .filter(|name| name.starts_with("contents/"))
        .cloned()
        .collect();
    let uid = all[0]
        .trim_start_matches("contents/")
        .trim_end_matches(".bin")
        .to_owned();
    let of = |disclosure: Disclosure| {
        let mut log = Log::scripted(1);
        let input = log.export_as(of_agent_in(&bot(), None, None), disclosure);
        let zip = signed(input, &log.keys.case).unwrap();
        Honest::of(&log, zip)
    };
    let none = of(Disclosure::default());
    let all_but_one = of(Disclosure {
        withheld: vec![uid.clone()],
        ..everything()
    });
    let by = |to: &Honest, name: &str, only: &str| {
        to.by(
            Who::Operator,
            name,
            ids::DISCLOSURE,
            "is to be withheld, and is here",
            |files| {
                let disclosed = all.iter().filter(|file| file.ends_with(only) || file.contains(only));
                files.extend(disclosed.map(|file| (file.clone(), honest.files[file].clone())));
            },
        )
    };
    let mut withheld = honest.by(
        Who::Operator,
        "content_left_out_that_is_to_be_disclosed",
        ids::DISCLOSURE,
        "is to be disclosed and isn't here",
        |files| files.retain(|name, _| !name.contains(&uid)),
    );
    withheld.verdict = Verdict::Verified;
    vec![
        by(&none, "contents_disclosed_that_the_log_withholds", "contents/"),
        by(&none, "salts_disclosed_of_contents_that_the_log_withholds", ".json"),
        by(&none, "bytes_disclosed_of_contents_that_the_log_withholds", ".bin"),
        by(&all_but_one, "content_disclosed_that_the_log_withholds_by_name", &uid),
        none.by(
            Who::Operator,
            "manifest_that_discloses_what_the_log_withholds",
            ids::EXPORT,
            "which contents are disclosed",
            |files| {
                let mut manifest = Manifest::parse(&files["manifest.json"]).unwrap();
                manifest.disclosure = Some(everything());
                files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
                files.extend(all.iter().map(|file| (file.clone(), honest.files[file].clone())));
            },
        ),
        withheld,
    ]
}
