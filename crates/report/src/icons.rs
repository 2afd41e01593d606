//! The few drawings. Graphics carry no meaning alone: words stand beside each.

use contract::{FindingStatus, Verdict};
use leptos::prelude::*;

/// The signature over its line.
#[component]
pub fn Mark(#[prop(default = 20)] size: u32) -> impl IntoView {
    view! {
        <svg class="mark" width=size height=size viewBox="0 0 24 24" fill="none" aria-hidden="true">
            <path
                d="M3.6 17.2C5.6 12.6 8 6.2 9.9 4.4c1.5-1.4 2.4-.2 2 2.2-.5 3.1-2 6.6-2.3 9-.2 1.6.7 1.9 1.7.4 1-1.5 1.9-4.6 3.2-5.6 1.2-.9 1.5.3 1.2 1.7-.3 1.5-.9 2.7-.5 3.5.6 1.2 2.5-.1 5.2-3.4"
                stroke="currentColor"
                stroke-width="2"
                stroke-linecap="round"
                stroke-linejoin="round"
            />
            <path d="M3 21h18" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
        </svg>
    }
}

/// The seal of a verdict.
#[component]
pub fn Seal(verdict: Verdict) -> impl IntoView {
    let sign = match verdict {
        Verdict::Verified => "M20 29.5l6 6L37 23",
        Verdict::SignerNotEstablished => {
            "M22.6 23.2c.4-3 2.7-5 5.6-5 3.2 0 5.6 2.1 5.6 5 0 4-5.4 4.4-5.4 8.6M28.4 37.6v.4"
        }
        Verdict::Failed | Verdict::NotACaseFile => "M21.5 21.5l13 13M34.5 21.5l-13 13",
    };
    view! {
        <svg class="seal" width="56" height="56" viewBox="0 0 56 56" fill="none" stroke="currentColor" aria-hidden="true">
            <circle cx="28" cy="28" r="26.5" stroke-width="2" stroke-dasharray="2.2 2.2" />
            <circle cx="28" cy="28" r="20.5" stroke-width="1.6" />
            <path d=sign stroke-width="3" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
}

/// How a check ended: a tick, a cross, an open circle.
#[component]
pub fn StatusIcon(status: FindingStatus) -> impl IntoView {
    let (class, sign, means) = match status {
        FindingStatus::Pass => ("status proved", "M3.5 8.5l3 3 6-7", "proved"),
        FindingStatus::Fail => ("status refused", "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6", "failed"),
        FindingStatus::NotEstablished => (
            "status waiting",
            "M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6",
            "not established",
        ),
    };
    view! {
        <svg class=class width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" role="img" aria-label=means>
            <path d=sign stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
}
