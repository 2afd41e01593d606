//! Contents in the operators' hands: opened, erased, held, kept; each of it recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use contract::{
    Code, ContentQuery, ContentRef, Empty, Erasure, ErasureRequest, ErasureScope, HoldScope, ItemRef, ItemState,
    LegalHoldLift, LogQuery, NewLegalHold, Operators as _, RecordRef, RetentionChange, RetentionRun, ReviewerDecision,
    VerificationState,
};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use vault::{KeyStore, KeyStoreError};
use zeroize::Zeroizing;

use crate::house::{House, with_tool};

/// A call that the built-in policy allows, about somebody.
pub(crate) fn about(name: &str) -> Value {
    json!({"model": "gpt-x", "messages": [{"role": "user", "content": format!("Write to {name}, please.")}]})
}

fn erasing(scope: ErasureScope, dry_run: bool, plan: Option<String>) -> ErasureRequest {
    ErasureRequest {
        scope,
        reason: if dry_run {
            String::new()
        } else {
            "She asked for it.".to_owned()
        },
        dry_run,
        plan,
    }
}

fn text(text: &str) -> ErasureScope {
    ErasureScope::Text { text: text.to_owned() }
}

fn agent() -> ErasureScope {
    ErasureScope::Agent {
        agent: "support-bot".to_owned(),
    }
}

impl House {
    async fn erase(&self, scope: ErasureScope, dry_run: bool) -> Erasure {
        self.desk.content_erase(erasing(scope, dry_run, None)).await.unwrap()
    }

    pub(crate) async fn record(&self, sequence: u64) -> Value {
        let record = self.desk.log_record(RecordRef { sequence }).await.unwrap();
        serde_json::from_str(&record.ocsf).unwrap()
    }

    async fn newest(&self) -> Value {
        self.record(self.log_size().await - 1).await
    }

    /// The uids of what isn't erased, oldest first.
    async fn unerased(&self, slot: &str) -> Vec<String> {
        let query = ContentQuery {
            unerased: true,
            ..ContentQuery::default()
        };
        let page = self.desk.contents(query).await.unwrap();
        let of = page.contents.into_iter().rev().filter(|content| content.slot == slot);
        of.map(|content| content.content_uid).collect()
    }

    async fn verifies(&self) -> bool {
        let mut events = self.desk.events(None).await.unwrap();
        let mut verification = self.desk.log_verify(Empty {}).await.unwrap();
        while verification.state == VerificationState::Running {
            if let contract::Happening::Verification(now) = events.next().await.unwrap().happening {
                verification = now;
            }
        }
        verification.state == VerificationState::Verified
    }
}

#[tokio::test]
async fn what_speaks_of_somebody_is_found_and_erased_and_what_does_not_stays() {
    let house = House::open().await;
    for name in ["Erika Mustermann", "Max Müller"] {
        assert_eq!(house.call(&[], &about(name)).await.status, 200);
    }
    let size = house.log_size().await;
    let plan = house.erase(text("erika MUSTERMANN"), true).await;
    assert!(
        plan.dry_run && plan.contents >= 1 && plan.records.is_empty(),
        "{plan:?}"
    );
    assert!(plan.oldest_ms <= plan.newest_ms && plan.bytes > 0);
    assert_eq!(house.log_size().await, size, "a dry run records nothing");
    let requests = house.unerased("request").await;

    // Another plan than the one that would be carried out now.
    let other = house
        .desk
        .content_erase(erasing(text("Mustermann"), false, Some("0".repeat(64))))
        .await;
    assert_eq!(other.unwrap_err().code, Code::Conflict);
    let done = house
        .desk
        .content_erase(erasing(text("Erika Mustermann"), false, Some(plan.plan.clone())))
        .await;
    let done = done.unwrap();
    assert_eq!((done.contents, &done.plan), (plan.contents, &plan.plan));
    let [sequence] = done.records[..] else {
        panic!("{done:?}")
    };

    let record = house.record(sequence).await;
    assert_eq!(
        (&record["class_uid"], &record["activity_id"]),
        (&json!(6003), &json!(4))
    );
    assert_eq!(record["actor"]["user"]["name"], "Robin Example");
    let facts = &record["unmapped"]["countersign"]["facts"];
    assert_eq!(facts["erased"].as_array().unwrap().len() as u64, plan.contents);
    assert_eq!(
        (&facts["cause"], &facts["contents"][0]["slot"]),
        (&json!("search"), &json!("reason"))
    );
    assert!(!record.to_string().contains("Mustermann") && !record.to_string().contains("asked"));

    let stays = house.unerased("request").await;
    assert_eq!((requests.len(), stays.len()), (2, 1));
    let gone = house
        .desk
        .content_open(ContentRef {
            content_uid: requests[0].clone(),
        })
        .await
        .unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
    assert!(gone.message.contains(&format!("record {sequence}")), "{}", gone.message);
    let opened = house
        .desk
        .content_open(ContentRef {
            content_uid: stays[0].clone(),
        })
        .await
        .unwrap();
    assert!(opened.text.unwrap().contains("Max Müller"));
    let read = house.newest().await;
    assert_eq!(
        (&read["activity_id"], &read["api"]["operation"]),
        (&json!(2), &json!("content.open"))
    );
    assert_eq!(read["unmapped"]["countersign"]["facts"]["content_uid"], json!(stays[0]));
    assert_eq!(house.erase(text("Erika"), true).await.contents, 0);
    assert!(house.verifies().await);
}

#[tokio::test]
async fn a_call_that_waits_keeps_its_contents_and_one_that_is_over_gives_them_up() {
    let mut house = House::open().await;
    let mut sent = house.begin(&[("x-stainless-timeout", "0.1")], &with_tool()).await;
    sent.until("HTTP/1.1").await;
    let item = house.item_when(|item| item.state == ItemState::Waiting).await;
    let title = item.title.clone();
    assert!(title.contains("pay"), "{title}");
    let plan = house.erase(agent(), true).await;
    assert_eq!(plan.contents, 0, "{plan:?}");
    assert!(
        plan.kept
            .iter()
            .any(|kept| kept.contents == 3 && kept.because.contains("waits")),
        "{plan:?}"
    );

    house.decide(&item.uid, ReviewerDecision::Deny, "Not today.").await;
    let done = house.erase(agent(), false).await;
    // Subject, request and view, and the reason for the denial.
    assert_eq!(done.contents, 4, "{done:?}");
    for _ in 0..2 {
        let gone = house.items(ItemState::Denied).await;
        assert_eq!(gone[0].title, "A call whose contents were erased");
        let unread = house
            .desk
            .inbox_item(ItemRef { uid: item.uid.clone() })
            .await
            .unwrap_err();
        assert!(unread.message.contains("was erased"), "{}", unread.message);
        assert!(house.verifies().await);
        house.restart().await;
    }
    // What was asked stood in the view alone.
    let files = std::fs::read_dir(house.data_dir()).unwrap();
    let files = files.filter_map(|entry| std::fs::read(entry.unwrap().path()).ok());
    for bytes in files {
        assert!(!bytes.windows(title.len()).any(|part| part == title.as_bytes()));
    }
}

#[tokio::test]
async fn reading_a_held_call_is_recorded_once_for_each_operator() {
    let mut house = House::open().await;
    let mut sent = house.begin(&[("x-stainless-timeout", "0.1")], &with_tool()).await;
    sent.until("HTTP/1.1").await;
    let item = house.item_when(|item| item.state == ItemState::Waiting).await;
    let before = house.log_size().await;
    for _ in 0..3 {
        house.desk.inbox_item(ItemRef { uid: item.uid.clone() }).await.unwrap();
    }
    assert_eq!(house.log_size().await, before + 1);
    let read = house.newest().await;
    assert_eq!(read["api"]["operation"], "inbox.open");
    assert_eq!(read["actor"]["user"]["name"], "Robin Example");
    assert_eq!(read["unmapped"]["countersign"]["facts"]["item_uid"], json!(item.uid));
    house.restart().await;
    let before = house.log_size().await;
    house.desk.inbox_item(ItemRef { uid: item.uid.clone() }).await.unwrap();
    assert_eq!(house.log_size().await, before);
}

#[tokio::test]
async fn a_legal_hold_stops_erasing_and_retention_until_it_is_lifted() {
    let mut house = House::open().await;
    let call = house.call(&[], &about("Erika")).await;
    let request = call.header("x-request-id").unwrap().to_owned();
    let one = house.unerased("request").await.remove(0);
    let all = house.erase(agent(), true).await.contents;
    for (scope, keeps) in [
        (HoldScope::All, all),
        (
            HoldScope::Agent {
                agent: "support-bot".to_owned(),
            },
            all,
        ),
        (
            HoldScope::Request {
                correlation_uid: request,
            },
            all,
        ),
        (HoldScope::Content { content_uid: one }, 1),
    ] {
        let new = NewLegalHold {
            scope: scope.clone(),
            reason: "Litigation.".to_owned(),
        };
        let hold = house.desk.legal_hold_set(new).await.unwrap();
        let set = house.newest().await;
        assert_eq!((&set["class_uid"], &set["activity_id"]), (&json!(3004), &json!(1)));
        house.restart().await;
        for plan in [
            house.erase(agent(), true).await,
            house
                .desk
                .retention_apply(RetentionRun {
                    dry_run: true,
                    days: Some(0),
                })
                .await
                .unwrap(),
        ] {
            let held = plan.kept.iter().find(|kept| kept.because.contains("legal hold keeps"));
            assert!(held.is_some_and(|kept| kept.contents >= keeps), "{scope:?}: {plan:?}");
        }
        let lift = LegalHoldLift {
            uid: hold.uid.clone(),
            reason: "Settled.".to_owned(),
        };
        assert!(house.desk.legal_hold_lift(lift.clone()).await.unwrap().holds.is_empty());
        assert_eq!(house.newest().await["activity_id"], 4);
        assert_eq!(house.desk.legal_hold_lift(lift).await.unwrap_err().code, Code::NotFound);
    }
    for nothing in [
        HoldScope::Agent {
            agent: "nobody".to_owned(),
        },
        HoldScope::Request {
            correlation_uid: "nothing".to_owned(),
        },
        HoldScope::Content {
            content_uid: "nothing".to_owned(),
        },
    ] {
        let new = NewLegalHold {
            scope: nothing,
            reason: "x".to_owned(),
        };
        assert_eq!(house.desk.legal_hold_set(new).await.unwrap_err().code, Code::NotFound);
    }
    let erased = house.erase(agent(), false).await;
    assert!(erased.contents >= all && house.verifies().await);
}

#[tokio::test]
async fn retention_never_falls_below_its_minimum_and_the_minimum_only_rises() {
    let mut house = House::open().await;
    let by_default = house.desk.retention(Empty {}).await.unwrap();
    assert_eq!(
        (by_default.days, by_default.minimum_days, by_default.is_default),
        (2557, 183, true)
    );
    let set = |days, minimum_days| RetentionChange { days, minimum_days };
    for refused in [
        set(Some(182), None),
        set(Some(0), None),
        set(Some(10), Some(10)),
        set(None, Some(182)),
        set(None, Some(2558)),
        set(Some(u32::MAX), None),
    ] {
        let error = house.desk.retention_set(refused).await.unwrap_err();
        assert_eq!(error.code, Code::Refused, "{refused:?}");
    }
    let raised = house.desk.retention_set(set(Some(800), Some(400))).await.unwrap();
    assert_eq!((raised.days, raised.minimum_days, raised.is_default), (800, 400, false));
    let record = house.newest().await;
    assert_eq!(
        (&record["class_uid"], &record["activity_id"]),
        (&json!(3004), &json!(3))
    );
    assert_eq!(record["entity"]["type_id"], 5);
    house.restart().await;
    assert_eq!(house.desk.retention(Empty {}).await.unwrap(), raised);
    assert_eq!(
        house.desk.retention_set(set(Some(399), None)).await.unwrap_err().code,
        Code::Refused
    );

    assert_eq!(house.call(&[], &about("Erika")).await.status, 200);
    let size = house.log_size().await;
    let run = |dry_run, days| RetentionRun { dry_run, days };
    assert_eq!(
        house.desk.retention_apply(run(false, None)).await.unwrap().contents,
        0,
        "nothing is that old"
    );
    assert!(house.desk.retention_apply(run(true, Some(0))).await.unwrap().contents > 0);
    assert_eq!(
        house.desk.retention_apply(run(false, Some(0))).await.unwrap_err().code,
        Code::Invalid
    );
    assert_eq!(house.log_size().await, size);
}

/// A key store that a person locks in the midst of an erasure.
struct Locking {
    store: Arc<dyn KeyStore>,
    /// How many more secrets it takes.
    takes: Arc<AtomicUsize>,
}

impl KeyStore for Locking {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        self.store.get(name)
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        let take = |left: usize| (left > 0).then(|| left - 1);
        match self.takes.try_update(Ordering::SeqCst, Ordering::SeqCst, take) {
            Ok(_) => self.store.set(name, secret),
            Err(_) => Err(KeyStoreError::NoAccess {
                name: name.to_owned(),
                reason: "it is locked".to_owned(),
            }),
        }
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        self.store.remove(name)
    }

    fn kind(&self) -> &'static str {
        self.store.kind()
    }
}

#[tokio::test]
async fn an_erasure_that_stops_between_two_agents_goes_on_at_the_next_start() {
    let takes = Arc::new(AtomicUsize::new(usize::MAX));
    let front = Arc::clone(&takes);
    let mut house = House::open_over(|store| Arc::new(Locking { store, takes: front })).await;
    assert_eq!(house.call(&[], &about("Erika")).await.status, 200);
    assert_eq!(house.call(&[], &about("Max")).await.status, 200);
    let second = house
        .desk
        .agent_add(contract::NewAgent {
            name: "second".to_owned(),
        })
        .await
        .unwrap();
    house.runtime_key = second.runtime_key;
    assert_eq!(house.call(&[], &about("Erika")).await.status, 200);
    assert_eq!(house.call(&[], &about("Max")).await.status, 200);
    let plan = house.erase(text("Erika"), true).await;

    // Each agent's part needs one new key for what stays of that agent's contents.
    takes.store(1, Ordering::SeqCst);
    let stopped = house
        .desk
        .content_erase(erasing(text("Erika"), false, None))
        .await
        .unwrap_err();
    assert_eq!(stopped.code, Code::KeyStore);
    let left = house.erase(text("Erika"), true).await.contents;
    assert!(left > 0 && left < plan.contents, "{left} of {}", plan.contents);
    takes.store(usize::MAX, Ordering::SeqCst);
    house.restart().await;
    assert_eq!(house.erase(text("Erika"), true).await.contents, 0);
    assert!(house.erase(text("Max"), true).await.contents >= 2);
    let erasures = house
        .desk
        .log(LogQuery {
            limit: 100,
            ..LogQuery::default()
        })
        .await
        .unwrap();
    let erasures = erasures.rows.into_iter().filter(|row| row.did.starts_with("erased"));
    let of: Vec<_> = erasures.map(|row| (row.who, row.correlation_uid)).collect();
    assert_eq!(of.len(), 2);
    assert_eq!(of[0], of[1], "both are of one erasure, by one person");
    assert!(house.verifies().await);
    house.restart().await;
    assert!(house.verifies().await);
}
