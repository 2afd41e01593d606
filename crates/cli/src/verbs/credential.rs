//! `countersign credential`: providers' keys, taken from standard input and sealed.

use std::io::{IsTerminal as _, Read as _};

use contract::{CredentialRef, Empty, NewCredential};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::{output, session, times};

/// What to do with credentials.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Seal a provider's key, read from standard input
    Set {
        /// The upstream's name
        upstream: String,
    },
    /// Which upstreams have a key; never the keys
    List,
    /// Destroy an upstream's key
    Remove {
        /// The upstream's name
        upstream: String,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Set { upstream } => {
            let secret = tokio::task::spawn_blocking(secret_from_stdin)
                .await
                .map_err(Failure::new)??;
            // The request is the contract's own type; what it holds is wiped with the engine's copy, not here.
            let new = NewCredential {
                upstream,
                secret: secret.to_string(),
            };
            let set = session::with(context, async |o| Ok(o.credential_set(new).await?)).await?;
            context.output.show(&set, |page| {
                page.line(format!(
                    "The key for {} is sealed. Its fingerprint is {}.",
                    set.upstream, set.fingerprint
                ));
            })?;
        }
        Verb::List => {
            let list = session::reading(context, async |o| Ok(o.credentials(Empty {}).await?)).await?;
            context.output.show(&list, |page| {
                if list.credentials.is_empty() {
                    page.line("No upstream has a key. `countersign credential set UPSTREAM` seals one.");
                    return;
                }
                let row =
                    |c: &contract::Credential| vec![c.upstream.clone(), c.fingerprint.clone(), times::moment(c.set_ms)];
                let rows: Vec<_> = list.credentials.iter().map(row).collect();
                page.table(&["Upstream", "Fingerprint", "Set (UTC)"], &rows);
            })?;
        }
        Verb::Remove { upstream } => {
            let named = CredentialRef {
                upstream: upstream.clone(),
            };
            let removed = session::with(context, async |o| Ok(o.credential_remove(named).await?)).await?;
            context.output.show(&removed, |page| {
                page.line(format!("The key for {upstream} is destroyed."));
            })?;
        }
    }
    Ok(Exit::Done)
}

/// The secret: all of standard input, without the line feed that a file or a person ends it with.
fn secret_from_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(8192));
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        output::aside("Paste the provider's key and press Enter. It isn't shown.");
        let _hidden = Hidden::start();
        stdin.read_line(&mut text)?;
    } else {
        stdin.lock().take(8192).read_to_string(&mut text)?;
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(Failure::new(
            "no key came on standard input; pipe it in, `countersign credential set NAME < key.txt`",
        ));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

/// A terminal that doesn't show what is typed, until dropped.
struct Hidden;

impl Hidden {
    fn start() -> Self {
        stty("-echo");
        Self
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        stty("echo");
    }
}

/// The standard library can't turn the echo off; the program that every Unix has can. Where it can't, it is shown.
fn stty(mode: &str) {
    if cfg!(unix) {
        drop(std::process::Command::new("stty").arg(mode).status());
    }
}
