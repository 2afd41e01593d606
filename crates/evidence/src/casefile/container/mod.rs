//! The zip profile of a case file: one way to write it, and a reader that names every departure from it.
//!
//! ```text
//! entry*  directory-entry*  end                      nothing before, between or after
//!
//! entry    50 4b 03 04  14 00  00 00  00 00  00 00 21 00  crc32 size size  name-length  00 00  name  bytes
//! dir      50 4b 01 02  14 00  14 00  00 00  00 00  00 00 21 00  crc32 size size  name-length  00 00  00 00  00 00
//!          00 00  00 00 00 00  offset  name
//! end      50 4b 05 06  00 00  00 00  count count  directory-size  directory-offset  00 00
//! ```
//! Every entry is **stored**: what deflate gives differs between its versions and leaves padding that nobody signed, so
//! equal inputs would not give equal bytes. Names are `[A-Za-z0-9._-]` components joined by `/`, in ascending byte order,
//! unequal even when case is folded. Dates are 1 January 1980; no extra fields, comments, attributes, flags, zip64,
//! encryption, links or directories (APPNOTE 6.3.10, clauses 4.3.7, 4.3.12, 4.3.16).
//!
//! A file that another tool packed again departs from the profile and fails. So that the record that was altered in it
//! can still be named, the reader goes on wherever it can do so without choosing between two readings: a [`Breach`] says
//! whether it [`ends the reading`](Breach::ends_reading).

mod breach;
mod crc;
mod inflate;
mod layout;
mod names;
mod pack;
mod reader;
mod walk;

pub use breach::Breach;
pub use pack::{PackError, pack};
pub use reader::{Container, ContainerLimits, OpenError, ReadError, unpack};

pub(crate) use crc::Crc32;
pub(crate) use pack::{Part, Unwritten, pack_into};
pub(crate) use reader::Window;
