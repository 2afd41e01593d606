//! The shell's commands and events, typed.
//!
//! Every call of `contract::Operators` is here under its own name, made from the one list in `contract`; the commands
//! that only a window has stand beside them in [`shell`].

use contract::{Code, OperatorError};
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Every call of an operator takes one argument, by this name.
#[derive(Serialize)]
struct Asking<T> {
    request: T,
}

/// The operators' calls, by the names that `contract` gives them.
pub mod calls {
    use contract::{
        ActionKind, ActionKindRef, ActionKindText, ActionKinds, AddedAgent, Agent, AgentRef, Agents, Alias, AliasRef,
        Aliases, CallDetail, CaseFile, CasePart, CasePartQuery, CasePreview, CaseRequest, CheckpointPlace,
        CheckpointPlaceRef, CheckpointPlaces, CompletionQuery, Completions, ConsistencyProof, ConsistencyQuery,
        ContentPage, ContentQuery, ContentRef, Credential, CredentialRef, Credentials, Day, DayQuery, Decided, Density,
        DensityQuery, Empty, Erasure, ErasureRequest, FindQuery, Found, HeldItem, InboxPage, InboxQuery,
        InclusionProof, InclusionQuery, ItemRef, LegalHold, LegalHoldLift, LegalHolds, LogExport, LogExportRequest,
        LogKeys, LogLines, LogLinesQuery, LogPage, LogQuery, NewAgent, NewCredential, NewLegalHold, NewUpstream,
        OpenedContent, OperatorError, PinNote, PolicyInForce, PolicyReport, PolicyText, PracticeCall, Receipt,
        ReceiptCheck, RecordDetail, RecordRef, Retention, RetentionChange, RetentionRun, RotateKey, RotatedKey,
        SignedDecision, Statement, StatementRequest, Status, SubjectExport, SubjectRequest, TrafficPage, Upstream,
        UpstreamRef, Upstreams, Verification,
    };

    macro_rules! ask_the_shell {
        ($($(#[$doc:meta])* $name:ident($request:ty) -> $response:ty;)*) => {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// What the gateway answered, or [`contract::Code::Unreachable`] where there is no shell.
                pub async fn $name(request: $request) -> Result<$response, OperatorError> {
                    super::invoke(stringify!($name), &super::Asking { request }).await
                }
            )*
        };
    }
    contract::for_each_call!(ask_the_shell);
}

/// The commands that only the window's shell has.
pub(crate) mod shell {
    use contract::{
        AddedAgent, CaseRequest, Checked, Decided, OperatorError, PinnedKey, RefusedLog, ReviewerDecision,
        SubjectRequest, Verified,
    };
    use serde::{Deserialize, Serialize};

    use super::invoke;

    #[derive(Serialize)]
    struct Nothing {}

    /// How the window may start.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub(crate) enum StartState {
        /// A gateway answers.
        Ready,
        /// There is no tenant on this machine yet.
        FirstRun,
        /// There is one, but it can't be opened: the message says why.
        Refused,
    }

    /// What the shell found when the window opened.
    #[derive(Debug, Clone, PartialEq, Deserialize)]
    pub(crate) struct Start {
        /// How the window may start.
        pub(crate) state: StartState,
        /// The first agent and its key, as long as a person hasn't put them away.
        #[serde(default)]
        pub(crate) first_agent: Option<AddedAgent>,
        /// What to say about it.
        #[serde(default)]
        pub(crate) message: Option<String>,
        /// Whether it is the log that isn't right, so that [`refused_log`] says more.
        #[serde(default)]
        pub(crate) log_refused: bool,
    }

    /// Where a file was saved.
    #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
    pub(crate) struct Saved {
        /// The file.
        pub(crate) path: String,
        /// Its SHA-256, hex.
        pub(crate) sha256: String,
        /// How many records are in it.
        pub(crate) records: u64,
    }

    pub(crate) async fn start() -> Result<Start, OperatorError> {
        invoke("start", &Nothing {}).await
    }

    /// The names that a new log's first records have.
    #[derive(Debug, Clone, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct Names {
        /// The person's.
        pub(crate) operator_name: String,
        /// The organisation's.
        pub(crate) tenant_name: String,
    }

    pub(crate) async fn first_run(names: Names) -> Result<AddedAgent, OperatorError> {
        invoke("first_run", &names).await
    }

    /// How far a log that isn't opened is good; none where all of it is.
    pub(crate) async fn refused_log() -> Result<Option<RefusedLog>, OperatorError> {
        invoke("refused_log", &Nothing {}).await
    }

    /// Copies the good records to where the person says; none where the dialog is closed.
    pub(crate) async fn rescue_log() -> Result<Option<Saved>, OperatorError> {
        invoke("rescue_log", &Nothing {}).await
    }

    /// Sets the log aside, unchanged, and starts a new one.
    pub(crate) async fn start_new_log(names: Names) -> Result<AddedAgent, OperatorError> {
        invoke("start_new_log", &names).await
    }

    pub(crate) async fn dismiss_first_key() -> Result<(), OperatorError> {
        invoke("dismiss_first_key", &Nothing {}).await
    }

    /// Signs in the shell, with the reviewer's key, and submits. `shown` is the commitment of the view that is on screen:
    /// the shell refuses to sign another one.
    pub(crate) async fn decide(
        uid: String,
        shown: String,
        decision: ReviewerDecision,
        reason: String,
    ) -> Result<Decided, OperatorError> {
        #[derive(Serialize)]
        struct Decide {
            uid: String,
            shown: String,
            decision: ReviewerDecision,
            reason: String,
        }
        let decide = Decide {
            uid,
            shown,
            decision,
            reason,
        };
        invoke("decide", &decide).await
    }

    /// Asks for files in the system's own dialog; nothing where it was closed.
    pub(crate) async fn verify_choose() -> Result<Checked, OperatorError> {
        invoke("verify_choose", &Nothing {}).await
    }

    /// Asks for folders in the system's own dialog; nothing where it was closed.
    pub(crate) async fn verify_choose_folder() -> Result<Checked, OperatorError> {
        invoke("verify_choose_folder", &Nothing {}).await
    }

    /// Verifies the files of this window once more, under the pins of now.
    pub(crate) async fn verify_again() -> Result<Checked, OperatorError> {
        invoke("verify_again", &Nothing {}).await
    }

    /// Verifies a file of this window once more, telling what happened from the record of this number on.
    pub(crate) async fn verify_from(sha256: String, from: u64) -> Result<Checked, OperatorError> {
        #[derive(serde::Serialize)]
        struct From {
            sha256: String,
            from: u64,
        }
        invoke("verify_from", &From { sha256, from }).await
    }

    /// Ends the verification under way.
    pub(crate) async fn verify_cancel() -> Result<(), OperatorError> {
        invoke("verify_cancel", &Nothing {}).await
    }

    /// What was verified at this machine, newest first.
    pub(crate) async fn verified() -> Result<Vec<Verified>, OperatorError> {
        invoke("verified", &Nothing {}).await
    }

    /// Forgets what was verified.
    pub(crate) async fn verified_forget() -> Result<Vec<Verified>, OperatorError> {
        invoke("verified_forget", &Nothing {}).await
    }

    /// Exports, and saves where the system's own dialog says; nothing where it was closed.
    pub(crate) async fn case_save(request: CaseRequest) -> Result<Option<Saved>, OperatorError> {
        invoke("case_save", &super::Asking { request }).await
    }

    /// Exports what is known of a person, and saves where the system's own dialog says; nothing where it was closed.
    pub(crate) async fn subject_save(request: SubjectRequest) -> Result<Option<Saved>, OperatorError> {
        invoke("subject_save", &super::Asking { request }).await
    }

    pub(crate) async fn pins() -> Result<Vec<PinnedKey>, OperatorError> {
        invoke("pins", &Nothing {}).await
    }

    pub(crate) async fn pin_add(pins: Vec<PinnedKey>) -> Result<Vec<PinnedKey>, OperatorError> {
        #[derive(Serialize)]
        struct Pins {
            pins: Vec<PinnedKey>,
        }
        invoke("pin_add", &Pins { pins }).await
    }

    pub(crate) async fn pin_remove(pin: PinnedKey) -> Result<Vec<PinnedKey>, OperatorError> {
        #[derive(Serialize)]
        struct Pin {
            pin: PinnedKey,
        }
        invoke("pin_remove", &Pin { pin }).await
    }
}

/// The names of the shell's events.
pub(crate) mod events {
    /// Payload: [`contract::Event`].
    pub(crate) const HAPPENING: &str = "countersign://happening";
    /// Payload: [`super::Dragged`].
    pub(crate) const DROP: &str = "countersign://drop";
    /// Payload: [`contract::VerifyProgress`].
    pub(crate) const VERIFY_PROGRESS: &str = "countersign://verify-progress";
    /// Payload: bytes of a case file that are saved, of how many.
    pub(crate) const CASE_PROGRESS: &str = "countersign://case-progress";
    /// Payload: the [`contract::OperatorError`] for dropped files that couldn't be read.
    pub(crate) const UNREADABLE: &str = "countersign://unreadable";
    /// Payload: [`contract::Checked`].
    pub(crate) const VERIFIED: &str = "countersign://verified";
}

/// Files that are being dragged over the window.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Dragged {
    /// `over`, `left` or `dropped`.
    pub(crate) state: String,
}

/// Asks the shell.
async fn invoke<A: Serialize, R: DeserializeOwned>(command: &str, arguments: &A) -> Result<R, OperatorError> {
    let arguments = arguments
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|error| page_fault(command, &error.to_string()))?;
    let invoke = shell_function("core", "invoke").ok_or_else(no_shell)?;
    let promise: Promise = invoke
        .call2(&JsValue::NULL, &JsValue::from_str(command), &arguments)
        .map_err(|error| refused(command, error))?
        .dyn_into()
        .map_err(|_| page_fault(command, "the shell gave no promise"))?;
    let answer = JsFuture::from(promise).await.map_err(|error| refused(command, error))?;
    serde_wasm_bindgen::from_value(answer).map_err(|error| page_fault(command, &error.to_string()))
}

/// Listens to one of the shell's events for as long as the page lives.
pub(crate) async fn listen<T: DeserializeOwned + 'static>(event: &str, mut hear: impl FnMut(T) + 'static) {
    let Some(listen) = shell_function("event", "listen") else {
        return;
    };
    let hear = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        let payload = Reflect::get(&event, &JsValue::from_str("payload")).unwrap_or(JsValue::UNDEFINED);
        match serde_wasm_bindgen::from_value(payload) {
            Ok(payload) => hear(payload),
            Err(error) => leptos::logging::warn!("an event of the shell can't be read: {error}"),
        }
    });
    let asked = listen.call2(&JsValue::NULL, &JsValue::from_str(event), hear.as_ref());
    hear.forget();
    if let Some(promise) = asked.ok().and_then(|asked| asked.dyn_into::<Promise>().ok())
        && JsFuture::from(promise).await.is_err()
    {
        leptos::logging::warn!("the shell doesn't let the page listen to {event}");
    }
}

fn shell_function(module: &str, name: &str) -> Option<Function> {
    let shell = Reflect::get(&window(), &JsValue::from_str("__TAURI__")).ok()?;
    let module = Reflect::get(&shell, &JsValue::from_str(module)).ok()?;
    Reflect::get(&module, &JsValue::from_str(name)).ok()?.dyn_into().ok()
}

fn no_shell() -> OperatorError {
    OperatorError::new(
        Code::Unreachable,
        "This page works in Countersign's own window only. Start the app, or run `cargo xtask run`.",
    )
}

/// What the shell rejected a call with: an [`OperatorError`], or words of its own.
fn refused(command: &str, error: JsValue) -> OperatorError {
    serde_wasm_bindgen::from_value(error.clone()).unwrap_or_else(|_| {
        let said = error
            .as_string()
            .unwrap_or_else(|| String::from(js_sys::Object::from(error).to_string()));
        OperatorError::new(
            Code::Internal,
            format!("The window's shell refused `{command}`: {said}"),
        )
    })
}

fn page_fault(command: &str, said: &str) -> OperatorError {
    let message = format!(
        "The page and the shell don't understand each other on `{command}`: {said}. Install Countersign again."
    );
    leptos::logging::warn!("{message}");
    OperatorError::new(Code::Internal, message)
}
