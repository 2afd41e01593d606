//! One tenant that is set up, used and thrown away: what the demo walks through and the samples are made from.
//!
//! Everything in it is the real thing: the gateway on a loopback port, a signed approval, the log, the case file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use contract::{
    CaseDisclosure, CaseRequest, CaseSelection, DISCLOSABLE, Happening, HeldItem, ItemRef, ItemState, Operators,
    ReviewerDecision,
};
use engine::Stores;
use futures_util::StreamExt as _;
use gateway::{Gateway, GatewayOptions};
use reviewer::{Names, Reviewer};
use serde_json::{Value, json};
use vault::{KeyStore, KeyStoreError, Scope, StoreChoice};
use zeroize::Zeroizing;

use crate::agent_call::{self, Answered};
use crate::failure::Failure;

/// Who decides in it.
pub(crate) const OPERATOR: &str = "Robin Example";

/// A running gateway over a temporary tenant.
pub(crate) struct Scenario {
    pub(crate) gateway: Gateway,
    pub(crate) reviewer: Reviewer,
    /// The first agent's name, and its runtime key.
    pub(crate) agent: String,
    runtime_key: Zeroizing<String>,
    data_dir: PathBuf,
    stores: [Arc<Temporary>; 2],
}

/// The key store of something temporary: forgets, when dropped, what was put into it.
struct Temporary {
    store: Arc<dyn KeyStore>,
    names: Mutex<BTreeSet<String>>,
}

impl KeyStore for Temporary {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        self.store.get(name)
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        self.names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned());
        self.store.set(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        self.store.remove(name)
    }

    fn kind(&self) -> &'static str {
        self.store.kind()
    }
}

impl Temporary {
    async fn open(choice: StoreChoice, data_dir: &Path, scope: Scope) -> Result<Arc<Self>, Failure> {
        let store = crate::keys::open(choice, data_dir, scope).await?;
        Ok(Arc::new(Self {
            store,
            names: Mutex::default(),
        }))
    }

    fn forget(&self) {
        for name in std::mem::take(&mut *self.names.lock().unwrap_or_else(PoisonError::into_inner)) {
            // What can't be removed from a keychain is a key to data that is gone.
            drop(self.store.remove(&name));
        }
    }
}

impl Drop for Temporary {
    /// For a start that failed half way.
    fn drop(&mut self) {
        self.forget();
    }
}

impl Scenario {
    /// Sets up and starts. `data_dir` is the caller's to remove.
    pub(crate) async fn start(data_dir: &Path, choice: StoreChoice) -> Result<Self, Failure> {
        let keys = Temporary::open(choice.clone(), data_dir, Scope::Gateway).await?;
        let person = Temporary::open(choice, data_dir, Scope::Person).await?;
        let names = Names {
            tenant: "Example Ltd".into(),
            operator: OPERATOR.into(),
            agent: "support-bot".into(),
        };
        let (created, reviewer) =
            reviewer::set_up(data_dir, Arc::clone(&keys) as _, Arc::clone(&person) as _, names).await?;
        let stores = Stores {
            data_dir: data_dir.to_owned(),
            keys: Arc::clone(&keys) as _,
        };
        let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let gateway = gateway::serve(GatewayOptions::new(stores).agents_at(loopback)).await?;
        Ok(Self {
            gateway,
            reviewer,
            agent: created.first_agent.agent.name,
            runtime_key: Zeroizing::new(created.first_agent.runtime_key),
            data_dir: data_dir.to_owned(),
            stores: [keys, person],
        })
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The agent asks for text.
    pub(crate) async fn ask(&self, question: &str) -> Result<Answered, Failure> {
        self.call(&call(question, Value::Null)).await
    }

    /// The agent asks with a tool at hand that acts, and waits until a person has decided as `decide` does.
    pub(crate) async fn ask_with_tool<R>(
        &self,
        question: &str,
        decide: impl AsyncFnOnce(&HeldItem) -> Result<R, Failure>,
    ) -> Result<(R, Answered), Failure> {
        // Subscribed before the call, so that its item can't be missed.
        let mut events = self.gateway.engine().events(None).await?;
        let body = call(question, refund_tool());
        let asked = self.call(&body);
        tokio::pin!(asked);
        let uid = loop {
            tokio::select! {
                answered = &mut asked => {
                    return Err(Failure::new(format!("the call wasn't held but answered with {}", answered?.status)));
                }
                event = events.next() => match event.map(|event| event.happening) {
                    Some(Happening::Inbox { uid, state: ItemState::Waiting }) => break uid,
                    Some(_) => {}
                    None => return Err(Failure::new("the gateway stopped")),
                },
            }
        };
        let item = self.gateway.engine().inbox_item(ItemRef { uid }).await?;
        // The call is with the gateway: nothing has to be done for it until its answer comes.
        let decided = decide(&item).await?;
        Ok((decided, asked.await?))
    }

    async fn call(&self, body: &Value) -> Result<Answered, Failure> {
        agent_call::chat(self.gateway.agents_address(), &self.runtime_key, body).await
    }

    /// The reviewer signs a decision.
    pub(crate) async fn sign(&self, item: &HeldItem, decision: ReviewerDecision, reason: &str) -> Result<u64, Failure> {
        let operators: &dyn Operators = self.gateway.engine().as_ref();
        let decided = reviewer::decide(operators, &self.reviewer, item, decision, reason).await?;
        Ok(decided.record)
    }

    /// A case file of the agent's whole time, its contents disclosed.
    pub(crate) async fn export(&self) -> Result<Vec<u8>, Failure> {
        let request = CaseRequest {
            selection: CaseSelection::Agent {
                agent: self.agent.clone(),
                from_ms: None,
                to_ms: None,
            },
            disclosure: CaseDisclosure {
                slots: DISCLOSABLE.map(str::to_owned).to_vec(),
                reason: Some("So that whoever tries this file can read it whole.".to_owned()),
                ..CaseDisclosure::default()
            },
            since: None,
        };
        let engine = self.gateway.engine();
        let case = engine.case_export(request).await?;
        Ok(reviewer::case_bytes(engine.as_ref(), &case).await?)
    }

    /// Stops in order, and takes its keys out of the key store again.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        let closed = self.gateway.shut_down().await;
        let stores = self.stores;
        let forget = move || stores.iter().for_each(|store| store.forget());
        tokio::task::spawn_blocking(forget).await.map_err(Failure::new)?;
        Ok(closed?)
    }
}

/// A sealed store for something temporary, under a passphrase that nobody keeps.
pub(crate) fn throwaway_store() -> Result<StoreChoice, Failure> {
    let random: [u8; 16] = vault::random()?;
    Ok(StoreChoice::SealedFile {
        passphrase: Zeroizing::new(format!("{:032x}", u128::from_be_bytes(random))),
    })
}

fn call(question: &str, tools: Value) -> Value {
    let mut body = json!({
        "model": "gpt-practice",
        "messages": [
            {"role": "system", "content": "You help customers of Example Ltd."},
            {"role": "user", "content": question},
        ],
    });
    if let (Value::Object(body), false) = (&mut body, tools.is_null()) {
        body.insert("tools".to_owned(), tools);
    }
    body
}

fn refund_tool() -> Value {
    json!([{
        "type": "function",
        "function": {
            "name": "refund",
            "description": "Pays money back to a customer.",
            "parameters": {
                "type": "object",
                "properties": {"order": {"type": "string"}, "euros": {"type": "string"}},
                "required": ["order", "euros"],
            },
        },
    }])
}

/// The same case file with one record edited and everything packed again with valid checksums: what an insider with
/// a zip program could do.
pub(crate) fn altered(case: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut entries = evidence::casefile::unpack(case).map_err(Failure::new)?;
    let records = entries
        .iter_mut()
        .find(|(name, _)| name == "records.jsonl")
        .map(|(_, bytes)| bytes);
    let records = records.ok_or_else(|| Failure::new("the case file has no records.jsonl"))?;
    let text = String::from_utf8(std::mem::take(records)).map_err(Failure::new)?;
    let mut edited = false;
    let lines: Vec<String> = text
        .split_inclusive('\n')
        .map(|line| {
            // A denial by a person becomes an approval: 25 Rejected, 8 Approved (OCSF disposition_id).
            let changed = line.replacen("\"disposition_id\":25", "\"disposition_id\":8", 1);
            if edited || changed == line {
                return line.to_owned();
            }
            edited = true;
            changed
        })
        .collect();
    if !edited {
        return Err(Failure::new("no record of the case file is a denial by a person"));
    }
    *records = lines.concat().into_bytes();
    let borrowed = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    evidence::casefile::pack(borrowed).map_err(Failure::new)
}
