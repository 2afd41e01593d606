//! What is erased is gone, from whoever has every file: and nothing else is.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evidence::Stream;
use ledger::{AppendError, ContentFilter, EraseError, Ledger, VerifyOutcome};
use vault::{KeyStore, KeyStoreError, Sealer};
use zeroize::Zeroizing;

use crate::fixture::{AGENTS, Decided, Place, append_full};

fn uid(n: u64) -> String {
    Decided::full(AGENTS[0], n).contents[0].header().content_uid.clone()
}

/// Erases as an engine does: the record, then the end of it. Any record will do here.
async fn erase(ledger: &Ledger, uids: &[String]) -> Result<u64, EraseError> {
    let durable = ledger.erase(Decided::plain(AGENTS[0], 900_000), uids).await?;
    ledger.finish_erasing().await?;
    Ok(durable.receipt().sequence)
}

fn verified(ledger: &Ledger) -> bool {
    matches!(
        ledger.verify(|_, _| {}, &Arc::default()),
        VerifyOutcome::Verified { .. }
    )
}

#[tokio::test]
async fn an_erased_content_leaves_a_tombstone_that_names_its_record_and_nothing_else_changes() {
    let place = Place::with_records(9).await;
    let ledger = place.open().unwrap();
    let root = ledger.root(10).unwrap();
    let record = erase(&ledger, &[uid(2)]).await.unwrap();
    for _ in 0..2 {
        let ledger = &ledger;
        assert_eq!(ledger.content(&uid(2)).unwrap(), None);
        assert!(ledger.contents(3).unwrap().is_empty());
        let kept = ledger.kept_content(&uid(2)).unwrap().unwrap();
        assert_eq!(
            (kept.sequence, kept.slot.as_str(), kept.media_type.as_str()),
            (3, "request", "application/json")
        );
        assert_eq!((kept.erased, kept.length), (Some(record), None));
        for n in [0, 1, 3, 4, 5, 6, 7, 8] {
            let sent = Decided::full(AGENTS[0], n).contents.remove(0);
            assert_eq!(ledger.content(&uid(n)).unwrap().unwrap().bytes, *sent.bytes(), "{n}");
        }
        assert_eq!(ledger.root(10).unwrap(), root);
        assert!(verified(ledger));
    }
    drop(ledger);
    let ledger = place.open().unwrap();
    assert_eq!(ledger.content(&uid(2)).unwrap(), None);
    assert!(ledger.content(&uid(3)).unwrap().is_some());
    append_full(&ledger, 20..24).await;
    assert!(ledger.content(&uid(22)).unwrap().is_some() && verified(&ledger));
}

#[tokio::test]
async fn what_is_gone_or_was_never_there_refuses_the_whole_erasure() {
    let place = Place::with_records(4).await;
    let ledger = place.open().unwrap();
    erase(&ledger, &[uid(0)]).await.unwrap();
    let size = ledger.size();
    for uids in [vec![uid(1), uid(0)], vec![uid(1), uid(77)]] {
        let refused = erase(&ledger, &uids).await;
        assert!(
            matches!(refused, Err(EraseError::Append(AppendError::Moved))),
            "{refused:?}"
        );
    }
    assert_eq!(ledger.size(), size);
    assert!(ledger.content(&uid(1)).unwrap().is_some() && verified(&ledger));
}

#[tokio::test]
async fn whole_groups_go_with_their_key_and_the_next_one_stays() {
    let place = Place::new();
    let ledger = place.create();
    for from in [0, 500, 1000] {
        let calls = (from..from + 500).map(|n| Decided::full(AGENTS[0], n)).collect();
        let _durable = ledger.append_all(calls).await.unwrap();
    }
    let stream = Stream::agent(AGENTS[0]).unwrap();
    let filter = ContentFilter {
        stream: Some(stream),
        unerased: true,
        ..ContentFilter::default()
    };
    let mut first = Vec::new();
    let mut after = 0;
    loop {
        let page = ledger.kept_after(after, 1000, &filter).unwrap();
        let Some(last) = page.last() else { break };
        after = last.id;
        first.extend(page.into_iter().filter(|kept| kept.group == 0).map(|kept| kept.uid));
    }
    assert_eq!(first.len(), 1024);
    assert!(place.store.get(&place.content_key(0)).unwrap().is_some());
    erase(&ledger, &first).await.unwrap();
    assert!(
        place.store.get(&place.content_key(0)).unwrap().is_none(),
        "its key is destroyed"
    );
    assert!(
        place.store.get(&place.content_key(2)).unwrap().is_none(),
        "nothing stayed, so there is no new one"
    );
    assert_eq!(ledger.kept_after(0, 1000, &filter).unwrap().len(), 1500 - 1024);
    assert!(ledger.content(&uid(1400)).unwrap().is_some() && verified(&ledger));
}

/// The reason for an erasure is a content of the same stream: it must not go into the group that dies with it.
#[tokio::test]
async fn a_whole_group_goes_by_a_record_that_brings_a_content_itself() {
    let place = Place::with_records(6).await;
    for reopened in [false, true] {
        let ledger = place.open().unwrap();
        if !reopened {
            append_full(&ledger, 10..12).await;
        }
        let page = ledger
            .kept_after(
                0,
                100,
                &ContentFilter {
                    unerased: true,
                    ..ContentFilter::default()
                },
            )
            .unwrap();
        let uids: Vec<String> = page
            .into_iter()
            .filter(|kept| kept.stream == AGENTS[0])
            .map(|kept| kept.uid)
            .collect();
        let n = 500 + u64::from(reopened) * 2;
        let _durable = ledger.erase(Decided::full(AGENTS[0], n), &uids).await.unwrap();
        ledger.finish_erasing().await.unwrap();
        assert!(uids.iter().all(|uid| ledger.content(uid).unwrap().is_none()));
        assert!(ledger.content(&uid(n)).unwrap().is_some() && verified(&ledger));
        ledger.close().await.unwrap();
    }
    assert!(place.store.get(&place.content_key(0)).unwrap().is_none());
    assert!(place.open().unwrap().content(&uid(502)).unwrap().is_some());
}

/// An erasure changes the key that contents are sealed under while they are being sealed: none may be lost, and least of
/// all right after a start, when the writer has yet to find out which group a stream fills.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_that_is_recorded_while_its_neighbours_are_erased() {
    let place = Place::new();
    let ledger = place.create();
    for n in 0..16 {
        let _durable = ledger.append(Decided::full(AGENTS[0], n)).await.unwrap();
    }
    ledger.close().await.unwrap();
    drop(ledger);
    for round in 0..4u64 {
        let ledger = Arc::new(place.open().unwrap());
        let appending: Vec<_> = (1..=4u64)
            .map(|task| {
                let ledger = Arc::clone(&ledger);
                tokio::spawn(async move {
                    for n in 0..20 {
                        let call = Decided::full(AGENTS[0], task * 10_000 + round * 100 + n);
                        let _durable = ledger.append(call).await.unwrap();
                    }
                })
            })
            .collect();
        for n in 0..4 {
            erase(&ledger, &[uid(round * 4 + n)]).await.unwrap();
        }
        for task in appending {
            task.await.unwrap();
        }
        ledger.close().await.unwrap();
    }
    let ledger = place.open().unwrap();
    for (task, round, n) in (1..=4u64).flat_map(|t| (0..4).flat_map(move |r| (0..20).map(move |n| (t, r, n)))) {
        let uid = uid(task * 10_000 + round * 100 + n);
        assert!(ledger.content(&uid).unwrap().is_some(), "{task} {round} {n}");
    }
    assert!((0..16).all(|n| ledger.content(&uid(n)).unwrap().is_none()) && verified(&ledger));
}

/// Whoever has every file of the data directory, and what opens the key store: tries each key-encryption key on every
/// place of every file, and opens every body with what comes out.
struct Forensics {
    files: Vec<(String, Vec<u8>)>,
    keys: Vec<Sealer>,
}

impl Forensics {
    fn on(place: &Place) -> Self {
        let files = std::fs::read_dir(place.path()).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), std::fs::read(&path).unwrap())
        });
        let keys = (0..64).filter_map(|n| Sealer::from_store(place.store.as_ref(), &place.content_key(n)).ok());
        Self {
            files: files.collect(),
            keys: keys.collect(),
        }
    }

    fn has(&self, needle: &[u8]) -> bool {
        self.files
            .iter()
            .any(|(_, bytes)| bytes.windows(needle.len()).any(|part| part == needle))
    }

    /// The content's key and salt, wherever a wrapped one still lies.
    fn unwrapped(&self, uid: &str) -> Option<Zeroizing<Vec<u8>>> {
        let purpose = [b"countersign/content-key/v1\0", uid.as_bytes()].concat();
        // 92 random bytes are neither text alone nor begin with zeros.
        let random = |window: &&[u8]| !window.is_ascii() && window[..4] != [0; 4];
        self.files
            .iter()
            .flat_map(|(_, bytes)| bytes.windows(92))
            .filter(random)
            .find_map(|window| self.keys.iter().find_map(|key| key.open(&purpose, window).ok()))
    }
}

/// What the database holds of a content: its wrapped key and sealed body.
fn stored(place: &Place, uid: &str) -> (Vec<u8>, Vec<u8>) {
    let db = rusqlite::Connection::open(place.path().join("log.sqlite")).unwrap();
    let sql = "SELECT k.wrapped, c.body FROM content c JOIN content_key k ON k.id = c.id WHERE c.uid = ?1";
    db.query_row(sql, [uid], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[tokio::test]
async fn whoever_has_every_file_finds_neither_key_nor_salt_nor_text_of_what_was_erased() {
    let place = Place::with_records(10).await;
    let ledger = place.open().unwrap();
    // Some of it is still in the WAL alone.
    append_full(&ledger, 10..20).await;
    let (target, neighbour) = (uid(11), uid(13));
    let (wrapped, body) = stored(&place, &target);
    let (neighbours_wrapped, _) = stored(&place, &neighbour);

    // The control: before, the same search finds all of it.
    let before = Forensics::on(&place);
    assert!(before.has(&wrapped) && before.has(&body) && before.has(&neighbours_wrapped));
    let secret = before.unwrapped(&target).unwrap();
    let (key, salt) = secret.split_at(32);
    assert_eq!(salt, [7; 32]);
    let purpose = [b"countersign/content/v1\0", target.as_bytes()].concat();
    let text = Sealer::new(key.try_into().unwrap()).open(&purpose, &body).unwrap();
    assert_eq!(*text, Decided::full(AGENTS[1], 11).contents[0].bytes()[..]);

    let _record = erase(&ledger, std::slice::from_ref(&target)).await.unwrap();
    for when in ["at once", "after later records", "after a restart"] {
        let after = Forensics::on(&place);
        for (what, bytes) in [
            ("wrapped key", &wrapped[..]),
            ("body", &body),
            ("key", key),
            ("salt", &[7; 32]),
            ("text", &text),
        ] {
            assert!(!after.has(bytes), "{what}, {when}");
        }
        assert!(after.unwrapped(&target).is_none(), "{when}");
        assert!(!after.has(&neighbours_wrapped), "what stayed is wrapped anew, {when}");
        assert!(after.unwrapped(&neighbour).is_some(), "the search itself works, {when}");
        if when == "at once" {
            append_full(&ledger, 60..64).await;
        } else {
            ledger.close().await.unwrap();
        }
    }
}

/// A copy of the database from before the erasure opens no more with the key store from after it.
#[tokio::test]
async fn copy_of_the_database_from_before_put_beside_todays_key_store() {
    let place = Place::with_records(10).await;
    let (wrapped, _) = stored(&place, &uid(3));
    let ledger = place.open().unwrap();
    let _record = erase(&ledger, &[uid(3)]).await.unwrap();
    let mut with_copy = Forensics::on(&place);
    with_copy.files.push(("a copy".to_owned(), wrapped.clone()));
    assert!(with_copy.has(&wrapped) && with_copy.unwrapped(&uid(3)).is_none());
}

/// A key store whose process dies at a step of an erasure.
struct Dying {
    store: Arc<dyn KeyStore>,
    at: String,
    armed: Arc<AtomicBool>,
}

impl Dying {
    fn here(&self, step: &str) {
        if self.armed.load(Ordering::SeqCst) && self.at == step {
            std::process::abort();
        }
    }
}

impl KeyStore for Dying {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        self.store.get(name)
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        self.here("before_the_new_key");
        self.store.set(name, secret)?;
        self.here("before_the_record");
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        // Making a key removes what could be left of its number.
        let destroys = self.store.get(name)?.is_some();
        if destroys {
            self.here("before_the_old_key_is_destroyed");
        }
        self.store.remove(name)?;
        if destroys {
            self.here("before_the_log_is_emptied");
        }
        Ok(())
    }

    fn kind(&self) -> &'static str {
        self.store.kind()
    }
}

const WORK_IN: &str = "LEDGER_TEST_ERASE_IN";
const DIE: &str = "LEDGER_TEST_DIE";

#[tokio::test]
async fn an_erasure_killed_between_any_two_steps_is_completed_or_never_was() {
    if let Some(path) = std::env::var_os(WORK_IN) {
        let mut place = Place::at(Path::new(&path));
        let armed = Arc::new(AtomicBool::new(false));
        place.store = Arc::new(Dying {
            store: Arc::clone(&place.store),
            at: std::env::var(DIE).unwrap(),
            armed: Arc::clone(&armed),
        });
        let ledger = place.open().unwrap();
        append_full(&ledger, 30..36).await;
        armed.store(true, Ordering::SeqCst);
        drop(erase(&ledger, &[uid(4)]).await);
        return;
    }
    for (step, erased) in [
        ("before_the_new_key", false),
        ("before_the_record", false),
        ("before_the_old_key_is_destroyed", true),
        ("before_the_log_is_emptied", true),
    ] {
        let place = Place::with_records(10).await;
        let (wrapped, _) = stored(&place, &uid(4));
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "erasing::an_erasure_killed_between_any_two_steps_is_completed_or_never_was",
            ])
            .env(WORK_IN, place.path())
            .env(DIE, step)
            .output()
            .unwrap();
        assert!(!child.status.success(), "{step}: it didn't die there");
        let ledger = place.open().unwrap();
        assert_eq!(ledger.content(&uid(4)).unwrap().is_none(), erased, "{step}");
        if !erased {
            assert_eq!(ledger.size(), 17, "{step}: nothing was recorded");
            erase(&ledger, &[uid(4)]).await.unwrap();
        }
        assert_eq!(ledger.size(), 18);
        let after = Forensics::on(&place);
        assert!(!after.has(&wrapped) && after.unwrapped(&uid(4)).is_none(), "{step}");
        assert!(place.store.get(&place.content_key(0)).unwrap().is_none(), "{step}");
        for n in [0, 2, 6, 8, 30, 32, 34] {
            assert!(ledger.content(&uid(n)).unwrap().is_some(), "{step}: {n}");
        }
        assert!(verified(&ledger), "{step}");
    }
}
