//! How the matching records lie in time: a bar for each slot, with what was refused or held tinted
//! at its foot. Dragging over
//! it chooses a time; a click goes there in the list.

use contract::query::{Matter, Query, Term};
use contract::{Density as Lies, DensityQuery, DensitySlot};
use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::Reading;
use crate::format;
use crate::ipc::calls;
use crate::state::{Fetched, Log, console, later};

/// Bars in the band.
const BARS: u32 = 160;
/// A drag shorter than this is a click, in percent of the band.
const CLICK: f64 = 0.7;

/// A choice of time that is being made, in percent of the band.
#[derive(Clone, Copy, PartialEq)]
struct Drag {
    from: f64,
    to: f64,
}

/// The band over the list.
#[component]
pub(super) fn Density(reading: Reading) -> impl IntoView {
    let log = console().log;
    let lies = Fetched::<Lies>::new();
    let again = RwSignal::new(());
    let drag = RwSignal::new(None::<Drag>);
    Effect::new(move |_| {
        let size = log.shown.get();
        let filter = log.filter.get();
        again.track();
        if size > 1 && reading.drawn.get() {
            lies.ask_then(calls::log_density(query(filter, size)), move |lies| {
                if lies.searched < size {
                    later(move || {
                        again.try_set(());
                    });
                }
            });
        }
    });
    let marked = move || {
        let (from, to) = times(&log.filter.get());
        lies.value.with(|lies| {
            let lies = lies.as_ref()?;
            if let Some(drag) = drag.get() {
                return Some((drag.from.min(drag.to), drag.from.max(drag.to)));
            }
            (from.is_some() || to.is_some()).then(|| {
                (
                    from.map_or(0.0, |ms| share(lies, ms)),
                    to.map_or(100.0, |ms| share(lies, ms)),
                )
            })
        })
    };
    // The slice of time that the list has in view.
    let seen = move || {
        let (first, last) = reading.scroller.in_view(log.rows());
        let newest = log.row(first)?.logged_ms;
        let oldest = log.row(last.checked_sub(1)?)?.logged_ms;
        lies.value.with(|lies| {
            let lies = lies.as_ref()?;
            Some((share(lies, oldest), share(lies, newest)))
        })
    };
    let ended = move |_: MouseEvent| {
        let Some(done) = drag.get_untracked() else { return };
        drag.set(None);
        lies.value.with_untracked(|lies| {
            if let Some(lies) = lies {
                chosen(log, reading, lies, done);
            }
        });
    };
    view! {
        <div class="density" aria-hidden="true" data-test="density">
            {move || seen().map(|span| view! { <div class="density-seen" style=placed(span)></div> })}
            {move || lies.value.get().filter(|lies| !lies.slots.is_empty()).map(|lies| view! { <Bars lies /> })}
            {move || marked().map(|span| view! { <div class="density-window" style=placed(span)></div> })}
            <div
                class="density-brush"
                data-test="density-brush"
                title="Drag to choose a time, click to go there"
                on:mousedown=move |event| {
                    event.prevent_default();
                    let at = at(&event);
                    drag.set(Some(Drag { from: at, to: at }));
                }
                on:mousemove=move |event| {
                    if drag.with_untracked(Option::is_some) {
                        let at = at(&event);
                        drag.update(|drag| *drag = drag.map(|drag| Drag { to: at, ..drag }));
                    }
                }
                on:mouseup=ended
                on:mouseleave=ended
            ></div>
        </div>
    }
}

#[component]
fn Bars(lies: Lies) -> impl IntoView {
    let highest = f64::from(lies.slots.iter().map(|slot| slot.records).max().unwrap_or(0).max(1));
    let bar = |slot: &DensitySlot| {
        let part = |class: &'static str, many: u32| {
            let share = 100.0 * f64::from(many) / f64::from(slot.records.max(1));
            (many > 0).then(|| view! { <b class=class style:height=format!("{share:.0}%")></b> })
        };
        let height = if slot.records == 0 {
            0.0
        } else {
            12.0 + 88.0 * f64::from(slot.records) / highest
        };
        view! { <i style:height=format!("{height:.0}%")>{part("waiting", slot.held)} {part("refused", slot.refused)}</i> }
    };
    let (from, to) = (lies.from_ms, lies.to_ms);
    let middle = from + (to - from) / 2;
    view! {
        <div class="density-bars">{lies.slots.iter().map(bar).collect_view()}</div>
        <p class="density-scale figures">
            <span>{scale(from, from, to)}</span>
            <span>{scale(middle, from, to)}</span>
            <span>{scale(to, from, to)}</span>
        </p>
    }
}

/// What the band asks: the filter without its times, over a stretch around them.
fn query(mut filter: Query, size: u64) -> DensityQuery {
    let (from, to) = times(&filter);
    filter.terms.retain(|term| !is_time(term));
    let around = from.zip(to).map(|(from, to)| {
        let span = to.saturating_sub(from).max(1);
        (from.saturating_sub(span), to.saturating_add(span))
    });
    DensityQuery {
        filter: filter.to_string(),
        size: Some(size),
        from_ms: around.map(|(from, _)| from),
        to_ms: around.map(|(_, to)| to),
        slots: BARS,
    }
}

/// Whether a condition is about time.
pub(super) fn is_time(term: &Term) -> bool {
    matches!(term.matter, Matter::After(_) | Matter::Before(_))
}

/// The stretch of time that a filter leaves.
fn times(filter: &Query) -> (Option<i64>, Option<i64>) {
    let of = |take: fn(&Matter) -> Option<i64>| filter.terms.iter().filter_map(move |term| take(&term.matter));
    let from = of(|matter| match matter {
        Matter::After(ms) => Some(*ms),
        _ => None,
    });
    let to = of(|matter| match matter {
        Matter::Before(ms) => Some(*ms),
        _ => None,
    });
    (from.max(), to.min())
}

/// A time was chosen by dragging, or pointed at.
fn chosen(log: Log, reading: Reading, lies: &Lies, drag: Drag) {
    let mut filter = log.filter.get_untracked();
    let timed = filter.terms.iter().any(is_time);
    let (left, right) = (drag.from.min(drag.to), drag.from.max(drag.to));
    if right - left >= CLICK {
        filter.terms.retain(|term| !is_time(term));
        filter.terms.push(Term::wants(Matter::After(time(lies, left))));
        filter
            .terms
            .push(Term::wants(Matter::Before(time(lies, right).saturating_add(1))));
        log.narrow(filter);
    } else if timed {
        filter.terms.retain(|term| !is_time(term));
        log.narrow(filter);
    } else if let Some(slot) = slot_at(lies, left) {
        let rows = log.rows_untracked();
        let at = slot.at.min(rows.saturating_sub(1));
        reading.scroller.show_at_top(at, rows);
        if let Some(sequence) = log.sequence_at(at) {
            reading.cursor.set(Some(sequence));
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place among at most a thousand bars"
)]
fn slot_at(lies: &Lies, share: f64) -> Option<DensitySlot> {
    let at = (share / 100.0 * lies.slots.len() as f64).floor().max(0.0) as usize;
    lies.slots.get(at).or(lies.slots.last()).copied()
}

/// Where the mouse is over the band, in percent.
fn at(event: &MouseEvent) -> f64 {
    let width = event_target::<web_sys::Element>(event).client_width();
    (f64::from(event.offset_x()) / f64::from(width.max(1)) * 100.0).clamp(0.0, 100.0)
}

fn placed((from, to): (f64, f64)) -> String {
    format!("left:{from:.2}%;width:{:.2}%", (to - from).max(0.3))
}

fn scale(ms: i64, from: i64, to: i64) -> String {
    const HOUR: i64 = 3_600_000;
    match (format::same_day(from, to), to - from < HOUR) {
        (true, true) => format::clock(ms),
        (true, false) => format::minute(ms),
        (false, _) if to - from < 72 * HOUR => format!("{} {}", format::day(ms), format::minute(ms)),
        (false, _) => format::day(ms),
    }
}

/// Where in the band a time stands, in percent.
#[expect(clippy::cast_precision_loss, reason = "percents")]
fn share(lies: &Lies, ms: i64) -> f64 {
    let whole = (lies.to_ms - lies.from_ms).max(1) as f64;
    ((ms - lies.from_ms) as f64 / whole * 100.0).clamp(0.0, 100.0)
}

/// The time at a place of the band.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "milliseconds of a bar"
)]
fn time(lies: &Lies, share: f64) -> i64 {
    let whole = (lies.to_ms - lies.from_ms) as f64;
    lies.from_ms + (whole * share / 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lies() -> Lies {
        Lies {
            from_ms: 1_000,
            to_ms: 3_000,
            slots: (0..4)
                .map(|at| DensitySlot {
                    at,
                    ..DensitySlot::default()
                })
                .collect(),
            searched: 9,
        }
    }

    #[test]
    fn places_and_times_are_each_others_inverse() {
        for ms in [1_000, 1_500, 2_999, 3_000] {
            assert_eq!(time(&lies(), share(&lies(), ms)), ms);
        }
        assert!(share(&lies(), 0) < 0.1 && share(&lies(), i64::MAX / 4) > 99.9);
    }

    #[test]
    fn every_place_of_the_band_is_in_a_slot() {
        for (share, slot) in [(0.0, 0), (24.9, 0), (25.0, 1), (99.9, 3), (100.0, 3)] {
            assert_eq!(slot_at(&lies(), share).map(|slot| slot.at), Some(slot), "{share}");
        }
    }

    #[test]
    fn the_band_shows_a_stretch_around_the_chosen_time() {
        let filter = Query::parse("agent:a after:2026-11-20 before:2026-11-21").unwrap_or_default();
        let day = 86_400_000;
        let asked = query(filter.clone(), 9);
        assert_eq!(asked.filter, "agent:a");
        assert_eq!(
            asked.to_ms.zip(asked.from_ms).map(|(to, from)| to - from),
            Some(3 * day)
        );
        let (from, to) = times(&filter);
        assert_eq!(to.zip(from).map(|(to, from)| to - from), Some(day));
        let open = query(Query::default(), 9);
        assert_eq!((open.from_ms, open.to_ms), (None, None));
    }
}
