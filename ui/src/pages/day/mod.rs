//! A day: what happened in its hours, by agent and by model; and how long the gateway and the upstreams took.

mod drawing;
mod hours;
mod parts;

use std::time::Duration;

use contract::query::{day_or_time, parse_time};
use contract::{Day as Summed, DayQuery, DayTime};
use leptos::prelude::*;

use crate::components::{Failure, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::route::Route;
use crate::state::{Console, Fetched, Press, Soon, console};

use hours::Hours;
use parts::Parts;

const DAY_MS: i64 = 86_400_000;
/// How often a day that goes on is added up, at most.
const OFTEN: Duration = Duration::from_secs(1);

/// What the parts of the place share.
#[derive(Clone, Copy)]
struct Looking {
    /// The day that is looked at; none as long as it is today, whatever day that is.
    date: RwSignal<Option<String>>,
    summed: Fetched<Summed>,
}

/// The place.
#[component]
pub(crate) fn Day() -> impl IntoView {
    let console = console();
    let looking = Looking {
        date: RwSignal::new(None),
        summed: Fetched::new(),
    };
    let soon = Soon::every(OFTEN);
    Effect::new(move |_| {
        looking.date.track();
        looking.ask();
    });
    Effect::new(move |_| {
        console.log.size.track();
        soon.want(move || {
            // Only a day that goes on, or one that wasn't counted to its end, says something else by now.
            let counted = |summed: &Summed| summed.searched < summed.size;
            let behind = looking
                .summed
                .value
                .try_with_untracked(|summed| summed.as_ref().is_some_and(counted));
            if behind == Some(true) || looking.date.try_get_untracked() == Some(None) {
                looking.ask();
            }
        });
    });
    console.hear(move |press| match press {
        Press::Earlier => looking.go(-1),
        Press::Later => looking.go(1),
        Press::First => {
            looking.date.set(None);
            true
        }
        _ => false,
    });
    view! {
        <div class="day scrolls" tabindex="0" role="region" aria-label="The day">
            <Failure error=looking.summed.error again=move |()| looking.ask() />
            <Show when=move || looking.summed.value.with(Option::is_none) && looking.summed.busy.get()>
                <div class="list-note"><Waiting what="Adding the day up" /></div>
            </Show>
            {move || looking.summed.value.get().map(|summed| view! { <Whole looking summed /> })}
        </div>
    }
}

/// Today's date by this machine's clock.
fn today() -> String {
    let now = console().now.get_untracked();
    let here = now + i64::from(format::ahead_of_utc(now)) * 60_000;
    day_or_time(here - here.rem_euclid(DAY_MS))
}

impl Looking {
    fn ask(self) {
        let Some(date) = self.date.try_get_untracked() else {
            return;
        };
        let date = date.unwrap_or_else(today);
        // The clock of the day's noon: a day on which clocks change keeps it from end to end.
        let noon = parse_time(&date).unwrap_or_default() + DAY_MS / 2;
        let query = DayQuery {
            date,
            offset_min: format::ahead_of_utc(noon),
        };
        self.summed.ask(calls::day(query));
    }

    /// So many days on; whether there is such a day.
    fn go(self, days: i64) -> bool {
        let (today, here) = (today(), self.date.get_untracked());
        let Some(at) = parse_time(here.as_deref().unwrap_or(&today)) else {
            return false;
        };
        let to = day_or_time(at + days * DAY_MS);
        let first = self.first();
        if to > today || first.is_some_and(|first| to < first) {
            return false;
        }
        self.date.set((to != today).then_some(to));
        true
    }

    /// The day of the log's first record.
    fn first(self) -> Option<String> {
        self.summed.value.with_untracked(|summed| {
            let first = summed.as_ref()?.first_ms?;
            let here = first + i64::from(format::ahead_of_utc(first)) * 60_000;
            Some(day_or_time(here - here.rem_euclid(DAY_MS)))
        })
    }
}

/// Everything about the day.
#[component]
fn Whole(looking: Looking, summed: Summed) -> impl IntoView {
    let is_today = looking.date.get_untracked().is_none();
    let is_first = looking.first().is_some_and(|first| summed.date <= first);
    let upto = (summed.searched < summed.size).then(|| {
        let to = summed.upto_ms.map_or_else(|| "nothing yet".to_owned(), format::clock);
        view! { <p class="small waiting" data-test="day-upto">"Counted up to " {to} " so far; the rest is being read."</p> }
    });
    let quiet = summed.sums == contract::DaySums::default();
    view! {
        <header class="day-head">
            <div class="stack tight">
                <p class="small muted figures" data-test="day-date" data-date=summed.date.clone()>{format::day(summed.from_ms)}</p>
                <h1 class="says large" data-test="day-says">{says(&summed, is_today)}</h1>
                {upto}
            </div>
            <div class="day-turn" role="group" aria-label="Which day">
                <button class="button" data-test="day-earlier" disabled=is_first title="The day before (←)" on:click=move |_| { looking.go(-1); }>"‹ Day before"</button>
                <button class="button" data-test="day-later" disabled=is_today title="The day after (→)" on:click=move |_| { looking.go(1); }>"Day after ›"</button>
                <button class="button" data-test="day-today" disabled=is_today on:click=move |_| looking.date.set(None)>"Today"</button>
            </div>
        </header>
        {if quiet {
            view! { <Quiet is_first /> }.into_any()
        } else {
            view! {
                <dl class="day-figures">
                    <Figure label="Answered" value=format::count(summed.sums.answered) />
                    <Figure label="Failed" value=format::count(summed.sums.failed) />
                    <Figure label="Tokens in" value=format::count(summed.sums.tokens_in) />
                    <Figure label="Tokens out" value=format::count(summed.sums.tokens_out) />
                    <Figure label="The gateway’s own time" value=time(summed.own) />
                    <Figure label="Upstreams began to answer" value=time(summed.upstream) />
                </dl>
                <Hours summed=summed.clone() />
                <div class="day-parts">
                    <Parts title="By agent" nameless="No agent" parts=summed.agents.clone() />
                    <Parts title="By model" nameless="No model that can be named" parts=summed.models.clone() />
                </div>
            }
                .into_any()
        }}
    }
}

#[component]
fn Figure(label: &'static str, value: String) -> impl IntoView {
    view! {
        <div>
            <dt class="head">{label}</dt>
            <dd class="figures">{value}</dd>
        </div>
    }
}

/// `1.2 ms for half, 3.4 ms for 19 of 20`.
fn time(time: Option<DayTime>) -> String {
    time.map_or_else(
        || "not measured".to_owned(),
        |time| {
            format!(
                "{} for half, {} for 19 of 20",
                format::took(time.p50_us),
                format::took(time.p95_us)
            )
        },
    )
}

/// What is the case.
fn says(summed: &Summed, is_today: bool) -> String {
    let when = if is_today {
        "today".to_owned()
    } else {
        format!("on {}", format::day(summed.from_ms))
    };
    let sums = summed.sums;
    if sums.calls == 0 {
        return format!("No agent called {when}");
    }
    let calls = format::counted(sums.calls, "call", "calls");
    let many = |number: u64, none: &str, verb: (&str, &str), rest: &str| match number {
        0 => none.to_owned(),
        1 => format!("1 {} {rest}", verb.0),
        number => format!("{} {} {rest}", format::count(number), verb.1),
    };
    format!(
        "{calls} {when}, {}, {}",
        many(
            sums.held,
            "none waited for a person",
            ("waited", "waited"),
            "for a person"
        ),
        many(sums.refused, "none was denied", ("was", "were"), "denied"),
    )
}

/// A day on which nothing happened, and what to do.
#[component]
fn Quiet(is_first: bool) -> impl IntoView {
    view! {
        <div class="stack" data-test="quiet">
            <p class="lead">
                {if is_first {
                    "The log begins with this day. As soon as an agent calls, its calls, tokens and times are drawn here, hour by hour."
                } else {
                    "Nothing was asked, and nothing was decided. Earlier days are at the left arrow key."
                }}
            </p>
            <p class="row wrap">
                <a class="button" href=Route::Agents.hash()>"Connect an agent"</a>
                <a class="button" href=Route::Traffic(None).hash()>"All calls"</a>
            </p>
        </div>
    }
}

/// Shows the calls of a filter.
fn show_calls(console: Console, filter: &str) {
    if let Ok(filter) = contract::query::Query::parse(filter) {
        console.traffic.narrow(filter);
        console.go(Route::Traffic(None));
    }
}

#[cfg(test)]
mod tests {
    use contract::DaySums;

    use super::*;

    #[test]
    fn one_sentence_says_what_is_the_case() {
        let day = |calls, held, refused| Summed {
            date: "2026-11-22".to_owned(),
            from_ms: 1_795_305_600_000,
            to_ms: 1_795_392_000_000,
            sums: DaySums {
                calls,
                held,
                refused,
                ..DaySums::default()
            },
            own: None,
            upstream: None,
            hours: Vec::new(),
            agents: Vec::new(),
            models: Vec::new(),
            first_ms: None,
            upto_ms: None,
            searched: 0,
            size: 0,
        };
        for (day, reads) in [
            (
                day(184, 3, 2),
                "184\u{a0}calls today, 3 waited for a person, 2 were denied",
            ),
            (day(1, 1, 1), "1\u{a0}call today, 1 waited for a person, 1 was denied"),
            (
                day(7, 0, 0),
                "7\u{a0}calls today, none waited for a person, none was denied",
            ),
            (day(0, 0, 0), "No agent called today"),
        ] {
            assert_eq!(says(&day, true), reads);
        }
    }
}
