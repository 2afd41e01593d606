//! Erasing contents: what an erasure means to erase, what is kept back, and the records that it takes.
//!
//! One record for each group of contents that share a key-encryption key: at most 1,024 contents, in the stream that they
//! are of. The parts of an erasure that aren't done yet stand in the state table from its first record on, so that a
//! start after a crash goes on with them. What retention ends isn't kept there: the next start finds it again.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use contract::{Code, Erasure, KeptBack, OperatorError};
use evidence::{
    Digest,
    ocsf::{ErasedContent, ErasureCause},
};
use ledger::{ContentFilter, EraseError, KeptContent, Ledger, NewContent, StateChange};

use crate::{
    Engine,
    actions::{ActionRow, RetryRow},
    books::{Kept as _, all},
    clock::{now_ms, timed_uid},
    items::ItemRow,
    keeping::{Because, ErasingRow, Protections},
    operators::fault,
    records::{self, Erased, Keeper},
    searching::Needle,
    steps::Noted,
};

/// How many rows are looked at in one short reading.
const PAGE: u32 = 500;
/// How often retention is applied.
const DAILY: Duration = Duration::from_secs(24 * 60 * 60);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What an erasure means to erase.
pub(crate) enum Meant {
    /// One content.
    Content(String),
    /// Everything of a stream.
    Stream(evidence::Stream),
    /// Everything that a text stands in.
    Text(Needle),
    /// Everything that was recorded so many days ago.
    OlderThan(u32),
}

impl Meant {
    pub(crate) fn cause(&self) -> ErasureCause {
        match self {
            Self::Content(_) => ErasureCause::Content,
            Self::Stream(_) => ErasureCause::Agent,
            Self::Text(_) => ErasureCause::Search,
            Self::OlderThan(_) => ErasureCause::Retention,
        }
    }
}

/// What an erasure will erase.
#[derive(Default)]
pub(crate) struct Plan {
    /// By the group whose key they share.
    groups: BTreeMap<u64, Vec<String>>,
    contents: u64,
    bytes: u64,
    oldest_ms: Option<i64>,
    newest_ms: Option<i64>,
    kept: BTreeMap<Because, u64>,
}

impl Plan {
    fn take(&mut self, content: KeptContent, protections: &Protections) {
        if let Some(because) = protections.keep(&content) {
            *self.kept.entry(because).or_default() += 1;
            return;
        }
        self.contents += 1;
        self.bytes += content.length.unwrap_or_default();
        let at = content.logged_ms;
        self.oldest_ms = Some(self.oldest_ms.map_or(at, |oldest| oldest.min(at)));
        self.newest_ms = Some(self.newest_ms.map_or(at, |newest| newest.max(at)));
        self.groups.entry(content.group).or_default().push(content.uid);
    }

    /// Names exactly these contents.
    fn digest(&self) -> Digest {
        let mut uids: Vec<&str> = self.groups.values().flatten().map(String::as_str).collect();
        uids.sort_unstable();
        Digest::sha256(uids.join("\n").as_bytes())
    }

    /// The plan as consoles get it, or what was done of it by these records.
    pub(crate) fn answer(&self, records: Option<Vec<u64>>) -> Erasure {
        let kept = self.kept.iter().map(|(because, contents)| KeptBack {
            contents: *contents,
            because: because.in_words().to_owned(),
        });
        let span = match (self.oldest_ms, self.newest_ms) {
            (Some(oldest), Some(newest)) => format!(" of {} to {}", records::day(oldest), records::day(newest)),
            _ => String::new(),
        };
        let what = format!("{} ({} bytes){span}", counted(self.contents), self.bytes);
        let sentence = match (&records, self.contents) {
            (_, 0) => "There is nothing to erase.".to_owned(),
            (None, _) => format!("{what} would be erased for good. Nothing was done."),
            (Some(_), _) => {
                format!("{what} erased for good, with keys and salts. The commitments in the records stay.")
            }
        };
        Erasure {
            dry_run: records.is_none(),
            contents: self.contents,
            bytes: self.bytes,
            oldest_ms: self.oldest_ms,
            newest_ms: self.newest_ms,
            kept: kept.collect(),
            plan: self.digest().to_string(),
            records: records.unwrap_or_default(),
            sentence,
        }
    }
}

fn counted(contents: u64) -> String {
    match contents {
        1 => "1 content".to_owned(),
        n => format!("{n} contents"),
    }
}

/// What is to be erased, by whom and why.
pub(crate) struct Order {
    pub(crate) meant: Meant,
    /// Uid and name; the gateway itself where there is nobody.
    pub(crate) operator: Option<(String, String)>,
    pub(crate) reason: Option<NewContent>,
    pub(crate) dry_run: bool,
    /// The one plan that may be carried out.
    pub(crate) only: Option<String>,
}

impl Engine {
    /// Erases what is meant, or says what that would do.
    pub(crate) async fn carry_out(&self, order: Order) -> Result<Erasure, OperatorError> {
        let engine = self.me.upgrade().ok_or_else(|| fault("the gateway is closing"))?;
        // From the plan to the last record nothing else is erased and no hold is set.
        let _alone = self.erasing.lock().await;
        let cause = order.meant.cause();
        let meant = order.meant;
        let plan = tokio::task::spawn_blocking(move || engine.plan(&meant))
            .await
            .map_err(fault)??;
        if order.only.is_some_and(|only| only != plan.digest().to_string()) {
            let message =
                "Something has changed since the plan was made, so nothing was erased. Ask for the plan again.";
            return Err(OperatorError::new(Code::Conflict, message));
        }
        if order.dry_run {
            return Ok(plan.answer(None));
        }
        let erasure_uid = timed_uid();
        let reason_c = order.reason.as_ref().map(NewContent::commitment);
        let (operator_uid, operator_name) = order.operator.unwrap_or_default();
        let part = |(number, contents): (usize, &Vec<String>)| ErasingRow {
            key: format!("{erasure_uid}/{number:08}"),
            erasure_uid: erasure_uid.clone(),
            cause: cause.as_str().to_owned(),
            operator_uid: operator_uid.clone(),
            operator_name: operator_name.clone(),
            reason_c,
            contents: contents.clone(),
        };
        let parts: Vec<ErasingRow> = plan.groups.values().enumerate().map(part).collect();
        // Retention finds by itself what it didn't come to.
        let kept = if cause == ErasureCause::Retention {
            &[]
        } else {
            parts.get(1..).unwrap_or(&[])
        };
        let kept = kept
            .iter()
            .map(ErasingRow::put)
            .collect::<Result<Vec<_>, _>>()
            .map_err(fault)?;
        let mut first = Some((kept, order.reason));
        let mut records = Vec::new();
        for row in &parts {
            let (state, reason) = first.take().unwrap_or_else(|| (vec![row.remove()], None));
            records.extend(self.erase_part(row, state, reason).await?);
        }
        self.finish_erasing().await?;
        Ok(plan.answer(Some(records)))
    }

    /// What would be erased, as things stand. Reads as much of the contents as it has to, one at a time.
    fn plan(&self, meant: &Meant) -> Result<Plan, OperatorError> {
        let protections = {
            let books = self.books.read();
            Protections::now(&self.ledger, &books.holds, &self.items).map_err(fault)?
        };
        let mut plan = Plan::default();
        let filter = match meant {
            Meant::Content(uid) => {
                let content = self.ledger.kept_content(uid).map_err(fault)?;
                let content = content.ok_or_else(|| no_such_content(uid))?;
                if let Some(record) = content.erased {
                    return Err(erased_already(uid, record));
                }
                plan.take(content, &protections);
                return Ok(plan);
            }
            Meant::Stream(stream) => ContentFilter {
                stream: Some(stream.clone()),
                ..ContentFilter::default()
            },
            Meant::Text(_) => ContentFilter::default(),
            Meant::OlderThan(days) => {
                let before_ms = now_ms().saturating_sub(i64::from(*days).saturating_mul(DAY_MS));
                ContentFilter {
                    before_record: Some(self.ledger.range_by_time(None, Some(before_ms)).map_err(fault)?.end),
                    ..ContentFilter::default()
                }
            }
        };
        let filter = ContentFilter {
            unerased: true,
            ..filter
        };
        let mut after = 0;
        loop {
            let page = self.ledger.kept_after(after, PAGE, &filter).map_err(fault)?;
            let Some(last) = page.last() else { return Ok(plan) };
            after = last.id;
            for content in page {
                if is_meant(&self.ledger, meant, &content)? {
                    plan.take(content, &protections);
                }
            }
        }
    }

    /// Erases the contents of one row, in one record.
    async fn erase_part(
        &self,
        row: &ErasingRow,
        mut state: Vec<StateChange>,
        reason: Option<NewContent>,
    ) -> Result<Option<u64>, OperatorError> {
        let _changing = self.changing.lock().await;
        let mut part = Part::default();
        for uid in &row.contents {
            part.add(&self.ledger, uid)?;
        }
        for item in &part.items {
            state.extend(self.forgotten(item)?);
        }
        // Behind each action's gate until the erasure is recorded: nothing else writes its row meanwhile.
        let mut gates = Vec::new();
        for request in &part.requests {
            gates.push(self.gates.enter(request).await);
            state.extend(self.forgotten_action(request)?);
        }
        let tenant_uid = self.books.read().tenant.uid.clone();
        let cause = match row.cause.as_str() {
            "content" => ErasureCause::Content,
            "agent" => ErasureCause::Agent,
            "search" => ErasureCause::Search,
            _ => ErasureCause::Retention,
        };
        let keeper = match row.operator_uid.as_str() {
            "" => Keeper::gateway(&tenant_uid),
            uid => Keeper::operator(&tenant_uid, uid, &row.operator_name),
        };
        let erased = Erased {
            erasure_uid: &row.erasure_uid,
            cause,
            stream: &part.stream,
            erased: part.erased,
            reason_c: row.reason_c,
            reason: reason.as_ref(),
        };
        let noted = Noted::alone(keeper.erased(erased).map_err(fault)?)
            .with(state)
            .holding(reason);
        match self.ledger.erase(noted, &part.uids).await {
            Ok(durable) => Ok(Some(durable.receipt().sequence)),
            Err(error) => Err(self.not_erased(&error)),
        }
    }

    /// An item without what a guess at its contents could be tested with.
    fn forgotten(&self, uid: &str) -> Result<Option<StateChange>, OperatorError> {
        let row = self.items.find(&self.ledger, uid).map_err(fault)?;
        let Some(mut row) = row.filter(|row: &ItemRow| !row.retry_mac.is_empty()) else {
            return Ok(None);
        };
        row.retry_mac.clear();
        row.put().map(Some).map_err(fault)
    }

    /// A proposed action without what a guess at its contents could be tested with. Sent again, it is a new one.
    fn forgotten_action(&self, request_uid: &str) -> Result<Vec<StateChange>, OperatorError> {
        let stored = self.ledger.state_get(ActionRow::KIND, request_uid).map_err(fault)?;
        let row = stored.map(|bytes| ActionRow::read(&bytes)).transpose().map_err(fault)?;
        // One that may still be done has to be known when it is sent again.
        let Some(mut row) = row.filter(|row| !row.is_open() && !row.body_mac.is_empty()) else {
            return Ok(Vec::new());
        };
        let retry = RetryRow {
            key: std::mem::take(&mut row.retry_key),
            action_uid: request_uid.to_owned(),
        };
        row.body_mac.clear();
        row.report_mac = row.report_mac.map(|_| String::new());
        Ok(vec![row.put().map_err(fault)?, retry.remove()])
    }

    async fn finish_erasing(&self) -> Result<(), OperatorError> {
        match self.ledger.finish_erasing().await {
            Ok(()) => Ok(()),
            // Nothing reads the contents any more; the next erasure or start empties the WAL.
            Err(error @ EraseError::Busy) => {
                tracing::warn!(%error, "an erasure isn't finished");
                Err(OperatorError::new(Code::Conflict, format!("{error}.")))
            }
            Err(error) => Err(self.not_erased(&error)),
        }
    }

    fn not_erased(&self, error: &EraseError) -> OperatorError {
        match error {
            EraseError::Append(error) => self.nothing_changed(error),
            EraseError::KeyStore(error) => OperatorError::new(
                Code::KeyStore,
                format!(
                    "The erasure stopped: {error}. What is recorded is erased; the next start goes on with the rest."
                ),
            ),
            other => fault(other),
        }
    }

    /// Goes on with the erasures that an earlier run didn't end.
    pub(crate) async fn resume_erasing(&self) {
        let rows = match all::<ErasingRow>(&self.ledger) {
            Ok(rows) => rows,
            Err(error) => return tracing::error!(%error, "erasures that were cut short can't be read"),
        };
        let _alone = self.erasing.lock().await;
        for row in &rows {
            if let Err(error) = self.erase_part(row, vec![row.remove()], None).await {
                return tracing::error!(%error, "an erasure that was cut short couldn't go on");
            }
        }
        if !rows.is_empty()
            && let Err(error) = self.finish_erasing().await
        {
            tracing::error!(%error, "an erasure that was cut short couldn't be finished");
        }
    }

    /// Applies retention now and once a day.
    pub(crate) fn apply_retention_daily(self: &Arc<Self>) {
        let me = self.me.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(DAILY);
            loop {
                ticks.tick().await;
                let Some(engine) = me.upgrade() else { return };
                if let Err(error) = engine.apply_retention(None, None, false).await {
                    tracing::error!(%error, "retention couldn't be applied; it is tried again tomorrow");
                }
            }
        });
    }

    /// Erases what is older than contents are kept.
    pub(crate) async fn apply_retention(
        &self,
        operator: Option<(String, String)>,
        days: Option<u32>,
        dry_run: bool,
    ) -> Result<Erasure, OperatorError> {
        let kept_for = self.books.read().retention.days;
        let order = Order {
            meant: Meant::OlderThan(days.filter(|_| dry_run).unwrap_or(kept_for)),
            operator,
            reason: None,
            dry_run,
            only: None,
        };
        self.carry_out(order).await
    }
}

/// Whether a content that the filter let through is meant.
fn is_meant(ledger: &Ledger, meant: &Meant, content: &KeptContent) -> Result<bool, OperatorError> {
    let Meant::Text(needle) = meant else { return Ok(true) };
    let opened = ledger.content(&content.uid).map_err(fault)?;
    Ok(opened.is_some_and(|opened| needle.is_in(&content.media_type, &opened.bytes)))
}

/// The contents of one record, gathered.
#[derive(Default)]
struct Part {
    uids: Vec<String>,
    stream: String,
    erased: Vec<ErasedContent>,
    items: HashSet<String>,
    /// The requests that they are of, in one order for everybody who enters their gates.
    requests: BTreeSet<String>,
}

impl Part {
    /// Adds a content, unless it is erased already.
    fn add(&mut self, ledger: &Ledger, uid: &str) -> Result<(), OperatorError> {
        let content = ledger
            .kept_content(uid)
            .map_err(fault)?
            .ok_or_else(|| no_such_content(uid))?;
        if content.erased.is_some() {
            return Ok(());
        }
        let record = ledger.record(content.sequence).map_err(fault)?;
        let record = record.ok_or_else(|| fault("a content's record isn't in the log"))?;
        let text = |pointer: &str| record.facts().pointer(pointer).and_then(serde_json::Value::as_str);
        let c = (0..)
            .map_while(|at| {
                Some((
                    text(&format!("/contents/{at}/content_uid"))?,
                    text(&format!("/contents/{at}/c"))?,
                ))
            })
            .find(|(found, _)| *found == uid)
            .ok_or_else(|| fault("a content isn't among those of its record"))?;
        self.items.extend(text("/item_uid").map(str::to_owned));
        self.requests.extend(record.correlation_uid().map(str::to_owned));
        self.erased.push(ErasedContent {
            content_uid: uid.to_owned(),
            c: c.1.parse().map_err(fault)?,
            record: content.sequence,
        });
        self.stream = content.stream;
        self.uids.push(uid.to_owned());
        Ok(())
    }
}

pub(crate) fn no_such_content(uid: &str) -> OperatorError {
    let message = format!("There is no content `{uid}`; `countersign content list` shows them.");
    OperatorError::new(Code::NotFound, message)
}

pub(crate) fn erased_already(uid: &str, record: u64) -> OperatorError {
    OperatorError::new(
        Code::NotFound,
        format!("The content `{uid}` was erased, as record {record} says."),
    )
}
