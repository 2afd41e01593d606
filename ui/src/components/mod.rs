//! Parts that several places share; those that the verifier page has too are in `report`. Each has its style beside it.

mod claimed;
mod filter;
mod focus;
mod help;
mod listed_rows;
mod pill;
mod rail;
mod runtime_key;
mod said;
mod snippets;
mod virtual_list;

pub(crate) use claimed::{Claimed, Plain};
pub(crate) use filter::{Filter, Narrowing};
pub(crate) use focus::focus;
pub(crate) use help::Help;
pub(crate) use listed_rows::{ListedRows, RowWords, moved};
pub(crate) use pill::{DecisionPill, StatePill};
pub(crate) use rail::Rail;
pub(crate) use report::{Bytes, CopyButton, Dialog, Digest, Failure, Mark, Waiting};
pub(crate) use runtime_key::RuntimeKey;
pub(crate) use said::{Said, Story};
pub(crate) use snippets::Snippets;
pub(crate) use virtual_list::{Scroller, VirtualList};
