//! Where a call's time went: drawn, and in words.

use contract::{Call, CallPart, CallTime};
use leptos::prelude::*;

use crate::format;

/// A step's place in the drawing, in words.
const fn says(step: CallPart) -> (&'static str, &'static str) {
    match step {
        CallPart::Decide => ("own", "The gateway read it and decided"),
        CallPart::Record => ("record", "Its records were written to disk"),
        CallPart::Hold => ("hold", "It waited for a person"),
        CallPart::FirstByte => ("upstream", "The upstream began to answer"),
        CallPart::Answer => ("answer", "The rest of the answer came"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "drawn, to a tenth of a hundredth")]
fn share(us: u64, of: u64) -> f64 {
    100.0 * us as f64 / of.max(1) as f64
}

/// The steps in a row's width, for the eye: the same stands in words beside the open call.
#[component]
pub(super) fn Share(steps: Vec<CallTime>) -> impl IntoView {
    let whole: u64 = steps.iter().map(|time| time.us).sum();
    let title = steps
        .iter()
        .map(|time| format!("{}: {}", says(time.step).1, format::took(time.us)))
        .collect::<Vec<_>>()
        .join("\n");
    view! {
        <span class="share" aria-hidden="true" title=title>
            {steps
                .iter()
                .map(|time| view! { <i class=says(time.step).0 style:width=format!("{:.1}%", share(time.us, whole))></i> })
                .collect_view()}
        </span>
    }
}

/// The drawing over its table.
#[component]
pub(super) fn Times(call: Call) -> impl IntoView {
    if call.steps.is_empty() {
        let why = if super::goes_on(&call) {
            "It isn’t over yet: how long each step took is recorded with its end."
        } else {
            "Nothing was sent, so no step was timed."
        };
        return view! { <p class="small muted">{why}</p> }.into_any();
    }
    let whole = call.total_us.unwrap_or_default();
    let mut begins = 0.0;
    let bars = call
        .steps
        .iter()
        .map(|time| {
            let wide = share(time.us, whole);
            let from = begins;
            begins += wide;
            // A step that took next to nothing is a hairline, not absent.
            view! { <rect class=says(time.step).0 x=format!("{from:.2}") y="0" width=format!("{:.2}", wide.max(0.25)) height="10"></rect> }
        })
        .collect_view();
    view! {
        <figure class="times" data-test="call-times">
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
            <table>
                <caption class="unseen">"How long each step took"</caption>
                <thead class="unseen">
                    <tr><th>"Step"</th><th>"Took"</th><th>"Share"</th></tr>
                </thead>
                <tbody>
                    {call
                        .steps
                        .iter()
                        .map(|time| {
                            let (class, words) = says(time.step);
                            view! {
                                <tr>
                                    <td><i class=format!("swatch {class}") aria-hidden="true"></i>{words}</td>
                                    <td class="mono figures to-end">{format::took(time.us)}</td>
                                    <td class="mono figures to-end muted">{format!("{:.1}\u{a0}%", share(time.us, whole))}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                    <tr class="strong">
                        <td>"In all"</td>
                        <td class="mono figures to-end">{format::took(whole)}</td>
                        <td></td>
                    </tr>
                </tbody>
            </table>
        </figure>
    }
    .into_any()
}
