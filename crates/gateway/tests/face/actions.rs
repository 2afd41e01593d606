//! Actions that an agent proposes and does itself: each state, from outside.

use contract::{
    ActionKind, ActionKindRef, ActionKindText, Empty, ItemState, Operators, PolicyText, RecordRef, ReviewerDecision,
};
use serde_json::{Value, json};

use crate::house::{Answered, House, Sent, has_receipt};

/// A kind that moves money: it always goes to a person.
pub(crate) fn payment() -> Value {
    json!({
        "name": "payment.create",
        "category": "move_money",
        "title": "Pay {amount} {currency} to {payee}",
        "description": "A transfer from the operating account.",
        "schema": {
            "type": "object",
            "properties": {
                "amount": {"type": "string", "pattern": "^[0-9]+\\.[0-9]{2}$"},
                "currency": {"enum": ["EUR", "USD"]},
                "payee": {"type": "string"}
            },
            "required": ["amount", "currency", "payee"],
            "additionalProperties": false
        }
    })
}

/// A kind that the policy alone decides on.
pub(crate) fn lookup() -> Value {
    json!({"name": "crm.lookup", "category": "read", "schema": {"type": "object"}, "report_within_s": 5})
}

pub(crate) fn pay(amount: &str) -> Value {
    json!({
        "kind": "payment.create",
        "parameters": {"amount": amount, "currency": "EUR", "payee": "Acme GmbH"},
        "reason": "Invoice 4711 is due.",
        "evidence": [{"kind": "invoice", "reference": "https://files.example/4711.pdf", "sha256": "ab".repeat(32)}]
    })
}

pub(crate) fn look_up() -> Value {
    json!({"kind": "crm.lookup", "parameters": {"customer": "C-7"}})
}

pub(crate) fn done() -> Value {
    json!({"status": "success", "started_ms": 1_795_000_000_000_i64, "ended_ms": 1_795_000_000_311_i64,
        "summary": "Paid.", "result": {"transfer": "T-1"}})
}

/// The policy that permits whatever is proposed.
pub(crate) const PERMIT_ALL: &str = "@id(\"all\")\n@reason(\"Everything may happen.\")\n\
    permit (principal, action == Action::\"propose\", resource);\n";

pub(crate) async fn register(house: &House, definition: &Value) -> ActionKind {
    let text = definition.to_string();
    house.desk.action_kind_set(ActionKindText { text }).await.unwrap()
}

pub(crate) async fn publish(house: &House, text: &str) {
    let text = text.to_owned();
    house.desk.policy_publish(PolicyText { text }).await.unwrap();
}

pub(crate) async fn propose(house: &House, proposal: &Value) -> Answered {
    house.call_at("/v1/actions", proposal).await
}

pub(crate) async fn with_key(house: &House, key: &str, proposal: &Value) -> Answered {
    let headers = [("Idempotency-Key", key)];
    house.begin_at("/v1/actions", &headers, proposal).await.end().await
}

pub(crate) async fn state(house: &House, id: &str) -> Answered {
    house.get(&format!("/v1/actions/{id}"), &[]).await
}

pub(crate) async fn report(house: &House, id: &str, report: &Value) -> Answered {
    house.call_at(&format!("/v1/actions/{id}/execution"), report).await
}

pub(crate) fn id_of(answered: &Answered) -> String {
    text_of(answered, "id")
}

pub(crate) fn state_of(answered: &Answered) -> String {
    text_of(answered, "state")
}

fn text_of(answered: &Answered, name: &str) -> String {
    let body = answered.json();
    body[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {answered:?}"))
        .to_owned()
}

/// A house with both kinds.
pub(crate) async fn house() -> House {
    let house = House::open().await;
    register(&house, &payment()).await;
    register(&house, &lookup()).await;
    house
}

/// Proposed, held, countersigned: what the agent then gets.
pub(crate) async fn released(house: &House, proposal: &Value) -> Answered {
    let held = propose(house, proposal).await;
    assert_eq!((held.status, state_of(&held).as_str()), (201, "held"), "{held:?}");
    let approval = text_of(&held, "approval_id");
    house.decide(&approval, ReviewerDecision::Approve, "Checked.").await;
    let released = state(house, &id_of(&held)).await;
    assert_eq!(
        (released.status, state_of(&released).as_str()),
        (200, "released"),
        "{released:?}"
    );
    released
}

/// The kinds of an action's records, oldest first, without that somebody read it.
pub(crate) async fn story(house: &House, id: &str) -> Vec<String> {
    let size = house.log_size().await;
    let mut kinds = Vec::new();
    for sequence in 0..size {
        let record = house.desk.log_record(RecordRef { sequence }).await.unwrap();
        if record.row.correlation_uid.as_deref() != Some(id) {
            continue;
        }
        let stored: Value = serde_json::from_str(&record.ocsf).unwrap();
        kinds.push(stored["unmapped"]["countersign"]["kind"].as_str().unwrap().to_owned());
    }
    kinds.retain(|kind| kind != "content_opened");
    kinds
}

/// Asks until it is in this state. Whoever runs the tests stops one that never gets there.
pub(crate) async fn until(house: &House, id: &str, wanted: &str) -> Answered {
    loop {
        let now = state(house, id).await;
        if state_of(&now) == wanted {
            return now;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_a_person_countersigns_is_released_once_and_its_report_is_answered_with_a_receipt() {
    let house = house().await;
    let held = propose(&house, &pay("48200.00")).await;
    assert_eq!((held.status, state_of(&held).as_str()), (201, "held"), "{held:?}");
    has_receipt(&house, &held).await;
    let [item] = &house.items(ItemState::Waiting).await[..] else {
        panic!("one item")
    };
    assert_eq!(item.title, "Pay 48200.00 EUR to “Acme GmbH”");
    assert_eq!(held.json()["approval_id"], item.uid.as_str());
    assert!(held.json()["expires_at"].as_str().unwrap().ends_with('Z'), "{held:?}");

    // What the reviewer is shown is made anew at the reviewer's end before it is signed.
    house.decide(&item.uid, ReviewerDecision::Approve, "Checked.").await;
    let id = id_of(&held);
    let released = state(&house, &id).await;
    assert_eq!(state_of(&released), "released", "{released:?}");
    has_receipt(&house, &released).await;
    // Being told twice is no second release.
    let again = state(&house, &id).await;
    assert_eq!(again.json()["receipt"], released.json()["receipt"]);

    let told = report(&house, &id, &done()).await;
    assert_eq!((told.status, state_of(&told).as_str()), (200, "executed"), "{told:?}");
    assert_eq!(told.json()["late"], false);
    has_receipt(&house, &told).await;
    assert_eq!(report(&house, &id, &done()).await.json(), told.json());
    assert_eq!(state(&house, &id).await.json(), told.json());
    let kinds = story(&house, &id).await;
    assert_eq!(
        kinds,
        ["call_decided", "item_decided", "released", "execution_reported"]
    );
}

#[tokio::test]
async fn what_policy_allows_may_be_done_at_once() {
    let house = house().await;
    publish(&house, PERMIT_ALL).await;
    let allowed = propose(&house, &look_up()).await;
    assert_eq!(
        (allowed.status, state_of(&allowed).as_str()),
        (201, "allowed"),
        "{allowed:?}"
    );
    assert_eq!(allowed.json()["reasons"], json!(["Everything may happen."]));
    let failed = json!({"status": "failure", "summary": "The CRM is down."});
    let told = report(&house, &id_of(&allowed), &failed).await;
    assert_eq!(state_of(&told), "executed", "{told:?}");
    assert_eq!(
        story(&house, &id_of(&allowed)).await,
        ["call_decided", "execution_reported"]
    );
}

#[tokio::test]
async fn the_built_in_policy_holds_what_it_could_allow() {
    let house = house().await;
    let held = propose(&house, &look_up()).await;
    assert_eq!(state_of(&held), "held", "{held:?}");
    assert_eq!(
        house.items(ItemState::Waiting).await[0].title,
        "crm.lookup: customer C-7"
    );
}

#[tokio::test]
async fn a_state_is_waited_for_until_a_person_has_decided() {
    let house = house().await;
    let held = propose(&house, &pay("1.00")).await;
    let path = format!("/v1/actions/{}?wait=60", id_of(&held));
    let waiting = Sent::to(
        house.address(),
        &format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            house.address(),
            house.runtime_key
        ),
    )
    .await;
    let item = house.item_when(|item| item.attached).await;
    house.decide(&item.uid, ReviewerDecision::Approve, "").await;
    assert_eq!(state_of(&waiting.end().await), "released");
}

#[tokio::test]
async fn a_denial_is_told_with_its_reason_and_nothing_can_be_reported() {
    let house = house().await;
    let held = propose(&house, &pay("1.00")).await;
    let approval = text_of(&held, "approval_id");
    house
        .decide(&approval, ReviewerDecision::Deny, "Not this account.")
        .await;
    let denied = state(&house, &id_of(&held)).await;
    assert_eq!(
        (denied.status, state_of(&denied).as_str()),
        (200, "denied"),
        "{denied:?}"
    );
    assert!(denied.body.contains("Not this account."), "{denied:?}");
    has_receipt(&house, &denied).await;
    assert_eq!(report(&house, &id_of(&held), &done()).await.status, 409);
}

#[tokio::test]
async fn what_policy_denies_is_a_problem_and_stays_to_be_asked_for() {
    let house = house().await;
    publish(&house, "").await;
    let denied = propose(&house, &look_up()).await;
    assert_eq!(
        (denied.status, denied.code().as_str()),
        (403, "policy_denied"),
        "{denied:?}"
    );
    assert_eq!(denied.header("content-type"), Some("application/problem+json"));
    has_receipt(&house, &denied).await;
    let id = denied.header("x-request-id").unwrap().to_owned();
    assert_eq!(state_of(&state(&house, &id).await), "denied");
    // Asked anew it is decided on anew.
    publish(&house, PERMIT_ALL).await;
    assert_eq!(state_of(&propose(&house, &look_up()).await), "allowed");
}

#[tokio::test]
async fn a_release_that_nobody_reports_runs_out_and_a_late_report_is_taken_as_such() {
    let house = house().await;
    let released = released(&house, &look_up()).await;
    let id = id_of(&released);
    let unknown = until(&house, &id, "outcome_unknown").await;
    has_receipt(&house, &unknown).await;
    let told = report(&house, &id, &done()).await;
    assert_eq!((told.status, state_of(&told).as_str()), (200, "executed"), "{told:?}");
    assert_eq!(told.json()["late"], true);
    assert_eq!(report(&house, &id, &done()).await.json(), told.json());
    let kinds = story(&house, &id).await;
    let wanted = [
        "call_decided",
        "item_decided",
        "released",
        "call_finished",
        "execution_reported",
    ];
    assert_eq!(kinds, wanted);
}

#[tokio::test]
async fn an_approval_that_nobody_decides_on_expires() {
    let house = house().await;
    let hasty = "@id(\"soon\")\n@reason(\"Soon or never.\")\n@hold(\"2\")\n@within(\"5s\")\n\
        permit (principal, action == Action::\"propose\", resource);\n";
    publish(&house, hasty).await;
    let held = propose(&house, &look_up()).await;
    let expired = until(&house, &id_of(&held), "expired").await;
    has_receipt(&house, &expired).await;
    assert_eq!(story(&house, &id_of(&held)).await, ["call_decided", "item_expired"]);
}

#[tokio::test]
async fn the_same_proposal_sent_again_is_the_same_action_until_it_is_done() {
    let house = house().await;
    let first = released(&house, &pay("1.00")).await;
    let again = propose(&house, &pay("1.00")).await;
    assert_eq!((again.status, id_of(&again)), (200, id_of(&first)), "{again:?}");
    assert_eq!(state_of(&again), "released");
    report(&house, &id_of(&first), &done()).await;
    // Done, the same once more is another.
    let other = propose(&house, &pay("1.00")).await;
    assert_eq!((other.status, state_of(&other).as_str()), (201, "held"), "{other:?}");
    assert_ne!(id_of(&other), id_of(&first));
}

#[tokio::test]
async fn with_a_key_of_its_own_a_proposal_stays_the_same_action_for_good() {
    let house = house().await;
    publish(&house, PERMIT_ALL).await;
    let first = with_key(&house, "k-1", &look_up()).await;
    report(&house, &id_of(&first), &done()).await;
    let again = with_key(&house, "k-1", &look_up()).await;
    assert_eq!((again.status, id_of(&again)), (200, id_of(&first)), "{again:?}");
    assert_eq!(state_of(&again), "executed");
    let other = with_key(&house, "k-2", &look_up()).await;
    assert_eq!(other.status, 201, "{other:?}");
    assert_ne!(id_of(&other), id_of(&first));
}

#[tokio::test]
async fn kinds_are_registered_defined_anew_and_removed_each_with_its_record() {
    let mut house = House::open().await;
    let size = house.log_size().await;
    let first = register(&house, &payment()).await;
    assert!(first.always_held);
    assert_eq!(
        register(&house, &payment()).await,
        first,
        "the same again changes nothing"
    );
    let mut other = payment();
    other["description"] = json!("Another account.");
    let second = register(&house, &other).await;
    assert_ne!(second.sha256, first.sha256);
    assert_eq!(house.log_size().await, size + 2);
    house.restart().await;
    house.desk = client::connect(house.data_dir()).await.unwrap();
    assert_eq!(house.desk.action_kinds(Empty {}).await.unwrap().kinds, [second]);
    let name = "payment.create".to_owned();
    house
        .desk
        .action_kind_remove(ActionKindRef { name: name.clone() })
        .await
        .unwrap();
    assert!(house.desk.action_kinds(Empty {}).await.unwrap().kinds.is_empty());
    assert!(house.desk.action_kind_remove(ActionKindRef { name }).await.is_err());
}
