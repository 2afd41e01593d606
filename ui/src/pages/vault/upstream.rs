//! One upstream: what it speaks and where it is, its key, what is permitted of it beyond the rule, what can be done.

use contract::{Credential, Justified, Upstream, UpstreamException, WireFormat};
use leptos::prelude::*;

use super::Keeping;
use crate::format;

pub(super) fn format_name(format: WireFormat) -> &'static str {
    match format {
        WireFormat::Openai => "OpenAI",
        WireFormat::Anthropic => "Anthropic",
        WireFormat::Gemini => "Gemini",
    }
}

/// What is permitted, in words.
pub(super) fn permits(exception: UpstreamException) -> &'static str {
    match exception {
        UpstreamException::PrivateNetwork => "a private address",
        UpstreamException::Plaintext => "plain HTTP, which whoever listens there can read",
        UpstreamException::LongSilence => "silence of more than ten minutes",
    }
}

/// The row.
#[component]
pub(super) fn Row(keeping: Keeping, upstream: Upstream, credential: Option<Credential>) -> impl IntoView {
    let practice = upstream.practice;
    let says = match &credential {
        Some(credential) => view! {
            <span class="muted">
                "key " <code>{credential.fingerprint.clone()}</code> ", set " {format::day(credential.set_ms)}
            </span>
        }
        .into_any(),
        None if practice => view! { <span class="muted">"on this machine; makes its own key"</span> }.into_any(),
        None => view! { <span class="waiting">"no key: calls to it are denied"</span> }.into_any(),
    };
    let silence = (upstream.silence_s != 600).then(|| format!(" · silent for {} s at most", upstream.silence_s));
    let exceptions = (!upstream.exceptions.is_empty())
        .then(|| view! { <Permitted exceptions=upstream.exceptions.clone() justified=upstream.justified.clone() /> });
    view! {
        <li class="upstream-row" data-test="upstream" data-name=upstream.name.clone() data-in-use=upstream.in_use.to_string()>
            <span class="strong row">
                {upstream.name.clone()}
                {upstream.in_use.then(|| view! { <span class="pill proved">"answers"</span> })}
            </span>
            <span class="muted clip" title=upstream.base_url.clone()>
                {format_name(upstream.format)} " · "
                <code>{upstream.base_url.clone()}</code>
                {silence}
            </span>
            {says}
            <Deeds keeping upstream=upstream.clone() sealed=credential.is_some() />
            {exceptions}
        </li>
    }
}

/// What can be done with it.
#[component]
fn Deeds(keeping: Keeping, upstream: Upstream, sealed: bool) -> impl IntoView {
    let Upstream {
        name, in_use, practice, ..
    } = upstream;
    let doing = move |test: &'static str, words: &'static str, asked: RwSignal<Option<String>>| {
        let about = name.clone();
        let class = if test == "credential-set" {
            "button little"
        } else {
            "button quiet little"
        };
        view! { <button class=class data-test=test on:click=move |_| asked.set(Some(about.clone()))>{words}</button> }
    };
    let set = if sealed { "Replace key…" } else { "Set key…" };
    view! {
        <span class="row end wrap">
            {(!in_use).then(|| doing("upstream-use", "Use…", keeping.using))}
            {(!practice).then(|| doing("credential-set", set, keeping.setting))}
            {(sealed && !practice).then(|| doing("credential-remove", "Destroy key…", keeping.destroying))}
            {(!practice).then(|| doing("upstream-remove", "Take away…", keeping.removing))}
        </span>
    }
}

/// What is permitted beyond the rule, who permitted it, when, and why.
#[component]
fn Permitted(exceptions: Vec<UpstreamException>, justified: Option<Justified>) -> impl IntoView {
    let what: Vec<_> = exceptions.into_iter().map(permits).collect();
    let why = match justified {
        Some(Justified { by, at_ms, why }) => view! {
            <p>
                {match why {
                    Some(why) => view! { <q data-test="justification">{why}</q> }.into_any(),
                    None => view! { <span class="muted">"The reason that was given is erased."</span> }.into_any(),
                }}
                <span class="muted">" " {by} ", " {format::moment(at_ms)}</span>
            </p>
        }
        .into_any(),
        None => {
            view! { <p class="muted">"Who permitted it, and why, stands in the record of its adding."</p> }.into_any()
        }
    };
    view! {
        <div class="permitted small" data-test="exceptions">
            <p><span class="waiting strong">"Permitted beyond the rule: "</span> {what.join(", ")} "."</p>
            {why}
        </div>
    }
}
