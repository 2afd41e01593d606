//! What the page knows, shared by its places.

mod case;
mod console;
mod fetched;
mod inbox;
mod listed;
mod preferences;
mod soon;
mod verifying;

pub(crate) use case::{Case, Kind, Stage};
pub(crate) use console::{Console, Press, console};
pub(crate) use fetched::Fetched;
pub(crate) use inbox::{Inbox, Shown};
pub(crate) use listed::{Listed, Listing, Log, Traffic, later};
pub(crate) use preferences::{Command, Preferences, Theme};
pub(crate) use soon::{Soon, once_drawn};
pub(crate) use verifying::Verifying;
