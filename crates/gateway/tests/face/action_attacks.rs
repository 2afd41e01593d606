//! Attacks on proposed actions, each named by what is tried.

use contract::{AgentRef, ItemRef, ItemState, NewAgent, Operators, ReviewerDecision, StatementRequest};
use serde_json::{Value, json};

use crate::actions::{
    PERMIT_ALL, done, house, id_of, look_up, lookup, pay, payment, propose, publish, register, released, report, state,
    state_of, story, until, with_key,
};
use crate::house::{Answered, House, Sent, has_receipt};

/// A request as it stands, with this agent's key.
async fn sent(house: &House, key: &str, method: &str, path: &str, body: &str) -> Answered {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        house.address(),
        body.len()
    );
    Sent::to(house.address(), &format!("{head}{body}")).await.end().await
}

async fn raw(house: &House, body: &str) -> Answered {
    sent(house, &house.runtime_key, "POST", "/v1/actions", body).await
}

fn refused(answered: &Answered, status: u16, code: &str) {
    assert_eq!(
        (answered.status, answered.code().as_str()),
        (status, code),
        "{answered:?}"
    );
    assert_eq!(answered.header("content-type"), Some("application/problem+json"));
    let body = answered.json();
    assert_eq!(body["request_id"].as_str(), answered.header("x-request-id"));
}

#[tokio::test]
async fn unregistered_kind() {
    let house = House::open().await;
    publish(&house, PERMIT_ALL).await;
    let answered = propose(&house, &look_up()).await;
    refused(&answered, 403, "kind_not_registered");
    has_receipt(&house, &answered).await;
    let kinds = story(&house, answered.header("x-request-id").unwrap()).await;
    assert_eq!(kinds, ["call_decided"]);
}

#[tokio::test]
async fn relabelled_past_a_floor() {
    let house = house().await;
    publish(&house, PERMIT_ALL).await;
    // The agent says itself what it does: no field for that is taken.
    let mut proposal = pay("1.00");
    proposal["category"] = json!("read");
    refused(&propose(&house, &proposal).await, 400, "invalid_request");
    // As another kind, in disguise: no kind of that name is registered, or it is no name.
    for name in [
        "payment_create",
        "payment.create ",
        "Payment.Create",
        "payment.cre\u{200b}ate",
        "crm/payment",
    ] {
        let mut proposal = pay("1.00");
        proposal["kind"] = json!(name);
        let answered = propose(&house, &proposal).await;
        assert!([400, 403].contains(&answered.status), "{name}: {answered:?}");
    }
    assert!(house.items(ItemState::Waiting).await.is_empty());
}

#[tokio::test]
async fn floor_under_a_policy_that_permits_everything() {
    let house = House::open().await;
    publish(&house, PERMIT_ALL).await;
    for category in ["move_money", "delete_data", "change_access", "publish_externally"] {
        let mut kind = lookup();
        (kind["name"], kind["category"]) = (json!(category), json!(category));
        assert!(register(&house, &kind).await.always_held);
        let answered = propose(&house, &json!({"kind": category, "parameters": {}})).await;
        assert_eq!(
            (answered.status, state_of(&answered).as_str()),
            (201, "held"),
            "{answered:?}"
        );
        assert!(answered.body.contains("always goes to a person"), "{answered:?}");
    }
    for category in ["read", "internal_write", "other"] {
        let mut kind = lookup();
        (kind["name"], kind["category"]) = (json!(category), json!(category));
        register(&house, &kind).await;
        let answered = propose(&house, &json!({"kind": category, "parameters": {}})).await;
        assert_eq!(state_of(&answered), "allowed", "{answered:?}");
    }
}

#[tokio::test]
async fn floor_that_policy_forbids_stays_denied() {
    let house = house().await;
    let text = format!(
        "{PERMIT_ALL}@id(\"no-money\")\n@reason(\"No money moves here.\")\n\
         forbid (principal, action == Action::\"propose\", resource) when {{ context.category == Category::\"move_money\" }};\n"
    );
    publish(&house, &text).await;
    let denied = propose(&house, &pay("1.00")).await;
    refused(&denied, 403, "policy_denied");
    assert!(denied.body.contains("No money moves here."), "{denied:?}");
}

#[tokio::test]
async fn parameters_that_dont_fit_the_schema() {
    let house = house().await;
    for parameters in [
        json!({"amount": "1.00", "currency": "EUR"}),
        json!({"amount": 1.0, "currency": "EUR", "payee": "x"}),
        json!({"amount": "1", "currency": "EUR", "payee": "x"}),
        json!({"amount": "1.00", "currency": "XXX", "payee": "x"}),
        json!({"amount": "1.00", "currency": "EUR", "payee": "x", "cc": "y"}),
        json!({}),
    ] {
        let answered = propose(&house, &json!({"kind": "payment.create", "parameters": parameters})).await;
        refused(&answered, 400, "invalid_request");
        has_receipt(&house, &answered).await;
    }
}

#[tokio::test]
async fn what_a_strict_reader_doesnt_take() {
    let house = house().await;
    let deep = format!("{}1{}", "{\"a\":".repeat(40), "}".repeat(40));
    let many: Vec<u32> = (0..2000).collect();
    for body in [
        r#"{"kind":"crm.lookup","parameters":{},"approved":true}"#.to_owned(),
        r#"{"kind":"crm.lookup","kind":"payment.create","parameters":{}}"#.to_owned(),
        r#"{"kind":"crm.lookup","parameters":{"a":1,"a":2}}"#.to_owned(),
        r#"{"kind":"crm.lookup","parameters":{"a":"\ud800"}}"#.to_owned(),
        r#"{"kind":"crm.lookup","parameters":{}} {}"#.to_owned(),
        r#"{"kind":"crm.lookup","parameters":[]}"#.to_owned(),
        r#"{"kind":"crm.lookup","parameters":null}"#.to_owned(),
        r#"{"kind":"crm.lookup"}"#.to_owned(),
        r#"["crm.lookup",{}]"#.to_owned(),
        r#"{"kind":"crm.lookup","parameters":{},"evidence":[["invoice","4711"]]}"#.to_owned(),
        r#"{"kind":"crm.lookup","parameters":{},"evidence":[{"kind":"i","reference":"r","sha256":"AB"}]}"#.to_owned(),
        r#"{"kind":"crm.lookup","parameters":{"n":90071992547409931}}"#.to_owned(),
        format!(r#"{{"kind":"crm.lookup","parameters":{deep}}}"#),
        json!({"kind": "crm.lookup", "parameters": {"many": many}}).to_string(),
        json!({"kind": "crm.lookup", "parameters": {"long": "x".repeat(300 * 1024)}}).to_string(),
    ] {
        let answered = raw(&house, &body).await;
        refused(&answered, 400, "invalid_request");
        has_receipt(&house, &answered).await;
    }
    let oversized = json!({"kind": "crm.lookup", "parameters": {"x": "x".repeat(9 * 1024 * 1024)}}).to_string();
    assert_eq!(raw(&house, &oversized).await.status, 413);
    assert!(house.items(ItemState::Waiting).await.is_empty());
}

#[tokio::test]
async fn queries_and_keys_that_arent_taken() {
    let house = house().await;
    let body = look_up().to_string();
    let query = sent(&house, &house.runtime_key, "POST", "/v1/actions?dry_run=1", &body).await;
    refused(&query, 400, "query_refused");
    let long = "k".repeat(256);
    refused(&with_key(&house, &long, &look_up()).await, 400, "invalid_request");
    let held = propose(&house, &look_up()).await;
    let wait = house.get(&format!("/v1/actions/{}?wait=61", id_of(&held)), &[]).await;
    refused(&wait, 400, "query_refused");
}

#[tokio::test]
async fn foreign_agents_action() {
    let house = house().await;
    let theirs = released(&house, &pay("1.00")).await;
    let name = "other-bot".to_owned();
    let other = house.desk.agent_add(NewAgent { name }).await.unwrap().runtime_key;
    let unknown = "0199aaaa-0000-7000-8000-000000000000";
    let mut told = Vec::new();
    for id in [id_of(&theirs), unknown.to_owned()] {
        let path = format!("/v1/actions/{id}");
        let seen = sent(&house, &other, "GET", &path, "").await;
        refused(&seen, 404, "action_not_found");
        let reported = sent(
            &house,
            &other,
            "POST",
            &format!("{path}/execution"),
            &done().to_string(),
        )
        .await;
        refused(&reported, 404, "action_not_found");
        told.push((seen.json()["detail"].clone(), reported.json()["detail"].clone()));
    }
    assert_eq!(told[0], told[1], "another's is told apart from none by nobody");
    assert_eq!(state_of(&state(&house, &id_of(&theirs)).await), "released");
    // Nor does the same proposal of another agent attach to it.
    let own = sent(&house, &other, "POST", "/v1/actions", &pay("1.00").to_string()).await;
    assert_ne!(id_of(&own), id_of(&theirs));
}

#[tokio::test]
async fn second_execution() {
    let house = house().await;
    let id = id_of(&released(&house, &pay("1.00")).await);
    let told = report(&house, &id, &done()).await;
    assert_eq!(told.status, 200, "{told:?}");
    let other = report(&house, &id, &json!({"status": "failure"})).await;
    refused(&other, 409, "conflict");
    has_receipt(&house, &other).await;
    assert_eq!(state(&house, &id).await.json(), told.json());
    let kinds = story(&house, &id).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "execution_reported").count(), 1);
}

#[tokio::test]
async fn execution_before_release() {
    let house = house().await;
    let held = propose(&house, &pay("1.00")).await;
    let early = report(&house, &id_of(&held), &done()).await;
    refused(&early, 409, "conflict");
    // Countersigned isn't released yet: the agent has to ask.
    let approval = held.json()["approval_id"].as_str().unwrap().to_owned();
    house.decide(&approval, ReviewerDecision::Approve, "").await;
    refused(&report(&house, &id_of(&held), &done()).await, 409, "conflict");
    assert_eq!(state_of(&state(&house, &id_of(&held)).await), "released");
}

#[tokio::test]
async fn report_that_isnt_one() {
    let house = house().await;
    let id = id_of(&released(&house, &pay("1.00")).await);
    for body in [
        json!({"status": "perhaps"}),
        json!({}),
        json!({"status": "success", "approved": true}),
        json!({"status": "success", "started_ms": 2, "ended_ms": 1}),
        json!({"status": "success", "digests": [{"name": "a", "sha256": "xyz"}]}),
    ] {
        refused(&report(&house, &id, &body).await, 400, "invalid_request");
    }
    assert_eq!(state_of(&state(&house, &id).await), "released");
}

#[tokio::test]
async fn kind_changed_while_held() {
    let house = house().await;
    let change: [fn(&mut Value); 3] = [
        |kind| kind["category"] = json!("read"),
        |kind| kind["schema"]["properties"]["amount"] = json!({"type": "string"}),
        |kind| kind["title"] = json!("Look at {payee}"),
    ];
    for (number, change) in change.into_iter().enumerate() {
        register(&house, &payment()).await;
        let held = propose(&house, &pay(&format!("{number}.00"))).await;
        let approval = held.json()["approval_id"].as_str().unwrap().to_owned();
        // Before it is countersigned: nobody may.
        let mut other = payment();
        change(&mut other);
        register(&house, &other).await;
        let item = house.desk.inbox_item(ItemRef { uid: approval.clone() }).await.unwrap();
        assert!(item.barred.is_some_and(|why| why.contains("kind")));
        let request = StatementRequest {
            uid: approval.clone(),
            decision: contract::ReviewerDecision::Approve,
            reason: String::new(),
            key_id: house.reviewer.key_id().to_string(),
        };
        assert!(house.desk.inbox_statement(request).await.is_err());
        // After it: it isn't released.
        register(&house, &payment()).await;
        house.decide(&approval, ReviewerDecision::Approve, "").await;
        register(&house, &other).await;
        let void = state(&house, &id_of(&held)).await;
        assert_eq!(state_of(&void), "expired", "{void:?}");
        refused(&report(&house, &id_of(&held), &done()).await, 409, "conflict");
        let kinds = story(&house, &id_of(&held)).await;
        assert_eq!(kinds, ["call_decided", "item_decided", "item_expired"]);
        // And the same proposal is a new question.
        assert_ne!(
            id_of(&propose(&house, &pay(&format!("{number}.00"))).await),
            id_of(&held)
        );
    }
}

#[tokio::test]
async fn kind_removed_while_held() {
    let house = house().await;
    let held = propose(&house, &pay("1.00")).await;
    let approval = held.json()["approval_id"].as_str().unwrap().to_owned();
    house.decide(&approval, ReviewerDecision::Approve, "").await;
    let name = "payment.create".to_owned();
    house
        .desk
        .action_kind_remove(contract::ActionKindRef { name })
        .await
        .unwrap();
    assert_eq!(state_of(&state(&house, &id_of(&held)).await), "expired");
    refused(&propose(&house, &pay("1.00")).await, 403, "kind_not_registered");
}

#[tokio::test]
async fn replayed_proposal() {
    let house = house().await;
    let body = pay("1.00").to_string();
    // Sent many times at once, with a key and without: one action, one item.
    let sends = (0..8).map(|_| raw(&house, &body));
    let answers = futures_util::future::join_all(sends).await;
    let first = id_of(&answers[0]);
    assert!(answers.iter().all(|answered| id_of(answered) == first));
    assert_eq!(answers.iter().filter(|answered| answered.status == 201).count(), 1);
    assert_eq!(house.items(ItemState::Waiting).await.len(), 1);
    // A key stands for one proposal.
    let keyed = with_key(&house, "k", &pay("2.00")).await;
    assert_eq!(keyed.status, 201);
    refused(&with_key(&house, "k", &pay("3.00")).await, 409, "conflict");
}

#[tokio::test]
async fn approval_of_one_action_used_for_another() {
    let house = house().await;
    let (one, other) = (propose(&house, &pay("1.00")).await, propose(&house, &pay("2.00")).await);
    let uid = |answered: &Answered| answered.json()["approval_id"].as_str().unwrap().to_owned();
    let item = house.desk.inbox_item(ItemRef { uid: uid(&one) }).await.unwrap();
    let request = StatementRequest {
        uid: uid(&one),
        decision: ReviewerDecision::Approve,
        reason: String::new(),
        key_id: house.reviewer.key_id().to_string(),
    };
    let statement = house.desk.inbox_statement(request).await.unwrap();
    let mut signed = house
        .reviewer
        .sign(&item, &statement, ReviewerDecision::Approve, "")
        .unwrap();
    signed.uid = uid(&other);
    assert!(house.desk.inbox_decide(signed).await.is_err());
    assert_eq!(state_of(&state(&house, &id_of(&other)).await), "held");
    // Nor does the reviewer's end sign one statement over the other's view.
    let shown = house.desk.inbox_item(ItemRef { uid: uid(&other) }).await.unwrap();
    assert!(
        house
            .reviewer
            .sign(&shown, &statement, ReviewerDecision::Approve, "")
            .is_err()
    );
}

#[tokio::test]
async fn gateway_that_shows_another_kind_than_is_signed() {
    let house = house().await;
    let held = propose(&house, &pay("1.00")).await;
    let uid = held.json()["approval_id"].as_str().unwrap().to_owned();
    let item = house.desk.inbox_item(ItemRef { uid: uid.clone() }).await.unwrap();
    let request = StatementRequest {
        uid,
        decision: ReviewerDecision::Approve,
        reason: String::new(),
        key_id: house.reviewer.key_id().to_string(),
    };
    let statement = house.desk.inbox_statement(request).await.unwrap();
    let change: [fn(&mut contract::HeldItem); 3] = [
        |item| item.subject.text = item.subject.text.replace("move_money", "read"),
        |item| item.view.text = item.view.text.replace("Moves money", "Reads"),
        |item| item.request.text = item.request.text.replace("1.00", "9.00"),
    ];
    for change in change {
        let mut shown = item.clone();
        change(&mut shown);
        assert_ne!(shown, item);
        assert!(
            house
                .reviewer
                .sign(&shown, &statement, ReviewerDecision::Approve, "")
                .is_err()
        );
    }
    assert!(
        house
            .reviewer
            .sign(&item, &statement, ReviewerDecision::Approve, "")
            .is_ok()
    );
}

#[tokio::test]
async fn halted_agent() {
    let house = house().await;
    let held = propose(&house, &pay("1.00")).await;
    let released = released(&house, &pay("2.00")).await;
    let approval = held.json()["approval_id"].as_str().unwrap().to_owned();
    house.decide(&approval, ReviewerDecision::Approve, "").await;
    let agent = AgentRef {
        agent: "support-bot".to_owned(),
    };
    house.desk.agent_disable(agent.clone()).await.unwrap();
    for answered in [
        propose(&house, &look_up()).await,
        state(&house, &id_of(&held)).await,
        report(&house, &id_of(&released), &done()).await,
    ] {
        assert_eq!(answered.status, 401, "{answered:?}");
    }
    house.desk.agent_enable(agent).await.unwrap();
    assert_eq!(state_of(&state(&house, &id_of(&held)).await), "released");
}

#[tokio::test]
async fn agent_halted_while_it_waits() {
    let house = house().await;
    let held = propose(&house, &pay("1.00")).await;
    let path = format!("/v1/actions/{}?wait=60", id_of(&held));
    let waiting = sent(&house, &house.runtime_key, "GET", &path, "");
    let halting = async {
        house.item_when(|item| item.attached).await;
        let agent = "support-bot".to_owned();
        house.desk.agent_disable(AgentRef { agent }).await.unwrap();
    };
    let (answered, ()) = tokio::join!(waiting, halting);
    refused(&answered, 403, "agent_halted");
}

#[tokio::test]
async fn restart_between_release_and_report() {
    let mut house = house().await;
    let id = id_of(&released(&house, &pay("1.00")).await);
    house.restart().await;
    house.desk = client::connect(house.data_dir()).await.unwrap();
    let unknown = until(&house, &id, "outcome_unknown").await;
    has_receipt(&house, &unknown).await;
    let told = report(&house, &id, &done()).await;
    assert_eq!(
        (state_of(&told).as_str(), &told.json()["late"]),
        ("executed", &json!(true)),
        "{told:?}"
    );
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
async fn restart_while_held() {
    let mut house = house().await;
    let held = propose(&house, &pay("1.00")).await;
    house.restart().await;
    house.desk = client::connect(house.data_dir()).await.unwrap();
    assert_eq!(id_of(&propose(&house, &pay("1.00")).await), id_of(&held));
    let approval = held.json()["approval_id"].as_str().unwrap().to_owned();
    house.decide(&approval, ReviewerDecision::Approve, "").await;
    assert_eq!(state_of(&state(&house, &id_of(&held)).await), "released");
}
