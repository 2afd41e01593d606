//! What is said to a screen reader: the page that shows a component decides how.

use leptos::prelude::*;

/// Says something aloud. A page provides one as context; without it components say nothing.
#[derive(Clone, Copy)]
pub struct Announcer(Callback<String>);

impl Announcer {
    /// An announcer that says words by this function.
    pub fn new(say: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self(Callback::new(say))
    }

    /// Says something.
    pub fn say(self, words: impl Into<String>) {
        self.0.run(words.into());
    }

    /// The page's own, or one that says nothing. To be asked for while a component is made.
    pub(crate) fn here() -> Self {
        use_context().unwrap_or_else(|| Self::new(|_| {}))
    }
}
