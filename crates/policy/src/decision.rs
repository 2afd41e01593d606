//! What a policy decides.

use std::fmt;
use std::time::Duration;

use evidence::Digest;

/// How much review a held action needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Tier 2: one reviewer. `@hold("2")`.
    OneReviewer,
    /// Tier 3: two reviewers. `@hold("3")`.
    TwoReviewers,
}

impl Tier {
    /// The tier's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::OneReviewer => 2,
            Self::TwoReviewers => 3,
        }
    }

    /// The tier that an annotation names; nothing for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "2" => Some(Self::OneReviewer),
            "3" => Some(Self::TwoReviewers),
            _ => None,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Let it through.
    Allow,
    /// Refuse it.
    Deny,
    /// Let a person decide.
    Hold {
        /// How much review it needs.
        tier: Tier,
    },
}

/// A rule that decided, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule's `@id`; `default-deny` where no rule allows, `evaluation-error` where the question itself couldn't
    /// be put.
    pub rule: String,
    /// Its `@reason`, for a person.
    pub text: String,
}

/// What a policy decided, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a decision that isn't looked at decides nothing"]
pub struct Decision {
    /// What is to be done.
    pub effect: Effect,
    /// The rules that brought it about, in the policy's order; never empty.
    pub reasons: Vec<Reason>,
    /// How long a held action waits for a person: the shortest that a rule which holds it says, if any does.
    pub within: Option<Duration>,
    /// The policy that decided.
    pub policy_sha256: Digest,
}
