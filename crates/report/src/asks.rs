//! What verifying asks of a file, before there is one.

use leptos::prelude::*;

/// The questions, each with how it is answered.
#[component]
pub fn Asks() -> impl IntoView {
    view! {
        <section class="stack">
            <h1 class="says large">"Is a case file what was signed?"</h1>
            <p class="lead">
                "Drop one here to find out, in seconds and offline. Nothing leaves this machine, and no log, key store or gateway is needed: "
                "everything is checked with public keys."
            </p>
            <dl class="facts asks">
                <dt>"Altered?"</dt>
                <dd>"Every record is hashed again and compared with what was signed."</dd>
                <dt>"Left out?"</dt>
                <dd>"The agent’s own numbering, and the whole range of the log, are gone through for gaps."</dd>
                <dt>"From one log?"</dt>
                <dd>"Each record’s place is proved against one signed checkpoint."</dd>
                <dt>"Who approved?"</dt>
                <dd>"Approvals are checked against the reviewers’ registered keys."</dd>
                <dt>"Who signed?"</dt>
                <dd>"Compared with keys that you pinned. Without a pin that stays open, and is said so."</dd>
            </dl>
        </section>
    }
}
