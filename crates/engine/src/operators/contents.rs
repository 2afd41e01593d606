//! Contents as an operator lists, opens and erases them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::{
    Code, ContentLine, ContentPage, ContentQuery, Erasure, ErasureRequest, ErasureScope, OpenedContent, OperatorError,
};
use evidence::{Stream, ocsf};
use ledger::{ContentFilter, NewContent};

use crate::{
    Engine,
    books::{Kept as _, OperatorRow},
    erasing::{Meant, Order, erased_already, no_such_content},
    items::ItemRow,
    keeping::{ItemReadRow, Protections},
    operators::fault,
    records::{Keeper, Opened},
    searching::Needle,
    steps::{Noted, new_content},
};

/// The longest reason, in characters.
pub(crate) const LONGEST_REASON: usize = 4000;

/// A reason as a content of its own.
pub(crate) fn given_reason(reason: &str, what: &str) -> Result<NewContent, OperatorError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let message = format!("{what} needs a reason of at most {LONGEST_REASON} characters; nothing was changed.");
        return Err(OperatorError::new(Code::Invalid, message));
    }
    new_content("reason", "text/plain; charset=utf-8", reason.as_bytes().to_vec()).map_err(fault)
}

impl Engine {
    /// The stream of an agent that is named by name or uid.
    pub(crate) fn stream_of(&self, agent: &str) -> Result<(Stream, String), OperatorError> {
        let books = self.books.read();
        let row = books.agent(agent).ok_or_else(|| {
            let message = format!("There is no agent `{agent}`; `countersign agent list` shows them.");
            OperatorError::new(Code::NotFound, message)
        })?;
        let stream = Stream::agent(&row.uid).ok_or_else(|| fault("the agent's uid can't name a stream"))?;
        Ok((stream, row.name.clone()))
    }

    pub(crate) fn list_contents(&self, query: &ContentQuery) -> Result<ContentPage, OperatorError> {
        let stream = query.agent.as_deref().map(|agent| self.stream_of(agent)).transpose()?;
        let filter = ContentFilter {
            stream: stream.map(|(stream, _)| stream),
            correlation: query.correlation_uid.clone(),
            before_record: None,
            unerased: query.unerased,
        };
        let protections = {
            let books = self.books.read();
            Protections::now(&self.ledger, &books.holds, &self.items).map_err(fault)?
        };
        let limit = if query.limit == 0 { 100 } else { query.limit.min(500) };
        let contents = self.ledger.kept_before(query.before, limit, &filter).map_err(fault)?;
        let line = |content: ledger::KeptContent| ContentLine {
            kept_because: content
                .erased
                .is_none()
                .then(|| protections.keep(&content))
                .flatten()
                .map(|because| because.in_words().to_owned()),
            id: content.id,
            content_uid: content.uid,
            slot: content.slot,
            media_type: content.media_type,
            bytes: content.length,
            record: content.sequence,
            logged_ms: content.logged_ms,
            stream: content.stream,
            erased_by: content.erased,
        };
        Ok(ContentPage {
            contents: contents.into_iter().map(line).collect(),
        })
    }

    /// Opens a content once it is recorded that it is opened.
    pub(crate) async fn open_content(&self, uid: &str) -> Result<OpenedContent, OperatorError> {
        let operator = self.acting_operator()?;
        let kept = self
            .ledger
            .kept_content(uid)
            .map_err(fault)?
            .ok_or_else(|| no_such_content(uid))?;
        if let Some(record) = kept.erased {
            return Err(erased_already(uid, record));
        }
        let opened = self
            .ledger
            .content(uid)
            .map_err(fault)?
            .ok_or_else(|| no_such_content(uid))?;
        let commitment = opened.commitment();
        let story = self.ledger.record(kept.sequence).map_err(fault)?;
        let draft = self.keeper(&operator).opened(Opened {
            content: ocsf::ContentRef {
                content_uid: uid.to_owned(),
                slot: kept.slot.clone(),
                c: commitment,
            },
            record: kept.sequence,
            stream: kept.stream,
            correlation_uid: story.and_then(|record| record.correlation_uid().map(str::to_owned)),
            item_uid: None,
        });
        let receipt = self.note(Noted::alone(draft.map_err(fault)?)).await?;
        let (text, base64) = match String::from_utf8(opened.bytes) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(STANDARD.encode(error.into_bytes()))),
        };
        Ok(OpenedContent {
            content_uid: uid.to_owned(),
            slot: kept.slot,
            media_type: kept.media_type,
            record: kept.sequence,
            text,
            base64,
            commitment: commitment.to_string(),
            opened_by: receipt.sequence,
        })
    }

    /// Records that the operator is shown a held item's contents, the first time that they are.
    pub(crate) async fn record_item_read(
        &self,
        row: &ItemRow,
        view: &contract::Opening,
        record: u64,
    ) -> Result<(), OperatorError> {
        let operator = self.acting_operator()?;
        let read = ItemReadRow {
            key: format!("{}/{}", row.uid, operator.uid),
        };
        let _one = self.reading.lock().await;
        if self
            .ledger
            .state_get(ItemReadRow::KIND, &read.key)
            .map_err(fault)?
            .is_some()
        {
            return Ok(());
        }
        let draft = self.keeper(&operator).opened(Opened {
            content: ocsf::ContentRef {
                content_uid: view.content_uid.clone(),
                slot: view.slot.clone(),
                c: view.commitment.parse().map_err(fault)?,
            },
            record,
            stream: row.story.agent_uid.clone(),
            correlation_uid: Some(row.story.request_uid.clone()),
            item_uid: Some(row.uid.clone()),
        });
        let noted = Noted::alone(draft.map_err(fault)?).with([read.put().map_err(fault)?]);
        self.note(noted).await.map(drop)
    }

    pub(crate) async fn erase_contents(&self, request: ErasureRequest) -> Result<Erasure, OperatorError> {
        let operator = self.acting_operator()?;
        let meant = match request.scope {
            ErasureScope::Content { content_uid } => Meant::Content(content_uid),
            ErasureScope::Agent { agent } => Meant::Stream(self.stream_of(&agent)?.0),
            ErasureScope::Text { text } => Meant::Text(Needle::new(&text).ok_or_else(|| {
                OperatorError::new(Code::Invalid, "A search needs a text to look for; nothing was erased.")
            })?),
        };
        let reason = match request.dry_run {
            true => None,
            false => Some(given_reason(&request.reason, "An erasure")?),
        };
        self.carry_out(Order {
            meant,
            operator: Some((operator.uid, operator.name)),
            reason,
            dry_run: request.dry_run,
            only: request.plan,
        })
        .await
    }

    /// The records of what an operator reads, keeps and erases now.
    pub(crate) fn keeper(&self, operator: &OperatorRow) -> Keeper {
        Keeper::operator(&self.books.read().tenant.uid, &operator.uid, &operator.name)
    }
}
