//! `countersign traffic`: the calls that agents make, and what came of each.

use contract::query::{Matter, Named, Query};
use contract::{Call, CallState, Happening, LogQuery, Operators, RecordRef, TrafficPage};
use futures_util::StreamExt as _;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::session;
use crate::times;
use crate::verbs::log::Filter;

/// Calls asked for at once.
const PAGE: u32 = 500;

/// Which calls.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,
    /// Pass over so many of the newest
    #[arg(long, default_value_t = 0, value_name = "COUNT", conflicts_with = "follow")]
    at: u64,
    /// At most so many; with `--follow`, begin with so many
    #[arg(long, default_value_t = 30, value_name = "COUNT")]
    limit: u32,
    /// Go on with calls as they are asked for, each a line once it has ended, until it is stopped
    #[arg(long)]
    follow: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    if args.follow {
        follow(context, &args).await?;
        return Ok(Exit::Done);
    }
    let query = LogQuery {
        filter: args.filter.text(),
        at: args.at,
        limit: args.limit,
        size: None,
    };
    let page = session::reading(context, async |o| Ok(o.traffic(query).await?)).await?;
    context.output.show(&page, |out| {
        let rows: Vec<_> = page.calls.iter().map(cells).collect();
        if rows.is_empty() {
            out.line("No call matches.");
        } else {
            out.table(&HEAD, &rows);
        }
        let past = args.at.saturating_add(page.calls.len() as u64);
        let more = page.matching.saturating_sub(past);
        if more > 0 && !page.calls.is_empty() {
            out.gap().line(format!("{more} older ones: `--at {past}`."));
        }
        if page.searched < page.size {
            out.gap().line(format!(
                "The search has read {} of {} records so far; ask again for what is newer.",
                page.searched, page.size
            ));
        }
    })?;
    Ok(Exit::Done)
}

const HEAD: [&str; 7] = ["Asked", "Agent", "Model", "What came of it", "Tokens in", "Out", "Took"];

fn cells(call: &Call) -> Vec<String> {
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let model = call.model.clone().unwrap_or_else(|| call.operation.clone());
    vec![
        times::moment(call.asked_ms),
        call.agent.clone(),
        call.upstream
            .as_ref()
            .map_or_else(|| model.clone(), |upstream| format!("{upstream}/{model}")),
        call.says.clone(),
        number(call.tokens_in),
        number(call.tokens_out),
        call.total_us.map_or_else(String::new, times::took),
    ]
}

/// Each call once, when it has ended. Whether it matches is told by then alone: a call fails, or is denied, at its end.
async fn follow(context: &Context, args: &Args) -> Result<(), Failure> {
    let filter = args.filter.text();
    let names_one = |query: &Query| {
        query
            .terms
            .iter()
            .any(|term| matches!(&term.matter, Matter::Is(Named::Story, _)))
    };
    if Query::parse(&filter).is_ok_and(|query| names_one(&query)) {
        return Err(Failure::new(
            "a request's id names one call; leave `--follow` out to see it",
        ));
    }
    let client = session::running(context).await?;
    let operators: &dyn Operators = &client;
    // Subscribed before the first page, so that nothing falls between.
    let mut events = operators.events(None).await?;
    let mut first = page(operators, &filter, 0, args.limit.clamp(1, PAGE), None).await?;
    first.calls.truncate(args.limit as usize);
    first.calls.reverse();
    let mut seen = first.searched;
    for call in first.calls.iter().filter(|call| !goes_on(call)) {
        tell(context, call)?;
    }
    // What is under way is among the newest: an agent has few calls at once, and a held one runs out.
    let newest = page(operators, "", 0, PAGE, Some(seen)).await?;
    let mut open: Vec<Call> = newest.calls.into_iter().rev().filter(goes_on).collect();
    while let Some(event) = events.next().await {
        if !matches!(event.happening, Happening::Appended { .. } | Happening::Lagged) {
            continue;
        }
        let mut calls = Vec::new();
        for call in open {
            let record = RecordRef {
                sequence: call.sequence,
            };
            calls.push(operators.traffic_call(record).await?.call);
        }
        let (came, searched) = newer(operators, seen).await?;
        seen = searched.max(seen);
        calls.extend(came);
        let (on, ended): (Vec<_>, Vec<_>) = calls.into_iter().partition(goes_on);
        open = on;
        for call in ended {
            if matches(operators, &filter, &call).await? {
                tell(context, &call)?;
            }
        }
    }
    Err(Failure::new("the gateway stopped"))
}

fn goes_on(call: &Call) -> bool {
    matches!(call.state, CallState::Waiting | CallState::UnderWay)
}

fn tell(context: &Context, call: &Call) -> Result<(), Failure> {
    context.output.line(call, || Some(cells(call).join("  ")))
}

async fn matches(operators: &dyn Operators, filter: &str, call: &Call) -> Result<bool, Failure> {
    if filter.is_empty() {
        return Ok(true);
    }
    let filter = format!("{filter} story:{}", call.request_uid);
    let found = page(operators, &filter, 0, 1, None).await?;
    Ok(found.calls.iter().any(|found| found.sequence == call.sequence))
}

/// The calls that were asked for from a record on, oldest first, and how far the search got.
async fn newer(operators: &dyn Operators, from: u64) -> Result<(Vec<Call>, u64), Failure> {
    let (mut calls, mut size) = (Vec::new(), None);
    loop {
        let page = page(operators, "", calls.len() as u64, PAGE, size).await?;
        // What is searched now stays the view that this goes through, page by page.
        size = Some(page.searched);
        let before = calls.len();
        calls.extend(page.calls.into_iter().take_while(|call| call.sequence >= from));
        if calls.len() < before + PAGE as usize {
            calls.reverse();
            return Ok((calls, page.searched));
        }
    }
}

async fn page(
    operators: &dyn Operators,
    filter: &str,
    at: u64,
    limit: u32,
    size: Option<u64>,
) -> Result<TrafficPage, Failure> {
    let query = LogQuery {
        filter: filter.to_owned(),
        at,
        limit,
        size,
    };
    Ok(operators.traffic(query).await?)
}
