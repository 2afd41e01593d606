//! Texts that records repeat (agents, requests, items, kinds), each kept once and known by a number of four bytes: a file
//! of a million records has half a million requests, and each is named by several records.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;

use hashbrown::HashTable;

/// A text by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name(NonZeroU32);

impl Name {
    /// Counted from 0.
    pub(super) fn index(self) -> usize {
        usize::try_from(self.0.get()).map_or(0, |number| number.saturating_sub(1))
    }
}

/// The texts, one after the other.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    ends: Vec<u32>,
    table: HashTable<Name>,
    hasher: RandomState,
}

impl Names {
    /// What a text costs beside its own bytes: its end, and its place in the table.
    const BESIDE: u64 = 20;

    /// The number of this text, which it gets now if it is new.
    pub(super) fn take(&mut self, text: &str) -> Name {
        if let Some(name) = self.find(text) {
            return name;
        }
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        let number = u32::try_from(self.ends.len()).ok().and_then(NonZeroU32::new);
        let name = Name(number.unwrap_or(NonZeroU32::MAX));
        let Self {
            text: all,
            ends,
            table,
            hasher,
        } = self;
        table.insert_unique(hasher.hash_one(text), name, |other| {
            hasher.hash_one(within(all, ends, *other))
        });
        name
    }

    /// The number of this text, where a record named it.
    pub(super) fn find(&self, text: &str) -> Option<Name> {
        let same = |name: &Name| self.text(*name) == text;
        self.table.find(self.hasher.hash_one(text), same).copied()
    }

    /// The text of this number.
    pub(super) fn text(&self, name: Name) -> &str {
        within(&self.text, &self.ends, name)
    }

    /// About how many bytes of memory they take.
    pub(super) fn bytes(&self) -> u64 {
        (self.text.len() as u64).saturating_add((self.ends.len() as u64).saturating_mul(Self::BESIDE))
    }
}

fn within<'a>(all: &'a str, ends: &[u32], name: Name) -> &'a str {
    let at = name.index();
    let end = |at: usize| usize::try_from(*ends.get(at)?).ok();
    let from = at.checked_sub(1).and_then(end).unwrap_or_default();
    all.get(from..end(at).unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_number_and_others_have_others() {
        let mut names = Names::default();
        let texts = ["sys", "", "agent-1", "agent-2", "agent-", "1"];
        let numbers: Vec<Name> = texts.iter().map(|text| names.take(text)).collect();
        for (text, number) in texts.iter().zip(&numbers) {
            assert_eq!(names.take(text), *number);
            assert_eq!(names.find(text), Some(*number));
            assert_eq!(names.text(*number), *text);
        }
        assert_eq!(names.find("agent-3"), None);
        let different: std::collections::BTreeSet<&Name> = numbers.iter().collect();
        assert_eq!(different.len(), texts.len());
    }

    #[test]
    fn a_hundred_thousand_texts_are_found_again() {
        let mut names = Names::default();
        for number in 0..100_000 {
            names.take(&format!("request-{number}"));
        }
        for number in (0..100_000).step_by(777) {
            let text = format!("request-{number}");
            assert_eq!(names.find(&text).map(|name| names.text(name)), Some(text.as_str()));
        }
        assert!(names.bytes() < 5_000_000, "{}", names.bytes());
    }
}
