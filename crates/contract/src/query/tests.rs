#![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

use proptest::prelude::*;

use super::*;

fn is(named: Named, value: &str) -> Term {
    Term::wants(Matter::Is(named, value.to_owned()))
}

fn words(text: &str, prefix: bool) -> Matter {
    Matter::Words {
        text: text.to_owned(),
        prefix,
    }
}

#[test]
fn every_kind_of_term_reads() {
    let text = r#"agent:support-bot operator:"Robin Example" decision:held class:6003 model:gpt-4o tool:chat.completions
        story:0192 after:2026-11-20 before:2026-11-21T08:30 "free text" word pre* -negation -after:2026-12-01 record:#7 id:SHA256:ab+/"#;
    let query = Query::parse(text).unwrap();
    let day = 1_795_132_800_000;
    let expected = vec![
        is(Named::Agent, "support-bot"),
        is(Named::Operator, "Robin Example"),
        Term::wants(Matter::Decision(Decision::Held)),
        Term::wants(Matter::Class(6003)),
        is(Named::Model, "gpt-4o"),
        is(Named::Operation, "chat.completions"),
        is(Named::Story, "0192"),
        Term::wants(Matter::After(day)),
        Term::wants(Matter::Before(day + 86_400_000 + 30_600_000)),
        Term::wants(words("free text", false)),
        Term::wants(words("word", false)),
        Term::wants(words("pre", true)),
        Term {
            negated: true,
            matter: words("negation", false),
        },
        Term::wants(Matter::Before(day + 11 * 86_400_000)),
        Term::wants(Matter::Record(7)),
        is(Named::Id, "SHA256:ab+/"),
    ];
    assert_eq!(query.terms, expected);
    assert_eq!(
        Query::parse("SHA256:ab+/").unwrap().terms,
        [is(Named::Id, "SHA256:ab+/")]
    );
    assert!(Query::parse(" \t ").unwrap().is_open());
}

#[test]
fn what_cant_be_read_is_named_with_its_place() {
    for (text, at, length, says) in [
        ("agent:", 0, 6, "needs a value"),
        ("agent: x", 0, 6, "needs a value"),
        ("ok colour:red", 3, 6, "isn't a field"),
        ("a decision:maybe", 11, 5, "a decision is"),
        ("class:api", 6, 3, "OCSF class"),
        ("record:+5", 7, 2, "number"),
        ("after:tomorrow", 6, 8, "a time is"),
        ("after:1969-12-31", 6, 10, "a time is"),
        ("say \"open", 4, 5, "isn't closed"),
        ("\"a\"b", 3, 1, "a blank stands after"),
        ("a\"b", 1, 1, "a quote stands"),
        ("\"a\\n\"", 2, 2, "a backslash"),
        ("a - b", 2, 1, "a minus"),
        ("…", 0, 1, "no letter or digit"),
        ("ä ö:x", 2, 1, "isn't a field"),
    ] {
        let error = Query::parse(text).unwrap_err();
        assert_eq!((error.at, error.length), (at, length), "{text}: {error}");
        assert!(error.message.contains(says), "{text}: {error}");
    }
    assert!(Query::parse(&"a ".repeat(MOST_TERMS + 1)).is_err());
    assert!(Query::parse(&"a".repeat(LONGEST + 1)).is_err());
}

#[test]
fn completion_knows_the_piece_at_the_cursor() {
    let wanted = |text: &str| Completing::at(text, text.len()).map(|c| (c.start, c.wanted));
    let field = |prefix: &str| Wanted::Field(prefix.to_owned());
    let agent = |prefix: &str| Wanted::Value(Field::Named(Named::Agent), prefix.to_owned());
    assert_eq!(wanted(""), Some((0, field(""))));
    assert_eq!(wanted("a b"), Some((2, field("b"))));
    assert_eq!(wanted("a -ag"), Some((3, field("ag"))));
    assert_eq!(wanted("agent:su"), Some((6, agent("su"))));
    assert_eq!(wanted("x agent:\"two wo"), Some((8, agent("two wo"))));
    assert_eq!(wanted("\"in quotes"), None);
    assert_eq!(wanted("nofield:x"), None);

    let completing = Completing::at("-ag decision:held", 3).unwrap();
    assert_eq!(
        completing.with("-ag decision:held", "agent"),
        ("-agent: decision:held".to_owned(), 7)
    );
    let completing = Completing::at("agent:su", 8).unwrap();
    assert_eq!(
        completing.with("agent:su", "support bot"),
        ("agent:\"support bot\" ".to_owned(), 20)
    );
    let completing = Completing::at("ä agent:", 9).unwrap();
    assert_eq!(completing.with("ä agent:", "b"), ("ä agent:b ".to_owned(), 11));
}

fn any_word() -> impl Strategy<Value = String> {
    // A letter first, so that there is something to look for, then anything at all.
    ("[a-z0-9]", any::<String>()).prop_map(|(first, rest)| first + &rest)
}

fn any_matter() -> impl Strategy<Value = Matter> {
    let named = prop::sample::select(vec![
        Named::Agent,
        Named::Operator,
        Named::Kind,
        Named::Model,
        Named::Operation,
        Named::Upstream,
        Named::Story,
        Named::Id,
    ]);
    let ms = 0..253_402_300_799_999i64;
    prop_oneof![
        (named, any_word()).prop_map(|(named, value)| Matter::Is(named, value)),
        prop::sample::select(Decision::ALL.to_vec()).prop_map(Matter::Decision),
        any::<u32>().prop_map(Matter::Class),
        any::<u64>().prop_map(Matter::Record),
        ms.clone().prop_map(Matter::After),
        ms.prop_map(Matter::Before),
        any_word().prop_map(|text| Matter::Words { text, prefix: false }),
        "[a-z0-9][a-z0-9._-]{0,9}".prop_map(|text| Matter::Words { text, prefix: true }),
    ]
}

fn any_term() -> impl Strategy<Value = Term> {
    (any::<bool>(), any_matter()).prop_map(|(negated, matter)| Term {
        negated: negated && !matches!(matter, Matter::After(_) | Matter::Before(_)),
        matter,
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_as_what_it_was(terms in prop::collection::vec(any_term(), 0..8)) {
        let query = Query { terms };
        prop_assume!(query.to_string().chars().count() <= LONGEST);
        prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
    }

    #[test]
    fn no_text_breaks_the_reader(text in any::<String>(), cursor in 0..64usize) {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(error.at <= text.chars().count());
        }
        if let Some(completing) = Completing::at(&text, cursor) {
            let (done, at) = completing.with(&text, "x");
            prop_assert!(done.is_char_boundary(at));
        }
    }
}
