//! `countersign policy`: what allows, holds or forbids.

use std::path::{Path, PathBuf};

use contract::{Empty, PolicyInForce, PolicyReport, PolicyRule, PolicyText};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::{session, times};

/// What to do with the policy.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// The policy in force
    Show {
        /// Only its text, as it was published
        #[arg(long)]
        text: bool,
    },
    /// Check a policy file without publishing it
    Check {
        /// The Cedar text
        file: PathBuf,
    },
    /// Publish a policy file: it decides from the next call on
    Publish {
        /// The Cedar text
        file: PathBuf,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Show { text } => {
            let policy = session::reading(context, async |o| Ok(o.policy(Empty {}).await?)).await?;
            context.output.show(&policy, |page| {
                if text {
                    page.line(policy.text.trim_end());
                } else {
                    say_policy(page, &policy);
                }
            })?;
        }
        Verb::Check { file } => {
            let text = read(&file)?;
            let report = session::reading(context, async |o| Ok(o.policy_check(PolicyText { text }).await?)).await?;
            context.output.show(&report, |page| say_report(page, &file, &report))?;
            if !report.problems.is_empty() {
                return Ok(Exit::Failed);
            }
        }
        Verb::Publish { file } => {
            let text = read(&file)?;
            let policy = session::with(context, async |o| Ok(o.policy_publish(PolicyText { text }).await?)).await?;
            context.output.show(&policy, |page| {
                page.line(format!("Published. {} decides from the next call on.", file.display()))
                    .gap();
                say_rules(page, &policy.rules);
            })?;
        }
    }
    Ok(Exit::Done)
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::new(format!("cannot read `{}` ({error})", file.display())))
}

fn say_policy(page: &mut Page, policy: &PolicyInForce) {
    match policy.published_ms.filter(|_| !policy.built_in) {
        Some(ms) => page.line(format!(
            "The policy in force was published on {} UTC.",
            times::moment(ms)
        )),
        None => page.line("The built-in policy is in force."),
    };
    page.facts(&[("SHA-256", &policy.sha256)]).gap();
    say_rules(page, &policy.rules);
    page.gap()
        .line("What no rule allows is denied. `countersign policy show --text` prints the text.");
}

fn say_rules(page: &mut Page, rules: &[PolicyRule]) {
    let rows: Vec<_> = rules
        .iter()
        .map(|r| vec![r.effect.clone(), r.id.clone(), r.reason.clone()])
        .collect();
    page.table(&["Effect", "Rule", "What it says"], &rows);
}

fn say_report(page: &mut Page, file: &Path, report: &PolicyReport) {
    if report.problems.is_empty() {
        page.line(format!("{} can be published.", file.display()))
            .facts(&[("SHA-256", &report.sha256)])
            .gap();
        say_rules(page, &report.rules);
        return;
    }
    page.line(format!("{} can't be published:", file.display()));
    for problem in &report.problems {
        match problem.line {
            Some(line) => page.line(format!("  line {line}: {}", problem.message)),
            None => page.line(format!("  {}", problem.message)),
        };
    }
}
