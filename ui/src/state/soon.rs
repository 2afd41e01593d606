//! Many events, few questions: what is wanted again and again is done once, a little later.

use std::time::Duration;

use leptos::prelude::*;

/// Long enough to gather a burst, short enough to read as "at once".
const A_LITTLE: Duration = Duration::from_millis(80);

/// Does something once what has changed by now is on the screen.
pub(crate) fn once_drawn(act: impl FnOnce() + 'static) {
    // The first frame may still be measuring what it shows; the second shows it.
    request_animation_frame(move || request_animation_frame(move || set_timeout(act, Duration::ZERO)));
}

/// Something to be done soon, once, however often it is wanted meanwhile.
#[derive(Clone, Copy)]
pub(crate) struct Soon {
    wanted: StoredValue<bool>,
    wait: Duration,
}

impl Soon {
    /// Nothing is wanted yet.
    pub(crate) fn new() -> Self {
        Self::every(A_LITTLE)
    }

    /// Once in this time, at most.
    pub(crate) fn every(wait: Duration) -> Self {
        Self {
            wanted: StoredValue::new(false),
            wait,
        }
    }

    /// Does it soon, unless it is about to be done already.
    pub(crate) fn want(self, act: impl FnOnce() + 'static) {
        if self.wanted.get_value() {
            return;
        }
        self.wanted.set_value(true);
        set_timeout(
            move || {
                self.wanted.try_set_value(false);
                act();
            },
            self.wait,
        );
    }
}
