//! Who calls: a runtime key names exactly one agent, or nobody. There is no default identity.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    Engine,
    books::AgentRow,
    clock::{NoRandomness, now_ms, random, timed_uid},
    passage::{MOST_AT_ONCE, Passage},
    refusal::{Refusal, RefusalKind},
};

const PREFIX: &str = "csk_";
/// Enough to tell keys apart, too little to guess anything of the secret: it is drawn on its own.
const HINT_HEX: usize = 8;
/// Sources counted at once; a flood from more addresses than this is counted under one.
const SOURCES: usize = 4096;

/// A runtime key: `csk_<8 hex digits>_<43 characters base64url>`, the first part public, the second 32 random bytes.
pub(crate) struct RuntimeKey {
    pub(crate) text: Zeroizing<String>,
    pub(crate) hint: String,
    pub(crate) sha256: String,
}

/// Makes a runtime key.
pub(crate) fn new_runtime_key() -> Result<RuntimeKey, NoRandomness> {
    let hint = format!("{PREFIX}{}", hex::encode(random::<{ HINT_HEX / 2 }>()?));
    let secret = Zeroizing::new(random::<32>()?);
    let text = Zeroizing::new(format!("{hint}_{}", URL_SAFE_NO_PAD.encode(secret.as_slice())));
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    Ok(RuntimeKey { text, hint, sha256 })
}

/// An authenticated agent, asking one thing.
#[derive(Debug)]
pub struct Caller {
    pub(crate) agent: AgentRow,
    pub(crate) source: SocketAddr,
    pub(crate) request_uid: String,
    pub(crate) passage: Passage,
}

impl Caller {
    /// The request's id: every record of the story carries it.
    #[must_use]
    pub fn request_uid(&self) -> &str {
        &self.request_uid
    }
}

impl Engine {
    /// Finds the agent whose runtime key this is, and gives its call a place among those under way.
    ///
    /// # Errors
    /// [`RefusalKind::Unauthenticated`] for anything else, counted per source and minute, and always with the same
    /// words: whether a key is unknown, wrong or disabled is nobody's business but the operator's.
    pub fn authenticate(&self, presented: Option<&str>, source: SocketAddr) -> Result<Caller, Refusal> {
        let request_uid = timed_uid();
        match presented.ok_or(NotLetIn::NoKey).and_then(|key| self.agent_of(key)) {
            Ok(agent) => Ok(Caller {
                passage: Passage::begin(self.under_way.enter(&agent.uid)),
                agent,
                source,
                request_uid,
            }),
            Err(why) => {
                self.count_refused(source, why);
                Err(Refusal::new(
                    RefusalKind::Unauthenticated,
                    &request_uid,
                    "This runtime key isn't accepted. Ask the gateway's operator for a key of a live agent.",
                ))
            }
        }
    }

    /// Lets a call of this operation on, if its agent hasn't too many under way.
    ///
    /// # Errors
    /// [`RefusalKind::TooMany`], recorded.
    pub async fn admit(&self, caller: Caller, operation: &str) -> Result<Caller, Refusal> {
        if caller.passage.has_place() {
            return Ok(caller);
        }
        let message = format!("This agent has {MOST_AT_ONCE} calls under way, the most at once; wait for one to end.");
        Err(self
            .refuse_early(&caller, operation, RefusalKind::TooMany, "concurrency", &message)
            .await)
    }

    /// Counts a request that nobody was authenticated for. A flood of them fills no log: they are recorded by the minute.
    pub fn count_refused(&self, source: SocketAddr, why: NotLetIn) {
        self.metrics.refused(why);
        self.refused_logons.count(source.ip(), why);
    }

    fn agent_of(&self, presented: &str) -> Result<AgentRow, NotLetIn> {
        let hint = presented.get(..PREFIX.len() + HINT_HEX).ok_or(NotLetIn::Malformed)?;
        let books = self.books.read();
        // An unknown hint costs the same hash and comparison as a known one.
        let agent = books.agent_by_hint(hint);
        let expected = agent
            .and_then(|agent| hex::decode(&agent.key_sha256).ok())
            .unwrap_or_else(|| vec![0; 32]);
        let actual = Sha256::digest(presented.as_bytes());
        let equal = bool::from(actual.as_slice().ct_eq(&expected));
        match agent.filter(|_| equal) {
            Some(agent) if agent.enabled => Ok(agent.clone()),
            Some(_) => Err(NotLetIn::Disabled),
            None => Err(NotLetIn::UnknownKey),
        }
    }
}

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotLetIn {
    /// No runtime key, or more than one.
    NoKey,
    /// What was presented isn't a runtime key.
    Malformed,
    /// No agent has this key.
    UnknownKey,
    /// Its agent is disabled.
    Disabled,
    /// The request names another host (DNS rebinding).
    ForeignHost,
    /// A web page sent it.
    WebPage,
    /// It isn't clear where its body ends.
    Framing,
}

impl NotLetIn {
    /// Its name in records.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoKey => "missing",
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::Disabled => "disabled",
            Self::ForeignHost => "foreign_host",
            Self::WebPage => "web_page",
            Self::Framing => "framing",
        }
    }
}

/// From one source, or from the many that were too many to count apart, for one reason.
pub(crate) type Counting = (Option<IpAddr>, NotLetIn);

/// Refused logons, counted per source until they are recorded: a flood must not fill the log.
#[derive(Default)]
pub(crate) struct RefusedLogons {
    by_source: Mutex<HashMap<Counting, Counted>>,
}

/// What was counted of one source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) count: u32,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

impl RefusedLogons {
    fn count(&self, source: IpAddr, why: NotLetIn) {
        let now = now_ms();
        let mut by_source = self.by_source.lock();
        let key = if by_source.len() >= SOURCES && !by_source.contains_key(&(Some(source), why)) {
            (None, why)
        } else {
            (Some(source), why)
        };
        let counted = by_source.entry(key).or_insert(Counted {
            count: 0,
            first_ms: now,
            last_ms: now,
        });
        counted.count = counted.count.saturating_add(1);
        counted.last_ms = now;
    }

    /// The counts since the last call; a source of nothing stands for the many that were too many to count apart.
    pub(crate) fn take(&self) -> Vec<(Counting, Counted)> {
        std::mem::take(&mut *self.by_source.lock()).into_iter().collect()
    }
}
