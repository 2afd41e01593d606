//! One record, opened: a sentence, its story, its fields, and the bytes that were hashed.

use contract::RecordDetail;
use contract::query::{Matter, Named, Query, Term};
use leptos::prelude::*;

use super::Reading;
use super::begin::Begin;
use crate::components::{Bytes, CopyButton, Digest, Failure, Said, Story, Waiting};
use crate::format;
use crate::route::Route;
use crate::state::console;

/// The open record, or what to do to open one.
#[component]
pub(super) fn Record(reading: Reading) -> impl IntoView {
    let console = console();
    let again = move |()| {
        if let Some(sequence) = reading.opened.get_untracked() {
            reading
                .record
                .ask(crate::ipc::calls::log_record(contract::RecordRef { sequence }));
        }
    };
    view! {
        <article class="record" aria-label="Record" data-test="record" data-seq=move || reading.opened.get()>
            {move || {
                if reading.opened.get().is_none() {
                    return view! { <Begin reading /> }.into_any();
                }
                view! {
                    <button class="link back" on:click=move |_| console.go(Route::Audit(None))>"‹ All records"</button>
                    <Failure error=reading.record.error again />
                    <Show when=move || reading.record.busy.get() && reading.record.value.with(Option::is_none)>
                        <div class="list-note"><Waiting what="Reading the record" /></div>
                    </Show>
                    {move || reading.record.value.get().map(|detail| view! { <Opened reading detail /> })}
                }
                    .into_any()
            }}
        </article>
    }
}

#[component]
fn Opened(reading: Reading, detail: RecordDetail) -> impl IntoView {
    let row = detail.row.clone();
    let sealed = detail.sealed_in.map_or_else(
        || "no checkpoint yet; the next one covers it".to_owned(),
        |size| format!("the checkpoint over {}", format::counted(size, "record", "records")),
    );
    let correlation = row.correlation_uid.clone();
    let console = console();
    let narrow = Callback::new(move |term| console.log.narrow_by(term));
    let story = correlation.clone();
    let picked = move || console.case.picked.with(|picked| picked.contains(&row.sequence));
    view! {
        <div class="record-read scrolls" tabindex="0" role="region" aria-label="What the record says">
            <header class="stack tight">
                <p class="small muted figures">
                    "Record " {format::count(row.sequence)} " · " {format::exact_moment(row.logged_ms)} " · "
                            {contract::query::class_name(row.class_uid).map_or_else(|| format!("OCSF class {}", row.class_uid), str::to_owned)}
                </p>
                <h1 class="says" data-test="record-sentence">{detail.sentence.clone()}</h1>
            </header>
            {(detail.story.len() > 1).then(|| view! { <Story steps=detail.story.clone() here=Some(row.sequence) /> })}
            <dl class="facts">
                {detail
                    .fields
                    .iter()
                    .map(|field| view! { <Said field=field.clone() narrow /> })
                    .collect_view()}
                {detail
                    .follows
                    .clone()
                    .zip(row.sequence.checked_sub(1))
                    .map(|(fingerprint, before)| {
                        view! {
                            <dt>"Follows"</dt>
                            <dd>
                                <a class="figures" data-test="follows" href=Route::Audit(Some(before)).hash()>"record " {format::count(before)}</a>
                                " "
                                <Digest value=fingerprint />
                            </dd>
                        }
                    })}
                <dt>"Sealed in"</dt>
                <dd data-test="sealed-in">{sealed}</dd>
            </dl>
            <p class="row wrap">
                <button
                    class="button little"
                    data-test="pick"
                    aria-pressed=move || picked().to_string()
                    on:click=move |_| console.case.pick(row.sequence)
                >
                    {move || if picked() { "Picked for a case file" } else { "Pick for a case file" }}
                </button>
                {story
                    .map(|story| {
                        view! {
                            <button class="button little" data-test="export-story" on:click=move |_| console.case.of_request(&story)>
                                "Export this request’s records…"
                            </button>
                        }
                    })}
            </p>
            {correlation
                .filter(|_| detail.story.len() > 1)
                .map(|correlation| {
                    view! {
                        <p>
                            <button
                                class="button little"
                                data-test="only-story"
                                on:click=move |_| {
                                    console
                                        .log
                                        .narrow(Query::default().and(Term::wants(Matter::Is(Named::Story, correlation.clone()))));
                                }
                            >
                                "Show only this request’s records"
                            </button>
                        </p>
                    }
                })}
        </div>
        <Hashed reading detail />
    }
}

/// The bytes, and whether they give the fingerprint that stands in the chain.
#[component]
fn Hashed(reading: Reading, detail: RecordDetail) -> impl IntoView {
    let equal = detail.fingerprint == detail.recomputed;
    let sha256 = detail.recomputed.clone();
    let text = StoredValue::new((detail.hashed, detail.ocsf));
    let shown = move || {
        text.with_value(|(hashed, stored)| {
            if reading.stored.get() {
                stored.clone()
            } else {
                hashed.clone()
            }
        })
    };
    view! {
        <section class="hashed">
            <header class="row wrap">
                <div class="shown" role="group" aria-label="Which bytes">
                    <button class="shown-choice" data-test="hashed-bytes" aria-pressed=move || (!reading.stored.get()).to_string() on:click=move |_| reading.stored.set(false)>
                        "The bytes that were hashed"
                    </button>
                    <button class="shown-choice" data-test="stored-bytes" aria-pressed=move || reading.stored.get().to_string() on:click=move |_| reading.stored.set(true)>
                        "As stored"
                    </button>
                </div>
                <span class="small faint grow">"OCSF 1.9.0, RFC 8785, " {move || format::size(shown().len() as u64)}</span>
                {move || view! { <CopyButton text=shown() /> }}
            </header>
            {move || view! { <Bytes text=shown() test="record-bytes" /> }}
            <p class="fingerprint mono" data-test="fingerprint" data-equal=equal.to_string() data-sha256=sha256>
                {if equal {
                    view! {
                        <span class="proved">"SHA-256 " <Digest value=detail.recomputed /></span>
                        <span class="muted">" equals the fingerprint in the chain"</span>
                    }
                        .into_any()
                } else {
                    view! {
                        <span class="refused">"SHA-256 " <Digest value=detail.recomputed /></span>
                        <span>" is not the fingerprint in the chain, "</span>
                        <Digest value=detail.fingerprint />
                        <span>". This record was changed after it was written."</span>
                    }
                        .into_any()
                }}
            </p>
        </section>
    }
}
