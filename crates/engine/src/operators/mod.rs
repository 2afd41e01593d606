//! The operators' calls, answered. Each place of the console has its file.

mod agents;
mod aliases;
mod case;
mod contents;
mod day;
mod inbox;
mod keys;
mod kinds;
mod log;
mod log_export;
mod pins;
mod policy;
mod practice;
mod proofs;
mod retention;
mod search;
mod status;
mod subject;
mod traffic;
mod upstreams;
mod verification;

use async_trait::async_trait;
use contract::{
    ActionKind, ActionKindRef, ActionKindText, ActionKinds, AddedAgent, Agent, AgentRef, Agents, Alias, AliasRef,
    Aliases, CallDetail, CaseFile, CasePart, CasePartQuery, CasePreview, CaseRequest, CheckpointPlace,
    CheckpointPlaceRef, CheckpointPlaces, Code, CompletionQuery, Completions, ConsistencyProof, ConsistencyQuery,
    ContentPage, ContentQuery, ContentRef, Credential, CredentialRef, Credentials, Day, DayQuery, Decided, Density,
    DensityQuery, Empty, Erasure, ErasureRequest, EventStream, FindQuery, Found, HeldItem, InboxPage, InboxQuery,
    InclusionProof, InclusionQuery, ItemRef, LegalHold, LegalHoldLift, LegalHolds, LogExport, LogExportRequest,
    LogKeys, LogLines, LogLinesQuery, LogPage, LogQuery, NewAgent, NewCredential, NewLegalHold, NewUpstream,
    OpenedContent, OperatorError, Operators, PinNote, PolicyInForce, PolicyReport, PolicyText, PracticeCall, Receipt,
    ReceiptCheck, RecordDetail, RecordRef, Retention, RetentionChange, RetentionRun, RotateKey, RotatedKey,
    SignedDecision, Statement, StatementRequest, Status, SubjectExport, SubjectRequest, TrafficPage, Upstream,
    UpstreamRef, Upstreams, Verification,
};

use crate::{Engine, books::OperatorRow};

pub(crate) use agents::{added_agent, new_agent};
pub use aliases::Model;
pub(crate) use case::Ready;
pub(crate) use log_export::attestation;
pub(crate) use upstreams::{SILENCE_S, checked_https, sealed_credential};
pub(crate) use verification::verified_at_start;

#[async_trait]
impl Operators for Engine {
    async fn status(&self, _: Empty) -> Result<Status, OperatorError> {
        self.tell_status()
    }

    async fn inbox(&self, query: InboxQuery) -> Result<InboxPage, OperatorError> {
        self.items.page(&self.ledger, &query).map_err(fault)
    }

    async fn inbox_item(&self, item: ItemRef) -> Result<HeldItem, OperatorError> {
        self.held_item(&item.uid).await
    }

    async fn inbox_statement(&self, request: StatementRequest) -> Result<Statement, OperatorError> {
        self.hand_out_statement(request)
    }

    async fn inbox_decide(&self, signed: SignedDecision) -> Result<Decided, OperatorError> {
        self.take_decision(signed).await
    }

    async fn practice_call(&self, _: Empty) -> Result<PracticeCall, OperatorError> {
        self.practise().await
    }

    async fn agents(&self, _: Empty) -> Result<Agents, OperatorError> {
        Ok(self.list_agents())
    }

    async fn agent_add(&self, new: NewAgent) -> Result<AddedAgent, OperatorError> {
        self.add_agent(&new.name).await
    }

    async fn agent_disable(&self, agent: AgentRef) -> Result<Agent, OperatorError> {
        self.halt_agent(&agent.agent).await
    }

    async fn agent_enable(&self, agent: AgentRef) -> Result<Agent, OperatorError> {
        self.enable_agent(&agent.agent).await
    }

    async fn checkpoint_places(&self, _: Empty) -> Result<CheckpointPlaces, OperatorError> {
        Ok(self.list_places())
    }

    async fn checkpoint_place_add(&self, wanted: CheckpointPlaceRef) -> Result<CheckpointPlace, OperatorError> {
        self.add_place(wanted).await
    }

    async fn checkpoint_place_remove(&self, named: CheckpointPlaceRef) -> Result<Empty, OperatorError> {
        self.remove_place(named).await?;
        Ok(Empty {})
    }

    async fn pin_note(&self, note: PinNote) -> Result<Empty, OperatorError> {
        self.note_pin(&note).await?;
        Ok(Empty {})
    }

    async fn upstreams(&self, _: Empty) -> Result<Upstreams, OperatorError> {
        Ok(self.list_upstreams())
    }

    async fn upstream_add(&self, new: NewUpstream) -> Result<Upstream, OperatorError> {
        self.add_upstream(new).await
    }

    async fn upstream_use(&self, upstream: UpstreamRef) -> Result<Upstream, OperatorError> {
        self.use_upstream(&upstream.name).await
    }

    async fn upstream_remove(&self, upstream: UpstreamRef) -> Result<Empty, OperatorError> {
        self.remove_upstream(&upstream.name).await
    }

    async fn aliases(&self, _: Empty) -> Result<Aliases, OperatorError> {
        Ok(self.list_aliases())
    }

    async fn alias_set(&self, alias: Alias) -> Result<Alias, OperatorError> {
        self.set_alias(alias).await
    }

    async fn alias_remove(&self, alias: AliasRef) -> Result<Empty, OperatorError> {
        self.remove_alias(&alias).await
    }

    async fn action_kinds(&self, _: Empty) -> Result<ActionKinds, OperatorError> {
        Ok(self.list_kinds())
    }

    async fn action_kind_set(&self, text: ActionKindText) -> Result<ActionKind, OperatorError> {
        self.set_kind(&text).await
    }

    async fn action_kind_remove(&self, named: ActionKindRef) -> Result<Empty, OperatorError> {
        self.remove_kind(&named).await
    }

    async fn credentials(&self, _: Empty) -> Result<Credentials, OperatorError> {
        Ok(self.list_credentials())
    }

    async fn credential_set(&self, new: NewCredential) -> Result<Credential, OperatorError> {
        self.set_credential(new).await
    }

    async fn credential_remove(&self, credential: CredentialRef) -> Result<Empty, OperatorError> {
        self.remove_credential(&credential.upstream).await
    }

    async fn policy(&self, _: Empty) -> Result<PolicyInForce, OperatorError> {
        self.policy_in_force()
    }

    async fn policy_check(&self, text: PolicyText) -> Result<PolicyReport, OperatorError> {
        Ok(policy::check(&text.text))
    }

    async fn policy_publish(&self, text: PolicyText) -> Result<PolicyInForce, OperatorError> {
        self.publish_policy(&text.text).await
    }

    async fn log(&self, query: LogQuery) -> Result<LogPage, OperatorError> {
        self.blocking(move |engine| engine.log_page(&query)).await
    }

    async fn log_density(&self, query: DensityQuery) -> Result<Density, OperatorError> {
        self.blocking(move |engine| engine.log_lies(&query)).await
    }

    async fn log_find(&self, query: FindQuery) -> Result<Found, OperatorError> {
        self.blocking(move |engine| engine.find_in_log(&query)).await
    }

    async fn log_complete(&self, query: CompletionQuery) -> Result<Completions, OperatorError> {
        self.blocking(move |engine| engine.complete(&query)).await
    }

    async fn log_record(&self, record: RecordRef) -> Result<RecordDetail, OperatorError> {
        self.open_record(record.sequence)
    }

    async fn traffic(&self, query: LogQuery) -> Result<TrafficPage, OperatorError> {
        self.blocking(move |engine| engine.traffic_page(&query)).await
    }

    async fn traffic_call(&self, record: RecordRef) -> Result<CallDetail, OperatorError> {
        self.blocking(move |engine| engine.open_call(record.sequence)).await
    }

    async fn day(&self, query: DayQuery) -> Result<Day, OperatorError> {
        self.blocking(move |engine| engine.add_up_day(&query)).await
    }

    async fn log_verify(&self, _: Empty) -> Result<Verification, OperatorError> {
        Ok(self.verify_whole_chain())
    }

    async fn log_prove(&self, query: InclusionQuery) -> Result<InclusionProof, OperatorError> {
        self.prove(query).await
    }

    async fn log_consistency(&self, query: ConsistencyQuery) -> Result<ConsistencyProof, OperatorError> {
        self.consistent(query)
    }

    async fn log_check_receipt(&self, receipt: Receipt) -> Result<ReceiptCheck, OperatorError> {
        self.check_receipt(&receipt)
    }

    async fn log_export(&self, request: LogExportRequest) -> Result<LogExport, OperatorError> {
        self.export_log(request).await
    }

    async fn log_lines(&self, query: LogLinesQuery) -> Result<LogLines, OperatorError> {
        self.blocking(move |engine| engine.lines_of(query)).await
    }

    async fn keys(&self, _: Empty) -> Result<LogKeys, OperatorError> {
        Ok(self.list_keys())
    }

    async fn key_rotate(&self, request: RotateKey) -> Result<RotatedKey, OperatorError> {
        self.rotate_key(request).await
    }

    async fn case_preview(&self, request: CaseRequest) -> Result<CasePreview, OperatorError> {
        self.blocking(move |engine| engine.preview_case(&request)).await
    }

    async fn case_export(&self, request: CaseRequest) -> Result<CaseFile, OperatorError> {
        self.export_case(request).await
    }

    async fn case_part(&self, query: CasePartQuery) -> Result<CasePart, OperatorError> {
        self.blocking(move |engine| engine.case_part_of(query)).await
    }

    async fn subject_export(&self, request: SubjectRequest) -> Result<SubjectExport, OperatorError> {
        self.export_subject(request).await
    }

    async fn contents(&self, query: ContentQuery) -> Result<ContentPage, OperatorError> {
        self.list_contents(&query)
    }

    async fn content_open(&self, content: ContentRef) -> Result<OpenedContent, OperatorError> {
        self.open_content(&content.content_uid).await
    }

    async fn content_erase(&self, request: ErasureRequest) -> Result<Erasure, OperatorError> {
        self.erase_contents(request).await
    }

    async fn retention(&self, _: Empty) -> Result<Retention, OperatorError> {
        Ok(self.tell_retention())
    }

    async fn retention_set(&self, change: RetentionChange) -> Result<Retention, OperatorError> {
        self.set_retention(change).await
    }

    async fn retention_apply(&self, run: RetentionRun) -> Result<Erasure, OperatorError> {
        self.run_retention(run).await
    }

    async fn legal_holds(&self, _: Empty) -> Result<LegalHolds, OperatorError> {
        Ok(self.list_holds())
    }

    async fn legal_hold_set(&self, new: NewLegalHold) -> Result<LegalHold, OperatorError> {
        self.set_hold(new).await
    }

    async fn legal_hold_lift(&self, lift: LegalHoldLift) -> Result<LegalHolds, OperatorError> {
        self.lift_hold(lift).await
    }

    async fn events(&self, since: Option<u64>) -> Result<EventStream, OperatorError> {
        Ok(self.events.since(since))
    }
}

/// With the one full stop that a sentence ends in, whatever the error in it ends in.
pub(crate) fn sentence(text: String) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// With a capital at its beginning: an error's text as a sentence of its own.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A fault of this program's own, or of its disk.
pub(crate) fn fault(error: impl std::fmt::Display) -> OperatorError {
    tracing::error!(%error, "an operator's call failed");
    OperatorError::new(Code::Internal, sentence(format!("This couldn't be done: {error}")))
}

impl Engine {
    /// Who acts when an operator's call changes something: in this slice the one operator of this machine.
    pub(crate) fn acting_operator(&self) -> Result<OperatorRow, OperatorError> {
        let books = self.books.read();
        books
            .sole_operator()
            .cloned()
            .ok_or_else(|| OperatorError::new(Code::Refused, "This gateway has no operator who could do this."))
    }
}

/// A name as an operator chooses it: 1 to 64 visible characters, none of which hides or turns what follows.
pub(crate) fn checked_name(name: &str, what: &str) -> Result<String, OperatorError> {
    let name = name.trim();
    let plain = action::visible::visible(name) == name;
    if (1..=64).contains(&name.chars().count()) && plain {
        return Ok(name.to_owned());
    }
    Err(OperatorError::new(
        Code::Invalid,
        format!("{what} needs 1 to 64 visible characters."),
    ))
}
