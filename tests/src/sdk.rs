//! The real `openai` SDK from PyPI, unmodified, in a Python home of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Home, Python, Running, places};

/// The SDK, ready to call.
#[derive(Debug)]
pub struct Sdk {
    python: Python,
}

/// One chat completion to ask for.
#[derive(Debug, Clone, Serialize)]
pub struct SdkCall {
    /// The gateway, up to and with `/v1`.
    pub base_url: String,
    /// The agent's runtime key.
    pub key: String,
    /// The model's name.
    pub model: String,
    /// What the user says.
    pub text: String,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether the model is offered the tool `refund`, which the built-in policy holds.
    pub tool: bool,
    /// Further fields of the request, `{"store": true}`.
    pub further: Value,
    /// The SDK's time-out, seconds.
    pub timeout: u32,
}

impl SdkCall {
    /// A call that says one sentence and takes its answer whole.
    pub fn saying(base_url: &str, key: &str, text: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            key: key.to_owned(),
            model: "practice-1".to_owned(),
            text: text.to_owned(),
            stream: false,
            tool: false,
            further: json!({}),
            timeout: 120,
        }
    }

    /// With the answer streamed.
    #[must_use]
    pub fn streamed(mut self) -> Self {
        self.stream = true;
        self
    }

    /// With the tool `refund` offered: what the built-in policy holds for a person.
    #[must_use]
    pub fn offering_a_tool(mut self) -> Self {
        self.tool = true;
        self
    }

    /// With further fields in the request.
    #[must_use]
    pub fn with(mut self, further: Value) -> Self {
        self.further = further;
        self
    }

    /// With a client that gives up after so many seconds.
    #[must_use]
    pub fn patient_for(mut self, seconds: u32) -> Self {
        self.timeout = seconds;
        self
    }
}

/// What the SDK made of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SdkOutcome {
    /// The answer's text.
    pub answer: Option<String>,
    /// The model that the answer names.
    pub model: Option<String>,
    /// The chunks it came in, for a stream.
    pub chunks: u32,
    /// The tool that the model wants called.
    pub tool: Option<String>,
    /// The `countersign-receipt` header.
    pub receipt: Option<String>,
    /// The `x-countersign-practice` header.
    pub practice: Option<String>,
    /// The SDK's typed error.
    pub error: Option<SdkError>,
}

/// An error as the SDK raised it.
#[derive(Debug, Deserialize)]
pub struct SdkError {
    /// Its class, `PermissionDeniedError`.
    pub class: String,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The code in the error's body.
    pub code: Option<String>,
    /// Its message.
    pub message: String,
}

/// A call under way.
#[derive(Debug)]
pub struct SdkUnderWay {
    running: Running,
    printed: PathBuf,
}

impl Sdk {
    /// The SDK as pinned in `requirements.txt`; fetched from PyPI once and kept under the target directory.
    ///
    /// # Errors
    /// Where Python or PyPI can't be reached.
    pub fn ready() -> Result<Self> {
        Python::with("tests/programs/requirements.txt", "sdk").map(|python| Self { python })
    }

    /// The folder with its Python.
    #[must_use]
    pub fn programs(&self) -> &Path {
        self.python.program().parent().unwrap_or(self.python.program())
    }

    /// Runs a program of `tests/programs` beside the SDK, with this on its standard input, and gives what it prints.
    ///
    /// # Errors
    /// Where it fails.
    pub fn run_program(&self, name: &str, input: &str) -> Result<String> {
        self.python.run(&format!("tests/programs/{name}"), &[], input)
    }

    /// Makes a call and waits for what comes of it.
    ///
    /// # Errors
    /// Where the SDK can't be run; an error of the API is an outcome.
    pub async fn call(&self, home: &Home, call: &SdkCall) -> Result<SdkOutcome> {
        self.start(home, call)?.outcome().await
    }

    /// Makes a call in the background: one that may be held.
    ///
    /// # Errors
    /// Where the SDK can't be run.
    pub fn start(&self, home: &Home, call: &SdkCall) -> Result<SdkUnderWay> {
        let script = places::root().join("tests/programs/chat.py");
        let folder = tempfile::Builder::new().prefix("sdk-").tempdir_in(home.path())?.keep();
        let printed = folder.join("sdk.log");
        let mut command = home.command(self.python.program());
        command.arg("-B").arg(script).arg(serde_json::to_string(call)?);
        Ok(SdkUnderWay {
            running: Running::start(&mut command, &folder, "sdk")?,
            printed,
        })
    }
}

impl SdkUnderWay {
    /// Whether the call is still waiting for its answer.
    ///
    /// # Errors
    /// Where the system can't say.
    pub fn waits(&mut self) -> Result<bool> {
        Ok(self.running.ended()?.is_none())
    }

    /// Waits for what comes of it.
    ///
    /// # Errors
    /// Where the SDK crashed rather than answered.
    pub async fn outcome(mut self) -> Result<SdkOutcome> {
        self.running.end().await?;
        let printed = fs::read_to_string(&self.printed)?;
        let last = printed.lines().last().unwrap_or_default();
        serde_json::from_str(last).with_context(|| format!("the SDK crashed:\n{printed}"))
    }
}

impl SdkOutcome {
    /// The error, where there must be one.
    ///
    /// # Errors
    /// Where the call was answered.
    pub fn refusal(self) -> Result<SdkError> {
        let answer = self.answer.clone();
        self.error.with_context(|| format!("the call was answered: {answer:?}"))
    }

    /// The answer, where there must be one.
    ///
    /// # Errors
    /// Where the call failed.
    pub fn answered(self) -> Result<Self> {
        ensure!(self.error.is_none(), "the call failed: {:?}", self.error);
        Ok(self)
    }
}
