//! `countersign log tail`: records as they are written.

use contract::{Happening, LogQuery, LogRow, Operators, RecordRef};
use futures_util::StreamExt as _;

use super::{Filter, show};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::session;

/// Rows asked for at once.
const PAGE: u32 = 500;

pub(super) async fn run(context: &Context, filter: &Filter, last: u32, raw: bool) -> Result<(), Failure> {
    let client = session::running(context).await?;
    let operators: &dyn Operators = &client;
    // Subscribed before the first page, so that nothing falls between.
    let mut events = operators.events(None).await?;
    let filter = filter.text();
    let begin = LogQuery {
        filter: filter.clone(),
        limit: last.clamp(1, 1000),
        ..LogQuery::default()
    };
    let mut page = operators.log(begin).await?;
    // Below this, everything was shown or passed over.
    let mut seen = page.searched;
    page.rows.truncate(last as usize);
    page.rows.reverse();
    print(operators, context.output, raw, &page.rows).await?;
    while let Some(event) = events.next().await {
        match event.happening {
            Happening::Appended { size, .. } if size > seen => {}
            Happening::Lagged => {}
            _ => continue,
        }
        loop {
            let (rows, searched, size) = newer(operators, &filter, seen).await?;
            seen = searched.max(seen);
            print(operators, context.output, raw, &rows).await?;
            if searched >= size {
                break;
            }
        }
    }
    Err(Failure::new("the gateway stopped"))
}

/// The matching rows from a sequence on, oldest first; how far the search got, and the log's size.
async fn newer(operators: &dyn Operators, filter: &str, from: u64) -> Result<(Vec<LogRow>, u64, u64), Failure> {
    let mut rows = Vec::new();
    let mut size = None;
    loop {
        let query = LogQuery {
            filter: filter.to_owned(),
            at: rows.len() as u64,
            limit: PAGE,
            size,
        };
        let page = operators.log(query).await?;
        // What is searched now stays the view that this goes through, page by page.
        size = Some(page.searched);
        let before = rows.len();
        rows.extend(page.rows.into_iter().take_while(|row| row.sequence >= from));
        if rows.len() < before + PAGE as usize {
            rows.reverse();
            return Ok((rows, page.searched, page.size));
        }
    }
}

async fn print(operators: &dyn Operators, output: Output, raw: bool, rows: &[LogRow]) -> Result<(), Failure> {
    for row in rows {
        if raw {
            let sequence = row.sequence;
            output.lines(&(operators.log_record(RecordRef { sequence }).await?.ocsf + "\n"))?;
        } else {
            output.line(row, || Some(show::cells(row).join("  ")))?;
        }
    }
    Ok(())
}
