-- The log. Its exact text is part of the format: an opening compares the database's schema with this one.

-- Records, as the JCS bytes that were hashed (with their fingerprint). The other columns are only for finding them:
-- each is compared with what the bytes say when the chain is verified.
CREATE TABLE record (
    seq         INTEGER PRIMARY KEY,
    logged      INTEGER NOT NULL,
    stream      INTEGER NOT NULL,
    stream_seq  INTEGER NOT NULL,
    correlation TEXT,
    bytes       BLOB NOT NULL
) STRICT;
CREATE INDEX record_by_stream ON record (stream);
CREATE INDEX record_by_correlation ON record (correlation) WHERE correlation IS NOT NULL;

-- Log entries, tag || fingerprint (48 bytes), the operator's MAC chain (32 bytes, with the key of `epoch`), and the roots
-- of the tree's complete subtrees that end with this leaf, the smallest first (32 bytes each): the node over leaves
-- i*2^l .. (i+1)*2^l, l > 0, stands with leaf (i+1)*2^l - 1, from byte 32*(l-1) on.
CREATE TABLE leaf (
    seq   INTEGER PRIMARY KEY,
    entry BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    mac   BLOB NOT NULL,
    nodes BLOB NOT NULL
) STRICT;

-- Streams, in the order in which they were opened.
CREATE TABLE stream (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    tag    BLOB NOT NULL UNIQUE,
    opened INTEGER NOT NULL
) STRICT;

-- Contents: sealed, each under its own key. `key_group` says which key-encryption key of the key store wraps that key.
-- An erased one stays as a tombstone: `erased` is the record that says so, the body is empty, and its key is zeros. The
-- contents of record `seq` have the ids from 256*seq on, in their order, so that no index is needed to find them.
CREATE TABLE content (
    id         INTEGER PRIMARY KEY,
    uid        TEXT NOT NULL UNIQUE,
    seq        INTEGER NOT NULL,
    slot       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    key_group  INTEGER NOT NULL,
    erased     INTEGER,
    mac        BLOB NOT NULL,
    body       BLOB NOT NULL
) STRICT;
CREATE INDEX content_by_key_group ON content (key_group);

-- A content's own key and its salt, wrapped. They stand apart, and all have one size, so that wrapping anew and erasing
-- overwrite them in place: pages of this table are filled once and never rebuilt, and so hold no left-over copies.
CREATE TABLE content_key (
    id      INTEGER PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT;

-- Signed envelopes, byte for byte.
CREATE TABLE envelope (
    seq   INTEGER NOT NULL,
    name  TEXT NOT NULL,
    bytes BLOB NOT NULL,
    mac   BLOB NOT NULL,
    PRIMARY KEY (seq, name)
) STRICT, WITHOUT ROWID;

-- What the engine has to find again after a restart.
CREATE TABLE state (
    kind  TEXT NOT NULL,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    mac   BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- Signed checkpoints.
CREATE TABLE checkpoint (
    size   INTEGER PRIMARY KEY,
    signed INTEGER NOT NULL,
    note   TEXT NOT NULL,
    mac    BLOB NOT NULL
) STRICT;

-- One row: the sums over all rows above and over the streams' ends (96 bytes, hidden under the nonce), and the MAC that
-- binds them to the chain's head.
CREATE TABLE seal (
    one   INTEGER PRIMARY KEY CHECK (one = 0),
    nonce BLOB NOT NULL,
    sums  BLOB NOT NULL,
    mac   BLOB NOT NULL
) STRICT;

CREATE TRIGGER record_next BEFORE INSERT ON record
    WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM record)
    BEGIN SELECT raise(ABORT, 'records are appended in order'); END;
CREATE TRIGGER leaf_next BEFORE INSERT ON leaf
    WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM leaf)
    BEGIN SELECT raise(ABORT, 'leaves are appended in order'); END;
CREATE TRIGGER record_no_update BEFORE UPDATE ON record BEGIN SELECT raise(ABORT, 'records are never changed'); END;
CREATE TRIGGER record_no_delete BEFORE DELETE ON record BEGIN SELECT raise(ABORT, 'records are never deleted'); END;
CREATE TRIGGER leaf_no_update BEFORE UPDATE ON leaf BEGIN SELECT raise(ABORT, 'leaves are never changed'); END;
CREATE TRIGGER leaf_no_delete BEFORE DELETE ON leaf BEGIN SELECT raise(ABORT, 'leaves are never deleted'); END;
CREATE TRIGGER stream_no_update BEFORE UPDATE ON stream BEGIN SELECT raise(ABORT, 'streams are never changed'); END;
CREATE TRIGGER stream_no_delete BEFORE DELETE ON stream BEGIN SELECT raise(ABORT, 'streams are never deleted'); END;
CREATE TRIGGER envelope_no_update BEFORE UPDATE ON envelope BEGIN SELECT raise(ABORT, 'envelopes are never changed'); END;
CREATE TRIGGER envelope_no_delete BEFORE DELETE ON envelope BEGIN SELECT raise(ABORT, 'envelopes are never deleted'); END;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint BEGIN SELECT raise(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint BEGIN SELECT raise(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER content_no_delete BEFORE DELETE ON content BEGIN SELECT raise(ABORT, 'contents are erased, never deleted'); END;
CREATE TRIGGER content_key_no_delete BEFORE DELETE ON content_key BEGIN SELECT raise(ABORT, 'contents are erased, never deleted'); END;
