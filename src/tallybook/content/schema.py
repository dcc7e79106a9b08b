"""The tables of the content store, as an append-only list of numbered migrations.

`text` has each distinct text of a source once, by the hash of what is kept of it (blackened where
it has to be), with the number of its `uses` by rounds. `round` has what else is known of a call's
words: `told` is JSON, `detail` 0 for a preview and 1 for everything, `size` the characters before
anything was cut or blackened. The messages that came before an answer are `items` (see
`histories`): the first `kept` of those of the round `base`, and what follows.
"""

from __future__ import annotations

_CORE = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

CREATE TABLE source (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE session (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source (id), name TEXT NOT NULL,
    UNIQUE (source, name)
) STRICT;

CREATE TABLE text (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source (id), hash BLOB NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0, packed BLOB NOT NULL,
    UNIQUE (source, hash)
) STRICT;

CREATE TABLE round (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (id),
    session INTEGER NOT NULL REFERENCES session (id),
    start INTEGER NOT NULL, detail INTEGER NOT NULL, size INTEGER NOT NULL, told TEXT NOT NULL,
    base INTEGER, kept INTEGER NOT NULL, depth INTEGER NOT NULL, items BLOB NOT NULL
) STRICT;
CREATE INDEX round_start ON round (source, start);
CREATE INDEX round_session ON round (session);
CREATE INDEX round_base ON round (base) WHERE base IS NOT NULL;

CREATE TABLE round_key (key BLOB PRIMARY KEY, round INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX round_key_round ON round_key (round);

CREATE TABLE forgotten (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID
"""

MIGRATIONS: tuple[str, ...] = (_CORE,)
"""Append only: a step that was released is never edited. The number of those that a file has seen
is its `user_version`."""

APPLICATION = 0x54614262
"""Marks the file as ours (`application_id`): TaBb."""
