//! The one use of an allow or an approval. Nothing leaves without one, and none is made without a record on disk.

use std::time::Duration;

use action::{Action, Kind, Subject, model_call::Format};
use bytes::Bytes;
use contract::ItemState;
use evidence::{
    Digest, Envelope,
    envelope::IN_TOTO,
    ocsf::Expiry,
    statement::{ApprovalStatement, Choice},
};
use ledger::{Durable, Entry, Receipt, Recordable};

use crate::{
    Dispatch, Endpoint, Engine, TraceParent,
    books::{Kept as _, UpstreamRow},
    clock::{now_ms, uid},
    items::{Attached, ItemRow, Live},
    passage::Passage,
    records,
    refusal::Refusal,
    steps::{
        Story,
        decide::{Allowed, Noted},
        read::wire,
    },
};

/// The exact call that may leave, once. Made only from a durable record; can't be cloned; used up by sending it.
///
/// Each of these doesn't compile, and its twin, which differs in nothing but the fault, does.
///
/// Used twice; its twin uses it once:
/// ```compile_fail,E0382
/// fn twice(released: engine::Released) -> (engine::Dispatch, engine::Dispatch) {
///     (released.into_dispatch(), released.into_dispatch())
/// }
/// ```
/// ```
/// fn twice(released: engine::Released, other: engine::Released) -> (engine::Dispatch, engine::Dispatch) {
///     (released.into_dispatch(), other.into_dispatch())
/// }
/// ```
/// Copied; its twin hands it on:
/// ```compile_fail,E0599
/// fn copied(released: engine::Released) -> engine::Released {
///     engine::Released::clone(&released)
/// }
/// ```
/// ```
/// fn copied(released: engine::Released) -> engine::Released {
///     released
/// }
/// ```
/// Made from a call that was read, and neither decided on nor recorded; its twin has a `Released`:
/// ```compile_fail,E0308
/// async fn sent(engine: &engine::Engine, asked: engine::Asked) {
///     drop(engine.forward(asked, std::future::pending()).await);
/// }
/// ```
/// ```
/// async fn sent(engine: &engine::Engine, released: engine::Released) {
///     drop(engine.forward(released, std::future::pending()).await);
/// }
/// ```
/// Made from the bytes alone; its twin is in the one place that may:
/// ```compile_fail,E0451
/// fn forged(dispatch: engine::Dispatch) -> engine::Released {
///     engine::Released { dispatch, ..panic!() }
/// }
/// ```
/// ```
/// fn taken(released: engine::Released) -> engine::Dispatch {
///     released.into_dispatch()
/// }
/// ```
pub struct Released {
    dispatch: Dispatch,
    pub(crate) story: Story,
    pub(crate) receipt: Receipt,
    pub(crate) countersigned: bool,
    pub(crate) passage: Passage,
}

impl Released {
    /// From an allow that is on disk.
    pub(crate) fn allowed(durable: Durable<Allowed>) -> Self {
        let receipt = durable.receipt().clone();
        let Allowed { asked, story } = durable.into_value();
        let mut passage = asked.caller.passage;
        passage.mark("record");
        passage.trace.decided("allow", receipt.sequence);
        let dispatch = Dispatch {
            endpoint: endpoint(&asked.upstream),
            path: asked.call.format().path(asked.call.model()),
            headers: asked.headers,
            body: asked.body,
        };
        Self {
            dispatch,
            story,
            receipt,
            countersigned: false,
            passage,
        }
    }

    /// From the use of an approval that is on disk.
    fn approved(durable: Durable<Used>, mut passage: Passage) -> Self {
        passage.mark("record");
        let receipt = durable.receipt().clone();
        passage.trace.decided("hold", receipt.sequence);
        let Used { dispatch, story } = durable.into_value();
        Self {
            dispatch,
            story,
            receipt,
            countersigned: true,
            passage,
        }
    }

    /// The call's passage goes on with its answer.
    pub(crate) fn take_passage(&mut self) -> Passage {
        std::mem::replace(&mut self.passage, Passage::begin(None))
    }

    /// The upstream is told the call's own place in its trace, in place of its agent's (W3C Trace Context §3.3).
    pub(crate) fn is_traced_as(&mut self, traceparent: TraceParent) {
        let headers = &mut self.dispatch.headers;
        // An item that was held first for another request goes out in this one's trace, without what was said of that one.
        let was_this = |(name, value): &(String, String)| {
            let agents = TraceParent::parse(value).filter(|_| name == TraceParent::HEADER);
            agents.is_some_and(|agents| agents.trace_id == traceparent.trace_id)
        };
        let is_the_agents = headers.iter().any(was_this);
        headers.retain(|(name, _)| name != TraceParent::HEADER && (is_the_agents || name != "tracestate"));
        headers.push((TraceParent::HEADER.to_owned(), traceparent.to_string()));
    }

    /// Gives the call up to the one who sends it.
    #[must_use]
    pub fn into_dispatch(self) -> Dispatch {
        self.dispatch
    }
}

/// The use of an approval: its record says that it is used, and the state that it can't be used again.
struct Releasing {
    noted: Noted,
    used: Used,
}

/// What the record of an approval's use lets go.
struct Used {
    dispatch: Dispatch,
    story: Story,
}

impl Recordable for Releasing {
    type Recorded = Used;

    fn into_entry(self) -> (Entry, Used) {
        (self.noted.into_entry().0, self.used)
    }
}

fn endpoint(upstream: &UpstreamRow) -> Endpoint {
    Endpoint {
        name: upstream.name.clone(),
        base_url: upstream.base_url.clone(),
        format: upstream.format,
        practice: upstream.practice,
        silence: Duration::from_secs(upstream.silence_s.into()),
        exceptions: upstream.exceptions.clone(),
    }
}

/// Why an approval isn't used.
pub(crate) enum Unusable {
    /// Its time ran out.
    TooLate,
    /// Something isn't as it was when the person signed.
    Changed(&'static str),
}

impl Engine {
    /// Uses an approval, once: everything the person signed is checked again against the exact bytes.
    pub(crate) async fn release(&self, attached: &Attached, passage: Passage) -> Result<Released, Refusal> {
        let live = attached.item();
        let _gate = live.gate.lock().await;
        let row = live.row();
        if row.state != ItemState::Approved {
            return Err(self.ended(&row, row.state));
        }
        let dispatch = match self.check_again(&row) {
            Ok(checked) => checked,
            Err(unusable) => return Err(self.lapse(live, row, &unusable).await),
        };
        let story = row.story.clone();
        let request_uid = story.request_uid.clone();
        let draft = records::released(&story, &row, &uid()).map_err(|error| self.broken(&request_uid, &error))?;
        let mut used = row;
        used.state = ItemState::Released;
        let state = [used.put(), story.open_call().put()];
        let state = state
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|error| self.broken(&request_uid, &error))?;
        let noted = Noted {
            draft,
            contents: Vec::new(),
            state,
            envelopes: Vec::new(),
        };
        let releasing = Releasing {
            noted,
            used: Used { dispatch, story },
        };
        let durable = self.append(&request_uid, releasing).await?;
        self.items.changed(live, used);
        self.tell_item(live);
        Ok(Released::approved(durable, passage))
    }

    /// The action, if the approval of it holds: in time, rightly signed, its agent enabled, the policy the same.
    pub(crate) fn still_approved(&self, row: &ItemRow) -> Result<Action, Unusable> {
        let decision = row.decision.as_ref().ok_or(Unusable::Changed("there is no decision"))?;
        if now_ms() >= decision.expires_ms {
            return Err(Unusable::TooLate);
        }
        let statement = self.signed_statement(row)?;
        let action = Action::parse(row.action.as_bytes()).map_err(|_| Unusable::Changed("the action can't be read"))?;
        if statement.action_digest != action.digest() {
            return Err(Unusable::Changed("the statement names another action"));
        }
        let books = self.books.read();
        if !books
            .agents
            .get(&row.story.agent_uid)
            .is_some_and(|agent| agent.enabled)
        {
            return Err(Unusable::Changed("its agent was halted"));
        }
        if books.policy.sha256() != action.policy_sha256 {
            return Err(Unusable::Changed("another policy is in force"));
        }
        Ok(action)
    }

    fn check_again(&self, row: &ItemRow) -> Result<Dispatch, Unusable> {
        let action = self.still_approved(row)?;
        if action.kind != Kind::ModelCall {
            return Err(Unusable::Changed("it isn't a call of a model"));
        }
        let books = self.books.read();
        let format = Format::of_operation(&row.story.operation)
            .ok_or(Unusable::Changed("this version doesn't know its operation"))?;
        let held = Subject::from_bytes(&self.opened(&row.subject_content, action.subject_c)?)
            .map_err(|_| Unusable::Changed("where the call goes can't be read"))?;
        let upstream = books
            .still_routed(wire(format), &row.via, &row.story.upstream, &held.model)
            .ok_or(Unusable::Changed("the route points at another upstream"))?;
        let path = format.path(&held.model);
        let now = Subject {
            v: 1,
            operation: row.story.operation.clone(),
            upstream: upstream.name.clone(),
            base_url: upstream.base_url.clone(),
            path: path.clone(),
            model: held.model.clone(),
        };
        if now != held {
            return Err(Unusable::Changed("the upstream isn't what it was"));
        }
        let body = Bytes::from(self.opened_request(row, &action)?);
        Ok(Dispatch {
            endpoint: endpoint(upstream),
            path,
            headers: row.headers.clone(),
            body,
        })
    }

    /// The exact bytes that were reviewed.
    pub(crate) fn opened_request(&self, row: &ItemRow, action: &Action) -> Result<Vec<u8>, Unusable> {
        let request_c = action
            .contents
            .get("request")
            .copied()
            .ok_or(Unusable::Changed("the action has no request"))?;
        self.opened(&row.request_content, request_c)
    }

    /// The reviewer's statement, verified anew under the key that is registered now.
    fn signed_statement(&self, row: &ItemRow) -> Result<ApprovalStatement, Unusable> {
        let decision = row.decision.as_ref().ok_or(Unusable::Changed("there is no decision"))?;
        let bytes = self
            .ledger
            .envelope(decision.record, APPROVAL)
            .ok()
            .flatten()
            .ok_or(Unusable::Changed("the signed statement isn't in the log"))?;
        let envelope = Envelope::parse(&bytes).map_err(|_| Unusable::Changed("the signed statement can't be read"))?;
        let key = self
            .reviewer_key(&decision.key_id)
            .ok_or(Unusable::Changed("the reviewer's key isn't registered any more"))?;
        let payload = envelope
            .verify(IN_TOTO, &key)
            .map_err(|_| Unusable::Changed("the reviewer's signature doesn't hold"))?;
        let statement =
            ApprovalStatement::parse(payload).map_err(|_| Unusable::Changed("the signed statement can't be read"))?;
        let approves = statement.decision == Choice::Approve && statement.request_uid == row.story.request_uid;
        approves
            .then_some(statement)
            .ok_or(Unusable::Changed("the statement approves something else"))
    }

    /// A content's bytes, if they are those that were committed to.
    pub(crate) fn opened(&self, content_uid: &str, commitment: Digest) -> Result<Vec<u8>, Unusable> {
        let opened = self
            .ledger
            .content(content_uid)
            .ok()
            .flatten()
            .ok_or(Unusable::Changed("the call's bytes aren't in the log any more"))?;
        let same = evidence::content::commit(&opened.header, &opened.salt, &opened.bytes) == commitment;
        same.then_some(opened.bytes)
            .ok_or(Unusable::Changed("the call's bytes aren't those that were reviewed"))
    }

    /// Ends an approval that can't be used.
    pub(crate) async fn lapse(&self, live: &Live, mut row: ItemRow, why: &Unusable) -> Refusal {
        let expiry = match why {
            Unusable::TooLate => Expiry::Lapsed,
            Unusable::Changed(what) => {
                tracing::warn!(approval = row.uid, what, "an approval can't be used any more");
                Expiry::Void
            }
        };
        row.state = ItemState::Lapsed;
        match self.record_end(&row, expiry).await {
            Ok(()) => {
                let refusal = self.ended(&row, ItemState::Lapsed);
                self.items.changed(live, row);
                self.tell_item(live);
                refusal
            }
            Err(refusal) => refusal,
        }
    }

    /// Records that an item ended without being used.
    pub(crate) async fn record_end(&self, row: &ItemRow, expiry: Expiry) -> Result<(), Refusal> {
        let broken = |error: &dyn std::fmt::Display| self.broken(&row.story.request_uid, error);
        let draft = records::item_ended(&row.story, row, expiry).map_err(|error| broken(&error))?;
        let noted = Noted::alone(draft).with([row.put().map_err(|error| broken(&error))?]);
        self.append(&row.story.request_uid, noted).await.map(drop)
    }
}

/// The name under which an approval's envelope lies beside its record.
pub(crate) const APPROVAL: &str = "approval";
