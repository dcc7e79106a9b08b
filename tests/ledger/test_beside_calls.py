"""What is recorded beside calls: spellings, official limits and facts, in any order."""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import pytest

from tallybook.reading import Batch, LimitSnapshot, SessionFact, Spelling

from .books import T0, appraiser, open_new

QUARTER = 900_000


def limit(used: int, seen: int, resets: int = T0 + 10 * QUARTER, name: str = "5h") -> LimitSnapshot:
    return LimitSnapshot("codex", name, used, 300, resets, seen, "pro")


def kept(ledger: str, sql: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(ledger)
    rows = db.execute(sql).fetchall()
    db.close()
    return rows


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_quarter_hour_keeps_the_last_sight(tmp_path: Path, order: tuple[int, ...]) -> None:
    ledger, by = open_new(tmp_path), appraiser()
    quarter = T0 - T0 % QUARTER
    seen = [limit(100, quarter), limit(250, quarter + 60_000), limit(200, quarter + 90_000)]
    for number in order:
        ledger.record(Batch(limits=[seen[number]]), by)
    sql = "SELECT name, minutes, quarter, used, seen, plan FROM limit_snapshot"
    row = ("5h", 300, quarter // QUARTER, 200, quarter + 90_000, "pro")
    assert kept(ledger.path, sql) == [row]


def test_of_two_sights_at_once_the_order_decides_nothing(tmp_path: Path) -> None:
    """One may tell how much there is and the other not, or both something else."""
    bare, less, more = (
        limit(100, T0)._replace(most=most, unit=unit, left=left)
        for most, unit, left in ((None, "", None), (100, "requests", 8), (100, "requests", 9))
    )
    found: list[object] = []
    for at, order in enumerate(itertools.permutations((bare, less, more))):
        folder = tmp_path / str(at)
        folder.mkdir()
        ledger = open_new(folder)
        for each in order:
            ledger.keep_limits([each])
        found += kept(ledger.path, "SELECT most, unit, remaining FROM limit_snapshot")
    assert found == [(100, "requests", 9)] * 6


def test_windows_and_quarters_are_rows_of_their_own(tmp_path: Path) -> None:
    ledger, by = open_new(tmp_path), appraiser()
    limits = [limit(1, T0), limit(2, T0 + QUARTER), limit(3, T0, name="week"), limit(4, T0, T0)]
    ledger.record(Batch(limits=limits * 2), by)
    assert kept(ledger.path, "SELECT sum(used), count(*) FROM limit_snapshot") == [(10, 4)]
    assert ledger.verify() == []


def test_spellings_are_kept_once(tmp_path: Path) -> None:
    ledger, by = open_new(tmp_path), appraiser()
    one = Spelling("opencode", "agent", "sisyphus", "Sisyphus (Ultraworker)")
    for _ in range(2):
        ledger.record(Batch(spellings=[one, one._replace(raw="Sisyphus")]), by)
    sql = "SELECT dimension, value, raw FROM spelling ORDER BY raw"
    assert kept(ledger.path, sql) == [
        ("agent", "sisyphus", "Sisyphus"),
        ("agent", "sisyphus", "Sisyphus (Ultraworker)"),
    ]


def test_a_category_is_not_lost_to_a_fact_without_one(tmp_path: Path) -> None:
    ledger, by = open_new(tmp_path), appraiser()
    ledger.record(Batch(facts=[SessionFact("opencode", "s1", category="quick")]), by)
    ledger.record(Batch(facts=[SessionFact("opencode", "s1", title="t", title_rank=2)]), by)
    assert ledger.session("opencode", "s1").category == "quick"
    assert ledger.session("opencode", "s1").title == "t"
