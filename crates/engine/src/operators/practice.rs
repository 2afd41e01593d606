//! The practice call: a real call by a real agent with a real key, to the embedded practice upstream.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use action::model_call::Format;
use bytes::Bytes;
use contract::{Code, Happening, OperatorError, PracticeCall, WireFormat};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use crate::{
    Engine, Hold, HoldEnd, ModelRequest, Refusal, Released, Verdict,
    books::Kept as _,
    operators::fault,
    steps::{Noted, new_runtime_key},
    tenant::PRACTICE_AGENT,
};

/// How long the practice agent waits for its answer; afterwards the item stays, as with any agent that goes away.
const WAITS: Duration = Duration::from_secs(15 * 60);

/// What it asks: an invoice to pay, with a tool that pays. Held by the built-in policy because of the tool.
const CALL: &str = include_str!("practice_call.json");

impl Engine {
    pub(crate) async fn practise(&self) -> Result<PracticeCall, OperatorError> {
        let to_practice = self
            .books
            .read()
            .upstream_in_use(WireFormat::Openai)
            .is_some_and(|upstream| upstream.practice);
        if !to_practice {
            let message =
                "The route points at a real provider, so no practice call is sent. Point it at `practice` first.";
            return Err(OperatorError::new(Code::Refused, message));
        }
        let key = self.practice_runtime_key().await?;
        let refused = |refusal: &Refusal| PracticeCall {
            item_uid: None,
            outcome: refusal.message.clone(),
        };
        let source = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let asked = match self.authenticate(Some(key.as_str()), source) {
            Ok(caller) => {
                let headers = Vec::new();
                self.read(
                    caller,
                    ModelRequest {
                        format: Format::OpenAiChat,
                        model: None,
                        body: Bytes::from_static(CALL.as_bytes()),
                        headers,
                    },
                )
                .await
            }
            Err(refusal) => Err(refusal),
        };
        let asked = match asked {
            Ok(asked) => asked,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        match self.decide(asked).await {
            Ok(Verdict::Held(hold)) => {
                let item_uid = Some(hold.approval_uid().to_owned());
                self.await_answer(hold);
                Ok(PracticeCall {
                    item_uid,
                    outcome: "It is held for a person.".to_owned(),
                })
            }
            Ok(Verdict::Released(released)) => {
                self.take_answer(released).await;
                Ok(PracticeCall {
                    item_uid: None,
                    outcome: "The policy in force allows it, so nothing is held.".to_owned(),
                })
            }
            Err(refusal) => Ok(refused(&refusal)),
        }
    }

    fn await_answer(&self, hold: Hold) {
        let me = self.me.clone();
        tokio::spawn(async move {
            let Some(engine) = me.upgrade() else { return };
            // Denied or expired: recorded already, and there is nobody to tell but the record's readers.
            if let Ok(HoldEnd::Released(released)) = engine.wait(hold, Instant::now() + WAITS).await {
                engine.take_answer(released).await;
            }
        });
    }

    /// Reads the answer to its end, so that its outcome is recorded like any other.
    async fn take_answer(&self, released: Released) {
        if let Ok(mut answer) = self.forward(released, std::future::pending()).await {
            while answer.body.next().await.is_some() {}
        }
    }

    /// The practice agent's key: new in each run of the gateway, and only in memory.
    async fn practice_runtime_key(&self) -> Result<zeroize::Zeroizing<String>, OperatorError> {
        let mut held = self.practice_key.lock().await;
        if let Some(key) = held.as_ref() {
            return Ok(key.text.clone());
        }
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let key = new_runtime_key().map_err(fault)?;
        let mut agent = self
            .books
            .read()
            .agent(PRACTICE_AGENT)
            .filter(|agent| agent.practice)
            .cloned()
            .ok_or_else(|| OperatorError::new(Code::NotFound, "The practice agent isn't registered."))?;
        if !agent.enabled {
            return Err(OperatorError::new(
                Code::Refused,
                "The practice agent is disabled, so it can't call.",
            ));
        }
        agent.key_hint.clone_from(&key.hint);
        agent.key_sha256.clone_from(&key.sha256);
        let draft = self.acting(&operator).agent_key(&agent).map_err(fault)?;
        self.note(Noted::alone(draft).with([agent.put().map_err(fault)?]))
            .await?;
        self.books.write().agents.insert(agent.uid.clone(), agent);
        self.events.tell(Happening::Agents);
        let text = key.text.clone();
        *held = Some(key);
        Ok(text)
    }
}
