//! `countersign content`: what was typed and sent, and erasing it.

use contract::{ContentLine, ContentQuery, ContentRef, Erasure, ErasureRequest, ErasureScope, Operators};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::{session, times};

/// What to do with contents.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Contents, newest first, unopened
    List {
        /// Only this agent's (name or uid)
        #[arg(long)]
        agent: Option<String>,
        /// Only those of one request
        #[arg(long, value_name = "ID")]
        request: Option<String>,
        /// Only those that aren't erased
        #[arg(long)]
        unerased: bool,
        /// Only those before this one (a page's last number)
        #[arg(long, value_name = "NUMBER")]
        before: Option<u64>,
        /// At most so many
        #[arg(long, default_value_t = 30)]
        limit: u32,
    },
    /// Open one content; that you did is recorded
    Show {
        /// Its uid
        content: String,
    },
    /// Erase contents for good, with their keys and salts; their commitments stay in the records
    Erase(Erase),
}

/// What to erase.
#[derive(Debug, clap::Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    scope: Scope,
    /// Why: it is sealed, and the erasure's record commits to it
    #[arg(long, required_unless_present = "dry_run")]
    reason: Option<String>,
    /// Only say what would be erased, and what is kept
    #[arg(long)]
    dry_run: bool,
    /// Only if exactly this would be erased: the plan that a dry run named
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Scope {
    /// One content, by its uid
    #[arg(long, value_name = "ID")]
    content: Option<String>,
    /// Everything of an agent (name or uid)
    #[arg(long)]
    agent: Option<String>,
    /// Everything in which this text stands, whatever the case of its letters
    #[arg(long)]
    text: Option<String>,
}

impl Scope {
    fn named(self) -> Result<ErasureScope, Failure> {
        let scope = match self {
            Self {
                content: Some(content_uid),
                ..
            } => ErasureScope::Content { content_uid },
            Self { agent: Some(agent), .. } => ErasureScope::Agent { agent },
            Self { text: Some(text), .. } => ErasureScope::Text { text },
            Self {
                content: None,
                agent: None,
                text: None,
            } => {
                return Err(Failure::new("name what to erase: --content, --agent or --text"));
            }
        };
        Ok(scope)
    }
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List {
            agent,
            request,
            unerased,
            before,
            limit,
        } => {
            let query = ContentQuery {
                agent,
                correlation_uid: request,
                unerased,
                before,
                limit,
            };
            let page = session::with(context, async |o| Ok(o.contents(query).await?)).await?;
            context.output.show(&page, |out| say_list(out, &page.contents))?;
        }
        Verb::Show { content } => {
            let named = ContentRef { content_uid: content };
            let opened = session::with(context, async |o| Ok(o.content_open(named).await?)).await?;
            context.output.show(&opened, |page| {
                page.line(format!(
                    "The {} of record {} ({}). That you opened it is record {}.",
                    opened.slot, opened.record, opened.media_type, opened.opened_by
                ))
                .gap();
                page.block(opened.text.as_deref().or(opened.base64.as_deref()).unwrap_or_default());
            })?;
        }
        Verb::Erase(Erase {
            scope,
            reason,
            dry_run,
            plan,
        }) => {
            let request = ErasureRequest {
                scope: scope.named()?,
                reason: reason.unwrap_or_default(),
                dry_run,
                plan,
            };
            let erasure = session::with(context, async |o: &dyn Operators| Ok(o.content_erase(request).await?)).await?;
            context.output.show(&erasure, |page| say_erasure(page, &erasure))?;
        }
    }
    Ok(Exit::Done)
}

/// What an erasure did, or would do.
pub(crate) fn say_erasure(page: &mut Page, erasure: &Erasure) {
    page.line(&erasure.sentence);
    for kept in &erasure.kept {
        let word = if kept.contents == 1 {
            "content is"
        } else {
            "contents are"
        };
        page.line(format!("{} {word} kept: {}.", kept.contents, kept.because));
    }
    if erasure.dry_run && erasure.contents > 0 {
        page.line(format!("To erase exactly these: --plan {}", erasure.plan));
    }
    if !erasure.records.is_empty() {
        let records: Vec<_> = erasure.records.iter().map(u64::to_string).collect();
        page.line(format!("Recorded: {}", records.join(", ")));
    }
}

fn say_list(page: &mut Page, contents: &[ContentLine]) {
    let rows: Vec<_> = contents
        .iter()
        .map(|content| {
            let state = match (content.erased_by, &content.kept_because) {
                (Some(record), _) => format!("erased by record {record}"),
                (None, Some(_)) => "protected".to_owned(),
                (None, None) => String::new(),
            };
            vec![
                content.id.to_string(),
                content.slot.clone(),
                content.bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
                content.record.to_string(),
                times::moment(content.logged_ms),
                content.content_uid.clone(),
                state,
            ]
        })
        .collect();
    page.table(&["No", "What", "Bytes", "Record", "Time (UTC)", "uid", ""], &rows);
}
