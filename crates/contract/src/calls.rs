//! The operators' calls, each declared once.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::{
    ActionKind, ActionKindRef, ActionKindText, ActionKinds, AddedAgent, Agent, AgentRef, Agents, Alias, AliasRef,
    Aliases, CallDetail, CaseFile, CasePart, CasePartQuery, CasePreview, CaseRequest, CheckpointPlace,
    CheckpointPlaceRef, CheckpointPlaces, CompletionQuery, Completions, ConsistencyProof, ConsistencyQuery,
    ContentPage, ContentQuery, ContentRef, Credential, CredentialRef, Credentials, Day, DayQuery, Decided, Density,
    DensityQuery, Empty, Erasure, ErasureRequest, Event, FindQuery, Found, HeldItem, InboxPage, InboxQuery,
    InclusionProof, InclusionQuery, ItemRef, LegalHold, LegalHoldLift, LegalHolds, LogExport, LogExportRequest,
    LogKeys, LogLines, LogLinesQuery, LogPage, LogQuery, NewAgent, NewCredential, NewLegalHold, NewUpstream,
    OpenedContent, OperatorError, PinNote, PolicyInForce, PolicyReport, PolicyText, PracticeCall, Receipt,
    ReceiptCheck, RecordDetail, RecordRef, Retention, RetentionChange, RetentionRun, RotateKey, RotatedKey,
    SignedDecision, Statement, StatementRequest, Status, SubjectExport, SubjectRequest, TrafficPage, Upstream,
    UpstreamRef, Upstreams, Verification,
};

/// What happens, from a cursor on, without end. A reader that lags gets [`crate::Happening::Lagged`] and refetches.
pub type EventStream = BoxStream<'static, Event>;

/// Hands the whole list of calls, `name(Request) -> Response`, to a macro of the caller's: the one place from which
/// the trait, the socket's routes and the client are made.
///
/// Arguments after the macro's name are passed through in front of the list.
#[macro_export]
macro_rules! for_each_call {
    ($with:ident $(, $pass:tt)*) => {
        $with! {
            $($pass)*
            /// What this gateway is, whether it serves, and the state of its chain.
            status(Empty) -> Status;
            /// The held items, newest first.
            inbox(InboxQuery) -> InboxPage;
            /// One held item with everything a reviewer needs to decide.
            inbox_item(ItemRef) -> HeldItem;
            /// The statement that a decision on an item has to sign. Nothing is decided by asking for it.
            inbox_statement(StatementRequest) -> Statement;
            /// A signed decision. The gateway verifies it; it never signs.
            inbox_decide(SignedDecision) -> Decided;
            /// Sends one labelled call to the practice upstream, so that something is held.
            practice_call(Empty) -> PracticeCall;
            /// The registered agents.
            agents(Empty) -> Agents;
            /// Registers an agent. The answer carries its runtime key, which is shown this once.
            agent_add(NewAgent) -> AddedAgent;
            /// Halts an agent: its key is refused from now on, and its answers under way are cut.
            agent_disable(AgentRef) -> Agent;
            /// Lets a halted agent call again, with the key that it has.
            agent_enable(AgentRef) -> Agent;
            /// The configured upstreams.
            upstreams(Empty) -> Upstreams;
            /// Adds an upstream.
            upstream_add(NewUpstream) -> Upstream;
            /// Points the route of the upstream's wire format at it.
            upstream_use(UpstreamRef) -> Upstream;
            /// Takes an upstream out of the configuration, with its credential. What is held for it can't be released any more.
            upstream_remove(UpstreamRef) -> Empty;
            /// The names that stand for an upstream's model.
            aliases(Empty) -> Aliases;
            /// Makes a name stand for an upstream's model from now on.
            alias_set(Alias) -> Alias;
            /// Takes a name away.
            alias_remove(AliasRef) -> Empty;
            /// The kinds of actions that agents may propose.
            action_kinds(Empty) -> ActionKinds;
            /// Registers a kind of action, or defines it anew: what is held of it can't be released any more.
            action_kind_set(ActionKindText) -> ActionKind;
            /// Takes a kind away: nothing of it can be proposed or released any more.
            action_kind_remove(ActionKindRef) -> Empty;
            /// Which upstreams have a credential. Never the secrets.
            credentials(Empty) -> Credentials;
            /// Seals a provider key for an upstream.
            credential_set(NewCredential) -> Credential;
            /// Destroys an upstream's provider key.
            credential_remove(CredentialRef) -> Empty;
            /// The policy in force.
            policy(Empty) -> PolicyInForce;
            /// Checks a policy text without publishing it.
            policy_check(PolicyText) -> PolicyReport;
            /// Publishes a policy text: it decides from the next call on.
            policy_publish(PolicyText) -> PolicyInForce;
            /// The log's records, newest first.
            log(LogQuery) -> LogPage;
            /// How the matching records lie in time.
            log_density(DensityQuery) -> Density;
            /// Where a record stands, by its number or by anything that identifies it.
            log_find(FindQuery) -> Found;
            /// What a filter's field may say.
            log_complete(CompletionQuery) -> Completions;
            /// One record: readable, as stored, and as hashed.
            log_record(RecordRef) -> RecordDetail;
            /// The calls that agents make, newest first. Size and places are the log's and the list's, as in `log`.
            traffic(LogQuery) -> TrafficPage;
            /// One call with everything that its records say. The reference may name any record of its story.
            traffic_call(RecordRef) -> CallDetail;
            /// A day in sums, by hour, agent and model.
            day(DayQuery) -> Day;
            /// Starts verifying the whole chain, or reports on the run under way. Progress comes as events.
            log_verify(Empty) -> Verification;
            /// The places off the machine that checkpoints go to, and how far each has got.
            checkpoint_places(Empty) -> CheckpointPlaces;
            /// Has checkpoints sent to a folder or an HTTP address from now on; the newest goes at once.
            checkpoint_place_add(CheckpointPlaceRef) -> CheckpointPlace;
            /// Sends no more checkpoints there. What is there stays.
            checkpoint_place_remove(CheckpointPlaceRef) -> Empty;
            /// Records that a signer was pinned, or is trusted no longer. The pins themselves are the person's.
            pin_note(PinNote) -> Empty;
            /// That a record is in the log which a signed checkpoint describes.
            log_prove(InclusionQuery) -> InclusionProof;
            /// That one size of the log is the beginning of another.
            log_consistency(ConsistencyQuery) -> ConsistencyProof;
            /// Whether this log holds exactly the record that a receipt names.
            log_check_receipt(Receipt) -> ReceiptCheck;
            /// Selects records for export, records that, and attests what the export holds.
            log_export(LogExportRequest) -> LogExport;
            /// Lines of an export that was recorded.
            log_lines(LogLinesQuery) -> LogLines;
            /// The keys that the log has had.
            keys(Empty) -> LogKeys;
            /// Puts a new key in the place of one of the log's. Who did it is recorded, and why.
            key_rotate(RotateKey) -> RotatedKey;
            /// What a case file would have in it. Nothing is recorded by asking.
            case_preview(CaseRequest) -> CasePreview;
            /// Makes a signed case file of what was selected. That it was exported is recorded first.
            case_export(CaseRequest) -> CaseFile;
            /// A part of a case file that was made.
            case_part(CasePartQuery) -> CasePart;
            /// Everything in which a text stands that names a person, as a signed document. That it was exported is recorded.
            subject_export(SubjectRequest) -> SubjectExport;
            /// What was typed and sent, newest first, unopened.
            contents(ContentQuery) -> ContentPage;
            /// Opens one content. That it was opened is recorded first.
            content_open(ContentRef) -> OpenedContent;
            /// Erases contents, with their keys and salts, or says what that would do.
            content_erase(ErasureRequest) -> Erasure;
            /// How long contents are kept.
            retention(Empty) -> Retention;
            /// Changes how long contents are kept.
            retention_set(RetentionChange) -> Retention;
            /// Erases what is older than contents are kept, or says what that would do. It is done daily by itself.
            retention_apply(RetentionRun) -> Erasure;
            /// The legal holds.
            legal_holds(Empty) -> LegalHolds;
            /// Sets a legal hold: what it keeps is neither erased nor ended by retention.
            legal_hold_set(NewLegalHold) -> LegalHold;
            /// Lifts a legal hold.
            legal_hold_lift(LegalHoldLift) -> LegalHolds;
        }
    };
}

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident($request:ty) -> $response:ty;)*) => {
        /// Every call an operator can make, wherever the gateway is.
        ///
        /// # Errors
        /// Each call answers an [`OperatorError`], whose code tells a program what to do and whose message tells a person.
        #[async_trait]
        pub trait Operators: Send + Sync {
            $($(#[$doc])* async fn $name(&self, request: $request) -> Result<$response, OperatorError>;)*

            /// What happens after `since` (from now on when absent).
            async fn events(&self, since: Option<u64>) -> Result<EventStream, OperatorError>;
        }
    };
}

for_each_call!(operators);
