//! The decision, in two steps: begin, then confirm. Signing happens in the window's shell with the reviewer's key.

use contract::{Decided, HeldItem, ItemState, ReviewerDecision};
use leptos::prelude::*;

use super::rendered::read;
use super::{Desk, Step};
use crate::components::{Failure, Waiting, focus};
use crate::format;
use crate::ipc::shell;
use crate::state::{Fetched, console};

/// The bar at the foot of the item. What is typed in it outlasts a failure.
#[component]
pub(super) fn DecisionBar(desk: Desk, held: Memo<Option<HeldItem>>) -> impl IntoView {
    let console = console();
    let reason = RwSignal::new(String::new());
    let target = RwSignal::new(String::new());
    let signing = Fetched::<Decided>::new();
    let uid = Memo::new(move |_| held.with(|held| held.as_ref().map(|held| held.item.uid.clone())));
    // Another item, another decision. A memo has to be read here: merely tracked, it would count as changed when it is
    // first read elsewhere.
    Effect::new(move |before: Option<Option<String>>| {
        let now = uid.get();
        if before.as_ref() != Some(&now) {
            reason.set(String::new());
            target.set(String::new());
            signing.forget();
        }
        now
    });
    let confirm = move |decision: ReviewerDecision| {
        let Some(uid) = uid.get_untracked() else { return };
        let Some(shown) = held.with_untracked(|held| held.as_ref().map(|held| held.view.commitment.clone())) else {
            return;
        };
        let words = reason.get_untracked().trim().to_owned();
        signing.ask_then(shell::decide(uid, shown, decision, words), move |decided| {
            let done = match decision {
                ReviewerDecision::Approve => "Countersigned. Released once, as these bytes.",
                ReviewerDecision::Deny => "Denied. The agent is told so.",
            };
            console.inbox.take(&decided.item);
            desk.read_on();
            let done = format!("{done} Record {}.", format::count(decided.record));
            console.say(done.clone());
            desk.done.set(Some(done));
            console
                .inbox
                .changed(decided.item.uid.clone(), decided.item.state, |_, _| {});
            focus("inbox-rows");
        });
    };
    let waits = move || held.with(|held| held.as_ref().is_some_and(|held| held.item.state == ItemState::Waiting));
    view! {
        <footer class="decision" aria-label="Decision">
            <Show when=waits fallback=move || view! { <HowItEnded desk held /> }>
                {move || match desk.step.get() {
                    Step::Reading => view! { <Choose desk held /> }.into_any(),
                    Step::Deciding(decision) => {
                        view! { <Confirm desk held decision reason target signing confirm=Callback::new(confirm) /> }.into_any()
                    }
                }}
            </Show>
        </footer>
    }
}

/// The first step: nothing is signed by it.
#[component]
fn Choose(desk: Desk, held: Memo<Option<HeldItem>>) -> impl IntoView {
    let console = console();
    let barred = move || held.with(|held| held.as_ref().and_then(|held| held.barred.clone()));
    let unreadable = move || held.with(|held| held.as_ref().is_some_and(|held| read(&held.view.text).is_err()));
    let over = move || {
        held.with(|held| {
            held.as_ref()
                .is_some_and(|held| held.item.expires_ms <= console.now.get())
        })
    };
    // No default button for what needs two people.
    let usual = move || held.with(|held| held.as_ref().is_some_and(|held| held.item.tier < 3));
    view! {
        {move || barred().map(|why| view! { <p class="barred" data-test="barred">{why}</p> })}
        <div class="row">
            <button
                class="button"
                class:primary=usual
                data-test="approve"
                disabled=move || barred().is_some() || unreadable() || over()
                on:click=move |_| desk.step.set(Step::Deciding(ReviewerDecision::Approve))
            >
                "Countersign…" <kbd>"1"</kbd>
            </button>
            <button
                class="button danger"
                data-test="deny"
                disabled=over
                on:click=move |_| desk.step.set(Step::Deciding(ReviewerDecision::Deny))
            >
                "Deny…" <kbd>"3"</kbd>
            </button>
            <span class="small muted grow">"Both ask once more before anything is signed."</span>
        </div>
    }
}

/// The second step.
#[component]
fn Confirm(
    desk: Desk,
    held: Memo<Option<HeldItem>>,
    decision: ReviewerDecision,
    reason: RwSignal<String>,
    target: RwSignal<String>,
    signing: Fetched<Decided>,
    confirm: Callback<ReviewerDecision>,
) -> impl IntoView {
    let denies = decision == ReviewerDecision::Deny;
    let typed_target = held.with_untracked(|held| {
        held.as_ref()
            .filter(|held| !denies && held.item.tier >= 3)
            .map(|held| held.item.agent_name.clone())
    });
    let wanted = StoredValue::new(typed_target.clone());
    let ready = move || {
        let reasoned = !denies || !reason.with(|reason| reason.trim().is_empty());
        let aimed = wanted.with_value(|wanted| {
            wanted
                .as_ref()
                .is_none_or(|wanted| target.with(|target| target == wanted))
        });
        reasoned && aimed && !signing.busy.get()
    };
    let first = if denies { "decision-reason" } else { "decision-confirm" };
    Effect::new(move |_| focus(first));
    let (says, label, help) = if denies {
        (
            "Deny it, and tell the agent why",
            "Reason",
            "The agent gets it word for word; the record keeps its commitment.",
        )
    } else {
        (
            "Countersign: exactly these bytes are released, once",
            "Note, if you like",
            "Kept with the record. The agent doesn’t see it.",
        )
    };
    view! {
        <form
            class="confirm stack"
            data-test="confirm-step"
            data-decision=if denies { "deny" } else { "approve" }
            on:submit=move |event| {
                event.prevent_default();
                if ready() {
                    confirm.run(decision);
                }
            }
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.prevent_default();
                    desk.read_on();
                    focus("inbox-rows");
                }
            }
        >
            <p class="strong">{says}</p>
            {typed_target
                .map(|name| {
                    view! {
                        <div class="field">
                            <label for="decision-target">"Type “" {name} "” to countersign"</label>
                            <input id="decision-target" data-test="target" autocomplete="off" prop:value=move || target.get() on:input:target=move |event| target.set(event.target().value()) />
                        </div>
                    }
                })}
            <div class="field">
                <label for="decision-reason">{label}</label>
                <textarea
                    id="decision-reason"
                    data-test="reason-text"
                    rows=if denies { "2" } else { "1" }
                    required=denies
                    aria-describedby="decision-help"
                    prop:value=move || reason.get()
                    on:input:target=move |event| reason.set(event.target().value())
                ></textarea>
                <span class="help" id="decision-help">{help}</span>
            </div>
            <Failure error=signing.error />
            <div class="row">
                <button
                    id="decision-confirm"
                    type="submit"
                    class="button primary"
                    class:danger=denies
                    data-test="confirm"
                    disabled=move || !ready()
                >
                    {if denies { "Deny" } else { "Countersign" }}
                </button>
                <button type="button" class="button" data-test="cancel" disabled=move || signing.busy.get() on:click=move |_| desk.read_on()>
                    "Back to reading" <kbd>"Esc"</kbd>
                </button>
                <Show when=move || signing.busy.get()>
                    <Waiting what="Signing with your key, and recording it" />
                </Show>
            </div>
        </form>
    }
}

/// What came of an item that no longer waits.
#[component]
fn HowItEnded(desk: Desk, held: Memo<Option<HeldItem>>) -> impl IntoView {
    move || {
        held.get().map(|held| {
            let (class, words) = match held.item.state {
                ItemState::Released => ("proved", "Countersigned and released, once."),
                ItemState::Approved => ("proved", "Countersigned. It is released once the agent comes for it."),
                ItemState::Denied => ("refused", "Denied by a person."),
                ItemState::Expired => ("muted", "Nobody decided in time: denied."),
                ItemState::Lapsed => (
                    "muted",
                    "Countersigned, but the agent never came for it: lapsed, unused.",
                ),
                ItemState::Waiting => ("muted", ""),
            };
            view! {
                <div class="stack tight" data-test="ended">
                    <p class=format!("strong {class}")>{words}</p>
                    {held.decided.map(|decided| view! { <p class="muted">{decided}</p> })}
                    {held.decision_reason.map(|reason| view! { <p class="muted">"“" {reason} "”"</p> })}
                    {move || desk.done.get().map(|done| view! { <p class="small muted" data-test="done">{done}</p> })}
                </div>
            }
        })
    }
}
