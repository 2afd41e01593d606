//! `countersign upstream`: the model providers that calls can go to.

use contract::{Empty, NewUpstream, Upstream, UpstreamException, UpstreamRef, WireFormat};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::session;

/// What to do with upstreams.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Add an upstream
    Add {
        /// Its name: 1 to 64 characters of a-z, 0-9 and `-`
        name: String,
        /// What it speaks
        #[arg(long, value_enum)]
        format: FormatArg,
        /// Its address up to and with its version segment, https://api.openai.com/v1
        #[arg(long, value_name = "URL")]
        base_url: String,
        /// How long it may be silent, s: 1 to 600, or to 3600 with --long-silence
        #[arg(long, value_name = "SECONDS")]
        silence: Option<u32>,
        /// Permit it to be silent for longer than ten minutes
        #[arg(long, requires = "because")]
        long_silence: bool,
        /// Permit it at a private address (RFC 1918, RFC 4193)
        #[arg(long, requires = "because")]
        private_network: bool,
        /// Permit plain HTTP there: whoever listens on that network reads calls and the key
        #[arg(long, requires = "private_network")]
        plaintext: bool,
        /// Why that is permitted; it is recorded
        #[arg(long, value_name = "TEXT")]
        because: Option<String>,
    },
    /// All upstreams, and which ones are in use
    List,
    /// Point its wire format's route at an upstream
    Use {
        /// Its name
        name: String,
    },
    /// Take an upstream out of the configuration, with its key
    Remove {
        /// Its name
        name: String,
    },
}

/// What an upstream speaks.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum FormatArg {
    /// OpenAI's HTTP API
    Openai,
    /// Anthropic's HTTP API
    Anthropic,
    /// Google's Gemini API
    Gemini,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Add {
            name,
            format,
            base_url,
            silence,
            long_silence,
            private_network,
            plaintext,
            because,
        } => {
            let format = match format {
                FormatArg::Openai => WireFormat::Openai,
                FormatArg::Anthropic => WireFormat::Anthropic,
                FormatArg::Gemini => WireFormat::Gemini,
            };
            let permitted = [
                (private_network, UpstreamException::PrivateNetwork),
                (plaintext, UpstreamException::Plaintext),
                (long_silence, UpstreamException::LongSilence),
            ];
            let new = NewUpstream {
                name,
                format,
                base_url,
                silence_s: silence,
                exceptions: permitted
                    .iter()
                    .filter(|(said, _)| *said)
                    .map(|(_, exception)| *exception)
                    .collect(),
                justification: because.unwrap_or_default(),
            };
            let added = session::with(context, async |o| Ok(o.upstream_add(new).await?)).await?;
            context.output.show(&added, |page| {
                page.line(format!("The upstream {} is added. Calls don't go there yet.", added.name)).gap();
                page.line(format!(
                    "Next: `countersign credential set {0}` seals its key, `countersign upstream use {0}` sends calls there.",
                    added.name
                ));
            })?;
        }
        Verb::List => {
            let list = session::reading(context, async |o| Ok(o.upstreams(Empty {}).await?)).await?;
            context.output.show(&list, |page| say_list(page, &list.upstreams))?;
        }
        Verb::Use { name } => {
            let used = session::with(context, async |o| Ok(o.upstream_use(UpstreamRef { name }).await?)).await?;
            context.output.show(&used, |page| {
                page.line(format!(
                    "{} calls now go to {} ({}).",
                    format_name(used.format),
                    used.name,
                    used.base_url
                ));
                if !used.has_credential && !used.practice {
                    page.line(format!(
                        "It has no key yet: `countersign credential set {}`.",
                        used.name
                    ));
                }
            })?;
        }
        Verb::Remove { name } => {
            let named = UpstreamRef { name: name.clone() };
            let done = session::with(context, async |o| Ok(o.upstream_remove(named).await?)).await?;
            context.output.show(&done, |page| {
                page.line(format!("The upstream {name} is removed, with its key. The provider still accepts that key: revoke it there as well."));
            })?;
        }
    }
    Ok(Exit::Done)
}

fn format_name(format: WireFormat) -> &'static str {
    match format {
        WireFormat::Openai => "OpenAI",
        WireFormat::Anthropic => "Anthropic",
        WireFormat::Gemini => "Gemini",
    }
}

fn permitted(exceptions: &[UpstreamException]) -> String {
    let name = |exception: &UpstreamException| match exception {
        UpstreamException::PrivateNetwork => "private network",
        UpstreamException::Plaintext => "plain HTTP",
        UpstreamException::LongSilence => "long silence",
    };
    exceptions.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn say_list(page: &mut Page, upstreams: &[Upstream]) {
    let rows: Vec<_> = upstreams
        .iter()
        .map(|upstream| {
            let key = match (upstream.practice, upstream.has_credential) {
                (true, _) => "needs none",
                (false, true) => "sealed",
                (false, false) => "none",
            };
            vec![
                upstream.name.clone(),
                format_name(upstream.format).to_owned(),
                if upstream.in_use { "in use" } else { "" }.to_owned(),
                key.to_owned(),
                match upstream.exceptions.is_empty() {
                    true => upstream.base_url.clone(),
                    false => format!("{} (permitted: {})", upstream.base_url, permitted(&upstream.exceptions)),
                },
            ]
        })
        .collect();
    page.table(&["Upstream", "Speaks", "Route", "Key", "Address"], &rows);
}
