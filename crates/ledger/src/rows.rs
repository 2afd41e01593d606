//! What isn't in the chain, bound to it: a MAC for every row of the tables beside it, and one seal over all of them.
//!
//! ```text
//! row   = mac(K', H("ledger-row", u32 n ‖ table ‖ u64 length ‖ part …))
//! sum   = the XOR of all rows' MACs
//! seal  = mac(K', H("ledger-seal", u64 size ‖ mac_{size-1} ‖ sum))
//! K'    = mac(K, H("ledger-rows"))
//! ```
//!
//! Row MACs are distinct, because each covers its row's primary key, and unknown to who hasn't the key, because only
//! the seal over their sum could tell them apart: so the XOR of a set of rows is the sum of that set alone (Bellare,
//! Micciancio, EUROCRYPT '97; Clarke et al., ASIACRYPT 2003, MSet-XOR-Hash over sets). Rows are read with their MAC checked; the seal is checked at
//! every opening and finds a row that is missing, extra, or older than the chain's head.

use evidence::chain::{FIRST_MAC, MacKey, mac};
use evidence::{Digest, Origin, tagged};

/// A row's MAC, or the XOR of many.
pub(crate) type Sum = [u8; 32];

/// Makes and checks MACs of rows.
pub(crate) struct RowKey {
    key: MacKey,
    origin: Origin,
}

impl RowKey {
    /// The key for rows, derived from the chain's.
    pub(crate) fn new(chain: &MacKey, origin: Origin) -> Self {
        let derived = mac(
            chain,
            &origin,
            u64::MAX,
            u32::MAX,
            &FIRST_MAC,
            &tagged("ledger-rows", &[]),
        );
        Self {
            key: MacKey::new(derived),
            origin,
        }
    }

    /// The MAC of a row of `table`, over its columns in the table's order.
    pub(crate) fn row(&self, table: &str, columns: &[&[u8]]) -> Sum {
        let mut message = Vec::with_capacity(64 + columns.iter().map(|column| column.len() + 8).sum::<usize>());
        for part in std::iter::once(&table.as_bytes()).chain(columns) {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part);
        }
        self.mac(&tagged("ledger-row", &[&message]))
    }

    /// The seal over all rows at the chain's head.
    pub(crate) fn seal(&self, size: u64, chain_mac: &[u8; 32], sum: &Sum) -> [u8; 32] {
        self.mac(&tagged("ledger-seal", &[&size.to_be_bytes(), chain_mac, sum]))
    }

    fn mac(&self, over: &Digest) -> [u8; 32] {
        mac(&self.key, &self.origin, 0, 0, &FIRST_MAC, over)
    }
}

/// Adds a row's MAC to a sum, or takes it out again.
pub(crate) fn toggle(sum: &mut Sum, row: &Sum) {
    for (a, b) in sum.iter_mut().zip(row) {
        *a ^= b;
    }
}

/// The columns of the tables beside the chain, as they are MACed: one function per table, so that writing, reading
/// and verifying can't differ.
pub(crate) mod columns {
    use super::{RowKey, Sum};

    /// `state(kind, key, value)`.
    pub(crate) fn state(key: &RowKey, kind: &str, name: &str, value: &[u8]) -> Sum {
        key.row("state", &[kind.as_bytes(), name.as_bytes(), value])
    }

    /// A content's row, with the wrapped key that stands beside it.
    #[derive(Clone, Copy)]
    pub(crate) struct Content<'a> {
        pub(crate) uid: &'a str,
        pub(crate) sequence: u64,
        pub(crate) slot: &'a str,
        pub(crate) media_type: &'a str,
        pub(crate) group: u64,
        pub(crate) erased: Option<u64>,
        pub(crate) wrapped: &'a [u8],
    }

    /// `content(uid, seq, slot, media_type, key_group, erased)` and `content_key(wrapped)`: the body is authenticated by
    /// the key that `wrapped` holds.
    pub(crate) fn content(key: &RowKey, row: &Content<'_>) -> Sum {
        let erased = row.erased.map(u64::to_be_bytes);
        key.row(
            "content",
            &[
                row.uid.as_bytes(),
                &row.sequence.to_be_bytes(),
                row.slot.as_bytes(),
                row.media_type.as_bytes(),
                &row.group.to_be_bytes(),
                erased.as_ref().map_or(&[], <[u8; 8]>::as_slice),
                row.wrapped,
            ],
        )
    }

    /// `envelope(seq, name, bytes)`.
    pub(crate) fn envelope(key: &RowKey, sequence: u64, name: &str, bytes: &[u8]) -> Sum {
        key.row("envelope", &[&sequence.to_be_bytes(), name.as_bytes(), bytes])
    }

    /// `checkpoint(size, signed, note)`.
    pub(crate) fn checkpoint(key: &RowKey, size: u64, signed_ms: i64, note: &str) -> Sum {
        key.row(
            "checkpoint",
            &[&size.to_be_bytes(), &signed_ms.to_be_bytes(), note.as_bytes()],
        )
    }
}
