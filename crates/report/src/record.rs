//! One record of the timeline, opened: its bytes, what they hash to, and how that leads to the sealed root.

use contract::{FindingStatus, RecordProof, TimelineEntry};
use leptos::prelude::*;

use crate::{Bytes, CopyButton, Digest, format};

/// A record as it was found, with its proof.
#[component]
pub(crate) fn RecordView(entry: TimelineEntry) -> impl IntoView {
    let hashed = entry.hashed();
    let is_record = hashed.is_some();
    let texts = StoredValue::new((hashed.unwrap_or_default(), entry.ocsf.clone()));
    let stored = RwSignal::new(true);
    let shown = move || texts.with_value(|(hashed, found)| if stored.get() { found.clone() } else { hashed.clone() });
    view! {
        <section class="as-found stack tight" data-test="as-found" data-seq=entry.sequence>
            <h3 class="head">"The record at sequence " {format::count(entry.sequence)} ", as found"</h3>
            {entry.proof.clone().map(|proof| view! { <Hashes status=entry.status proof /> })}
            <div class="row wrap as-found-bar">
                <div class="shown" role="group" aria-label="Which bytes">
                    <button class="shown-choice" data-test="as-found-stored" aria-pressed=move || stored.get().to_string() on:click=move |_| stored.set(true)>
                        "As found"
                    </button>
                    <Show when=move || is_record>
                        <button class="shown-choice" data-test="as-found-hashed" aria-pressed=move || (!stored.get()).to_string() on:click=move |_| stored.set(false)>
                            "The bytes that are hashed"
                        </button>
                    </Show>
                </div>
                <span class="small faint grow">"RFC 8785, " {move || format::size(shown().len() as u64)}</span>
                {move || view! { <CopyButton text=shown() /> }}
            </div>
            <div class="as-found-bytes">{move || view! { <Bytes text=shown() test="as-found-bytes" /> }}</div>
            {entry.proof.map(|proof| view! { <Proof sequence=entry.sequence proof /> })}
        </section>
    }
}

/// Whether the bytes give the fingerprint that was signed.
#[component]
fn Hashes(status: FindingStatus, proof: RecordProof) -> impl IntoView {
    let digest = |value: Option<String>| value.map(|value| view! { <Digest value /> });
    let said = match (status, proof.signed) {
        (FindingStatus::Pass, _) => view! { " is the fingerprint that was signed." }.into_any(),
        (FindingStatus::Fail, Some(signed)) => {
            view! { " isn’t the fingerprint that was signed, " {digest(Some(signed))} "." }.into_any()
        }
        (FindingStatus::Fail, None) => {
            view! { " isn’t what the record itself says, " {digest(proof.claimed)} "; what was signed isn’t known." }
                .into_any()
        }
        (FindingStatus::NotEstablished, _) => {
            view! { ". Nothing here proves what was signed at its place." }.into_any()
        }
    };
    let class = match status {
        FindingStatus::Pass => "proved",
        FindingStatus::Fail => "refused",
        FindingStatus::NotEstablished => "waiting",
    };
    let hashed = match proof.recomputed {
        Some(value) => view! { <span class=class>"SHA-256 " <Digest value /></span> }.into_any(),
        None => view! { <span class=class>"What can’t be read as a record"</span> }.into_any(),
    };
    view! { <p class="small" data-test="recomputed">{hashed} {said}</p> }
}

/// The way from the record's leaf to the root, so that anybody can go it with a pencil and SHA-256.
#[component]
fn Proof(sequence: u64, proof: RecordProof) -> impl IntoView {
    let steps = sides(sequence, proof.size);
    let is_whole = steps.len() == proof.path.len();
    let path = proof.path.clone().into_iter().enumerate();
    view! {
        <details class="small record-proof" data-test="record-proof">
            <summary>"Its proof in the log"</summary>
            <dl class="facts">
                <dt>"Place"</dt>
                <dd>"leaf " {format::count(sequence)} ", counted from 0, of " {format::count(proof.size)}</dd>
                <dt>"Stream’s tag"</dt>
                <dd>{proof.tag.map_or_else(|| "not known here".into_any(), |value| view! { <Digest value /> }.into_any())}</dd>
                <dt>"Leaf"</dt>
                <dd>
                    {proof.leaf.map_or_else(|| "not known here".into_any(), |value| view! { <Digest value /> }.into_any())}
                    <span class="muted">" SHA-256 of 00, tag, fingerprint"</span>
                </dd>
                <dt>"Path"</dt>
                <dd>
                    <ol class="proof-path">
                        {path
                            .map(|(at, value)| {
                                let side = steps.get(at).copied().filter(|_| is_whole).map_or("", |left| if left { "left " } else { "right " });
                                view! { <li><span class="muted">{side}</span> <Digest value /></li> }
                            })
                            .collect_view()}
                    </ol>
                    <span class="muted">"Each step: SHA-256 of 01, left, right"</span>
                </dd>
                <dt>"Sealed root"</dt>
                <dd><Digest value=proof.root /></dd>
                <dt>"Result"</dt>
                <dd data-test="record-proof-result">
                    {match proof.fault {
                        None => view! { <span class="proved">"It leads to the sealed root."</span> }.into_any(),
                        Some(fault) => view! { <span class="refused">"It doesn’t hold: " {fault} "."</span> }.into_any(),
                    }}
                </dd>
            </dl>
        </details>
    }
}

/// For each hash of an audit path, nearest first: whether it stands to the left (RFC 9162 §2.1.3.2).
fn sides(index: u64, size: u64) -> Vec<bool> {
    let (mut node, mut last, mut sides) = (index, size.saturating_sub(1), Vec::new());
    while last > 0 {
        if node & 1 == 1 || node < last {
            sides.push(node & 1 == 1);
        }
        node >>= 1;
        last >>= 1;
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::sides;

    /// The tree of seven leaves that RFC 6962 §2.1.3 draws: the paths of d0, d3, d4 and d6.
    #[test]
    fn sides_are_those_of_the_rfcs_own_example() {
        assert_eq!(sides(0, 7), [false, false, false]);
        assert_eq!(sides(3, 7), [true, true, false]);
        assert_eq!(sides(4, 7), [false, false, true]);
        assert_eq!(sides(6, 7), [true, true]);
        assert_eq!(sides(0, 1), Vec::<bool>::new());
    }
}
