//! A log that isn't opened: how far it is good, what is copied of it, and the new log that names it.

use std::sync::Arc;

use evidence::Record;
use ledger::{CopyError, CreateError, Genesis, Ledger, OpenError, Options, Refused};

use crate::fixture::{Place, TENANT, append_full};
use crate::tampering::{copy_of, edited, put_back};

fn examined(place: &Place) -> Option<Refused> {
    Ledger::examine(&place.lock(), place.store.as_ref(), |_, _| {}).unwrap()
}

fn copied(place: &Place, refused: &Refused) -> Vec<Record> {
    let mut lines = Vec::new();
    Ledger::copy_good(&place.lock(), place.store.as_ref(), refused, &mut lines).unwrap();
    let records = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    records.map(|line| Record::parse(line).unwrap()).collect()
}

fn set_aside(place: &Place) -> std::path::PathBuf {
    let refused = examined(place).unwrap();
    Ledger::set_aside(&place.lock(), place.store.as_ref(), &refused, "one").unwrap()
}

fn create(place: &Place) -> Result<Ledger, CreateError> {
    let genesis = Genesis {
        tenant_uid: TENANT.to_owned(),
    };
    Ledger::create(place.lock(), Arc::clone(&place.store), &genesis, &Options::default())
}

/// Record 4 of 7 edited by somebody without the keys.
async fn edited_at_four() -> Place {
    let place = Place::with_records(6).await;
    let (bytes, _) = edited(&place.open().unwrap().record(4).unwrap().unwrap());
    place.tamper(|db| {
        db.execute("UPDATE record SET bytes = ?1 WHERE seq = 4", [bytes])
            .unwrap();
    });
    place
}

#[tokio::test]
async fn a_good_log_isnt_refused() {
    assert!(examined(&Place::with_records(3).await).is_none());
}

#[tokio::test]
async fn what_comes_before_the_altered_record_is_good_and_is_copied_as_it_was_stored() {
    let place = edited_at_four().await;
    let refused = examined(&place).unwrap();
    assert!(matches!(refused.why, OpenError::Broken { sequence: Some(4), .. }));
    assert_eq!(refused.good.size, 4);
    assert_eq!(refused.head.size, 7, "the head in the key store is what the log was");
    assert_eq!(refused.tenant_uid.as_deref(), Some(TENANT));
    let records = copied(&place, &refused);
    assert_eq!(records.len(), 4);
    assert!(records.iter().all(Record::is_intact));
    assert_eq!(records.last().unwrap().logged_time(), refused.good.logged_time.unwrap());
}

#[tokio::test]
async fn an_older_copy_is_good_as_far_as_it_goes_and_the_head_says_how_far_it_went() {
    let place = Place::with_records(3).await;
    let older = copy_of(&place);
    let ledger = place.open().unwrap();
    append_full(&ledger, 3..5).await;
    ledger.close().await.unwrap();
    drop(ledger);
    put_back(&place, &older);
    let refused = examined(&place).unwrap();
    assert_eq!((refused.good.size, refused.head.size), (4, 6));
    assert_eq!(copied(&place, &refused).len(), 4);
}

/// Somebody has the MAC key and the rows' secrets, and wrote another history: only what a checkpoint was signed over
/// before stays good.
#[tokio::test]
async fn a_rewritten_history_is_good_up_to_the_newest_checkpoint_that_agrees() {
    let place = Place::new();
    let ledger = place.create();
    append_full(&ledger, 0..2).await;
    ledger.checkpoint().await.unwrap();
    append_full(&ledger, 2..4).await;
    drop(ledger);
    drop(place.lock());
    let (fork, head) = (copy_of(&place), place.store.get(ledger::HEAD).unwrap().unwrap());
    let truth = place.open().unwrap();
    append_full(&truth, 4..6).await;
    truth.close().await.unwrap();
    drop(truth);
    let kept = place.store.get(ledger::HEAD).unwrap().unwrap();
    put_back(&place, &fork);
    place.store.set(ledger::HEAD, &head).unwrap();
    let other = place.open().unwrap();
    append_full(&other, 10..12).await;
    drop(other);
    drop(place.lock());
    place.store.set(ledger::HEAD, &kept).unwrap();
    let refused = examined(&place).unwrap();
    assert!(matches!(refused.why, OpenError::OffHead { .. }), "{:?}", refused.why);
    assert_eq!(refused.good.size, 3);
    assert_eq!(refused.head.size, 7);
    assert_eq!(copied(&place, &refused).len(), 3);
}

#[tokio::test]
async fn a_file_that_isnt_a_database_is_good_for_nothing_and_its_head_is_still_known() {
    let place = Place::with_records(3).await;
    put_back(
        &place,
        b"this was a database once, and is long enough to be looked at as one, which it isn't any more",
    );
    let refused = examined(&place).unwrap();
    assert_eq!((refused.good.size, refused.head.size), (0, 4));
    assert!(copied(&place, &refused).is_empty());
    let _aside = set_aside(&place);
    assert_eq!(create(&place).unwrap().size(), 1);
}

#[tokio::test]
async fn the_new_log_names_the_old_ones_last_good_head_and_leaves_its_file_and_keys_alone() {
    let place = edited_at_four().await;
    let (file, key) = (copy_of(&place), place.content_key(0));
    let head = examined(&place).unwrap().head;
    let aside = set_aside(&place);
    assert_eq!(std::fs::read(aside.join("log.sqlite")).unwrap(), file);
    let ledger = create(&place).unwrap();
    append_full(&ledger, 0..3).await;
    let first = ledger.record(0).unwrap().unwrap();
    assert_eq!(first.facts()["earlier"]["origin"], head.origin.to_string());
    assert_eq!(first.facts()["earlier"]["size"], 7);
    assert_eq!(first.facts()["earlier"]["root"], head.root.to_string());
    assert_ne!(*ledger.origin(), head.origin);
    assert!(
        place.store.get(&key).unwrap().is_some(),
        "the old log's contents can still be opened"
    );
    ledger.close().await.unwrap();
    drop(ledger);
    assert!(examined(&place).is_none());
}

/// Whoever has the old log's MAC keys has none of the new one's.
#[tokio::test]
async fn the_new_log_has_mac_keys_of_its_own_and_the_old_ones_are_kept() {
    let place = edited_at_four().await;
    let of = |name: &str| place.store.get(name).unwrap().map(|key| key.to_vec());
    let old = of(ledger::MAC_KEY).unwrap();
    // Another epoch's, as a rotation leaves it.
    place.store.set("mac-1", &[7; 32]).unwrap();
    let origin = examined(&place).unwrap().origin.digest().to_string();
    let _aside = set_aside(&place);
    drop(create(&place).unwrap());
    assert_ne!(of(ledger::MAC_KEY).unwrap(), old);
    assert!(of("mac-1").is_none());
    assert_eq!(of(&format!("mac-0-of-{}", &origin[..8])), Some(old));
    assert_eq!(of(&format!("mac-1-of-{}", &origin[..8])), Some(vec![7; 32]));
}

#[tokio::test]
async fn setting_aside_that_was_cut_short_is_gone_on_with() {
    let place = edited_at_four().await;
    let head = place.store.get(ledger::HEAD).unwrap().unwrap();
    let _aside = set_aside(&place);
    // The files were moved, and then the machine stopped.
    place.store.set(ledger::HEAD, &head).unwrap();
    let ledger = create(&place).unwrap();
    assert_eq!(ledger.record(0).unwrap().unwrap().facts()["earlier"]["size"], 7);
    drop(ledger);
    // The next one doesn't name it again.
    for file in ["log.sqlite", "log.sqlite-wal", "log.sqlite-shm"] {
        drop(std::fs::remove_file(place.path().join(file)));
    }
    assert!(matches!(create(&place), Err(CreateError::Orphan(_))));
    place.store.remove(ledger::HEAD).unwrap();
    let fresh = create(&place).unwrap();
    assert!(fresh.record(0).unwrap().unwrap().facts().get("earlier").is_none());
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_copied() {
    let place = edited_at_four().await;
    let refused = examined(&place).unwrap();
    let (bytes, _) = {
        let lines = copied(&place, &refused);
        edited(&lines[2])
    };
    place.tamper(|db| {
        db.execute("UPDATE record SET bytes = ?1 WHERE seq = 2", [bytes])
            .unwrap();
    });
    let copied = Ledger::copy_good(&place.lock(), place.store.as_ref(), &refused, &mut Vec::new());
    assert!(matches!(
        copied,
        Err(CopyError::Open(OpenError::Broken { sequence: Some(2), .. }))
    ));
}

#[tokio::test]
async fn the_wrong_key_store_is_no_reason_for_a_new_log() {
    let place = Place::with_records(2).await;
    place.store.remove(ledger::HEAD).unwrap();
    let examined = Ledger::examine(&place.lock(), place.store.as_ref(), |_, _| {});
    assert!(matches!(examined, Err(OpenError::KeyAbsent("head"))));
}
