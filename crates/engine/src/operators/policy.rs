//! The policy in force, and texts that may become it.

use contract::{Code, Happening, OperatorError, PolicyInForce, PolicyProblem, PolicyReport, PolicyRule};
use evidence::Digest;
use policy::Policy;

use crate::{
    Engine,
    books::{Kept as _, PolicyRow},
    clock::{now_ms, timed_uid},
    operators::fault,
    steps::Noted,
};

fn rules(policy: &Policy) -> Vec<PolicyRule> {
    let rule = |rule: &policy::Rule| PolicyRule {
        id: rule.id.clone(),
        effect: rule.effect.as_str().to_owned(),
        reason: rule.reason.clone(),
    };
    policy.rules().iter().map(rule).collect()
}

/// Checks a text without publishing it.
pub(crate) fn check(text: &str) -> PolicyReport {
    let sha256 = Digest::sha256(text.as_bytes()).to_string();
    match Policy::parse(text) {
        Ok(policy) => PolicyReport {
            problems: Vec::new(),
            rules: rules(&policy),
            sha256,
        },
        Err(error) => {
            let problem = |problem: policy::Problem| PolicyProblem {
                line: problem.line,
                message: problem.message,
            };
            PolicyReport {
                problems: error.problems.into_iter().map(problem).collect(),
                rules: Vec::new(),
                sha256,
            }
        }
    }
}

impl Engine {
    pub(crate) fn policy_in_force(&self) -> Result<PolicyInForce, OperatorError> {
        let books = self.books.read();
        let row = books.policy_row().ok_or_else(|| fault("no policy is in force"))?;
        Ok(PolicyInForce {
            text: row.text.clone(),
            sha256: row.sha256.clone(),
            built_in: row.built_in,
            published_ms: (!row.built_in).then_some(row.published_ms),
            rules: rules(&books.policy),
        })
    }

    pub(crate) async fn publish_policy(&self, text: &str) -> Result<PolicyInForce, OperatorError> {
        let policy = Policy::parse(text).map_err(|error| {
            OperatorError::new(
                Code::Invalid,
                format!("The policy wasn't published, and the old one stays in force: {error}"),
            )
        })?;
        let operator = self.acting_operator()?;
        let changing = self.changing.lock().await;
        let replaces = self.books.read().policy.sha256();
        if replaces != policy.sha256() {
            let row = PolicyRow {
                uid: timed_uid(),
                text: text.to_owned(),
                sha256: policy.sha256().to_string(),
                published_ms: now_ms(),
                built_in: false,
                author_uid: Some(operator.uid.clone()),
            };
            let draft = self.acting(&operator).policy(&policy, Some(replaces));
            self.note(Noted::alone(draft).with([row.put().map_err(fault)?])).await?;
            let mut books = self.books.write();
            books.policies.push(row);
            books.policy = std::sync::Arc::new(policy);
            drop(books);
            self.events.tell(Happening::Policy);
        }
        drop(changing);
        self.policy_in_force()
    }
}
