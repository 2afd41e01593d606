//! The operators' calls that the page may make as they are. Deciding and exporting aren't among them: those need the
//! person's key or a place to save, and have files of their own.

use contract::{
    ActionKinds, AddedAgent, Agent, AgentRef, Agents, Alias, AliasRef, Aliases, CallDetail, CasePreview, CaseRequest,
    CheckpointPlace, CheckpointPlaceRef, CheckpointPlaces, CompletionQuery, Completions, Credential, CredentialRef,
    Credentials, Day, DayQuery, Density, DensityQuery, Empty, FindQuery, Found, HeldItem, InboxPage, InboxQuery,
    ItemRef, LogPage, LogQuery, NewAgent, NewCredential, NewUpstream, OperatorError, PolicyInForce, PolicyReport,
    PolicyText, PracticeCall, RecordDetail, RecordRef, Status, TrafficPage, Upstream, UpstreamRef, Upstreams,
    Verification,
};
use tauri::State;

use crate::desk::Desk;

type Answer<T> = Result<T, OperatorError>;

#[tauri::command]
pub(crate) async fn status(desk: State<'_, Desk>, request: Empty) -> Answer<Status> {
    desk.operators().await?.status(request).await
}

#[tauri::command]
pub(crate) async fn inbox(desk: State<'_, Desk>, request: InboxQuery) -> Answer<InboxPage> {
    desk.operators().await?.inbox(request).await
}

#[tauri::command]
pub(crate) async fn inbox_item(desk: State<'_, Desk>, request: ItemRef) -> Answer<HeldItem> {
    desk.operators().await?.inbox_item(request).await
}

#[tauri::command]
pub(crate) async fn practice_call(desk: State<'_, Desk>, request: Empty) -> Answer<PracticeCall> {
    desk.operators().await?.practice_call(request).await
}

#[tauri::command]
pub(crate) async fn agents(desk: State<'_, Desk>, request: Empty) -> Answer<Agents> {
    desk.operators().await?.agents(request).await
}

#[tauri::command]
pub(crate) async fn agent_add(desk: State<'_, Desk>, request: NewAgent) -> Answer<AddedAgent> {
    desk.operators().await?.agent_add(request).await
}

#[tauri::command]
pub(crate) async fn agent_disable(desk: State<'_, Desk>, request: AgentRef) -> Answer<Agent> {
    desk.operators().await?.agent_disable(request).await
}

#[tauri::command]
pub(crate) async fn agent_enable(desk: State<'_, Desk>, request: AgentRef) -> Answer<Agent> {
    desk.operators().await?.agent_enable(request).await
}

#[tauri::command]
pub(crate) async fn upstreams(desk: State<'_, Desk>, request: Empty) -> Answer<Upstreams> {
    desk.operators().await?.upstreams(request).await
}

#[tauri::command]
pub(crate) async fn upstream_add(desk: State<'_, Desk>, request: NewUpstream) -> Answer<Upstream> {
    desk.operators().await?.upstream_add(request).await
}

#[tauri::command]
pub(crate) async fn upstream_use(desk: State<'_, Desk>, request: UpstreamRef) -> Answer<Upstream> {
    desk.operators().await?.upstream_use(request).await
}

#[tauri::command]
pub(crate) async fn upstream_remove(desk: State<'_, Desk>, request: UpstreamRef) -> Answer<Empty> {
    desk.operators().await?.upstream_remove(request).await
}

#[tauri::command]
pub(crate) async fn aliases(desk: State<'_, Desk>, request: Empty) -> Answer<Aliases> {
    desk.operators().await?.aliases(request).await
}

#[tauri::command]
pub(crate) async fn alias_set(desk: State<'_, Desk>, request: Alias) -> Answer<Alias> {
    desk.operators().await?.alias_set(request).await
}

#[tauri::command]
pub(crate) async fn alias_remove(desk: State<'_, Desk>, request: AliasRef) -> Answer<Empty> {
    desk.operators().await?.alias_remove(request).await
}

#[tauri::command]
pub(crate) async fn credentials(desk: State<'_, Desk>, request: Empty) -> Answer<Credentials> {
    desk.operators().await?.credentials(request).await
}

#[tauri::command]
pub(crate) async fn credential_set(desk: State<'_, Desk>, request: NewCredential) -> Answer<Credential> {
    desk.operators().await?.credential_set(request).await
}

#[tauri::command]
pub(crate) async fn credential_remove(desk: State<'_, Desk>, request: CredentialRef) -> Answer<Empty> {
    desk.operators().await?.credential_remove(request).await
}

#[tauri::command]
pub(crate) async fn policy(desk: State<'_, Desk>, request: Empty) -> Answer<PolicyInForce> {
    desk.operators().await?.policy(request).await
}

#[tauri::command]
pub(crate) async fn policy_check(desk: State<'_, Desk>, request: PolicyText) -> Answer<PolicyReport> {
    desk.operators().await?.policy_check(request).await
}

#[tauri::command]
pub(crate) async fn policy_publish(desk: State<'_, Desk>, request: PolicyText) -> Answer<PolicyInForce> {
    desk.operators().await?.policy_publish(request).await
}

#[tauri::command]
pub(crate) async fn action_kinds(desk: State<'_, Desk>, request: Empty) -> Answer<ActionKinds> {
    desk.operators().await?.action_kinds(request).await
}

#[tauri::command]
pub(crate) async fn log(desk: State<'_, Desk>, request: LogQuery) -> Answer<LogPage> {
    desk.operators().await?.log(request).await
}

#[tauri::command]
pub(crate) async fn log_density(desk: State<'_, Desk>, request: DensityQuery) -> Answer<Density> {
    desk.operators().await?.log_density(request).await
}

#[tauri::command]
pub(crate) async fn log_find(desk: State<'_, Desk>, request: FindQuery) -> Answer<Found> {
    desk.operators().await?.log_find(request).await
}

#[tauri::command]
pub(crate) async fn log_complete(desk: State<'_, Desk>, request: CompletionQuery) -> Answer<Completions> {
    desk.operators().await?.log_complete(request).await
}

#[tauri::command]
pub(crate) async fn log_record(desk: State<'_, Desk>, request: RecordRef) -> Answer<RecordDetail> {
    desk.operators().await?.log_record(request).await
}

#[tauri::command]
pub(crate) async fn traffic(desk: State<'_, Desk>, request: LogQuery) -> Answer<TrafficPage> {
    desk.operators().await?.traffic(request).await
}

#[tauri::command]
pub(crate) async fn traffic_call(desk: State<'_, Desk>, request: RecordRef) -> Answer<CallDetail> {
    desk.operators().await?.traffic_call(request).await
}

#[tauri::command]
pub(crate) async fn day(desk: State<'_, Desk>, request: DayQuery) -> Answer<Day> {
    desk.operators().await?.day(request).await
}

#[tauri::command]
pub(crate) async fn log_verify(desk: State<'_, Desk>, request: Empty) -> Answer<Verification> {
    desk.operators().await?.log_verify(request).await
}

#[tauri::command]
pub(crate) async fn checkpoint_places(desk: State<'_, Desk>, request: Empty) -> Answer<CheckpointPlaces> {
    desk.operators().await?.checkpoint_places(request).await
}

#[tauri::command]
pub(crate) async fn checkpoint_place_add(
    desk: State<'_, Desk>,
    request: CheckpointPlaceRef,
) -> Answer<CheckpointPlace> {
    desk.operators().await?.checkpoint_place_add(request).await
}

#[tauri::command]
pub(crate) async fn checkpoint_place_remove(desk: State<'_, Desk>, request: CheckpointPlaceRef) -> Answer<Empty> {
    desk.operators().await?.checkpoint_place_remove(request).await
}

#[tauri::command]
pub(crate) async fn case_preview(desk: State<'_, Desk>, request: CaseRequest) -> Answer<CasePreview> {
    desk.operators().await?.case_preview(request).await
}
