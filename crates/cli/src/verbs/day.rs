//! `countersign day`: a day in sums.

use contract::{Day, DayPart, DayQuery, DaySums, DayTime};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::session;
use crate::times;

/// Which day.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The day, `2026-11-22` [default: today]
    date: Option<String>,
    /// How many minutes the clock that the day is meant by is ahead of UTC, a multiple of 15
    #[arg(long, default_value_t = 0, value_name = "MINUTES", allow_negative_numbers = true)]
    offset: i32,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let query = DayQuery {
        date: args.date.unwrap_or_default(),
        offset_min: args.offset,
    };
    let day = session::reading(context, async |o| Ok(o.day(query).await?)).await?;
    context.output.show(&day, |out| say(out, &day))?;
    Ok(Exit::Done)
}

fn say(out: &mut Page, day: &Day) {
    let DaySums {
        calls, held, refused, ..
    } = day.sums;
    out.line(format!(
        "{}: {calls} calls, {held} waited for a person, {refused} were denied.",
        day.date
    ));
    let time = |of: &str, time: Option<DayTime>| {
        time.map_or_else(
            || format!("{of}: not measured."),
            |time| {
                format!(
                    "{of}: {} for half of {} calls, {} for 19 of 20.",
                    times::took(time.p50_us),
                    time.calls,
                    times::took(time.p95_us)
                )
            },
        )
    };
    out.line(time("The gateway itself took", day.own));
    out.line(time("Upstreams took until they began to answer", day.upstream));
    let hours: Vec<_> = day
        .hours
        .iter()
        .filter(|hour| hour.sums != DaySums::default())
        .map(|hour| row(times::moment(hour.from_ms), &hour.sums))
        .collect();
    if !hours.is_empty() {
        out.gap().table(&head("Hour (UTC)"), &hours);
        part(out, "Agent", &day.agents);
        part(out, "Model", &day.models);
    }
    if day.searched < day.size {
        out.gap().line(format!(
            "Counted up to {} so far: {} of {} records.",
            day.upto_ms.map_or_else(|| "nothing".to_owned(), times::moment),
            day.searched,
            day.size
        ));
    }
}

fn part(out: &mut Page, of: &'static str, parts: &[DayPart]) {
    let name = |part: &DayPart| {
        if part.name.is_empty() {
            "(none)".to_owned()
        } else {
            part.name.clone()
        }
    };
    let rows: Vec<_> = parts.iter().map(|part| row(name(part), &part.sums)).collect();
    out.gap().table(&head(of), &rows);
}

const fn head(of: &'static str) -> [&'static str; 8] {
    [of, "Calls", "Held", "Denied", "Failed", "Answered", "Tokens in", "Out"]
}

fn row(name: String, sums: &DaySums) -> Vec<String> {
    let numbers = [
        sums.calls,
        sums.held,
        sums.refused,
        sums.failed,
        sums.answered,
        sums.tokens_in,
        sums.tokens_out,
    ];
    std::iter::once(name)
        .chain(numbers.iter().map(ToString::to_string))
        .collect()
}
