//! Tampering while nothing ran: found at a start or beside the calls, and recorded in the log that comes next.

use contract::{Empty, LogQuery, Operators as _, VerificationState};
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::contents::about;
use crate::house::House;

/// The findings of tampering in the log, as records, oldest first.
async fn findings(house: &House) -> Vec<Value> {
    let page = house
        .desk
        .log(LogQuery {
            limit: 50,
            ..LogQuery::default()
        })
        .await
        .unwrap();
    let mut found = Vec::new();
    for row in page.rows.iter().rev().filter(|row| row.class_uid == 2004) {
        found.push(house.record(row.sequence).await);
    }
    found
}

/// The database's file, once nothing of the log is in another file any more: what went on beside the calls of a gateway
/// that ended has let go of it then.
pub(crate) async fn at_rest(house: &House) -> std::path::PathBuf {
    let mut tries = 0..10_000_000;
    while std::fs::metadata(house.data_dir().join("log.sqlite-wal")).is_ok_and(|wal| wal.len() > 0) {
        assert!(tries.next().is_some(), "something keeps the log open");
        tokio::task::yield_now().await;
    }
    house.data_dir().join("log.sqlite")
}

/// Stops the gateway in order.
async fn stop(house: &mut House) -> std::path::PathBuf {
    house.gateway.take().unwrap().shut_down().await.unwrap();
    at_rest(house).await
}

fn found_while(record: &Value) -> &str {
    record["unmapped"]["countersign"]["facts"]["found"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tampering_found_at_a_start_is_recorded_in_the_next_log_that_opens() {
    let mut house = House::open().await;
    let path = stop(&mut house).await;
    let older = std::fs::read(&path).unwrap();
    house.start().await;
    stop(&mut house).await;
    let good = std::fs::read(&path).unwrap();
    std::fs::write(&path, &older).unwrap();
    assert!(house.try_start().await.is_err(), "an older copy was put back");
    at_rest(&house).await;
    std::fs::write(&path, &good).unwrap();
    house.start().await;
    let [found] = &findings(&house).await[..] else {
        panic!("no finding, or several")
    };
    assert!(!found["finding_info"]["uid"].as_str().unwrap().is_empty());
    assert_eq!(found_while(found), "starting");
    house.restart().await;
    assert_eq!(findings(&house).await.len(), 1, "it is recorded once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_altered_while_nothing_ran_is_found_beside_the_calls_and_stops_them() {
    let mut house = House::open().await;
    let path = stop(&mut house).await;
    let good = std::fs::read(&path).unwrap();
    let mut bad = good.clone();
    let words = b"\"agent_added\"";
    let at = good.windows(words.len()).position(|part| part == words).unwrap();
    bad[at + 1] = b'A';
    std::fs::write(&path, &bad).unwrap();
    house.start().await;
    let mut events = house.desk.events(None).await.unwrap();
    while house.desk.status(Empty {}).await.unwrap().chain.verification.state != VerificationState::Broken {
        events.next().await.unwrap();
    }
    let refused = house.call(&[], &about("Erika Mustermann")).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "log_stopped"));
    assert!(
        house.gateway.take().unwrap().shut_down().await.is_err(),
        "a stopped log isn't sealed"
    );
    assert!(house.try_start().await.is_err(), "the next start verifies everything");
    at_rest(&house).await;
    std::fs::write(&path, &good).unwrap();
    house.start().await;
    let [found] = &findings(&house).await[..] else {
        panic!("no finding, or several")
    };
    assert_eq!(found_while(found), "verifying");
}
