//! How something was decided, in a word with a ground.

use contract::{Decision, ItemState};
use leptos::prelude::*;

/// The last column of the log's list.
#[component]
pub(crate) fn DecisionPill(decision: Decision) -> impl IntoView {
    let (class, word) = match decision {
        Decision::Allowed => ("pill plain", "allowed"),
        Decision::Refused => ("pill refused", "refused"),
        Decision::Held => ("pill waiting", "held"),
        Decision::Signed => ("pill proved", "signed"),
        Decision::Failed => ("pill refused", "failed"),
        Decision::None => ("pill plain", ""),
    };
    view! { <span class=class>{word}</span> }
}

/// How an item of the inbox stands; its tier while it waits.
#[component]
pub(crate) fn StatePill(state: ItemState, tier: u8) -> impl IntoView {
    let (class, word) = match state {
        ItemState::Waiting if tier >= 3 => ("pill refused", format!("Tier {tier}")),
        ItemState::Waiting => ("pill waiting", format!("Tier {tier}")),
        ItemState::Approved => ("pill proved", "countersigned".to_owned()),
        ItemState::Released => ("pill proved", "released".to_owned()),
        ItemState::Denied => ("pill refused", "denied".to_owned()),
        ItemState::Expired => ("pill plain", "missed".to_owned()),
        ItemState::Lapsed => ("pill plain", "lapsed".to_owned()),
    };
    view! { <span class=class data-test="item-state" data-state=state_name(state)>{word}</span> }
}

/// The state's name on the wire.
fn state_name(state: ItemState) -> &'static str {
    match state {
        ItemState::Waiting => "waiting",
        ItemState::Approved => "approved",
        ItemState::Released => "released",
        ItemState::Denied => "denied",
        ItemState::Expired => "expired",
        ItemState::Lapsed => "lapsed",
    }
}
