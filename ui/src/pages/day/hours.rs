//! The hours of a day, drawn: calls, tokens, times. Each drawing has the same as a table, for readers of the screen.

use contract::query::{Matter, Query, Term};
use contract::{Day, DayHour, DayTime};
use leptos::prelude::*;

use super::drawing::{HEIGHT, HOUR, across, down, tall};
use super::show_calls;
use crate::format;
use crate::state::console;

/// The three drawings, over one scale of hours.
#[component]
pub(super) fn Hours(summed: Day) -> impl IntoView {
    let hours = StoredValue::new(summed.hours);
    let most = |number: fn(&DayHour) -> u64| hours.with_value(|hours| hours.iter().map(number).max().unwrap_or(0));
    let calls = most(|hour| hour.sums.calls.max(hour.sums.held).max(hour.sums.refused));
    let tokens = most(|hour| hour.sums.tokens_in.max(hour.sums.tokens_out));
    view! {
        <div class="day-hours" data-test="day-hours">
            <figure>
                <figcaption class="day-legend">
                    <h2 class="head">"Calls"</h2>
                    <span><i class="swatch calls"></i>"asked for"</span>
                    <span><i class="swatch held"></i>"waited for a person"</span>
                    <span><i class="swatch denied"></i>"denied"</span>
                    <span class="faint figures">"top of the scale: " {format::count(calls)}</span>
                </figcaption>
                <Drawing hours bars=move |at, hour| {
                    let sums = hour.sums;
                    vec![
                        bar("calls", at, 0.14, 0.4, tall(sums.calls, calls)),
                        bar("held", at, 0.58, 0.13, tall(sums.held, calls)),
                        bar("denied", at, 0.75, 0.13, tall(sums.refused, calls)),
                    ]
                } />
            </figure>
            <figure>
                <figcaption class="day-legend">
                    <h2 class="head">"Tokens"</h2>
                    <span><i class="swatch tokens-in"></i>"in"</span>
                    <span><i class="swatch tokens-out"></i>"out"</span>
                    <span class="faint figures">"top of the scale: " {format::count(tokens)}</span>
                </figcaption>
                <Drawing hours bars=move |at, hour| {
                    let sums = hour.sums;
                    vec![
                        bar("tokens-in", at, 0.14, 0.34, tall(sums.tokens_in, tokens)),
                        bar("tokens-out", at, 0.52, 0.34, tall(sums.tokens_out, tokens)),
                    ]
                } />
            </figure>
            <figure>
                <figcaption class="day-legend">
                    <h2 class="head">"Time"</h2>
                    <span><i class="swatch took-own"></i>"the gateway itself"</span>
                    <span><i class="swatch took-upstream"></i>"upstreams, until they began to answer"</span>
                    <span class="faint">"from half of the calls to 19 of 20; each line is ten times the one below, from 100 µs to 100 s"</span>
                </figcaption>
                <Drawing hours bars=move |at, hour| {
                    let mut drawn = range("took-own", at, 0.34, hour.own);
                    drawn.extend(range("took-upstream", at, 0.66, hour.upstream));
                    drawn
                } grid=6 />
            </figure>
            <div class="day-scale small faint figures" aria-hidden="true">
                {hours.with_value(|hours| {
                    hours.iter().step_by(3).map(|hour| view! { <span>{format::minute(hour.from_ms)}</span> }).collect_view()
                })}
            </div>
            {hours.with_value(|hours| view! { <Table hours=hours.clone() /> })}
        </div>
    }
}

/// One drawing: hairlines, what is drawn of each hour, and each hour's way to its calls.
#[component]
fn Drawing(
    hours: StoredValue<Vec<DayHour>>,
    bars: impl Fn(usize, &DayHour) -> Vec<AnyView> + Send + Sync + 'static,
    /// How many equal parts the hairlines make.
    #[prop(default = 2)]
    grid: u32,
) -> impl IntoView {
    let console = console();
    let lines = (0..=grid).map(|line| {
        let y = HEIGHT * f64::from(line) / f64::from(grid);
        view! { <line class="hairline" x1="0" x2="100%" y1=format!("{y:.1}") y2=format!("{y:.1}")></line> }
    });
    let drawn = hours.with_value(|hours| {
        let drawn = hours.iter().enumerate().flat_map(|(at, hour)| bars(at, hour));
        drawn.collect_view()
    });
    let ways = hours.with_value(|hours| {
        let way = |(at, hour): (usize, &DayHour)| {
            let (from, to) = (hour.from_ms, hour.from_ms + 3_600_000);
            let filter = [Matter::After(from), Matter::Before(to)]
                .into_iter()
                .map(Term::wants)
                .fold(Query::default(), Query::and)
                .to_string();
            view! {
                <rect
                    class="way"
                    x=across(at, 0.0)
                    y="0"
                    width=format!("{HOUR:.3}%")
                    height=HEIGHT.to_string()
                    on:click=move |_| show_calls(console, &filter)
                >
                    <title>{in_words(hour)}</title>
                </rect>
            }
        };
        hours.iter().enumerate().map(way).collect_view()
    });
    view! {
        <svg class="drawing" width="100%" height=HEIGHT.to_string() aria-hidden="true">
            {lines.collect_view()}
            {drawn}
            {ways}
        </svg>
    }
}

fn bar(class: &'static str, hour: usize, within: f64, wide: f64, tall: f64) -> AnyView {
    view! {
        <rect class=class x=across(hour, within) y=format!("{:.1}", HEIGHT - tall) width=format!("{:.3}%", wide * HOUR) height=format!("{tall:.1}")></rect>
    }
    .into_any()
}

/// From half of the calls to nineteen of twenty: a dot, and a line up to a cap.
fn range(class: &'static str, hour: usize, within: f64, time: Option<DayTime>) -> Vec<AnyView> {
    let Some(time) = time else { return Vec::new() };
    let (half, most) = (down(time.p50_us), down(time.p95_us));
    let at = across(hour, within);
    let (left, right) = (across(hour, within - 0.09), across(hour, within + 0.09));
    vec![
        view! { <line class=class x1=at.clone() x2=at.clone() y1=format!("{half:.1}") y2=format!("{most:.1}")></line> }
            .into_any(),
        view! { <line class=class x1=left x2=right y1=format!("{most:.1}") y2=format!("{most:.1}")></line> }.into_any(),
        view! { <circle class=class cx=at cy=format!("{half:.1}") r="3"></circle> }.into_any(),
    ]
}

/// An hour for the pointer that rests on it.
fn in_words(hour: &DayHour) -> String {
    let sums = hour.sums;
    format!(
        "{} to {}: {}, {} waited for a person, {} denied, {} failed; {} tokens in, {} out",
        format::minute(hour.from_ms),
        format::minute(hour.from_ms + 3_600_000),
        format::counted(sums.calls, "call", "calls"),
        format::count(sums.held),
        format::count(sums.refused),
        format::count(sums.failed),
        format::count(sums.tokens_in),
        format::count(sums.tokens_out),
    )
}

/// What the drawings show, for readers of the screen.
#[component]
fn Table(hours: Vec<DayHour>) -> impl IntoView {
    let time = |time: Option<DayTime>| {
        time.map_or_else(
            || "not measured".to_owned(),
            |time| format!("{}, {}", format::took(time.p50_us), format::took(time.p95_us)),
        )
    };
    view! {
        <table class="unseen" data-test="day-table">
            <caption>"The hours of the day. Times are of half of the calls, and of 19 of 20."</caption>
            <thead>
                <tr>
                    <th>"Hour"</th><th>"Calls"</th><th>"Waited for a person"</th><th>"Denied"</th><th>"Failed"</th>
                    <th>"Tokens in"</th><th>"Tokens out"</th><th>"The gateway itself"</th><th>"Upstreams"</th>
                </tr>
            </thead>
            <tbody>
                {hours
                    .into_iter()
                    .filter(|hour| hour.sums != contract::DaySums::default())
                    .map(|hour| {
                        let sums = hour.sums;
                        let numbers = [sums.calls, sums.held, sums.refused, sums.failed, sums.tokens_in, sums.tokens_out];
                        view! {
                            <tr>
                                <th scope="row">{format::minute(hour.from_ms)}</th>
                                {numbers.into_iter().map(|number| view! { <td>{format::count(number)}</td> }).collect_view()}
                                <td>{time(hour.own)}</td>
                                <td>{time(hour.upstream)}</td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}
