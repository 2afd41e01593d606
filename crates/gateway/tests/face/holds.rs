//! Calls that wait for a person.

use contract::{ItemState, ReviewerDecision};
use serde_json::json;

use crate::house::{House, has_receipt, streaming, with_tool};

#[tokio::test]
async fn a_held_stream_gets_comments_and_then_the_upstreams_answer() {
    let house = House::open().await;
    let mut sent = house.begin(&[], &streaming(with_tool())).await;
    sent.until(": held").await;
    let item = house
        .item_when(|item| item.state == ItemState::Waiting && item.attached)
        .await;
    house.decide(&item.uid, ReviewerDecision::Approve, "").await;
    let answered = sent.end().await;
    assert_eq!((answered.status, answered.broken), (200, false), "{answered:?}");
    assert!(
        answered
            .body
            .starts_with(": held until a person countersigns it, approval "),
        "{answered:?}"
    );
    assert!(
        answered.body.contains(&item.uid) && answered.body.contains("\n: countersign-receipt "),
        "{answered:?}"
    );
    assert!(
        answered.body.ends_with("data: [DONE]\n\n") && !answered.body.contains("\nid:"),
        "{answered:?}"
    );
    let tool = answered
        .events()
        .into_iter()
        .find_map(|event| event["choices"][0]["delta"].get("tool_calls").cloned());
    assert_eq!(tool.unwrap()[0]["function"]["name"], "pay");
    assert_eq!(house.items(ItemState::Released).await.len(), 1);
}

#[tokio::test]
async fn a_held_stream_that_is_denied_ends_in_an_error_event() {
    let house = House::open().await;
    let mut sent = house.begin(&[], &streaming(with_tool())).await;
    sent.until(": held").await;
    let item = house.item_when(|item| item.attached).await;
    house
        .decide(&item.uid, ReviewerDecision::Deny, "Not this account.")
        .await;
    let answered = sent.end().await;
    assert_eq!((answered.status, answered.broken), (200, false), "{answered:?}");
    let events = answered.events();
    let [error] = &events[..] else { panic!("{answered:?}") };
    assert_eq!(error["error"]["code"], "approval_denied");
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("Not this account."),
        "{error}"
    );
    assert!(!answered.body.contains("[DONE]"));
}

#[tokio::test]
async fn a_held_call_waits_in_silence_then_says_what_to_do_and_the_same_call_attaches() {
    let house = House::open().await;
    let impatient = [("x-stainless-read-timeout", "1")];
    let answered = house.call(&impatient, &with_tool()).await;
    assert_eq!(
        (answered.status, answered.code().as_str()),
        (403, "approval_required"),
        "{answered:?}"
    );
    assert_eq!(answered.header("x-should-retry"), Some("false"));
    has_receipt(&house, &answered).await;
    let [item] = &house.items(ItemState::Waiting).await[..] else {
        panic!("one item")
    };
    assert!(
        answered.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains(&item.uid),
        "{answered:?}"
    );
    assert_eq!(answered.json()["error"]["approval_id"], item.uid.as_str());
    assert!(!item.attached);

    // Sent again, it is the same item; countersigned, it is released once.
    assert_eq!(house.call(&impatient, &with_tool()).await.code(), "approval_required");
    assert_eq!(house.items(ItemState::Waiting).await.len(), 1);
    house.decide(&item.uid, ReviewerDecision::Approve, "Checked.").await;
    let released = house.call(&impatient, &with_tool()).await;
    assert_eq!(released.status, 200, "{released:?}");
    assert_eq!(released.json()["choices"][0]["finish_reason"], "tool_calls");
    has_receipt(&house, &released).await;

    // A third time is a new question, and so is any other call.
    assert_eq!(house.call(&impatient, &with_tool()).await.code(), "approval_required");
    let mut other = with_tool();
    other["messages"][0]["content"] = json!("Pay the invoice twice");
    assert_eq!(house.call(&impatient, &other).await.code(), "approval_required");
    assert_eq!(house.items(ItemState::Waiting).await.len(), 2);
}

#[tokio::test]
async fn a_held_call_that_is_decided_in_time_is_answered_on_the_same_connection() {
    let house = House::open().await;
    for (decision, status) in [(ReviewerDecision::Approve, 200), (ReviewerDecision::Deny, 403)] {
        let sent = house.begin(&[], &with_tool()).await;
        let item = house
            .item_when(|item| item.state == ItemState::Waiting && item.attached)
            .await;
        house.decide(&item.uid, decision, "Seen.").await;
        let answered = sent.end().await;
        assert_eq!(answered.status, status, "{answered:?}");
        has_receipt(&house, &answered).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_a_hold_frees_its_place_and_the_item_stays() {
    let house = House::open().await;
    for call in [with_tool(), streaming(with_tool())] {
        let sent = house.begin(&[], &call).await;
        let item = house.item_when(|item| item.attached).await;
        drop(sent);
        let left = house.item_when(|left| left.uid == item.uid && !left.attached).await;
        assert_eq!(left.state, ItemState::Waiting);
    }
}

#[tokio::test]
async fn a_restart_in_mid_hold_keeps_the_item_and_the_same_call_attaches_to_it() {
    let mut house = House::open().await;
    let impatient = [("x-stainless-read-timeout", "1")];
    assert_eq!(house.call(&impatient, &with_tool()).await.code(), "approval_required");
    let item = house.items(ItemState::Waiting).await.remove(0);
    house.restart().await;
    assert_eq!(house.items(ItemState::Waiting).await.remove(0).uid, item.uid);
    house.decide(&item.uid, ReviewerDecision::Approve, "").await;
    assert_eq!(house.call(&impatient, &with_tool()).await.status, 200);
}

#[tokio::test]
async fn a_stop_in_mid_hold_answers_at_once_and_keeps_the_item() {
    let mut house = House::open().await;
    let mut other = with_tool();
    other["model"] = json!("gpt-y");
    let silent = house.begin(&[], &with_tool()).await;
    let mut streams = house.begin(&[], &streaming(other)).await;
    streams.until(": held").await;
    house
        .item_when(|item| item.attached && item.title.contains("gpt-x"))
        .await;
    house.restart().await;
    let silent = silent.end().await;
    assert_eq!(
        (silent.status, silent.code().as_str()),
        (403, "approval_required"),
        "{silent:?}"
    );
    let streamed = streams.end().await;
    assert!(!streamed.broken, "{streamed:?}");
    assert_eq!(streamed.events()[0]["error"]["code"], "approval_required");
    assert_eq!(house.items(ItemState::Waiting).await.len(), 2);
}
