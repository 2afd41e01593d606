//! Setting a tenant up, and opening it again.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, atomic::AtomicBool},
};

use action::Subject;
use contract::{AddedAgent, WireFormat};
use evidence::{Envelope, KeyPossession, Origin, PublicKey, Role, SigningKey};
use ledger::{Genesis, Ledger, Options, WriterLock, index::Index};
use parking_lot::{Mutex, RwLock};
use policy::Policy;
use vault::{KeyStore, KeyStoreError, Sealer};
use zeroize::Zeroizing;

use crate::{
    Egress, Engine,
    actions::Gates,
    books::{AgentRow, Books, BooksError, Kept as _, OpenCallRow, OperatorRow, PolicyRow, TenantRow, UpstreamRow, all},
    clock::{NoRandomness, now_ms, random, timed_uid, uid},
    engine::About,
    events::Events,
    items::Items,
    metrics::Metrics,
    operators::{Ready, SILENCE_S, added_agent, new_agent, sealed_credential},
    passage::{Breakers, Halts, UnderWay},
    records::{self, Acting},
    steps::{Noted, RefusedLogons},
    tampering,
};

/// The case file key in the key store: PKCS#8 DER.
pub(crate) const CASE_KEY: &str = "case-key";
/// The release key in the key store: PKCS#8 DER.
const RELEASE_KEY: &str = "release-key";
/// The key that recognises a call sent again: 32 bytes.
const RETRY_KEY: &str = "retry-key";
/// The practice upstream's name.
pub(crate) const PRACTICE: &str = "practice";
/// The same in Anthropic's format.
const PRACTICE_ANTHROPIC: &str = "practice-anthropic";
const PRACTICE_GEMINI: &str = "practice-gemini";
/// The agent that sends practice calls.
pub(crate) const PRACTICE_AGENT: &str = "practice-agent";

/// Where a tenant is kept, and what opens its keys.
pub struct Stores {
    /// The directory with its database.
    pub data_dir: PathBuf,
    /// The gateway's own keys. Never the person's.
    pub keys: Arc<dyn KeyStore>,
}

/// A tenant to set up.
pub struct NewTenant {
    /// The organisation's name.
    pub name: String,
    /// The first operator's name.
    pub operator: String,
    /// The first operator's uid, which the proof of possession names.
    pub operator_uid: String,
    /// The first operator's reviewer key.
    pub reviewer_key: PublicKey,
    /// The first agent's name.
    pub agent: String,
}

/// What setting up made.
pub struct Created {
    /// The first agent, with its runtime key: shown this once.
    pub first_agent: AddedAgent,
    /// The tenant's uid.
    pub tenant_uid: String,
    /// The log's origin.
    pub origin: String,
    /// The log and case file keys, to be pinned on this machine.
    pub public_keys: Vec<(Role, PublicKey)>,
}

/// Why a tenant can't be set up or opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log can't be made.
    #[error(transparent)]
    Create(#[from] ledger::CreateError),
    /// The log can't be opened: nothing may be served.
    #[error(transparent)]
    Open(#[from] ledger::OpenError),
    /// Another process has the writer's lock.
    #[error(transparent)]
    Lock(#[from] ledger::LockError),
    /// What the log keeps can't be read.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The key store failed.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    /// A key isn't one.
    #[error(
        "`{0}` in the key store isn't the key it must be ({1}); put back the key store that belongs to this data directory"
    )]
    Key(&'static str, String),
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The first records can't be made or written.
    #[error("the first records can't be written: {0}")]
    Records(String),
    /// The proof that the reviewer's key is the operator's own doesn't hold.
    #[error("the reviewer key's proof of possession doesn't hold: {0}")]
    Possession(String),
    /// A name that can't be used.
    #[error("{0}")]
    Name(String),
    /// Somebody wants to set a log aside that is good.
    #[error("the log verifies to its head, so it stays in use; open it with `countersign serve` or the console")]
    Good,
    /// What verifies couldn't be copied.
    #[error(transparent)]
    Copy(#[from] ledger::CopyError),
}

impl OpenError {
    /// Whether the log itself is what isn't right, so that [`Tenant::examine`] says more.
    #[must_use]
    pub const fn is_about_the_log(&self) -> bool {
        use ledger::OpenError as Log;
        matches!(
            self,
            Self::Open(Log::Broken { .. } | Log::Behind { .. } | Log::OffHead { .. } | Log::Storage(_))
        )
    }
}

/// A tenant on this machine.
pub struct Tenant;

impl Tenant {
    /// Whether a data directory holds one.
    #[must_use]
    pub fn exists(data_dir: &Path) -> bool {
        Ledger::exists(data_dir)
    }

    /// Sets a tenant up: its keys, its log, its first operator, upstream, policy and agent. Nothing is served yet. After
    /// a log was [set aside](Self::set_aside), record 0 names that one.
    ///
    /// `possess` is asked for the operator's proof that the reviewer key is theirs, over the new log's origin: it is
    /// signed at the person's end, never here.
    ///
    /// # Errors
    /// [`OpenError`]; an interrupted set-up leaves a log without a tenant, which `open` reports.
    pub async fn create(
        stores: &Stores,
        new: NewTenant,
        possess: impl FnOnce(&str) -> Result<Envelope, String> + Send,
    ) -> Result<Created, OpenError> {
        let tenant_uid = Ledger::earlier_tenant(stores.keys.as_ref())?.unwrap_or_else(uid);
        let case_key = made(stores.keys.as_ref(), CASE_KEY, Role::Case)?;
        let release_key = made(stores.keys.as_ref(), RELEASE_KEY, Role::Release)?;
        let retry_key = Zeroizing::new(random::<32>()?);
        stores.keys.set(RETRY_KEY, retry_key.as_slice())?;
        let lock = WriterLock::take(&stores.data_dir)?;
        let genesis = Genesis {
            tenant_uid: tenant_uid.clone(),
        };
        let keys = Arc::clone(&stores.keys);
        let ledger = blocking(move || Ledger::create(lock, keys, &genesis, &Options::default())).await??;

        let origin = *ledger.origin();
        let possession = possess(&origin.to_string()).map_err(OpenError::Possession)?;
        check_possession(&possession, &origin, &new)?;
        let sealer = Sealer::from_store(stores.keys.as_ref(), ledger::VAULT_KEY)?;
        let at = Acting::operator(&tenant_uid, &new.operator_uid, &new.operator);
        let mut beginning = Beginning {
            at,
            new: &new,
            written: Vec::new(),
        };
        let public_keys = vec![(Role::Log, ledger.log_key()), (Role::Case, case_key.public())];
        // The log's own key is in record 0.
        beginning.keys(&[(Role::Case, case_key.public()), (Role::Release, release_key.public())]);
        let tenant = TenantRow {
            uid: tenant_uid.clone(),
            name: new.name.clone(),
        };
        let operator = beginning.operator(&tenant, &possession)?;
        beginning.policy()?;
        beginning.practice(&sealer, retry_key.as_slice())?;
        let (practice, _) = new_agent(PRACTICE_AGENT, &operator, true)?;
        beginning.agent(&practice, false)?;
        let (agent, key) = new_agent(&new.agent, &operator, false)?;
        beginning.agent(&agent, true)?;
        ledger
            .append_all(beginning.written)
            .await
            .map_err(|error| OpenError::Records(error.to_string()))?;
        let first_agent = added_agent(&agent, &key, None);
        ledger
            .close()
            .await
            .map_err(|error| OpenError::Records(error.to_string()))?;
        Ok(Created {
            first_agent,
            tenant_uid,
            origin: origin.to_string(),
            public_keys,
        })
    }

    /// Opens a tenant: verifies its log to the head, closes what a crash left open, and begins.
    ///
    /// # Errors
    /// [`OpenError`]: then nothing may be served.
    pub async fn open(
        stores: Stores,
        egress: Arc<dyn Egress>,
        progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<Arc<Engine>, OpenError> {
        let (dir, store) = (stores.data_dir.clone(), Arc::clone(&stores.keys));
        let ledger = blocking(move || -> Result<Ledger, OpenError> {
            let lock = WriterLock::take(&dir)?;
            let opened = Ledger::open(lock, Arc::clone(&store), &Options::default(), progress);
            Ok(opened.inspect_err(|error| tampering::keep(store.as_ref(), error))?)
        })
        .await??;
        let (from, size) = (ledger.opened_from(), ledger.size());
        let left_open = all::<OpenCallRow>(&ledger)?.into_iter().map(|row| row.story).collect();
        let engine = assembled(stores, ledger, egress, false)?;
        let operator = engine
            .acting_operator()
            .map_err(|error| OpenError::Records(error.message))?;
        let started = engine.acting(&operator).log_started(from, size - from);
        engine
            .note(Noted::alone(started))
            .await
            .map_err(|error| OpenError::Records(error.message))?;
        engine.record_kept_tampering().await;
        engine.begin(left_open).await;
        Ok(engine)
    }

    /// Opens a tenant to read it, where no gateway runs: nothing is recorded, and nothing can be.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open_to_read(
        stores: Stores,
        egress: Arc<dyn Egress>,
        progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<Arc<Engine>, OpenError> {
        let (dir, store) = (stores.data_dir.clone(), Arc::clone(&stores.keys));
        let ledger = blocking(move || Ledger::open_to_read(&dir, store, progress)).await??;
        assembled(stores, ledger, egress, true)
    }
}

/// The engine over an open log.
fn assembled(
    stores: Stores,
    ledger: Ledger,
    egress: Arc<dyn Egress>,
    reads_only: bool,
) -> Result<Arc<Engine>, OpenError> {
    let Stores { data_dir, keys } = stores;
    let case_key = kept(keys.as_ref(), CASE_KEY, Role::Case)?;
    let retry_key = thirty_two(keys.as_ref(), RETRY_KEY)?;
    let sealer = Sealer::from_store(keys.as_ref(), ledger::VAULT_KEY)?;
    let books = Books::read(&ledger)?;
    let items = Items::read(&ledger)?;
    let (from, size) = (ledger.opened_from(), ledger.size());
    let ledger = Arc::new(ledger);
    Ok(Arc::new_cyclic(|me| Engine {
        me: me.clone(),
        index: Arc::new(Index::new(&data_dir)),
        ledger,
        keys,
        reads_only,
        books: RwLock::new(books),
        items,
        gates: Gates::default(),
        events: Events::new(),
        egress,
        sealer,
        case_key,
        retry_key,
        refused_logons: RefusedLogons::default(),
        under_way: UnderWay::default(),
        breakers: Breakers::default(),
        halts: Halts::default(),
        metrics: Metrics::new(),
        traces: OnceLock::new(),
        statements: Mutex::default(),
        practice_key: tokio::sync::Mutex::default(),
        publishing: Arc::default(),
        verification: Mutex::new(crate::operators::verified_at_start(from, size)),
        verification_is_awaited: AtomicBool::new(false),
        closing: Arc::default(),
        verifying: tokio::sync::Mutex::default(),
        changing: tokio::sync::Mutex::default(),
        erasing: tokio::sync::Mutex::default(),
        reading: tokio::sync::Mutex::default(),
        ready: Ready::default(),
        about: About {
            data_dir,
            agents_url: RwLock::new(None),
            verifier_page: RwLock::new(None),
        },
    }))
}

/// Runs what blocks where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, OpenError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| OpenError::Records(error.to_string()))
}

fn check_possession(possession: &Envelope, origin: &Origin, new: &NewTenant) -> Result<(), OpenError> {
    let said = KeyPossession::verify(possession).map_err(|error| OpenError::Possession(error.to_string()))?;
    let holds = said.origin == *origin
        && said.role == Role::Reviewer
        && said.holder_uid == new.operator_uid
        && said.key == new.reviewer_key;
    if holds {
        Ok(())
    } else {
        Err(OpenError::Possession(
            "it is over another log, key or person".to_owned(),
        ))
    }
}

/// What stands in a new log after its record 0.
struct Beginning<'a> {
    at: Acting,
    new: &'a NewTenant,
    written: Vec<Noted>,
}

impl Beginning<'_> {
    fn keys(&mut self, keys: &[(Role, PublicKey)]) {
        for (role, key) in keys {
            self.written.push(Noted::alone(self.at.gateway_key(*role, key)));
        }
    }

    fn operator(&mut self, tenant: &TenantRow, possession: &Envelope) -> Result<OperatorRow, OpenError> {
        self.written
            .push(Noted::alone(self.at.operator_added()).with([tenant.put()?]));
        let operator = OperatorRow {
            uid: self.new.operator_uid.clone(),
            name: self.new.operator.clone(),
            key_id: self.new.reviewer_key.key_id().to_string(),
            spki: hex::encode(self.new.reviewer_key.spki_der()),
            // After record 0 and what is written so far.
            registered_at: 1 + self.written.len() as u64,
        };
        let key = Noted::alone(self.at.reviewer_key(&self.new.reviewer_key, possession));
        self.written.push(
            key.with([operator.put()?]).beside(
                "possession",
                possession
                    .to_bytes()
                    .map_err(|error| OpenError::Records(error.to_string()))?,
            ),
        );
        Ok(operator)
    }

    fn policy(&mut self) -> Result<(), OpenError> {
        let policy = Policy::built_in().map_err(|error| OpenError::Records(error.to_string()))?;
        let row = PolicyRow {
            uid: timed_uid(),
            text: policy.text().to_owned(),
            sha256: policy.sha256().to_string(),
            published_ms: now_ms(),
            built_in: true,
            author_uid: None,
        };
        self.written
            .push(Noted::alone(self.at.policy(&policy, None)).with([row.put()?]));
        Ok(())
    }

    /// The practice upstream in each format, each with a key of its own that never leaves this machine.
    fn practice(&mut self, sealer: &Sealer, private: &[u8]) -> Result<(), OpenError> {
        for (format, name) in [
            (WireFormat::Openai, PRACTICE),
            (WireFormat::Anthropic, PRACTICE_ANTHROPIC),
            (WireFormat::Gemini, PRACTICE_GEMINI),
        ] {
            let upstream = UpstreamRow {
                name: name.to_owned(),
                format,
                base_url: Subject::EMBEDDED.to_owned(),
                practice: true,
                added_ms: now_ms(),
                in_use: true,
                silence_s: SILENCE_S,
                exceptions: Vec::new(),
                justified: None,
            };
            let secret = Zeroizing::new(format!("practice-{}", hex::encode(random::<24>()?)));
            let credential = sealed_credential(sealer, private, name, &secret)
                .map_err(|error| OpenError::Records(error.to_string()))?;
            let set = self.at.credential_set(&upstream, &credential.fingerprint);
            self.written
                .push(Noted::alone(self.at.upstream(&upstream, None)).with([upstream.put()?]));
            self.written.push(Noted::alone(set).with([credential.put()?]));
        }
        Ok(())
    }

    fn agent(&mut self, row: &AgentRow, with_key: bool) -> Result<(), OpenError> {
        let broken = |error: records::Unrecordable| OpenError::Records(error.to_string());
        self.written
            .push(Noted::alone(self.at.agent(row).map_err(broken)?).with([row.put()?]));
        if with_key {
            self.written.push(Noted::alone(self.at.agent_key(row).map_err(broken)?));
        }
        Ok(())
    }
}

fn made(keys: &dyn KeyStore, name: &'static str, role: Role) -> Result<SigningKey, OpenError> {
    let mut failed = false;
    let key = SigningKey::generate(role, &mut |bytes| failed |= getrandom::fill(bytes).is_err());
    if failed {
        return Err(NoRandomness.into());
    }
    let wrong = |error: evidence::KeyError| OpenError::Key(name, error.to_string());
    let key = key.map_err(wrong)?;
    keys.set(name, &key.to_pkcs8_der().map_err(wrong)?)?;
    Ok(key)
}

pub(crate) fn kept(keys: &dyn KeyStore, name: &'static str, role: Role) -> Result<SigningKey, OpenError> {
    let der = keys.get(name)?.ok_or_else(|| KeyStoreError::Missing {
        name: name.to_owned(),
        kind: keys.kind(),
    })?;
    SigningKey::from_pkcs8_der(role, &der).map_err(|error| OpenError::Key(name, error.to_string()))
}

fn thirty_two(keys: &dyn KeyStore, name: &'static str) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let key = keys.get(name)?.ok_or_else(|| KeyStoreError::Missing {
        name: name.to_owned(),
        kind: keys.kind(),
    })?;
    let key =
        <[u8; 32]>::try_from(key.as_slice()).map_err(|_| OpenError::Key(name, "it must have 32 bytes".to_owned()))?;
    Ok(Zeroizing::new(key))
}
