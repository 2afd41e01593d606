//! `report.html`: the case on paper, for counsel. Who, what, when, who approved; what the file lets anybody check, and what
//! it doesn't show.
//!
//! A page without script, remote content or links, under a policy that forbids them. Everything that a record or content
//! says is escaped: whoever wrote it may be hostile. The page proves nothing, and says so.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::selection::{Disclosure, Selection};
use super::writer::CaseInput;
use crate::hash::Digest;
use crate::ocsf::describe;
use crate::record::Record;
use crate::verifier::words::{count, number, time};

/// The most records that the page lists.
const LISTED: usize = 5_000;

const STYLE: &str = include_str!("report.css");

/// Text as HTML shows it literally.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Characters that turn the direction of what follows could make a name read as another.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The page being written.
struct Page(String);

impl Page {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn head(&mut self, title: &str) {
        let _ = writeln!(self.0, "<h2>{}</h2>", escaped(title));
    }

    fn paragraph(&mut self, class: &str, text: &str) {
        let _ = writeln!(self.0, "<p class=\"{class}\">{}</p>", escaped(text));
    }

    fn facts(&mut self, facts: &[(&str, String)]) {
        self.raw("<dl>\n");
        for (label, value) in facts {
            let _ = writeln!(self.0, "<dt>{}</dt><dd>{}</dd>", escaped(label), escaped(value));
        }
        self.raw("</dl>\n");
    }

    fn items(&mut self, items: &[&str]) {
        self.raw("<ul>\n");
        for item in items {
            let _ = writeln!(self.0, "<li>{}</li>", escaped(item));
        }
        self.raw("</ul>\n");
    }

    fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) {
        self.raw("<table>\n<thead><tr>");
        for head in heads {
            let _ = write!(self.0, "<th scope=\"col\">{}</th>", escaped(head));
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for (at, cell) in row.iter().enumerate() {
                let class = if at < 2 { " class=\"n\"" } else { "" };
                let _ = write!(self.0, "<td{class}>{}</td>", escaped(cell));
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n");
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn title(input: &CaseInput) -> String {
    match &input.selection {
        Selection::Agent { agent, .. } => format!("What {} did", agent.name),
        Selection::Range { .. } => "What was recorded in an interval".to_owned(),
        Selection::Correlation { .. } => "What was recorded of one request".to_owned(),
        Selection::Approval { .. } => "What was recorded of one approval".to_owned(),
        Selection::Records { .. } => "Records picked one by one".to_owned(),
    }
}

/// What the page says of the records, told one by one.
#[derive(Debug, Default)]
pub(super) struct Told {
    selected: u64,
    /// When the first and the last of the selected were logged.
    span: Option<(i64, i64)>,
    /// Rows of the three tables: people's decisions, what happened, keys.
    decisions: Vec<Vec<String>>,
    happened: Vec<Vec<String>>,
    keys: Vec<Vec<String>>,
    /// How many contents the selected records commit to.
    committed: u64,
    /// The record that was told last: in the end the export's.
    made: Option<String>,
}

impl Told {
    /// Takes in the next record, in the order of the log.
    pub(super) fn take(&mut self, input: &CaseInput, record: &Record) {
        let by = text(record.event(), "/actor/user/name");
        let at = number(record.sequence());
        self.made = Some(format!("{} by {by}, as the record at {at}", time(record.logged_time())));
        self.keys.extend(key(record));
        let export = input.checkpoint.claimed().size.saturating_sub(1);
        if record.sequence() >= export || !input.selection.selects_record(record) {
            return;
        }
        self.selected = self.selected.saturating_add(1);
        let logged = record.logged_time();
        self.span = Some((self.span.map_or(logged, |(first, _)| first), logged));
        if record.kind() == "item_decided" && self.decisions.len() < LISTED {
            self.decisions.push(decision(input, record));
        }
        if self.happened.len() < LISTED {
            let said = describe(record.event());
            self.happened.push(vec![at, time(logged), said.sentence]);
        }
        let contents = record.facts().get("contents").and_then(Value::as_array);
        let contents = contents.map_or(0, |list| list.len() as u64);
        self.committed = self.committed.saturating_add(contents);
    }

    /// The whole page, a pure function of what goes into the case file; `records` are all that are in it.
    pub(super) fn page(&self, input: &CaseInput, records: u64) -> String {
        let hash = STANDARD.encode(Digest::sha256(STYLE.as_bytes()).as_bytes());
        let title = title(input);
        let mut page = Page(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
             http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; \
             form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta \
             name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{}</h1>\n",
            escaped(&title),
            escaped(&title)
        ));
        page.paragraph(
            "lead",
            "The printable part of a Countersign case file. It reads what the file holds; it proves nothing by itself. What \
             counts is what a verifier finds in the file it came in.",
        );
        self.about(&mut page, input, records);
        claims(&mut page, &input.selection);
        self.decisions(&mut page);
        self.records(&mut page);
        self.contents(&mut page, input);
        texts(&mut page, input);
        page.head("Keys, as the log registers them");
        let heads = ["Place", "Since", "Signs as", "Whose", "Fingerprint"];
        page.table(&heads, &self.keys);
        checking(&mut page);
        page.raw("</body>\n</html>\n");
        page.0
    }

    fn about(&self, page: &mut Page, input: &CaseInput, records: u64) {
        let span = match self.span {
            Some((first, last)) => format!("{} to {}", time(first), time(last)),
            None => "none".to_owned(),
        };
        let checkpoint = input.checkpoint.claimed();
        let beside = records.saturating_sub(self.selected);
        let mut facts = vec![
            ("About", subject(input)),
            ("Of", format!("{} ({})", input.tenant_name, input.tenant_uid)),
            ("Records", format!("{}, logged {span}", number(self.selected))),
            (
                "Beside them",
                count(beside, "record that they rest on", "records that they rest on"),
            ),
        ];
        facts.extend(self.made.clone().map(|made| ("Made", made)));
        facts.push(("Log", checkpoint.origin.to_string()));
        facts.push((
            "Sealed",
            format!(
                "{} with root {}",
                count(checkpoint.size, "record", "records"),
                checkpoint.root
            ),
        ));
        if let Some(since) = &input.since {
            facts.push((
                "Goes on from",
                format!(
                    "the checkpoint over {}",
                    count(since.checkpoint.claimed().size, "record", "records")
                ),
            ));
        }
        page.facts(&facts);
    }

    fn decisions(&self, page: &mut Page) {
        page.head("Who approved and who denied");
        if self.decisions.is_empty() {
            return page.paragraph("note", "No person’s decision is among the records.");
        }
        let heads = ["Place", "Logged", "Decision", "Person", "Risk", "Reason", "Key"];
        page.table(&heads, &self.decisions);
    }

    fn records(&self, page: &mut Page) {
        page.head("What happened");
        if self.selected > self.happened.len() as u64 {
            let sentence = format!(
                "The first {} of {} are listed; records.jsonl has them all.",
                number(self.happened.len() as u64),
                number(self.selected)
            );
            page.paragraph("note", &sentence);
        }
        page.table(&["Place", "Logged", "What"], &self.happened);
    }

    fn contents(&self, page: &mut Page, input: &CaseInput) {
        page.head("Contents: disclosed and withheld");
        let own = [Disclosure::WHY_DISCLOSED, Disclosure::WHY_WITHHELD];
        let disclosed = input
            .contents
            .iter()
            .filter(|opening| !own.contains(&opening.header.slot.as_str()))
            .count() as u64;
        let why = |slot: &str| {
            let opening = input.contents.iter().find(|opening| opening.header.slot == slot);
            opening.map(|opening| String::from_utf8_lossy(&opening.bytes).into_owned())
        };
        let withheld = self.committed.saturating_sub(disclosed);
        let of = count(self.committed, "content", "contents");
        let mut facts = vec![
            ("Disclosed", format!("{} of {of}", number(disclosed))),
            (
                "Why",
                why(Disclosure::WHY_DISCLOSED).unwrap_or_else(|| "nothing was disclosed".to_owned()),
            ),
            ("Withheld or erased", number(withheld)),
        ];
        if withheld > 0 {
            facts.push((
                "Why",
                why(Disclosure::WHY_WITHHELD).unwrap_or_else(|| "by default: nobody chose to disclose it".to_owned()),
            ));
        }
        page.facts(&facts);
        page.paragraph(
            "note",
            "The contents themselves are files of their own in the case file, as they were sent and typed; they aren’t \
             repeated here.",
        );
    }
}

/// What the file is about, in words.
fn subject(input: &CaseInput) -> String {
    let interval = |from: &Option<i64>, to: &Option<i64>| {
        let from = from.map_or_else(|| "the first record".to_owned(), time);
        let to = to.map_or_else(|| "this export".to_owned(), |to| format!("before {}", time(to)));
        format!("from {from} to {to}")
    };
    match &input.selection {
        Selection::Agent { agent, from_ms, to_ms } => {
            format!("the agent {} ({}), {}", agent.name, agent.uid, interval(from_ms, to_ms))
        }
        Selection::Range { from_ms, to_ms } => format!("every record {}", interval(from_ms, to_ms)),
        Selection::Correlation { correlation_uid } => format!("the request {correlation_uid}"),
        Selection::Approval {
            item_uid,
            correlation_uid,
        } => format!("the held item {item_uid} of the request {correlation_uid}"),
        Selection::Records { .. } => "records picked one by one".to_owned(),
    }
}

/// What may be said of the file once a verifier has passed it: evidence-format.md, section 19, no more and no less.
fn claims(page: &mut Page, selection: &Selection) {
    page.head("What the file proves, as far as a verifier’s findings pass");
    let mut proved = vec![
        "Each record is, byte for byte, the one that the log sealed at its place, and the log’s key signed the size and root.",
        "Each decision of a person was signed by the key that the log registers for that person, over exactly that action.",
        "No approval is used twice by the records in this file.",
        "Each disclosed content is the one that its record committed to.",
    ];
    match selection {
        Selection::Agent { .. } => proved.push(
            "In the chain ending at the head that the operator named, nothing of this agent in the interval is missing \
             from its first record here to its last; where the file has a skeleton of the log, no other leaf of that part has \
             this agent’s tag.",
        ),
        Selection::Range { .. } => proved.push("Every record the log committed from the first that is here to the last is here."),
        _ => {}
    }
    page.items(&proved);
    page.head("What it doesn’t show");
    let mut open = vec![
        "Whether what a record says is true. It shows that it was recorded at its place in the log and not changed since that was sealed.",
        "Whose keys these are. That has to be established by another way than this file: compare fingerprints, then pin.",
        "That two reviewers are two people, or that a person looked: a key signed.",
        "Times are the operator’s claim: no outsider’s timestamp or witness is in the file.",
        "That an approval was used nowhere else: that can’t be shown offline.",
        "What an upstream did with a call, and acts that were never recorded.",
        "Anything of a content that is withheld, but that it exists.",
    ];
    match selection {
        Selection::Agent { .. } => {
            open.push("Acts that were filed under another agent: whose the leaves under other tags are isn’t shown.")
        }
        Selection::Range { .. } => {}
        _ => open
            .push("Whether there are other records that belong to the matter: nothing is claimed of what isn’t here."),
    }
    page.items(&open);
}

/// The row of a person's decision.
fn decision(input: &CaseInput, record: &Record) -> Vec<String> {
    let facts = record.facts();
    let sole = facts.get("sole_operator").and_then(Value::as_bool) == Some(true);
    let tier = facts.get("tier").and_then(Value::as_u64).unwrap_or_default();
    vec![
        number(record.sequence()),
        time(record.logged_time()),
        match text(facts, "/decision") {
            "approve" => "approved".to_owned(),
            "deny" => "denied".to_owned(),
            other => other.to_owned(),
        },
        text(record.event(), "/actor/user/name").to_owned(),
        format!("tier {tier}{}", if sole { ", as the sole operator" } else { "" }),
        reason_of(input, record),
        text(facts, "/key_id").to_owned(),
    ]
}

/// What the reviewer gave as a reason, where it is disclosed.
fn reason_of(input: &CaseInput, record: &Record) -> String {
    let contents = record.facts().get("contents").and_then(Value::as_array);
    let reason = contents
        .into_iter()
        .flatten()
        .find(|content| text(content, "/slot") == "reason");
    let Some(reason) = reason else {
        return "none given".to_owned();
    };
    let uid = text(reason, "/content_uid");
    let opened = input.contents.iter().find(|opening| opening.header.content_uid == uid);
    opened.map_or_else(
        || "withheld".to_owned(),
        |opening| String::from_utf8_lossy(&opening.bytes).into_owned(),
    )
}

fn texts(page: &mut Page, input: &CaseInput) {
    page.head("Policies in force");
    if input.policies.is_empty() {
        return page.paragraph("note", "No policy’s text is in the file.");
    }
    page.raw("<ul>\n");
    for policy in &input.policies {
        let sha256 = Digest::sha256(policy.as_bytes());
        let lines = count(policy.lines().count() as u64, "line", "lines");
        let _ = writeln!(
            page.0,
            "<li><code>policies/{sha256}.cedar</code>, {}</li>",
            escaped(&lines)
        );
    }
    page.raw("</ul>\n");
}

/// The row of a record that registers a key.
fn key(record: &Record) -> Option<Vec<String>> {
    let facts = record.facts();
    let (role, id) = match record.kind() {
        "log_opened" => ("log", text(facts, "/key_id")),
        "key_added" => (text(facts, "/role"), text(facts, "/key_id")),
        "key_rotated" => ("log, after the one before", text(facts, "/new_key_id")),
        _ => return None,
    };
    let owner = match record.kind() {
        "key_added" if facts.get("owner_uid").is_some() => text(record.event(), "/user/name"),
        _ => "the gateway",
    };
    Some(vec![
        number(record.sequence()),
        time(record.logged_time()),
        role.to_owned(),
        owner.to_owned(),
        id.to_owned(),
    ])
}

fn checking(page: &mut Page) {
    page.head("How to check it");
    page.paragraph(
        "",
        "Take the zip that this page came in, whole, and a verifier from somewhere else than that zip: the program countersign \
         or its page verifier.html, as published with a release of Countersign. Nothing more is needed: no account, no \
         network, no secret. README.txt has the commands for openssl, cosign and Python.",
    );
}
