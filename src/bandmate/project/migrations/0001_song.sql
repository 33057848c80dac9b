-- The project as it was first published. A migration is never edited once it is released; the next one gets a number.
PRAGMA application_id = 1112363846;

-- One row per step of the history. Rows are only ever added: hash covers every other column and the row before.
CREATE TABLE revision (
    number        INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    parent        TEXT REFERENCES revision (id),
    message       TEXT NOT NULL,
    author        TEXT NOT NULL,
    song          BLOB NOT NULL,
    song_hash     TEXT NOT NULL,
    made          BLOB NOT NULL,
    created_at    TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL UNIQUE
) STRICT;

-- head is where the musician stands on the branch, tip is how far redo can go.
CREATE TABLE branch (
    name       TEXT PRIMARY KEY,
    head       TEXT NOT NULL REFERENCES revision (id),
    tip        TEXT NOT NULL REFERENCES revision (id),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE version (
    name       TEXT PRIMARY KEY,
    revision   TEXT NOT NULL REFERENCES revision (id),
    created_at TEXT NOT NULL
) STRICT;

-- last_hash shows when the newest revisions were cut off, which the chain alone cannot.
CREATE TABLE project (
    row        INTEGER PRIMARY KEY CHECK (row = 1),
    id         TEXT NOT NULL,
    branch     TEXT NOT NULL REFERENCES branch (name),
    last_hash  TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE proposal (
    number     INTEGER PRIMARY KEY,
    revision   TEXT NOT NULL REFERENCES revision (id),
    body       BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- A decision counts while its revision is the head or an ancestor of it; the latest that counts is the state.
CREATE TABLE decision (
    number     INTEGER PRIMARY KEY,
    proposal   INTEGER NOT NULL REFERENCES proposal (number),
    move       INTEGER NOT NULL CHECK (move >= 1),
    kind       TEXT NOT NULL CHECK (kind IN ('accepted', 'refused', 'open')),
    strength   REAL NOT NULL CHECK (strength BETWEEN 0 AND 1),
    reason     TEXT NOT NULL,
    revision   TEXT NOT NULL REFERENCES revision (id),
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX decision_of_move ON decision (proposal, move);

CREATE TABLE wanted_strength (
    proposal INTEGER NOT NULL REFERENCES proposal (number),
    move     INTEGER NOT NULL CHECK (move >= 1),
    strength REAL NOT NULL CHECK (strength BETWEEN 0 AND 1),
    PRIMARY KEY (proposal, move)
) STRICT;

CREATE TABLE recording (
    sha256        TEXT PRIMARY KEY,
    extension     TEXT NOT NULL,
    channels      INTEGER NOT NULL,
    frames        INTEGER NOT NULL,
    rate_hz       INTEGER NOT NULL,
    codec         TEXT NOT NULL,
    is_exact_seek INTEGER NOT NULL CHECK (is_exact_seek IN (0, 1)),
    original_name TEXT NOT NULL,
    bytes         INTEGER NOT NULL,
    added_at      TEXT NOT NULL
) STRICT;
