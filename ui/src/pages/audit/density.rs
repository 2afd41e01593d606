//! How close together the newest records came: a bar for each slice of their time, tinted where something was refused
//! or held. It shows the records that are known to the page, and says how many.

use contract::{Decision, LogRow};
use leptos::prelude::*;

use super::Reading;
use crate::format;
use crate::state::console;

/// Records that the band looks at.
const MOST: usize = 1000;
/// Bars in the band.
const BARS: usize = 120;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Bar {
    records: u32,
    refused: bool,
    held: bool,
    newest: u64,
}

#[derive(Clone, PartialEq)]
struct Band {
    bars: Vec<Bar>,
    highest: u32,
    from_ms: i64,
    to_ms: i64,
    records: usize,
}

/// The band over the list.
#[component]
pub(super) fn Density(reading: Reading) -> impl IntoView {
    let console = console();
    let log = console.log;
    let band = Memo::new(move |_| band(&log.newest(MOST)));
    // The slice of time that the list has in view.
    let window = move || {
        let (first, last) = reading.scroller.in_view(log.rows());
        let newest = log.row(first)?.logged_ms;
        let oldest = log.row(last.checked_sub(1)?)?.logged_ms;
        band.with(|band| {
            let band = band.as_ref()?;
            let share = |ms: i64| share(band, ms);
            (oldest >= band.from_ms).then(|| (share(oldest), share(newest)))
        })
    };
    let jump = move |newest: u64| {
        if let Some(at) = log.place(newest) {
            reading.cursor.set(Some(newest));
            reading.scroller.reveal(at, log.rows_untracked());
        }
    };
    view! {
        <div class="density" aria-hidden="true">
            {move || {
                window()
                    .map(|(from, to)| {
                        let width = (to - from).max(0.8);
                        view! { <div class="density-window" style:left=format!("{from:.2}%") style:width=format!("{width:.2}%")></div> }
                    })
            }}
            {move || {
                band.get()
                    .map(|band| {
                        let highest = f64::from(band.highest.max(1));
                        view! {
                            <div class="density-bars">
                                {band
                                    .bars
                                    .iter()
                                    .map(|bar| {
                                        let class = if bar.refused { "refused" } else if bar.held { "waiting" } else { "" };
                                        let height = if bar.records == 0 { 0.0 } else { 12.0 + 88.0 * f64::from(bar.records) / highest };
                                        let newest = bar.newest;
                                        view! { <i class=class style:height=format!("{height:.0}%") on:click=move |_| jump(newest)></i> }
                                    })
                                    .collect_view()}
                            </div>
                            <p class="density-scale figures">
                                <span>{scale(band.from_ms, band.to_ms)}</span>
                                <span>"of the newest " {format::counted(band.records as u64, "record", "records")}</span>
                                <span>{format::minute(band.to_ms)}</span>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

fn scale(from: i64, to: i64) -> String {
    if format::same_day(from, to) {
        format!("{} {}", format::day(from), format::minute(from))
    } else {
        format::day(from)
    }
}

/// Where in the band a time stands, in percent.
#[expect(clippy::cast_precision_loss, reason = "percents")]
fn share(band: &Band, ms: i64) -> f64 {
    let whole = (band.to_ms - band.from_ms).max(1) as f64;
    ((ms - band.from_ms) as f64 / whole * 100.0).clamp(0.0, 100.0)
}

/// Sorts rows into bars by time; nothing to draw below two records.
fn band(rows: &[LogRow]) -> Option<Band> {
    let (newest, oldest) = (rows.first()?, rows.last()?);
    let (from_ms, to_ms) = (oldest.logged_ms, newest.logged_ms);
    if rows.len() < 2 || to_ms <= from_ms {
        return None;
    }
    let mut bars = vec![Bar::default(); BARS];
    let whole = to_ms - from_ms + 1;
    for row in rows {
        let slot = (row.logged_ms - from_ms).max(0).saturating_mul(BARS as i64) / whole;
        if let Some(bar) = usize::try_from(slot).ok().and_then(|slot| bars.get_mut(slot)) {
            bar.records += 1;
            bar.newest = bar.newest.max(row.sequence);
            bar.refused |= matches!(row.decision, Decision::Refused | Decision::Failed);
            bar.held |= row.decision == Decision::Held;
        }
    }
    let highest = bars.iter().map(|bar| bar.records).max().unwrap_or(0);
    Some(Band {
        bars,
        highest,
        from_ms,
        to_ms,
        records: rows.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sequence: u64, logged_ms: i64, decision: Decision) -> LogRow {
        LogRow {
            sequence,
            logged_ms,
            who: String::new(),
            did: String::new(),
            decision,
            class_uid: 6003,
            stream: "sys".to_owned(),
            correlation_uid: None,
        }
    }

    #[test]
    fn every_record_stands_in_a_bar() {
        let rows: Vec<_> = (0..500u64)
            .rev()
            .map(|at| row(at, i64::try_from(at * at).unwrap_or(0), Decision::Allowed))
            .collect();
        let total: u32 = band(&rows)
            .into_iter()
            .flat_map(|band| band.bars)
            .map(|bar| bar.records)
            .sum();
        assert_eq!(total, 500);
    }

    #[test]
    fn one_record_or_one_moment_is_no_band() {
        assert!(band(&[]).is_none());
        assert!(band(&[row(0, 5, Decision::None)]).is_none());
        assert!(band(&[row(1, 5, Decision::None), row(0, 5, Decision::None)]).is_none());
    }
}
