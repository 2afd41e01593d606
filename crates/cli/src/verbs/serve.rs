//! `countersign serve`: the gateway without a window.

use std::net::SocketAddr;
use std::path::PathBuf;

use contract::{Empty, Event, Happening, ItemRef, ItemState, Operators, Status, VerificationState};
use engine::Engine;
use futures_util::StreamExt as _;
use gateway::{AgentsTls, CertificateSource, DEFAULT_AGENTS_ADDRESS, Gateway, GatewayOptions, TraceCollector};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Output, Page, aside};
use crate::session;
use crate::verbs::inbox;

/// How to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where agents connect: a loopback address, or another one over TLS; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value_t = DEFAULT_AGENTS_ADDRESS)]
    agents: SocketAddr,
    /// Where a monitor asks for /health, /ready and /metrics: a loopback address; nowhere unless it is given
    #[arg(long, value_name = "ADDRESS")]
    observe: Option<SocketAddr>,
    /// Send traces of calls (OTLP over HTTP) to the collector at this base address, such as http://127.0.0.1:4318: https, or
    /// http on this machine; nowhere unless it is given
    #[arg(long, value_name = "URL")]
    traces: Option<String>,
    /// The file with the header that the collector asks for: one line, `Name: value`
    #[arg(long, value_name = "FILE", requires = "traces")]
    traces_header_file: Option<PathBuf>,
    /// Serve agents over TLS, by this host name or address; once for each
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// With a certificate of the gateway's own authority, `agents-ca.pem` in the data directory, which agents are to trust
    #[arg(long, requires = "names")]
    local_ca: bool,
    /// With this certificate: PEM, the gateway's own first, then the chain
    #[arg(long, value_name = "FILE", requires_all = ["names", "key"], conflicts_with = "local_ca")]
    certificate: Option<PathBuf>,
    /// The certificate's key: PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

impl Args {
    fn tls(&self) -> Result<Option<AgentsTls>, Failure> {
        let certificate = match (&self.certificate, &self.key, self.local_ca) {
            (Some(chain), Some(key), _) => CertificateSource::Given {
                chain: chain.clone(),
                key: key.clone(),
            },
            (_, _, true) => CertificateSource::LocalAuthority,
            _ if self.names.is_empty() => return Ok(None),
            _ => {
                return Err(Failure::new(
                    "A name is served over TLS: add --local-ca, or --certificate and --key.",
                ));
            }
        };
        Ok(Some(AgentsTls {
            names: self.names.clone(),
            certificate,
        }))
    }
}

impl Args {
    fn traces(&self) -> Result<Option<TraceCollector>, Failure> {
        let Some(address) = &self.traces else { return Ok(None) };
        let header = self.traces_header_file.as_ref().map(|path| {
            let read = std::fs::read_to_string(path).map(Zeroizing::new);
            read.map_err(|error| Failure::new(format!("`{}` can't be read: {error}.", path.display())))
        });
        Ok(Some(TraceCollector {
            address: address.clone(),
            header: header.transpose()?,
        }))
    }
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let options = GatewayOptions::new(session::stores(context).await?)
        .agents_at(args.agents)
        .observed_at(args.observe)
        .traced_to(args.traces()?)
        .over_tls(args.tls()?)
        .with_verifier_page(reviewer::verifier_page())
        .telling(progress());
    let gateway = gateway::serve(options).await?;
    let told = tell(context.output, &gateway).await;
    gateway.shut_down().await?;
    told?;
    context.output.say(|page| {
        page.line("Stopped. The log is sealed and closed.");
    })?;
    Ok(Exit::Done)
}

/// Says how far opening has come, a few times and only where it takes long.
fn progress() -> impl FnMut(u64, u64) + Send + 'static {
    let mut told = 0;
    move |done, of| {
        if of >= 20_000 && done >= told + of / 10 {
            told = done;
            aside(&format!("Verifying the log: {done} of {of} records."));
        }
    }
}

/// Says what runs, then what happens, until somebody ends it.
async fn tell(output: Output, gateway: &Gateway) -> Result<(), Failure> {
    // Caught from before anything is said, so that whoever waits for the word may stop it at once.
    let stop = stop_signal()?;
    let engine = gateway.engine();
    let mut events = engine.events(None).await?;
    let status = engine.status(Empty {}).await?;
    output.line(&status, || None)?;
    output.say(|page| say_status(page, &status))?;
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            event = events.next() => match event {
                Some(event) => tell_event(output, engine, &event).await?,
                None => return Ok(()),
            },
        }
    }
}

async fn tell_event(output: Output, engine: &Engine, event: &Event) -> Result<(), Failure> {
    let line = match &event.happening {
        Happening::Inbox {
            uid,
            state: ItemState::Waiting,
        } if !output.json => {
            let item = engine.inbox_item(ItemRef { uid: uid.clone() }).await.ok();
            item.map(|item| {
                format!(
                    "Waits: {} asks: {}  `countersign inbox show {uid}`",
                    item.item.agent_name, item.item.title
                )
            })
        }
        Happening::Inbox { uid, state } => Some(format!("Now {}: {uid}", inbox::state_name(*state))),
        _ => None,
    };
    output.line(event, || line)
}

fn say_status(page: &mut Page, status: &Status) {
    page.line(format!("Countersign serves {}.", status.tenant_name)).gap();
    let verified = match status.chain.verification.state {
        VerificationState::Verified => "all verified",
        VerificationState::Broken => "altered: `countersign log verify` says where, and every call is denied",
        // What an earlier process verified is verified once more, beside serving.
        VerificationState::Running | VerificationState::NotRun => {
            "verified from the last checkpoint to the head; those before it are verified while it serves"
        }
    };
    let verified = format!("{} records, {verified}", status.chain.size);
    page.facts(&[
        ("Agents connect at", status.agents_url.as_deref().unwrap_or("nowhere")),
        ("Data", &status.data_dir),
        ("Keys", &status.key_store),
        ("Log", &verified),
        ("OpenAI calls go to", &status.openai_upstream),
    ]);
    page.gap();
    if status.practice {
        page.line(
            "That is the practice upstream: it asks no model. `countersign upstream use NAME` points calls elsewhere.",
        );
    }
    if status.waiting > 0 {
        page.line(format!(
            "{} calls wait for a person: `countersign inbox list`.",
            status.waiting
        ));
    }
    page.line("Ctrl-C stops it.");
}

/// Ends when the process is told to stop.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
