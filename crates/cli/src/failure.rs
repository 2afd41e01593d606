//! How a verb fails: what happened, what to do, and the exit code that a script can branch on.

use std::fmt::Display;
use std::process::ExitCode;

use contract::{Code, OperatorError};
use engine::OpenError;
use gateway::ServeError;
use reviewer::{CaseFileError, DecideError, KeptError, PinError, RescueError, ReviewerError, SetUpError};
use vault::KeyStoreError;

/// The exit codes, which `countersign --help` documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done. For `verify`: verified.
    Done = 0,
    /// Refused or failed. For `verify`: the file fails.
    Failed = 1,
    /// The command line can't be read (clap's own). For `verify`: not a case file.
    NotThat = 2,
    /// `verify` only: intact, but the signer isn't established.
    SignerNotEstablished = 3,
    /// No gateway could be reached, or another process has the data directory.
    NoGateway = 4,
    /// The key store is absent, locked or can't be opened.
    KeyStore = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A verb that didn't do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// For scripts.
    pub(crate) exit: Exit,
    /// For people.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(message: impl Display) -> Self {
        Self {
            exit: Exit::Failed,
            message: message.to_string(),
        }
    }

    pub(crate) fn with(exit: Exit, message: impl Display) -> Self {
        Self {
            exit,
            message: message.to_string(),
        }
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        let exit = match error.code {
            Code::Unreachable | Code::Unauthenticated => Exit::NoGateway,
            Code::KeyStore => Exit::KeyStore,
            _ => Exit::Failed,
        };
        Self::with(exit, error.message)
    }
}

impl From<KeyStoreError> for Failure {
    fn from(error: KeyStoreError) -> Self {
        let hint = match error {
            KeyStoreError::NoKeychain { .. } => {
                ". On the command line that is `countersign init --key-store sealed-file --passphrase-file FILE`"
            }
            _ => "",
        };
        Self::with(Exit::KeyStore, format!("{error}{hint}"))
    }
}

impl From<ReviewerError> for Failure {
    fn from(error: ReviewerError) -> Self {
        match error {
            ReviewerError::KeyStore(error) => error.into(),
            error @ ReviewerError::Key { .. } => Self::with(Exit::KeyStore, error),
            error => Self::new(error),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::KeyStore(error) => error.into(),
            error @ OpenError::Lock(_) => Self::with(Exit::NoGateway, error),
            error @ OpenError::Key(..) => Self::with(Exit::KeyStore, error),
            error if error.is_about_the_log() => Self::new(format!(
                "{error}. `countersign log rescue` says how far it is good and copies that; `countersign log start-new` \
                 starts a new one"
            )),
            error => Self::new(error),
        }
    }
}

impl From<RescueError> for Failure {
    fn from(error: RescueError) -> Self {
        match error {
            RescueError::Log(error) => error.into(),
            RescueError::File(error) => error.into(),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Open(error) => error.into(),
            error => Self::new(error),
        }
    }
}

impl From<PinError> for Failure {
    fn from(error: PinError) -> Self {
        Self::new(error)
    }
}

impl From<DecideError> for Failure {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Operators(error) => error.into(),
            DecideError::Reviewer(error) => error.into(),
        }
    }
}

impl From<SetUpError> for Failure {
    fn from(error: SetUpError) -> Self {
        match error {
            SetUpError::Reviewer(error) => error.into(),
            SetUpError::Tenant(error) => error.into(),
            error => Self::new(error),
        }
    }
}

impl From<KeptError> for Failure {
    fn from(error: KeptError) -> Self {
        Self::with(Exit::NotThat, error)
    }
}

impl From<CaseFileError> for Failure {
    fn from(error: CaseFileError) -> Self {
        match error {
            // No verdict on the file, so not the exit code of one that fails.
            error @ (CaseFileError::Unread { .. }
            | CaseFileError::Directory(_)
            | CaseFileError::NoneThere(_)
            | CaseFileError::NoCheckpoint(_)
            | CaseFileError::TooMany(_)) => Self::with(Exit::NotThat, error),
            CaseFileError::There(path) => Self::new(format!(
                "`{}` is there already; --force replaces it, --out names another",
                path.display()
            )),
            error => Self::new(error),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("the answer can't be written as JSON ({error})"))
    }
}
