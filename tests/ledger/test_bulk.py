"""Many rows by few statements: all of them go in, and it is told which ones were there already."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.ledger.bulk import MAYBE, NOTHING, PLAIN, ROWS, Insertion
from tallybook.ledger.connection import connect
from tallybook.ledger.intern import Interner
from tallybook.ledger.rows import ABSENT, WIDTH, Writer
from tallybook.model import Money
from tallybook.query import Query
from tallybook.reading import Reading, Witness, key_of

from .books import T0, appraiser, open_new, picture, reading, record

NUMBERS = st.lists(st.integers(0, 4 * ROWS), unique=True)


def named(*names: str) -> Reading:
    return reading(names[0])._replace(keys=tuple(key_of("test", name) for name in names))


def table() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("CREATE TABLE it (key BLOB PRIMARY KEY, number INTEGER) STRICT, WITHOUT ROWID")
    return db


@pytest.mark.parametrize("many", [0, 1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 5])
def test_all_rows_go_in_as_they_are(many: int) -> None:
    db = table()
    rows = [(bytearray(b"%04d" % at), NOTHING if at % 3 else at) for at in range(many)]
    assert Insertion("INSERT INTO it", (PLAIN, MAYBE)).insert(db, rows) == []
    kept = [(b"%04d" % at, None if at % 3 else at) for at in range(many)]
    assert db.execute("SELECT key, number FROM it ORDER BY key").fetchall() == kept


@given(NUMBERS, NUMBERS)
def test_what_was_there_is_told_within_a_statement(first: list[int], then: list[int]) -> None:
    db, claim = table(), Insertion("INSERT OR IGNORE INTO it", (PLAIN, PLAIN))
    assert claim.insert(db, [(bytearray(b"%d" % key), 1) for key in first]) == []
    rows = [(bytearray(b"%d" % key), 2) for key in then]
    short = claim.insert(db, rows)
    met = {bytes(key) for stretch in short for key, _ in stretch}
    assert met >= {b"%d" % key for key in first} & {b"%d" % key for key in then}
    for stretch in short:
        assert len(stretch) <= ROWS
        assert any(int(key) in first for key, _ in stretch)
    assert dict(db.execute("SELECT key, number FROM it")) == {
        **{b"%d" % key: 2 for key in then},
        **{b"%d" % key: 1 for key in first},
    }


def test_no_value_of_a_row_has_to_be_adapted(tmp_path: Path) -> None:
    """For a None or a member of an enumeration, binding looks for an adapter, at a high price."""
    by, db = appraiser(), connect(tmp_path / "ledger.db")
    writer = Writer(Interner(db), by)
    for witness in Witness:
        for paid in (None, Money(5, "USD")):
            told = reading("a")._replace(witness=witness, reported=paid)
            row, _, _ = writer.row(1, told)
            assert {type(value) for value in row} == {int, str}
    db.close()


@pytest.mark.parametrize("seed", range(6))
def test_meetings_anywhere_in_a_large_batch_are_the_same_as_alone(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    calls = [named(f"a{at}", *([f"b{at}"] if at % 3 else [])) for at in range(5 * ROWS)]
    again = [named(f"b{at}", f"c{at}") for at in chance.sample(range(5 * ROWS), ROWS)]
    chance.shuffle(calls)
    whole, alone = open_new(tmp_path, "whole.db"), open_new(tmp_path, "alone.db")
    record(whole, calls[: 2 * ROWS], again, calls)
    record(alone, *([each] for each in (*again, *calls)))
    assert whole.verify() == alone.verify() == []
    assert picture(whole.path) == picture(alone.path)


def test_a_value_that_is_the_same_in_every_row_is_in_none_of_them() -> None:
    db = table()
    rows = [(bytearray(b"%d" % at),) for at in range(ROWS + 3)]
    assert Insertion("INSERT INTO it", (PLAIN, "7")).insert(db, rows) == []
    assert db.execute("SELECT count(*), min(number), max(number) FROM it").fetchone() == (
        ROWS + 3,
        7,
        7,
    )


PAID = Money(1_234, "USD")
FURTHER: list[dict[str, Any]] = [
    {},
    {"reported": PAID},
    {"first_token_ms": 350},
    {"model": "nobody-prices-this"},
    {"status": "unmetered", "usage": b"{}"},
    {"reported": PAID, "first_token_ms": 0},
]


@given(st.lists(st.tuples(st.integers(0, len(FURTHER) - 1), st.integers(1, ROWS + 8)), max_size=6))
def test_rows_of_every_width_are_recorded_alike_in_any_turn(turns: list[tuple[int, int]]) -> None:
    kinds = [kind for kind, times in turns for _ in range(times)]
    calls = [reading(f"{at}", at=T0 + at, **FURTHER[kind]) for at, kind in enumerate(kinds)]
    with TemporaryDirectory() as folder:
        whole, single = open_new(Path(folder), "whole.db"), open_new(Path(folder), "single.db")
        record(whole, calls)
        record(single, *([call] for call in calls[:40]), calls[40:])
        assert whole.verify() == single.verify() == []
        assert picture(whole.path) == picture(single.path)
        paid = sum(1 for kind in kinds if "reported" in FURTHER[kind])
        assert whole.ask(Query()).totals.reported_cost == ({"USD": paid * 1_234} if paid else {})


def test_a_brief_row_leaves_out_what_its_statement_says(tmp_path: Path) -> None:
    db = connect(tmp_path / "ledger.db")
    columns = [name for _, name, *_ in db.execute("PRAGMA table_info(event)")]
    db.close()
    assert len(columns) == WIDTH
    left_out = {columns[at]: value for at, value in ABSENT.items()}
    assert left_out == {
        "reported": "NULL",
        "reported_currency": "0",
        "billed": "NULL",
        "billed_currency": "0",
        "first_token": "NULL",
    }


def test_a_call_without_any_usage_text_is_met_again(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    bare = reading("a")._replace(usage=b"", status="unmetered")
    record(ledger, [bare], [bare, reading("b")])
    assert ledger.verify() == []
