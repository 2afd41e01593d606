//! The search index: what it finds, that it is a pure function of the log, and that it is made anew where it isn't.

use std::time::Duration;

use evidence::Record;
use evidence::ocsf::Outcome;
use ledger::Ledger;
use ledger::index::{Clause, Condition, INDEX_FILE, Index, Matching, Named, Search};

use crate::fixture::{AGENTS, Place, append_full};

fn wants(conditions: &[Condition]) -> Search {
    Search {
        clauses: conditions
            .iter()
            .map(|condition| Clause {
                negated: false,
                condition: condition.clone(),
            })
            .collect(),
    }
}

fn without(search: Search, condition: Condition) -> Search {
    let mut clauses = search.clauses;
    clauses.push(Clause {
        negated: true,
        condition,
    });
    Search { clauses }
}

fn words(text: &str) -> Condition {
    Condition::Words {
        text: text.to_owned(),
        prefix: false,
    }
}

fn agent(name: &str) -> Condition {
    Condition::Is(Named::Agent, name.to_owned())
}

/// Everything that matches, oldest first.
fn found(index: &Index, ledger: &Ledger, search: &Search) -> Vec<u64> {
    index.oldest(search, ledger.size(), 0, u64::MAX).unwrap().sequences
}

fn of_stream(ledger: &Ledger, stream: &str) -> Vec<u64> {
    let records: Vec<Record> = (0..ledger.size())
        .map(|sequence| ledger.record(sequence).unwrap().unwrap())
        .filter(|record| record.stream().as_str() == stream)
        .collect();
    records.iter().map(Record::sequence).collect()
}

/// Everything in the index's tables, without what only orders it.
fn dump(place: &Place) -> Vec<String> {
    let db = rusqlite::Connection::open(place.path().join(INDEX_FILE)).unwrap();
    let mut lines = Vec::new();
    for sql in [
        "SELECT origin || size || fingerprint FROM about",
        "SELECT group_concat(e.seq || ',' || logged || ',' || decision || ',' || class || ',' || coalesce(a.uid || a.name, '') || ',' || coalesce(call, '')) \
         FROM entry e LEFT JOIN value a ON a.id = e.agent",
        "SELECT coalesce(group_concat(quarter || a.uid || coalesce(m.uid, '') || calls || ',' || held || ',' || refused || ',' || failed \
         || ',' || answered || ',' || tokens_in || ',' || tokens_out), '') \
         FROM quarter q LEFT JOIN value a ON a.id = q.agent LEFT JOIN value m ON m.id = q.model",
        "SELECT coalesce(group_concat(quarter || ',' || part || ',' || bucket || ',' || calls), '') FROM took",
    ] {
        lines.push(db.query_row(sql, [], |row| row.get(0)).unwrap());
    }
    db.execute_batch("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, said, instance)")
        .unwrap();
    let mut statement = db
        .prepare("SELECT term || doc || col || offset FROM temp.terms")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    let mut terms: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
    terms.sort();
    lines.extend(terms);
    lines
}

fn caught_up(place: &Place, ledger: &Ledger) -> Index {
    let index = Index::new(place.path());
    index.catch_up(ledger, || true).unwrap();
    assert_eq!(index.size(), ledger.size());
    index
}

async fn log_of(records: u64) -> (Place, Ledger) {
    let place = Place::new();
    let ledger = place.create();
    append_full(&ledger, 0..records).await;
    (place, ledger)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_found_by_everything_it_says() {
    let (place, ledger) = log_of(9).await;
    let index = caught_up(&place, &ledger);
    let record = ledger.record(5).unwrap().unwrap();
    let digest = record.fact_digest("action_digest").unwrap().to_string();
    let fingerprint = record.fingerprint().to_string();
    let story = record.correlation_uid().unwrap().to_owned();
    let id = |text: &str| Condition::Id(text.to_owned());
    let grouped = fingerprint
        .get(..12)
        .unwrap()
        .chars()
        .enumerate()
        .fold(String::new(), |mut text, (at, c)| {
            if at > 0 && at % 4 == 0 {
                text.push(' ');
            }
            text.push(c);
            text
        });
    for condition in [
        Condition::Record(5),
        Condition::Story(story.clone()),
        id(&story),
        id(&record.uid().to_string()),
        id(&fingerprint),
        id(fingerprint.get(..8).unwrap()),
        id(&fingerprint.to_uppercase()),
        id(&grouped),
        id(&digest),
        id("10000000-0000-4000-8000-000000000004"),
        words(&fingerprint),
        words("record 5"),
    ] {
        assert_eq!(
            found(&index, &ledger, &wants(std::slice::from_ref(&condition))),
            [5],
            "{condition:?}"
        );
    }
    for condition in [
        id("ffffffffffffffffffff"),
        id("csk_nobody"),
        words("call_decided nothing"),
        Condition::Story("00000000-0000-4000-8000-000000000999".to_owned()),
        agent("nobody"),
        Condition::Class(3002),
        Condition::Record(99),
        Condition::Before(0),
        Condition::After(i64::MAX),
    ] {
        assert_eq!(
            found(&index, &ledger, &wants(std::slice::from_ref(&condition))),
            [0u64; 0],
            "{condition:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_hold_together_alternatives_join_and_a_minus_takes_out() {
    let (place, ledger) = log_of(9).await;
    let index = caught_up(&place, &ledger);
    let [one, other] = AGENTS.map(|agent| of_stream(&ledger, agent));
    let all: Vec<u64> = (0..ledger.size()).collect();
    let calls: Vec<u64> = (1..ledger.size()).collect();
    let named = |named, value: &str| Condition::Is(named, value.to_owned());
    for (search, expected) in [
        (Search::default(), &all),
        (wants(&[agent(AGENTS[0])]), &one),
        (wants(&[agent("SUPPORT-BOT")]), &calls),
        (wants(&[agent(AGENTS[0]), agent(AGENTS[1])]), &calls),
        (wants(&[agent("sys")]), &vec![0]),
        (
            without(wants(&[]), agent(AGENTS[0])),
            &[&[0], other.as_slice()].concat(),
        ),
        (without(wants(&[agent("support-bot")]), agent(AGENTS[0])), &other),
        (wants(&[Condition::Decision(Outcome::Allowed)]), &calls),
        (
            wants(&[named(Named::Model, "gpt-5"), named(Named::Upstream, "practice")]),
            &calls,
        ),
        (wants(&[named(Named::Kind, "log_opened")]), &vec![0]),
        (
            wants(&[named(Named::Operation, "chat.completions"), agent(AGENTS[1])]),
            &other,
        ),
        (wants(&[words("policy allowed a model call")]), &calls),
        (wants(&[words("Ada"), words("text-only")]), &calls),
        (
            wants(&[Condition::Words {
                text: "comple".to_owned(),
                prefix: true,
            }]),
            &vec![],
        ),
        (
            wants(&[Condition::Words {
                text: "allow".to_owned(),
                prefix: true,
            }]),
            &calls,
        ),
        (without(wants(&[]), words("allowed")), &vec![0]),
        (without(wants(&[agent(AGENTS[0])]), words("opened")), &one),
        (without(wants(&[words("model call")]), agent(AGENTS[1])), &one),
        (wants(&[Condition::After(0), Condition::Before(i64::MAX)]), &all),
        (wants(&[Condition::Record(2), Condition::Record(3)]), &vec![2, 3]),
    ] {
        assert_eq!(&found(&index, &ledger, &search), expected, "{search:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_index_ends_its_rest() {
    const LONG: Duration = Duration::from_secs(3600);
    let (place, ledger) = log_of(2).await;
    let index = Index::new(place.path());
    std::thread::scope(|threads| {
        let resting = threads.spawn(|| index.rest(LONG));
        let waiting = threads.spawn(|| index.wait_for(ledger.size(), LONG));
        resting.join().unwrap();
        assert!(index.is_awaited());
        index.rest(LONG);
        index.catch_up(&ledger, || true).unwrap();
        assert!(waiting.join().unwrap());
    });
    assert!(!index.is_awaited());
    std::thread::scope(|threads| {
        let resting = threads.spawn(|| index.rest(LONG));
        index.close();
        resting.join().unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_looks_at_is_let_go_and_read_anew() {
    let (place, ledger) = log_of(8).await;
    let index = caught_up(&place, &ledger);
    let size = ledger.size();
    let lies = || index.density(&Search::default(), size, (None, None), 4).unwrap();
    let calls = || index.calls(&wants(&[agent(AGENTS[0])]), size, 0, 10).unwrap();
    let before = (lies(), calls());
    index.let_go(Duration::from_secs(3600));
    assert_eq!((lies(), calls()), before);
    index.let_go(Duration::ZERO);
    assert_eq!((lies(), calls()), before);
    index.let_go(Duration::ZERO);
    append_full(&ledger, 8..12).await;
    index.catch_up(&ledger, || true).unwrap();
    assert_eq!((lies(), calls()), before);
    let grown = index
        .density(&Search::default(), ledger.size(), (None, None), 1)
        .unwrap();
    assert_eq!(u64::from(grown.unwrap().slots[0].records), ledger.size());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_keeps_still_while_the_log_grows_and_is_added_to() {
    let (place, ledger) = log_of(8).await;
    let index = caught_up(&place, &ledger);
    let search = wants(&[agent(AGENTS[0])]);
    let size = ledger.size();
    let then = index.page(&search, size, 1, 2).unwrap();
    let expected: Vec<u64> = of_stream(&ledger, AGENTS[0]).into_iter().rev().collect();
    assert_eq!((then.sequences.as_slice(), then.of), (&expected[1..3], 4));
    append_full(&ledger, 8..20).await;
    assert!(!index.wait_for(ledger.size(), Duration::ZERO));
    index.catch_up(&ledger, || true).unwrap();
    assert!(index.wait_for(ledger.size(), Duration::ZERO));
    assert_eq!(index.page(&search, size, 1, 2).unwrap(), then);
    assert_eq!(found(&index, &ledger, &search), of_stream(&ledger, AGENTS[0]));
    for (at, sequence) in of_stream(&ledger, AGENTS[0]).into_iter().rev().enumerate() {
        assert_eq!(index.place(&search, ledger.size(), sequence).unwrap(), Some(at as u64));
    }
    assert_eq!(index.place(&search, ledger.size(), 2).unwrap(), None);
    let past = index.page(&search, ledger.size(), 1000, 10).unwrap();
    assert_eq!(
        past,
        Matching {
            sequences: vec![],
            of: 10
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_matching_record_lies_in_one_slot_of_the_density() {
    let (place, ledger) = log_of(40).await;
    let index = caught_up(&place, &ledger);
    for search in [Search::default(), wants(&[agent(AGENTS[1])])] {
        let of = found(&index, &ledger, &search).len() as u64;
        for slots in [1, 7, 500] {
            let density = index
                .density(&search, ledger.size(), (None, None), slots)
                .unwrap()
                .unwrap();
            assert_eq!(density.slots.len(), slots as usize);
            let mut past = 0;
            for slot in density.slots.iter().rev() {
                assert_eq!(slot.newer, past);
                past += u64::from(slot.records);
            }
            assert_eq!(past, of, "{slots} slots");
        }
        let later = index.density(&search, ledger.size(), (Some(i64::MAX - 1), Some(i64::MAX)), 3);
        assert!(later.unwrap().unwrap().slots.iter().all(|slot| slot.records == 0));
        assert_eq!(index.density(&search, 0, (None, None), 3).unwrap(), None);
        assert_eq!(
            index.density(&search, ledger.size(), (Some(5), Some(5)), 3).unwrap(),
            None
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_grew_record_by_record_is_the_one_made_at_once() {
    let (place, ledger) = log_of(3).await;
    let index = caught_up(&place, &ledger);
    for at in 3..12 {
        append_full(&ledger, at..at + 1).await;
        index.catch_up(&ledger, || true).unwrap();
    }
    index.close();
    let grown = dump(&place);
    std::fs::remove_file(place.path().join(INDEX_FILE)).unwrap();
    for suffix in ["-wal", "-shm"] {
        drop(std::fs::remove_file(place.path().join(format!("{INDEX_FILE}{suffix}"))));
    }
    caught_up(&place, &ledger).close();
    assert_eq!(dump(&place), grown);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_doesnt_fit_the_log_is_made_anew() {
    let (place, ledger) = log_of(6).await;
    caught_up(&place, &ledger).close();
    let expected = dump(&place);
    let file = place.path().join(INDEX_FILE);
    let sql = |sql: &str| rusqlite::Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    let other = Place::with_records(2).await;
    for (attack, work) in [
        (
            "garbage",
            &(|| std::fs::write(&file, b"not a database at all").unwrap()) as &dyn Fn(),
        ),
        ("empty", &|| std::fs::write(&file, b"").unwrap()),
        ("cut_short", &|| {
            let bytes = std::fs::read(&file).unwrap();
            std::fs::write(&file, bytes.get(..bytes.len() / 2).unwrap()).unwrap();
        }),
        ("another_logs", &|| {
            sql("UPDATE about SET origin = 'countersign/log/00'")
        }),
        ("another_version", &|| sql("PRAGMA user_version = 99")),
        ("ahead_of_the_log", &|| sql("UPDATE about SET size = size + 50")),
        ("another_history", &|| sql("UPDATE about SET fingerprint = 'ff'")),
        ("a_row_missing_at_the_end", &|| {
            sql("DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)")
        }),
        ("a_table_missing", &|| sql("DROP TABLE value")),
    ] {
        work();
        let index = Index::new(place.path());
        // What only reading finds is found by the first catching up, and mended by the next.
        drop(index.catch_up(&ledger, || true));
        drop(index.values(Named::Agent, "", 5));
        index.catch_up(&ledger, || true).unwrap();
        assert_eq!(
            found(&index, &ledger, &wants(&[agent(AGENTS[0])])),
            of_stream(&ledger, AGENTS[0]),
            "{attack}"
        );
        index.close();
        assert_eq!(dump(&place), expected, "{attack}");
    }
    drop(other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_says_something_else_than_its_record_has_the_index_made_anew() {
    let (place, ledger) = log_of(6).await;
    caught_up(&place, &ledger).close();
    let expected = dump(&place);
    let db = rusqlite::Connection::open(place.path().join(INDEX_FILE)).unwrap();
    db.execute_batch("UPDATE entry SET decision = 2 WHERE seq = 4").unwrap();
    drop(db);
    let index = caught_up(&place, &ledger);
    let refused = wants(&[Condition::Decision(Outcome::Refused)]);
    assert_eq!(found(&index, &ledger, &refused), [4]);
    index.compare(4, &ledger.stored(4, 1).unwrap()[0]);
    index.catch_up(&ledger, || true).unwrap();
    assert_eq!(found(&index, &ledger, &refused), [0u64; 0]);
    index.close();
    assert_eq!(dump(&place), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_content_is_in_the_index() {
    let (place, ledger) = log_of(6).await;
    caught_up(&place, &ledger).close();
    let needle = b"what number 3 asked";
    let holds = |name: &str| {
        let bytes = std::fs::read(place.path().join(name)).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle)
    };
    assert!(!holds(INDEX_FILE) && !holds("index.sqlite-wal"));
    let opened = ledger.content("10000000-0000-4000-8000-000000000003").unwrap().unwrap();
    assert!(opened.bytes.windows(needle.len()).any(|window| window == needle));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_cant_be_written_refuses_nothing() {
    let (place, ledger) = log_of(2).await;
    let file = place.path().join(INDEX_FILE);
    std::fs::create_dir(&file).unwrap();
    let index = Index::new(place.path());
    assert!(index.catch_up(&ledger, || true).is_err());
    append_full(&ledger, 2..4).await;
    assert_eq!(index.size(), 0);
    std::fs::remove_dir(&file).unwrap();
    index.catch_up(&ledger, || true).unwrap();
    assert_eq!(index.size(), ledger.size());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_opened_to_be_read_shows_everything_and_takes_nothing() {
    let place = Place::with_records(4).await;
    let whole = place.open().unwrap();
    let expected = crate::fixture::everything(&whole).unwrap();
    let reading = Ledger::open_to_read(place.path(), std::sync::Arc::clone(&place.store), |_, _| {}).unwrap();
    assert_eq!(crate::fixture::everything(&reading).unwrap(), expected);
    let refused = reading.append(crate::fixture::Decided::plain(AGENTS[0], 99)).await;
    assert!(matches!(refused, Err(ledger::AppendError::Stopped(_))), "{refused:?}");
    reading.close().await.unwrap();
    assert_eq!(crate::fixture::everything(&whole).unwrap(), expected);
}
