//! `countersign upstream`: the model providers that calls can go to.

use contract::{Empty, NewUpstream, Upstream, UpstreamRef, WireFormat};

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
    },
    /// All upstreams, and which ones are in use
    List,
    /// Point its wire format's route at an upstream
    Use {
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
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Add { name, format, base_url } => {
            let format = match format {
                FormatArg::Openai => WireFormat::Openai,
                FormatArg::Anthropic => WireFormat::Anthropic,
            };
            let new = NewUpstream { name, format, base_url };
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
    }
    Ok(Exit::Done)
}

fn format_name(format: WireFormat) -> &'static str {
    match format {
        WireFormat::Openai => "OpenAI",
        WireFormat::Anthropic => "Anthropic",
    }
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
                upstream.base_url.clone(),
            ]
        })
        .collect();
    page.table(&["Upstream", "Speaks", "Route", "Key", "Address"], &rows);
}
