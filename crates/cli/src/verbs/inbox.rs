//! `countersign inbox`: what waits for a person, and the person's decision, signed here with the person's own key.

use std::io::{BufRead as _, IsTerminal as _};

use contract::view::{Section, View};
use contract::{HeldItem, InboxPage, InboxQuery, ItemRef, ItemState, ReviewerDecision};
use reviewer::Reviewer;
use vault::Scope;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{self, Page, short};
use crate::{session, times};

/// What to do with the inbox.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// What waits for a person
    List {
        /// Also what is decided or over
        #[arg(long)]
        all: bool,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// One item, whole
    Show {
        /// The approval's id
        uid: String,
    },
    /// Countersign an item: exactly these bytes, once
    Approve {
        /// The approval's id
        uid: String,
        /// Why, for the record
        #[arg(long, default_value = "")]
        reason: String,
        /// Don't ask again on a terminal
        #[arg(long)]
        yes: bool,
    },
    /// Deny an item; the agent is told the reason
    Deny {
        /// The approval's id
        uid: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Don't ask again on a terminal
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List { all, limit } => {
            let states = if all {
                Vec::new()
            } else {
                vec![ItemState::Waiting, ItemState::Approved]
            };
            let query = InboxQuery {
                states,
                offset: 0,
                limit,
            };
            let inbox = session::reading(context, async |o| Ok(o.inbox(query).await?)).await?;
            context.output.show(&inbox, |page| say_list(page, &inbox))?;
        }
        Verb::Show { uid } => {
            let item = session::with(context, async |o| Ok(o.inbox_item(ItemRef { uid }).await?)).await?;
            context.output.show(&item, |page| say_item(page, &item))?;
        }
        Verb::Approve { uid, reason, yes } => {
            decide(context, uid, ReviewerDecision::Approve, &reason, yes).await?;
        }
        Verb::Deny { uid, reason, yes } => decide(context, uid, ReviewerDecision::Deny, &reason, yes).await?,
    }
    Ok(Exit::Done)
}

async fn decide(
    context: &Context,
    uid: String,
    decision: ReviewerDecision,
    reason: &str,
    yes: bool,
) -> Result<(), Failure> {
    let decided = session::with(context, async |operators| {
        let item = operators.inbox_item(ItemRef { uid }).await?;
        context.output.say(|page| say_item(page, &item))?;
        if !yes && std::io::stdin().is_terminal() {
            confirm(decision)?;
        }
        let person = context.keys.open(&context.data_dir, Scope::Person).await?;
        let reviewer = tokio::task::spawn_blocking(move || Reviewer::open(&person))
            .await
            .map_err(Failure::new)??;
        Ok(reviewer::decide(operators, &reviewer, &item, decision, reason).await?)
    })
    .await?;
    context.output.show(&decided, |page| {
        let did = match decision {
            ReviewerDecision::Approve => "Countersigned. It is released once, as shown",
            ReviewerDecision::Deny => "Denied. The agent is told the reason",
        };
        page.gap().line(format!("{did}; record {}.", decided.record));
    })
}

fn confirm(decision: ReviewerDecision) -> Result<(), Failure> {
    let word = match decision {
        ReviewerDecision::Approve => "approve",
        ReviewerDecision::Deny => "deny",
    };
    output::aside(&format!(
        "\nType `{word}` to sign this with your key, anything else to leave it."
    ));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == word {
        Ok(())
    } else {
        Err(Failure::new("nothing was decided; the item still waits"))
    }
}

pub(crate) fn state_name(state: ItemState) -> &'static str {
    match state {
        ItemState::Waiting => "waits",
        ItemState::Approved => "countersigned",
        ItemState::Released => "released",
        ItemState::Denied => "denied",
        ItemState::Expired => "expired",
        ItemState::Lapsed => "lapsed",
    }
}

fn say_list(page: &mut Page, inbox: &InboxPage) {
    if inbox.items.is_empty() {
        page.line("Nothing waits for a person.");
    } else {
        let rows: Vec<_> = inbox
            .items
            .iter()
            .map(|item| {
                let until = match item.state {
                    ItemState::Waiting => times::from_now(item.expires_ms),
                    _ => String::new(),
                };
                vec![
                    item.uid.clone(),
                    state_name(item.state).to_owned(),
                    item.tier.to_string(),
                    until,
                    item.agent_name.clone(),
                    item.title.clone(),
                ]
            })
            .collect();
        page.table(&["Id", "State", "Tier", "Denied", "Agent", "What"], &rows);
    }
    if inbox.missed > 0 {
        page.gap().line(format!(
            "{} expired without anybody deciding; `--all` shows them.",
            inbox.missed
        ));
    }
}

pub(crate) fn say_item(page: &mut Page, item: &HeldItem) {
    let line = &item.item;
    page.line(&line.title).gap();
    let until = match line.state {
        ItemState::Waiting => format!(
            "{}, denied {}",
            state_name(line.state),
            times::from_now(line.expires_ms)
        ),
        state => state_name(state).to_owned(),
    };
    let mut facts = vec![
        ("Id", line.uid.clone()),
        ("State", until),
        ("Agent", format!("{} ({})", line.agent_name, line.agent_uid)),
        ("Sponsor", item.sponsor.clone()),
        ("Asked", format!("{} UTC", times::moment(line.asked_ms))),
        ("Tier", line.tier.to_string()),
    ];
    facts.extend(
        item.reasons
            .iter()
            .map(|reason| ("Held because", format!("{} ({})", reason.text, reason.rule))),
    );
    facts.push((
        "Policy",
        format!("{}, {}", item.policy_name, short(&item.policy_sha256)),
    ));
    facts.push(("Action", short(&item.action_digest)));
    if !item.not_established.is_empty() {
        facts.push(("Not established", item.not_established.join(", ")));
    }
    facts.extend(item.barred.iter().map(|why| ("May not be approved", why.clone())));
    facts.extend(item.decided.iter().map(|how| ("Decided", how.clone())));
    facts.extend(item.decision_reason.iter().map(|why| ("Reason", why.clone())));
    if item.sole_operator && line.state == ItemState::Waiting {
        facts.push(("Signed as", "sole operator; the record says so".to_owned()));
    }
    page.facts(&facts);
    match View::from_bytes(item.view.text.as_bytes()) {
        Ok(view) => view.sections.iter().for_each(|section| say_section(page, section)),
        // Signing refuses it too; showing what is there helps to see why.
        Err(error) => {
            page.gap()
                .line(format!("What the gateway shows can't be read ({error}):"))
                .block(&item.view.text);
        }
    }
}

fn say_section(page: &mut Page, section: &Section) {
    page.gap();
    match section {
        Section::Facts { heading, facts } => {
            let facts: Vec<_> = facts.iter().map(|fact| (&fact.label, &fact.value)).collect();
            page.line(heading).facts(&facts);
        }
        Section::Messages { heading, messages } => {
            page.line(heading);
            for message in messages {
                page.line(format!("  {}:", message.role)).block(&message.text);
            }
        }
        Section::Tools { heading, tools } => {
            page.line(heading);
            for tool in tools {
                page.line(format!("  {}", tool.name));
                page.block(&format!("Claimed: {}", tool.description))
                    .block(&tool.parameters);
            }
        }
        Section::Raw {
            heading,
            media_type,
            text,
        } => {
            page.line(format!("{heading} ({media_type})")).block(text);
        }
    }
}
