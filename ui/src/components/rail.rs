//! The rail: where one can go, and how the gateway, its chain and its operators stand.

use contract::{Serving, Status, VerificationState};
use leptos::prelude::*;

use super::Mark;
use crate::format;
use crate::route::{PLACES, Route};
use crate::state::console;

/// The rail.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    let console = console();
    let here = move || console.route.with(Route::place);
    view! {
        <nav class="rail" aria-label="Places">
            <p class="rail-name"><Mark /> "Countersign"</p>
            <ul>
                {PLACES
                    .into_iter()
                    .map(|(route, name, _)| {
                        let place = route.place();
                        let count = move || {
                            let waiting = console.inbox.waiting.get();
                            (place == "inbox" && waiting > 0)
                                .then(|| {
                                    view! {
                                        <span class="rail-count figures" data-test="waiting-count">
                                            {format::count(waiting.into())}
                                            <span class="unseen">" waiting"</span>
                                        </span>
                                    }
                                })
                        };
                        view! {
                            <li>
                                <a
                                    href=route.hash()
                                    data-test=format!("nav-{place}")
                                    aria-current=move || (here() == place).then_some("page")
                                >
                                    {name}
                                    {count}
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
            <div class="rail-state">
                {move || {
                    console
                        .status
                        .value
                        .get()
                        .map(|status| view! { <Standing status /> })
                }}
                <Show when=move || console.status.error.with(Option::is_some)>
                    <p class="rail-line" title=move || console.status.error.get().map(|error| error.message)>
                        <i class="dot refused"></i>
                        "Gateway doesn’t answer"
                    </p>
                </Show>
            </div>
        </nav>
    }
}

#[component]
fn Standing(status: Status) -> impl IntoView {
    let (gateway, gateway_says) = match (&status.serving, &status.agents_url) {
        (Serving::No { .. }, _) => ("refused", "Calls are denied".to_owned()),
        (Serving::Yes, Some(url)) => ("proved", format!("Gateway on port {}", port(url))),
        (Serving::Yes, None) => ("waiting", "Agents can’t connect".to_owned()),
    };
    let verification = &status.chain.verification;
    let size = format::count(status.chain.size);
    let (chain, chain_says) = match verification.state {
        VerificationState::Verified if verification.of >= status.chain.size => {
            ("proved", format!("Chain verified, {size}"))
        }
        VerificationState::Verified => (
            "proved",
            format!("Chain verified to {}", format::count(verification.verified)),
        ),
        VerificationState::Running => (
            "waiting",
            format!("Verifying, {} %", percent(verification.verified, verification.of)),
        ),
        VerificationState::Broken => (
            "refused",
            verification.broken_at.map_or_else(
                || "Chain broken".to_owned(),
                |at| format!("Chain broken at {}", format::count(at)),
            ),
        ),
        VerificationState::NotRun => ("open", format!("Not verified, {size}")),
    };
    let people: Vec<String> = status.operators.iter().map(|operator| operator.name.clone()).collect();
    let alone = people.len() == 1;
    view! {
        <p class="rail-line" data-test="gateway-state">
            <i class=format!("dot {gateway}")></i>
            {gateway_says}
        </p>
        <p class="rail-line" data-test="chain-state">
            <i class=format!("dot {chain}")></i>
            {chain_says}
        </p>
        <Show when=move || status.practice>
            <p class="rail-line" data-test="practice-state" title="Calls are answered by the practice upstream, which is no model.">
                <i class="dot waiting"></i>
                "Practice upstream"
            </p>
        </Show>
        <p class="rail-line faint">
            <span>{people.join(", ")} {alone.then_some(", sole operator")}</span>
        </p>
    }
}

/// The port of `http://127.0.0.1:4180/v1`.
fn port(url: &str) -> &str {
    url.split_once("://")
        .and_then(|(_, rest)| rest.split('/').next())
        .and_then(|authority| authority.rsplit(':').next())
        .unwrap_or(url)
}

/// Whole percents, never 100 before the end.
pub(crate) fn percent(done: u64, of: u64) -> u64 {
    done.saturating_mul(100).checked_div(of).unwrap_or(0).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_what_stands_between_colon_and_path() {
        assert_eq!(port("http://127.0.0.1:4180/v1"), "4180");
        assert_eq!(port("http://[::1]:4180/v1"), "4180");
    }

    #[test]
    fn nothing_to_do_is_no_percent_and_too_much_is_a_hundred() {
        assert_eq!(percent(0, 0), 0);
        assert_eq!(percent(999, 1000), 99);
        assert_eq!(percent(7, 5), 100);
    }
}
