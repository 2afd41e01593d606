//! What the shell holds: the data directory, and the gateway that answers, inside or elsewhere.

use std::path::PathBuf;
use std::sync::Arc;

use client::ConnectError;
use contract::{AddedAgent, Code, OperatorError, Operators, RefusedLog};
use engine::{OpenError, Stores, Tenant};
use gateway::{Gateway, GatewayOptions, ServeError};
use reviewer::{Names, Reviewer};
use tauri::async_runtime::JoinHandle;
use tokio::sync::Mutex;
use vault::{KeyStore, Scope, StoreChoice, StoreKind};
use zeroize::Zeroizing;

/// The shell's state.
pub(crate) struct Desk {
    pub(crate) data_dir: PathBuf,
    answering: Mutex<Option<Answering>>,
    /// The start that began before the page asked for it.
    beginning: Mutex<Option<JoinHandle<Started>>>,
    first_agent: Mutex<Option<AddedAgent>>,
}

/// What came of a start.
type Started = Result<Found, OperatorError>;

/// Who answers the operators' calls.
struct Answering {
    operators: Arc<dyn Operators>,
    /// The gateway, where it runs in this process.
    inside: Option<Gateway>,
}

/// What there is when the window opens.
pub(crate) enum Found {
    /// A gateway answers.
    Ready {
        operators: Arc<dyn Operators>,
        /// Whether it does since this start, so that nothing is relayed from it yet.
        is_new: bool,
    },
    /// There is no tenant yet.
    FirstRun,
}

impl Desk {
    /// Finds the data directory: `COUNTERSIGN_DATA`, or the platform's own place.
    pub(crate) fn find() -> Result<Self, String> {
        let named = std::env::var_os("COUNTERSIGN_DATA").map(PathBuf::from);
        let data_dir = named
            .or_else(vault::default_data_dir)
            .ok_or("No place for data is known here; set COUNTERSIGN_DATA.")?;
        let data_dir =
            std::path::absolute(data_dir).map_err(|error| format!("The data directory can't be used: {error}."))?;
        Ok(Self {
            data_dir,
            answering: Mutex::new(None),
            beginning: Mutex::new(None),
            first_agent: Mutex::new(None),
        })
    }

    /// The gateway that answers.
    pub(crate) async fn operators(&self) -> Result<Arc<dyn Operators>, OperatorError> {
        let answering = self.answering.lock().await;
        let answering = answering.as_ref();
        answering
            .map(|answering| Arc::clone(&answering.operators))
            .ok_or_else(|| {
                OperatorError::new(
                    Code::Unreachable,
                    "No gateway answers yet. Finish setting up, or restart the app.",
                )
            })
    }

    /// The log that records what a person does at this machine; none where nothing is set up yet.
    pub(crate) async fn log(&self) -> Result<Option<Arc<dyn Operators>>, OperatorError> {
        if Tenant::exists(&self.data_dir) {
            self.operators().await.map(Some)
        } else {
            Ok(None)
        }
    }

    /// Takes note of a start that has begun while the page is still being loaded.
    pub(crate) fn has_begun(&self, beginning: JoinHandle<Started>) {
        // Nobody else is there yet.
        if let Ok(mut begun) = self.beginning.try_lock() {
            *begun = Some(beginning);
        }
    }

    /// What the start came to that has begun already, else what one comes to that begins now.
    pub(crate) async fn started(&self) -> Started {
        let begun = self.beginning.lock().await.take();
        match begun {
            Some(begun) => match begun.await {
                Ok(started) => started,
                Err(_) => self.start().await,
            },
            None => self.start().await,
        }
    }

    /// Attaches to the gateway that serves this data directory, or starts one inside.
    pub(crate) async fn start(&self) -> Started {
        let mut answering = self.answering.lock().await;
        if let Some(answering) = answering.as_ref() {
            return Ok(Found::Ready {
                operators: Arc::clone(&answering.operators),
                is_new: false,
            });
        }
        let started = match client::connect(&self.data_dir).await {
            Ok(client) => Answering {
                operators: Arc::new(client),
                inside: None,
            },
            Err(ConnectError::NoGateway { .. }) if Tenant::exists(&self.data_dir) => self.serve().await?,
            Err(ConnectError::NoGateway { .. }) => return Ok(Found::FirstRun),
            Err(error) => return Err(OperatorError::new(Code::Unreachable, error.to_string())),
        };
        let operators = Arc::clone(&started.operators);
        *answering = Some(started);
        Ok(Found::Ready {
            operators,
            is_new: true,
        })
    }

    /// The data directory and the gateway's keys.
    pub(crate) async fn stores(&self) -> Result<Stores, OperatorError> {
        Ok(Stores {
            data_dir: self.data_dir.clone(),
            keys: self.keys(Scope::Gateway).await?,
        })
    }

    async fn serve(&self) -> Result<Answering, OperatorError> {
        let mut options = GatewayOptions::new(self.stores().await?).with_verifier_page(reviewer::verifier_page());
        if let Some(address) = std::env::var("COUNTERSIGN_LISTEN")
            .ok()
            .and_then(|address| address.parse().ok())
        {
            options = options.agents_at(address);
        }
        let gateway = gateway::serve(options).await.map_err(|error| refused(&error))?;
        Ok(Answering {
            operators: Arc::clone(gateway.engine()) as _,
            inside: Some(gateway),
        })
    }

    /// Sets a tenant up, starts its gateway, and keeps the first agent's key until it is put away.
    pub(crate) async fn set_up(&self, names: Names) -> Result<AddedAgent, OperatorError> {
        if Tenant::exists(&self.data_dir) {
            let message = "This machine is set up already. Restart the app to open it.";
            return Err(OperatorError::new(Code::Conflict, message));
        }
        let keys = self.keys(Scope::Gateway).await?;
        let person = self.keys(Scope::Person).await?;
        let made = reviewer::set_up(&self.data_dir, keys, person, names).await;
        let unmade = |error| OperatorError::new(Code::KeyStore, format!("Setting up didn't end well: {error}."));
        self.begin(made.map_err(unmade)?.0.first_agent).await
    }

    /// How far a log that isn't opened is good; none where all of it is.
    pub(crate) async fn examine(&self) -> Result<Option<RefusedLog>, OperatorError> {
        let examined = Tenant::examine(&self.stores().await?, |_, _| {}).await;
        examined.map_err(|error| OperatorError::new(Code::LogStopped, format!("The log can't be looked at: {error}.")))
    }

    /// Sets a log that isn't opened aside, starts a new one and its gateway, and keeps the first agent's key until it is
    /// put away.
    pub(crate) async fn start_new_log(&self, names: Names) -> Result<AddedAgent, OperatorError> {
        let keys = self.keys(Scope::Gateway).await?;
        let person = self.keys(Scope::Person).await?;
        let made = reviewer::start_new_log(&self.data_dir, keys, person, names).await;
        let unmade = |error| OperatorError::new(Code::LogStopped, format!("No new log was started: {error}."));
        self.begin(made.map_err(unmade)?.0.first_agent).await
    }

    /// Starts the gateway over a log that was just made.
    async fn begin(&self, mut added: AddedAgent) -> Result<AddedAgent, OperatorError> {
        self.start().await?;
        // Now that it is known where agents connect.
        if let Some(url) = self.operators().await?.status(contract::Empty {}).await?.agents_url {
            added.snippets = contract::snippets(&url, &added.runtime_key);
        }
        *self.first_agent.lock().await = Some(added.clone());
        Ok(added)
    }

    /// The first agent and its key, until a person has put them away.
    pub(crate) async fn first_agent(&self) -> Option<AddedAgent> {
        self.first_agent.lock().await.clone()
    }

    /// Forgets the first agent's key.
    pub(crate) async fn put_first_agent_away(&self) {
        if let Some(mut added) = self.first_agent.lock().await.take() {
            zeroize::Zeroize::zeroize(&mut added.runtime_key);
        }
    }

    /// The person's reviewer key.
    pub(crate) async fn reviewer(&self) -> Result<Reviewer, OperatorError> {
        let store = self.keys(Scope::Person).await?;
        tokio::task::spawn_blocking(move || Reviewer::open(&store))
            .await
            .map_err(|error| key_store(&error))?
            .map_err(|error| key_store(&error))
    }

    async fn keys(&self, scope: Scope) -> Result<Arc<dyn KeyStore>, OperatorError> {
        let (data_dir, choice) = self.choice()?;
        let opened = tokio::task::spawn_blocking(move || vault::open(&choice, &data_dir, scope)).await;
        opened
            .map_err(|error| key_store(&error))?
            .map_err(|error| key_store(&error))
    }

    /// The key store that the data directory was set up with; the keychain for a new one.
    fn choice(&self) -> Result<(PathBuf, StoreChoice), OperatorError> {
        let kind = vault::configured(&self.data_dir).map_err(|error| key_store(&error))?;
        let choice = match kind {
            None | Some(StoreKind::Keychain) => StoreChoice::Keychain,
            Some(StoreKind::SealedFile) => StoreChoice::SealedFile {
                passphrase: passphrase()?,
            },
        };
        Ok((self.data_dir.clone(), choice))
    }

    /// Stops the gateway inside, in order.
    pub(crate) async fn close(&self) {
        let inside = self
            .answering
            .lock()
            .await
            .take()
            .and_then(|answering| answering.inside);
        if let Some(gateway) = inside
            && let Err(error) = gateway.shut_down().await
        {
            tracing::error!(%error, "the gateway didn't stop in order");
        }
    }
}

/// A sealed key store's passphrase, from the file that `COUNTERSIGN_PASSPHRASE_FILE` names.
fn passphrase() -> Result<Zeroizing<String>, OperatorError> {
    let missing = || {
        let message = "The keys are in a sealed file. Start the app with COUNTERSIGN_PASSPHRASE_FILE naming the file \
                       that holds its passphrase.";
        OperatorError::new(Code::KeyStore, message)
    };
    let path = std::env::var_os("COUNTERSIGN_PASSPHRASE_FILE").ok_or_else(missing)?;
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| key_store(&error))?);
    text.lines()
        .next()
        .filter(|line| !line.is_empty())
        .map(|line| Zeroizing::new(line.to_owned()))
        .ok_or_else(missing)
}

fn key_store(error: &dyn std::fmt::Display) -> OperatorError {
    OperatorError::new(Code::KeyStore, format!("The keys can't be had: {error}."))
}

fn refused(error: &ServeError) -> OperatorError {
    let code = match error {
        ServeError::Open(OpenError::KeyStore(_)) => Code::KeyStore,
        ServeError::Open(error) if error.is_about_the_log() => Code::LogStopped,
        _ => Code::Internal,
    };
    OperatorError::new(code, format!("The gateway doesn't start: {error}."))
}
