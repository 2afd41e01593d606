//! What isn't in the chain, bound to it: a MAC for every row of the tables beside it, and one seal over all of them.
//!
//! ```text
//! row     = mac(K', H("ledger-row", u64 length ‖ table ‖ u64 length ‖ part …))      stands in the row
//! element = mac(K'', H("ledger-element", row))                                      stands nowhere
//! sum     = the XOR of the elements of all rows of a part: state; everything else; the streams' ends
//! hidden  = sum ⊕ mac(K'', H("ledger-pad", nonce ‖ u8 part)), the nonce drawn at each commit
//! seal    = mac(K'', H("ledger-seal", u64 size ‖ mac_{size-1} ‖ nonce ‖ sum …))
//! K'      = mac(K_0, H("ledger-rows")), K'' = mac(K_epoch, H("ledger-sums"))
//! ```
//!
//! The rows' own MACs stay under the first epoch's key, so that rotating the MAC key doesn't rewrite every row. What
//! binds them to the chain, the sums and the seal, is made anew under each epoch's key: who has an earlier key can write
//! a row that reads as authentic, and no seal that agrees with it.
//!
//! The sums are MSet-XOR-Hash (Clarke et al., ASIACRYPT 2003) over sets: rows are distinct, for each MAC covers its
//! row's primary key. What is summed must be secret, and so must the sum: among 257 values of 256 bits that somebody
//! can see, some subset has the XOR zero, is found by elimination, and could be dropped unseen. So the row's MAC, which
//! anybody who has the file can read, isn't what is summed, and the stored sum is hidden under a fresh pad.
//!
//! Rows are read with their MAC checked. The seal is checked at every opening; the sums over state and streams are
//! computed again there, the one over everything else when the whole log is verified. It finds a row that is missing,
//! extra, or older than the chain's end.

use evidence::chain::{ChainMac, FIRST_MAC, MacKey};
use evidence::{Digest, Origin, Stream, tagged};
use rusqlite::ToSql;
use rusqlite::types::ToSqlOutput;

use crate::StreamHead;

/// The XOR of many elements.
type Sum = [u8; 32];

/// Which sum a row counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What the engine acts on: verified whole at every opening.
    State,
    /// Contents, envelopes, checkpoints: verified when they are read, and with the whole log.
    Rest,
}

/// A row's MAC, and what the row adds to a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowMac {
    pub(crate) mac: [u8; 32],
    element: [u8; 32],
    part: Part,
}

impl ToSql for RowMac {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.mac.to_sql()
    }
}

/// The sums over everything beside the chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) state: Sum,
    pub(crate) rest: Sum,
    pub(crate) streams: Sum,
}

impl Sums {
    const LEN: usize = 96;

    fn parts(&mut self) -> [&mut Sum; 3] {
        [&mut self.state, &mut self.rest, &mut self.streams]
    }

    fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let parts = [self.state, self.rest, self.streams];
        for (to, from) in bytes.iter_mut().zip(parts.as_flattened()) {
            *to = *from;
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::LEN] = bytes.try_into().ok()?;
        let mut sums = Self::default();
        let (parts, _) = bytes.as_chunks::<32>();
        for (to, from) in sums.parts().into_iter().zip(parts) {
            *to = *from;
        }
        Some(sums)
    }
}

/// Adds a row to its sum, or takes it out again.
pub(crate) fn toggle(sums: &mut Sums, row: &RowMac) {
    match row.part {
        Part::State => add(&mut sums.state, &row.element),
        Part::Rest => add(&mut sums.rest, &row.element),
    }
}

fn add(sum: &mut Sum, element: &[u8; 32]) {
    for (a, b) in sum.iter_mut().zip(element) {
        *a ^= b;
    }
}

/// The one row of the table `seal`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seal {
    pub(crate) nonce: [u8; 16],
    /// The sums, hidden.
    pub(crate) sums: [u8; Sums::LEN],
    pub(crate) mac: [u8; 32],
}

/// Makes and checks MACs of rows.
#[derive(Clone)]
pub(crate) struct RowKey {
    rows: ChainMac,
    sums: ChainMac,
}

impl RowKey {
    /// The keys for rows and for sums, derived from the chain's first key and from that of the epoch of the sums.
    pub(crate) fn new(first: &MacKey, current: &MacKey, origin: Origin) -> Self {
        let derived = |chain, purpose| {
            let chain = ChainMac::new(chain, &origin);
            let key = MacKey::new(chain.of(u64::MAX, u32::MAX, &FIRST_MAC, &tagged(purpose, &[])));
            ChainMac::new(&key, &origin)
        };
        Self {
            rows: derived(first, "ledger-rows"),
            sums: derived(current, "ledger-sums"),
        }
    }

    /// The MAC of a row of `table`, over its columns in the table's order.
    pub(crate) fn row(&self, part: Part, table: &str, columns: &[&[u8]]) -> RowMac {
        let mut message = Vec::with_capacity(64 + columns.iter().map(|column| column.len() + 8).sum::<usize>());
        for part in std::iter::once(&table.as_bytes()).chain(columns) {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part);
        }
        self.stored(part, over(&self.rows, &tagged("ledger-row", &[&message])))
    }

    /// A row by the MAC that stands in it.
    pub(crate) fn stored(&self, part: Part, mac: [u8; 32]) -> RowMac {
        let element = over(&self.sums, &tagged("ledger-element", &[&mac]));
        RowMac { mac, element, part }
    }

    /// Adds a stream's end to the sums, or takes it out again.
    pub(crate) fn toggle_stream(&self, sums: &mut Sums, stream: &Stream, id: i64, end: &StreamHead) {
        let element = tagged(
            "ledger-stream",
            &[
                &id.to_be_bytes(),
                &end.tag.0,
                &end.sequence.to_be_bytes(),
                &end.stream_seq.to_be_bytes(),
                end.fingerprint.as_bytes(),
                stream.as_str().as_bytes(),
            ],
        );
        add(&mut sums.streams, &over(&self.sums, &element));
    }

    /// The seal over all rows at the chain's end; `nonce` is random, and never used again.
    pub(crate) fn seal(&self, size: u64, chain_mac: &[u8; 32], nonce: [u8; 16], sums: &Sums) -> Seal {
        Seal {
            nonce,
            sums: self.hidden(&nonce, *sums).to_bytes(),
            mac: self.seal_mac(size, chain_mac, &nonce, sums),
        }
    }

    /// The sums that a seal holds, if it is the one of this end of the chain.
    pub(crate) fn open(&self, size: u64, chain_mac: &[u8; 32], seal: &Seal) -> Option<Sums> {
        let sums = self.hidden(&seal.nonce, Sums::from_bytes(&seal.sums)?);
        (self.seal_mac(size, chain_mac, &seal.nonce, &sums) == seal.mac).then_some(sums)
    }

    fn seal_mac(&self, size: u64, chain_mac: &[u8; 32], nonce: &[u8; 16], sums: &Sums) -> [u8; 32] {
        let sealed = tagged(
            "ledger-seal",
            &[&size.to_be_bytes(), chain_mac, nonce, &sums.to_bytes()],
        );
        over(&self.sums, &sealed)
    }

    /// Hides sums under the nonce's pads, or shows them again.
    fn hidden(&self, nonce: &[u8; 16], mut sums: Sums) -> Sums {
        for (sum, part) in sums.parts().into_iter().zip(0u8..) {
            add(sum, &over(&self.sums, &tagged("ledger-pad", &[nonce, &[part]])));
        }
        sums
    }
}

fn over(key: &ChainMac, digest: &Digest) -> [u8; 32] {
    key.of(0, 0, &FIRST_MAC, digest)
}

/// The columns of the tables beside the chain, as they are MACed: one function per table, so that writing, reading
/// and verifying can't differ.
pub(crate) mod columns {
    use super::{Part, RowKey, RowMac};

    /// `state(kind, key, value)`.
    pub(crate) fn state(key: &RowKey, kind: &str, name: &str, value: &[u8]) -> RowMac {
        key.row(Part::State, "state", &[kind.as_bytes(), name.as_bytes(), value])
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
    pub(crate) fn content(key: &RowKey, row: &Content<'_>) -> RowMac {
        let erased = row.erased.map(u64::to_be_bytes);
        key.row(
            Part::Rest,
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
    pub(crate) fn envelope(key: &RowKey, sequence: u64, name: &str, bytes: &[u8]) -> RowMac {
        key.row(
            Part::Rest,
            "envelope",
            &[&sequence.to_be_bytes(), name.as_bytes(), bytes],
        )
    }

    /// `checkpoint(size, signed, note)`.
    pub(crate) fn checkpoint(key: &RowKey, size: u64, signed_ms: i64, note: &str) -> RowMac {
        key.row(
            Part::Rest,
            "checkpoint",
            &[&size.to_be_bytes(), &signed_ms.to_be_bytes(), note.as_bytes()],
        )
    }
}
