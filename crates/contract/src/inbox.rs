//! Held items and the decisions on them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Waits for a person.
    Waiting,
    /// Countersigned, its one release not used yet.
    Approved,
    /// Countersigned and released, once.
    Released,
    /// Denied by a person.
    Denied,
    /// Nobody decided in time: denied.
    Expired,
    /// Countersigned, but the agent never came for it before the approval ran out.
    Lapsed,
}

/// Which items.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InboxQuery {
    /// Only these states; all when empty.
    #[serde(default)]
    pub states: Vec<ItemState>,
    /// Skip this many, newest first.
    #[serde(default)]
    pub offset: u32,
    /// At most this many (1 to 500; 0 means 100).
    #[serde(default)]
    pub limit: u32,
}

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InboxPage {
    /// Newest first.
    pub items: Vec<InboxItem>,
    /// How many match in all.
    pub total: u32,
    /// How many wait for a person now.
    pub waiting: u32,
    /// How many expired without anybody deciding, of all that are kept.
    pub missed: u32,
}

/// One line of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InboxItem {
    /// The approval's id, as the agent was told it.
    pub uid: String,
    /// One sentence that says what is asked.
    pub title: String,
    /// The agent's uid.
    pub agent_uid: String,
    /// The agent's name.
    pub agent_name: String,
    /// How much review it needs.
    pub tier: u8,
    /// Where it stands.
    pub state: ItemState,
    /// When it was asked, ms UTC.
    #[ts(type = "number")]
    pub asked_ms: i64,
    /// When it is denied unless countersigned, ms UTC.
    #[ts(type = "number")]
    pub expires_ms: i64,
    /// Whether the agent's connection waits for the answer now.
    pub attached: bool,
    /// How many other waiting items ask for exactly the same.
    pub twins: u32,
}

/// Names an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ItemRef {
    /// The approval's id.
    pub uid: String,
}

/// A rule's reason for holding or denying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reason {
    /// The rule's id in the policy.
    pub rule: String,
    /// What it says, for a person.
    pub text: String,
}

/// A content's opening: with it, anybody can recompute the commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Opening {
    /// The content's uid.
    pub content_uid: String,
    /// What it is: `view`, `subject`, `request`, `reason`.
    pub slot: String,
    /// RFC 6838 media type.
    pub media_type: String,
    /// 32 bytes, hex.
    pub salt: String,
    /// The bytes, which are UTF-8 text in every slot shown to a person.
    pub text: String,
    /// The commitment, hex.
    pub commitment: String,
}

/// An item with everything a reviewer needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HeldItem {
    /// The line in the list.
    pub item: InboxItem,
    /// The view's opening: its text is the JCS of an [`action::view::View`], and is what gets rendered *and* signed.
    pub view: Opening,
    /// The subject's opening: on what it is done. The action's `subject_c` commits to it.
    pub subject: Opening,
    /// The exact bytes' opening: the action commits to them, and whoever signs makes the view anew from them.
    pub request: Opening,
    /// The action's canonical document (JCS).
    pub action: String,
    /// The digest that an approval names, hex.
    pub action_digest: String,
    /// Who answers for the agent.
    pub sponsor: String,
    /// Why it is held.
    pub reasons: Vec<Reason>,
    /// The policy that held it, hex.
    pub policy_sha256: String,
    /// The policy's name in words, `built-in` or `published 20 Nov 2026`.
    pub policy_name: String,
    /// What this product didn't establish about the call, in words: `personal data`, `rate`, `risk`.
    pub not_established: Vec<String>,
    /// The sequence of the record that held it.
    #[ts(type = "number")]
    pub record: u64,
    /// The request's id: every record of the story carries it.
    pub request_uid: String,
    /// Whether approving it will be recorded as the sole operator's own.
    pub sole_operator: bool,
    /// Why nobody may approve it here, where that is so.
    pub barred: Option<String>,
    /// What was decided, by whom, when, where it was.
    pub decided: Option<String>,
    /// The reason that was given with the decision.
    pub decision_reason: Option<String>,
}

/// What a reviewer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReviewerDecision {
    /// Release exactly these bytes, once.
    Approve,
    /// Refuse.
    Deny,
}

/// Asks for the statement to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StatementRequest {
    /// The approval's id.
    pub uid: String,
    /// What will be decided.
    pub decision: ReviewerDecision,
    /// Why: wanted with a denial, welcome with an approval.
    #[serde(default)]
    pub reason: String,
    /// The reviewer key that will sign, `SHA256:…`.
    pub key_id: String,
}

/// The statement that is to be signed (an in-toto Statement v1, JCS).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Statement {
    /// The exact payload, as text.
    pub payload: String,
    /// Its media type, for the DSSE envelope.
    pub payload_type: String,
    /// The reason's opening, so that the signer can check `reason_c`; absent without a reason.
    pub reason: Option<Opening>,
}

/// A signed decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SignedDecision {
    /// The approval's id.
    pub uid: String,
    /// The DSSE envelope (JSON text) over the statement.
    pub envelope: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Decided {
    /// The item now.
    pub item: InboxItem,
    /// The sequence of the record that holds the decision.
    #[ts(type = "number")]
    pub record: u64,
}

/// A practice call is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PracticeCall {
    /// The held item's uid, or nothing where the policy in force doesn't hold it.
    pub item_uid: Option<String>,
    /// What the policy decided, in words.
    pub outcome: String,
}
