//! A small real log and its case file, made by the same types that the gateway uses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use evidence::casefile::Rotated;
use evidence::content::{Header, Opening};
use evidence::envelope::{Envelope, IN_TOTO};
use evidence::ocsf::{
    ActionDocument, Actor, AgentAdded, AgentName, Call, CallDecided, CallFinished, CallOutcome, ContentRef, Context,
    Effect, ItemDecided, KeyAdded, KeyRotated, LogOpened, Person, PolicyPublished, Released, RuleReason, Source,
    UpstreamName, Verdict as Choose,
};
use evidence::statement::{ApprovalStatement, Choice, RotationStatement, SeenCheckpoint};
use evidence::tree;
use evidence::{
    Checkpoint, Digest, Draft, Event, LogEntry, Origin, Position, Previous, Record, Role, SignedCheckpoint, SigningKey,
    Stream, Tag,
};

/// 19 November 2026, 10:40 UTC; each record is a second later than the one before.
pub(crate) const START_MS: i64 = 1_795_084_800_000;
pub(crate) const TENANT: &str = "0d5c3a7e-3c0f-4a55-9d3a-8a9f4f6f0b11";
pub(crate) const POLICY: &str = "@id(\"tools\") @hold(\"2\") permit(principal, action, resource);\n";

/// A key that is the same in every run.
pub(crate) fn key(role: Role, seed: u8) -> SigningKey {
    SigningKey::generate(role, &mut |bytes: &mut [u8]| bytes.fill(seed)).unwrap()
}

/// A rotation's statement, signed by one of its keys.
pub(crate) fn envelope(statement: &RotationStatement, by: &SigningKey) -> Vec<u8> {
    statement.sign(by).unwrap().to_bytes().unwrap()
}

/// What differs from one fixture to another.
pub(crate) struct Keys {
    pub(crate) log: SigningKey,
    pub(crate) case: SigningKey,
    pub(crate) ada: SigningKey,
}

impl Keys {
    pub(crate) fn of(seed: u8) -> Self {
        Self {
            log: key(Role::Log, seed),
            case: key(Role::Case, seed + 1),
            ada: key(Role::Reviewer, seed + 2),
        }
    }
}

pub(crate) fn ada() -> Person {
    Person {
        uid: "op-ada".into(),
        name: "Ada Byron".into(),
    }
}

pub(crate) fn bot() -> AgentName {
    AgentName {
        uid: "agent-support".into(),
        name: "support-bot".into(),
    }
}

pub(crate) fn other_bot() -> AgentName {
    AgentName {
        uid: "agent-other".into(),
        name: "other-bot".into(),
    }
}

/// A log in memory.
pub(crate) struct Log {
    pub keys: Keys,
    pub(crate) origin: Origin,
    pub(crate) records: Vec<Record>,
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) approvals: BTreeMap<u64, Vec<u8>>,
    pub(crate) rotations: BTreeMap<u64, Rotated>,
    pub(crate) contents: Vec<Opening>,
    tags: BTreeMap<String, Tag>,
    counter: u32,
    lie: Option<Lie>,
}

/// What an operator changes in an event before it is sealed: the log then says it, from its first checkpoint on.
type Lie = Box<dyn Fn(&mut serde_json::Value)>;

/// The event's kind.
pub(crate) fn kind(event: &serde_json::Value) -> &str {
    event["unmapped"]["countersign"]["kind"].as_str().unwrap()
}

/// The event's facts.
pub(crate) fn facts(event: &mut serde_json::Value) -> &mut serde_json::Value {
    &mut event["unmapped"]["countersign"]["facts"]
}

impl Log {
    /// An empty log whose record 0 is there.
    pub(crate) fn new(keys: Keys) -> Self {
        Self::lying(keys, None)
    }

    fn lying(keys: Keys, lie: Option<Lie>) -> Self {
        let spki = keys.log.public().spki_der();
        let nonce = [9; 16];
        let mut log = Self {
            origin: Origin::new(&spki, &nonce),
            records: Vec::new(),
            entries: Vec::new(),
            approvals: BTreeMap::new(),
            rotations: BTreeMap::new(),
            contents: Vec::new(),
            tags: BTreeMap::new(),
            counter: 0,
            lie,
            keys,
        };
        let key = log.keys.log.public();
        let context = log.now();
        log.append(
            Stream::sys(),
            LogOpened {
                context,
                key,
                nonce,
                earlier: None,
            }
            .event(),
        );
        log
    }

    pub(crate) fn now(&self) -> Context {
        Context {
            time_ms: START_MS + self.records.len() as i64 * 1000,
            tenant_uid: TENANT.into(),
        }
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        self.counter += 1;
        let seed = Digest::sha256_of(&[&self.counter.to_be_bytes(), self.origin.digest().as_bytes()]);
        std::array::from_fn(|index| seed.as_bytes()[index % 32])
    }

    /// Appends an event. Gives the record's sequence.
    pub(crate) fn append(&mut self, stream: Stream, event: Event) -> u64 {
        let last_of_stream = self.records.iter().rposition(|record| *record.stream() == stream);
        self.append_after(last_of_stream, stream, event)
    }

    /// Appends an event as one that opens its stream, which may have been opened before.
    pub(crate) fn append_opening(&mut self, stream: Stream, event: Event) -> u64 {
        self.append_after(None, stream, event)
    }

    fn append_after(&mut self, last_of_stream: Option<usize>, stream: Stream, event: Event) -> u64 {
        let sequence = self.records.len() as u64;
        let last_of_stream = last_of_stream.map(|at| &self.records[at]);
        let stream_seq = last_of_stream.map_or(0, |record| record.stream_seq() + 1);
        let stream_prev = last_of_stream.map(|record| *record.fingerprint());
        let opens = (stream_seq == 0).then(|| Tag(self.random()));
        let prev = self.records.last().map(|record| Previous {
            uid: record.uid(),
            fingerprint: *record.fingerprint(),
        });
        let position = Position {
            origin: self.origin,
            sequence,
            uid: uuid::Builder::from_random_bytes(self.random()).into_uuid(),
            logged_time: self.now().time_ms,
            nonce: self.random(),
            stream_seq,
            stream_prev,
            opens,
            prev,
        };
        self.tags.extend(opens.map(|tag| (stream.as_str().to_owned(), tag)));
        let tag = self.tags[stream.as_str()];
        let record = self.told(Draft::new(stream, event).place(&position).unwrap());
        self.entries.push(record.entry(tag));
        self.records.push(record);
        sequence
    }

    /// The record as its operator tells it.
    fn told(&self, record: Record) -> Record {
        let Some(lie) = &self.lie else { return record };
        let mut event = record.event().clone();
        lie(&mut event);
        crate::tamper::refresh(&mut event);
        Record::parse(&evidence::json::canonical_value(&event).unwrap()).unwrap()
    }

    pub(crate) fn content(&mut self, slot: &str, text: &str) -> ContentRef {
        let uid = uuid::Builder::from_random_bytes(self.random()).into_uuid().to_string();
        let media = if slot == "reason" {
            "text/plain"
        } else {
            "application/json"
        };
        let opening = Opening {
            header: Header::of(&uid, slot, media, text.as_bytes()),
            salt: self.random(),
            bytes: text.into(),
        };
        let content = ContentRef {
            content_uid: uid,
            slot: slot.into(),
            c: opening.commitment(),
        };
        self.contents.push(opening);
        content
    }

    pub(crate) fn call(&self, request_uid: &str, agent: AgentName) -> Call {
        Call {
            request_uid: request_uid.into(),
            agent,
            operation: "chat.completions".into(),
            model: Some("gpt-5".into()),
            upstream: Some(UpstreamName {
                name: "practice".into(),
                provider: "practice".into(),
            }),
            proposed: None,
            source: Source::Network(IpAddr::from([127, 0, 0, 1]), 50_123),
        }
    }

    pub(crate) fn decide(&mut self, request_uid: &str, agent: AgentName, effect: Effect) -> (u64, CallDecided) {
        let decided = self.decision(request_uid, agent, effect);
        (self.record_decision(&decided), decided)
    }

    /// Records what the policy decided.
    pub(crate) fn record_decision(&mut self, decided: &CallDecided) -> u64 {
        self.append(Stream::agent(&decided.call.agent.uid).unwrap(), decided.event())
    }

    /// What the policy decides, not recorded yet.
    pub(crate) fn decision(&mut self, request_uid: &str, agent: AgentName, effect: Effect) -> CallDecided {
        let mut contents = vec![
            self.content("subject", "{\"v\":1}"),
            self.content("request", &format!("{{\"ask\":\"{request_uid}\"}}")),
        ];
        if effect == Effect::Hold {
            contents.push(self.content("view", "{\"v\":1}"));
        }
        let action = ActionDocument::from_value(serde_json::json!({
            "v": 1, "origin": self.origin, "tenant_uid": TENANT, "agent_uid": agent.uid, "request_uid": request_uid,
            "kind": "model_call", "policy_sha256": Digest::sha256(POLICY.as_bytes()), "risk_sha256": null,
            "tool_schema_sha256": null, "subject_c": contents[0].c,
            "contents": [{"slot": "request", "c": contents[1].c}],
        }));
        CallDecided {
            context: self.now(),
            call: self.call(request_uid, agent),
            effect,
            reasons: vec![RuleReason {
                rule: "tools".into(),
                text: "The model is offered tools that act.".into(),
            }],
            sponsor: ada(),
            policy_sha256: Digest::sha256(POLICY.as_bytes()),
            policy_author: None,
            tier: 2,
            action_digest: Some(action.digest().unwrap()),
            action: Some(action),
            contents,
            not_established: vec!["privacy".into(), "rate".into(), "risk".into()],
            item_uid: (effect == Effect::Hold).then(|| format!("item-{request_uid}")),
            expires_ms: (effect == Effect::Hold).then_some(START_MS + 1_000_000_000),
        }
    }

    /// The statement that a reviewer signs over a held call.
    pub(crate) fn statement(&mut self, held: &CallDecided, decision: Choice) -> ApprovalStatement {
        let checkpoint = self.checkpoint();
        ApprovalStatement {
            action_digest: held.action_digest.unwrap(),
            origin: self.origin,
            tenant_uid: TENANT.into(),
            request_uid: held.call.request_uid.clone(),
            reviewer_uid: ada().uid,
            decision,
            scope: "once".into(),
            uses: 1,
            view_c: held.contents[2].c,
            reason_c: None,
            policy_sha256: held.policy_sha256,
            risk_sha256: None,
            nonce16: self.random(),
            issued_ms: self.now().time_ms,
            expires_ms: START_MS + 1_000_000_000,
            seen_checkpoint: SeenCheckpoint {
                size: checkpoint.claimed().size,
                root: checkpoint.claimed().root,
            },
        }
    }

    /// Records a decision with this statement, signed by this key.
    pub(crate) fn countersign(&mut self, held: &CallDecided, statement: &ApprovalStatement, key: &SigningKey) -> u64 {
        let payload = statement.to_bytes().unwrap();
        let envelope = Envelope::sign(IN_TOTO, &payload, key);
        let event = ItemDecided {
            context: self.now(),
            call: self.call(&held.call.request_uid, held.call.agent.clone()),
            reviewer: ada(),
            verdict: if statement.decision == Choice::Approve {
                Choose::Approved
            } else {
                Choose::Denied
            },
            item_uid: held.item_uid.clone().unwrap(),
            payload_sha256: Digest::sha256(&payload),
            key_id: key.public().key_id(),
            sole_operator: true,
            tier: 2,
            action_digest: held.action_digest.unwrap(),
            view_c: held.contents[2].c,
            reason_c: None,
            policy_sha256: held.policy_sha256,
            contents: vec![],
        };
        let sequence = self.append(Stream::agent(&held.call.agent.uid).unwrap(), event.event());
        self.approvals.insert(sequence, envelope.to_bytes().unwrap());
        sequence
    }

    pub(crate) fn release(&mut self, held: &CallDecided, approvals: Vec<Digest>, jti: &str) -> u64 {
        let event = Released {
            context: self.now(),
            call: self.call(&held.call.request_uid, held.call.agent.clone()),
            item_uid: held.item_uid.clone().unwrap_or_default(),
            jti: jti.into(),
            action_digest: held.action_digest.unwrap(),
            approvals,
        };
        self.append(Stream::agent(&held.call.agent.uid).unwrap(), event.event())
    }

    pub(crate) fn finish(&mut self, of: &CallDecided) -> u64 {
        let contents = vec![self.content("response", "{\"answer\":\"done\"}")];
        let event = CallFinished {
            context: self.now(),
            call: self.call(&of.call.request_uid, of.call.agent.clone()),
            outcome: CallOutcome::Answered,
            http_status: Some(200),
            prompt_tokens: Some(11),
            completion_tokens: Some(5),
            total_tokens: Some(16),
            finish_reason: Some("stop".into()),
            tool_calls: 0,
            tools_asked: Vec::new(),
            duration_ms: Some(120),
            latency_us: Vec::new(),
            action_digest: of.action_digest,
            contents,
        };
        self.append(Stream::agent(&of.call.agent.uid).unwrap(), event.event())
    }

    pub(crate) fn add_key(&mut self, role: Role, key: &SigningKey, owner: Option<Person>) -> u64 {
        let event = KeyAdded {
            context: self.now(),
            actor: Actor::Gateway,
            role,
            key: key.public(),
            owner,
            possession_sha256: None,
        };
        self.append(Stream::sys(), event.event())
    }

    pub(crate) fn add_agent(&mut self, agent: AgentName) -> u64 {
        let stream = Stream::agent(&agent.uid).unwrap();
        let event = AgentAdded {
            context: self.now(),
            actor: Actor::Person(ada()),
            agent,
            sponsor: ada(),
        };
        self.append(stream, event.event())
    }

    /// A log with keys, two agents, a policy: what every scenario begins with.
    pub(crate) fn begun(keys: Keys) -> Self {
        Self::begun_lying(keys, None)
    }

    fn begun_lying(keys: Keys, lie: Option<Lie>) -> Self {
        let mut log = Self::lying(keys, lie);
        let case = SigningKey::from_pkcs8_der(Role::Case, &log.keys.case.to_pkcs8_der().unwrap()).unwrap();
        let ada_key = SigningKey::from_pkcs8_der(Role::Reviewer, &log.keys.ada.to_pkcs8_der().unwrap()).unwrap();
        log.add_key(Role::Case, &case, None);
        log.add_key(Role::Reviewer, &ada_key, Some(ada()));
        let policy = PolicyPublished {
            context: log.now(),
            actor: Actor::Gateway,
            policy_sha256: Digest::sha256(POLICY.as_bytes()),
            name: "built-in".into(),
            rules: 1,
            replaces: None,
        };
        log.append(Stream::sys(), policy.event());
        log.add_agent(bot());
        log.add_agent(other_bot());
        log
    }

    /// The scripted run: a call is held, countersigned, released, answered; another is allowed; another agent's are
    /// between them.
    pub(crate) fn scripted(seed: u8) -> Self {
        Self::run(Self::begun(Keys::of(seed)), seed)
    }

    /// The scripted run as an operator tells it who changes events before they are sealed.
    pub(crate) fn told_otherwise(seed: u8, lie: impl Fn(&mut serde_json::Value) + 'static) -> Self {
        Self::run(Self::begun_lying(Keys::of(seed), Some(Box::new(lie))), seed)
    }

    fn run(mut log: Self, seed: u8) -> Self {
        let ada_key = key(Role::Reviewer, seed + 2);
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let (_, strange) = log.decide("req-2", other_bot(), Effect::Allow);
        let statement = log.statement(&held, Choice::Approve);
        log.countersign(&held, &statement, &ada_key);
        log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
        log.finish(&held);
        log.finish(&strange);
        let (_, allowed) = log.decide("req-3", bot(), Effect::Allow);
        log.finish(&allowed);
        let (_, refused) = log.decide("req-4", bot(), Effect::Hold);
        let statement = log.statement(&refused, Choice::Deny);
        log.countersign(&refused, &statement, &ada_key);
        log
    }

    /// Gives the log's key up for the one of this seed, as the gateway does. Gives the record's sequence.
    pub(crate) fn rotate(&mut self, seed: u8) -> u64 {
        let new = key(Role::Log, seed);
        let from_size = self.records.len() as u64 + 1;
        let statement = self.rotation(&new, from_size);
        let (by_old, by_new) = (envelope(&statement, &self.keys.log), envelope(&statement, &new));
        self.record_rotation(&statement, Rotated { by_old, by_new });
        self.keys.log = new;
        from_size - 1
    }

    /// The statement that hands over from the key in use.
    pub(crate) fn rotation(&self, new: &SigningKey, from_size: u64) -> RotationStatement {
        RotationStatement {
            origin: self.origin,
            role: Role::Log,
            old: self.keys.log.public(),
            new: new.public(),
            from_size,
        }
    }

    /// Records a rotation as this statement says it, with these envelopes beside it.
    pub(crate) fn record_rotation(&mut self, statement: &RotationStatement, envelopes: Rotated) {
        let event = KeyRotated {
            context: self.now(),
            actor: Actor::Person(ada()),
            role: statement.role,
            old: statement.old,
            new: statement.new,
            from_size: statement.from_size,
            statement_sha256: Digest::sha256(&statement.to_bytes().unwrap()),
            reason: None,
        };
        let sequence = self.append(Stream::sys(), event.event());
        self.rotations.insert(sequence, envelopes);
    }

    pub(crate) fn leaves(&self) -> Vec<Digest> {
        self.entries.iter().map(LogEntry::leaf_hash).collect()
    }

    pub(crate) fn checkpoint(&self) -> SignedCheckpoint {
        let leaves = self.leaves();
        let root = tree::root(leaves.len() as u64, &mut tree::of_leaves(&leaves)).unwrap();
        Checkpoint {
            origin: self.origin,
            size: leaves.len() as u64,
            root,
        }
        .sign(&self.keys.log)
        .unwrap()
    }
}
