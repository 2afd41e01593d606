//! Why the item is held, what nobody established, and what a signature on it will say.

use contract::{HeldItem, ItemState, ReviewerDecision};
use leptos::prelude::*;

use super::{Desk, Step};
use crate::components::Digest;
use crate::format;
use crate::route::Route;

/// The column of reasons.
#[component]
pub(super) fn Reasons(desk: Desk, held: HeldItem) -> impl IntoView {
    let heading = if held.item.tier >= 3 {
        "Why this needs two people"
    } else {
        "Why this needs you"
    };
    let grave = if held.item.tier >= 3 { "refused" } else { "waiting" };
    let waits = held.item.state == ItemState::Waiting;
    let not_established = held.not_established.join(", ");
    let record = held.record;
    let there = if held.item.attached {
        " Its program waits for the answer now."
    } else {
        " Its program isn’t connected now; the same call sent again meets this item."
    };
    view! {
        <aside class="reasons" aria-label="Reasons">
            <section>
                <h2 class="head">{heading}</h2>
                <ul class="reason-list">
                    {held
                        .reasons
                        .iter()
                        .map(|reason| {
                            view! {
                                <li class=grave data-test="reason" data-rule=reason.rule.clone()>
                                    <p class="strong">{reason.text.clone()}</p>
                                    <p class="small muted">"rule " <code>{reason.rule.clone()}</code></p>
                                </li>
                            }
                        })
                        .collect_view()}
                    {(!not_established.is_empty())
                        .then(|| {
                            view! {
                                <li class="open" data-test="not-established">
                                    <p class="strong">"Not established"</p>
                                    <p class="small muted">{not_established} ": nobody looked. Only your own reading counts."</p>
                                </li>
                            }
                        })}
                </ul>
                {held
                    .sole_operator
                    .then(|| {
                        view! {
                            <p class="aside-note" data-test="sole-operator">
                                "You are the only operator. The record will say so, and every verifier repeats it."
                            </p>
                        }
                    })}
            </section>
            <section>
                <h2 class="head">"Held by"</h2>
                <p class="muted">
                    "The " {held.policy_name.clone()} ", " <Digest value=held.policy_sha256.clone() /> ", in "
                    <a href=Route::Audit(Some(record)).hash()>"record " {format::count(record)}</a>
                    ". " {held.sponsor.clone()} " answers for the agent." {waits.then_some(there)}
                </p>
            </section>
            {waits.then(|| view! { <WillSay desk held=held.clone() /> })}
        </aside>
    }
}

#[component]
fn WillSay(desk: Desk, held: HeldItem) -> impl IntoView {
    let decision = move || match desk.step.get() {
        Step::Deciding(ReviewerDecision::Deny) => "deny",
        _ => "approve · once",
    };
    view! {
        <section data-test="will-say">
            <h2 class="head">"Your signature will say"</h2>
            <dl class="will-say mono">
                <dt>"decision"</dt><dd>{decision}</dd>
                <dt>"action"</dt><dd><Digest value=held.action_digest /></dd>
                <dt>"view"</dt><dd><Digest value=held.view.commitment /></dd>
                <dt>"policy"</dt><dd><Digest value=held.policy_sha256 /></dd>
                <dt>"risk"</dt><dd class="faint">"not established"</dd>
                <dt>"expires"</dt><dd>{format::clock(held.item.expires_ms)}</dd>
            </dl>
        </section>
    }
}
