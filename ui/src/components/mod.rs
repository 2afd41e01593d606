//! Parts that several places share. Each has its style beside it.

mod bytes;
mod claimed;
mod dialog;
mod digest;
mod help;
mod icons;
mod notice;
mod pill;
mod rail;
mod runtime_key;
mod virtual_list;

pub(crate) use bytes::Bytes;
pub(crate) use claimed::{Claimed, Plain};
pub(crate) use dialog::Dialog;
pub(crate) use digest::{CopyButton, Digest};
pub(crate) use help::Help;
pub(crate) use icons::{Mark, Seal, StatusIcon};
pub(crate) use notice::{Failure, Waiting};
pub(crate) use pill::{DecisionPill, StatePill};
pub(crate) use rail::Rail;
pub(crate) use runtime_key::RuntimeKey;
pub(crate) use virtual_list::{Scroller, VirtualList};
