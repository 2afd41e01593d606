//! Exports: case files, lines of the log, what is known of a person.

use super::*;
use crate::casefile::{Disclosure, Named, Selection, Since};

pub(super) fn exports() -> Vec<(&'static str, Event)> {
    vec![
        ("exported", exported().event()),
        ("exported", exported_of_records(exported()).event()),
        ("log_exported", log_exported(Some(content("filter"))).event()),
        ("log_exported", log_exported(None).event()),
        ("subject_exported", subject_exported().event()),
    ]
}

fn exported() -> Exported {
    let (context, actor, agent) = (context(), Actor::Person(person()), agent());
    Exported {
        context: context.clone(),
        actor: actor.clone(),
        filter: Selection::Agent {
            agent: Named {
                uid: agent.uid.clone(),
                name: agent.name.clone(),
            },
            from_ms: None,
            to_ms: Some(NOW),
        },
        disclosure: Disclosure::default(),
        since: None,
        contents: vec![],
        heads: vec![StreamHead {
            stream: "agent-1".to_owned(),
            stream_seq: 4,
            fp: digest("head"),
        }],
        size: 40,
        selected: 5,
        selection: digest("selection"),
    }
}

/// Records picked by hand, some contents disclosed, and gone on from a checkpoint.
fn exported_of_records(of_agent: Exported) -> Exported {
    Exported {
        filter: Selection::Records {
            sequences: vec![3, 7, 8],
        },
        disclosure: Disclosure {
            slots: vec!["request".to_owned(), "view".to_owned()],
            disclosed: vec![],
            withheld: vec!["content-9".to_owned()],
        },
        since: Some(Since {
            size: 20,
            root: digest("since"),
        }),
        contents: vec![content(Disclosure::WHY_DISCLOSED)],
        ..of_agent
    }
}

fn log_exported(filter: Option<ContentRef>) -> LogExported {
    LogExported {
        context: context(),
        actor: Actor::Person(person()),
        first_and_last: filter.is_some().then_some((3, 39)),
        filter,
        size: 40,
        root: digest("root"),
        count: 5,
        sha256: digest("lines"),
    }
}

fn subject_exported() -> SubjectExported {
    SubjectExported {
        context: context(),
        actor: Actor::Person(person()),
        contents: vec![content("filter"), content("reason")],
        size: 40,
        root: digest("root"),
        records: 2,
        found: 3,
        sha256: digest("document"),
    }
}
