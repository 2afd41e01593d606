//! The real `openai` SDK from PyPI, unmodified, in a Python home of its own.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Home, Running, places};

/// The SDK, ready to call.
#[derive(Debug)]
pub struct Sdk {
    python: PathBuf,
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
        let requirements = places::root().join("tests/programs/requirements.txt");
        let pinned = fs::read_to_string(&requirements)?;
        let home = places::target()?.join("sdk");
        let (python, stamp) = (home.join("bin/python"), home.join("installed"));
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == pinned) {
            return Ok(Self { python });
        }
        // The system's Python, whose venv `setup` installs: another on the PATH may lack it.
        let made = Command::new("/usr/bin/python3")
            .args(["-m", "venv", "--clear"])
            .arg(&home)
            .status()?;
        ensure!(
            made.success(),
            "no home for the SDK: `cargo xtask setup --for test` installs python3-venv"
        );
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ];
        let installed = Command::new(&python).args(pip).arg(&requirements).status()?;
        ensure!(
            installed.success(),
            "the SDK couldn't be installed from PyPI; see what pip says above"
        );
        fs::write(stamp, pinned)?;
        Ok(Self { python })
    }

    /// The folder with its Python.
    #[must_use]
    pub fn programs(&self) -> &Path {
        self.python.parent().unwrap_or(&self.python)
    }

    /// Runs a program of `tests/programs` beside the SDK, with this on its standard input, and gives what it prints.
    ///
    /// # Errors
    /// Where it fails.
    pub fn run_program(&self, name: &str, input: &str) -> Result<String> {
        let mut asked = tempfile::tempfile()?;
        asked.write_all(input.as_bytes())?;
        asked.rewind()?;
        let output = Command::new(&self.python)
            .arg("-B")
            .arg(places::root().join("tests/programs").join(name))
            .stdin(asked)
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "`{name}` failed; see what it says above");
        Ok(String::from_utf8(output.stdout)?)
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
        let mut command = home.command(&self.python);
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
