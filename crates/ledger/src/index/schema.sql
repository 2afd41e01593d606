-- The search index of one log: made from its records, and made anew whenever it doesn't fit them.

-- Which log, and how far.
CREATE TABLE about (
    one         INTEGER PRIMARY KEY CHECK (one = 0),
    origin      TEXT NOT NULL,
    size        INTEGER NOT NULL,
    fingerprint TEXT NOT NULL
) STRICT;

-- The texts that columns of `entry` point at. `name` is empty where the uid is all there is.
CREATE TABLE value (
    id    INTEGER PRIMARY KEY,
    field INTEGER NOT NULL,
    uid   TEXT NOT NULL,
    name  TEXT NOT NULL,
    UNIQUE (field, uid, name)
) STRICT;

-- One row a record, small enough that all of them are looked through in a tenth of a second.
CREATE TABLE entry (
    seq       INTEGER PRIMARY KEY,
    logged    INTEGER NOT NULL,
    decision  INTEGER NOT NULL,
    class     INTEGER NOT NULL,
    agent     INTEGER,
    operator  INTEGER,
    kind      INTEGER,
    model     INTEGER,
    operation INTEGER,
    upstream  INTEGER,
    -- The record that asked for the call whose story this one is part of; none where it is part of none.
    call      INTEGER
) STRICT;

-- What happened in a quarter of an hour (`logged` / 900,000), by agent and model; 0 where there is none.
CREATE TABLE quarter (
    quarter    INTEGER NOT NULL,
    agent      INTEGER NOT NULL,
    model      INTEGER NOT NULL,
    calls      INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    failed     INTEGER NOT NULL,
    answered   INTEGER NOT NULL,
    tokens_in  INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    PRIMARY KEY (quarter, agent, model)
) STRICT, WITHOUT ROWID;

-- How many calls that ended in a quarter of an hour took so long: `part` 0 the gateway's own, 1 the upstream's.
CREATE TABLE took (
    quarter INTEGER NOT NULL,
    part    INTEGER NOT NULL,
    bucket  INTEGER NOT NULL,
    calls   INTEGER NOT NULL,
    PRIMARY KEY (quarter, part, bucket)
) STRICT, WITHOUT ROWID;

-- The readable text, the ids (see id_token), and the story's id. Positions are kept for phrases, the texts aren't.
CREATE VIRTUAL TABLE said USING fts5(
    words, ids, story, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
