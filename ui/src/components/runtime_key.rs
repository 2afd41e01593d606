//! An agent's runtime key, shown once, with the lines to paste.

use contract::AddedAgent;
use leptos::prelude::*;

use super::{CopyButton, Snippets};

/// The key and its lines.
#[component]
pub(crate) fn RuntimeKey(
    /// The agent and its key.
    added: AddedAgent,
) -> impl IntoView {
    let key = added.runtime_key.clone();
    view! {
        <div class="stack loose" data-test="runtime-key">
            <div class="stack tight">
                <h3 class="head">"Runtime key of " {added.agent.name.clone()}</h3>
                <div class="key-once">
                    <code data-test="runtime-key-text">{key.clone()}</code>
                    <CopyButton text=key test="copy-key" />
                </div>
                <p class="small muted">
                    "Shown this once: only its SHA-256 is kept. Whoever has it can send calls as this agent; it opens nothing else."
                </p>
            </div>
            <Snippets snippets=added.snippets />
        </div>
    }
}
