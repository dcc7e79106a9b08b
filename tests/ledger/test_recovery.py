"""Recovered spend: what a session's own counters show beyond its calls."""

from __future__ import annotations

import itertools
from pathlib import Path

from tallybook.model import CLASSES
from tallybook.query import Figures, Query, Row
from tallybook.reading import Batch, SessionClaim, SessionFact

from .books import MODEL, T0, appraiser, open_new, picture, reading, usage

APPRAISER = appraiser()
MINUTE = 60_000


def claim(session: str, output: int, seen: int, model: str = MODEL) -> SessionClaim:
    return SessionClaim(
        source="claude-code",
        session=session,
        provider="anthropic",
        model=model,
        counts=(10 * (output // 100), output, 0, 0, 0, 0),
        seen_ms=seen,
    )


def recovered(rows: tuple[Row, ...]) -> dict[str | None, Figures]:
    return {row.dims["session"]: row.figures for row in rows if row.dims["status"] == "recovered"}


def asked(path: Path, *batches: Batch) -> dict[str | None, Figures]:
    ledger = open_new(path.parent, path.name)
    for batch in batches:
        ledger.record(batch, APPRAISER)
    assert ledger.verify() == []
    report = ledger.ask(Query(by=("session", "status")))
    ledger.close()
    return recovered(report.rows)


def test_a_claim_that_is_covered_recovers_nothing(tmp_path: Path) -> None:
    batch = Batch(readings=[reading("a")], claims=[claim("s1", 100, T0 + MINUTE)])
    assert asked(tmp_path / "l.db", batch) == {}


def test_compaction_is_recovered_and_priced_at_the_base_tier(tmp_path: Path) -> None:
    batch = Batch(readings=[reading("a")], claims=[claim("s1", 300, T0 + MINUTE)])
    figures = asked(tmp_path / "l.db", batch)["s1"]
    assert dict(zip(CLASSES, figures.counts, strict=True))["output"] == 200
    assert figures.requests == 0
    assert figures.cost == {"USD": 20 * 3_000 + 200 * 15_000}


def test_spend_after_the_claim_does_not_hide_what_it_showed(tmp_path: Path) -> None:
    later = reading("b", at=T0 + 5 * MINUTE, raw=usage(output=5_000))
    batch = Batch(readings=[reading("a"), later], claims=[claim("s1", 300, T0 + MINUTE)])
    assert asked(tmp_path / "l.db", batch)["s1"].counts[1] == 200


def test_a_fork_does_not_recover_its_origins_spend(tmp_path: Path) -> None:
    """The origin compacts (200 recovered), then is forked; the fork's counters start with all of
    that, and the fork compacts itself (another 100)."""
    origin = Batch(
        readings=[reading("a")],
        claims=[claim("s1", 100, T0 + MINUTE), claim("s1", 300, T0 + 2 * MINUTE)],
    )
    fork = Batch(
        readings=[
            reading("a", session="fork", rank=1),
            reading("b", session="fork", at=T0 + 5 * MINUTE),
        ],
        facts=[SessionFact(source="claude-code", session="fork", forked_from="s1")],
        claims=[claim("fork", 500, T0 + 6 * MINUTE)],
    )
    late = Batch(claims=[claim("s1", 900, T0 + 20 * MINUTE)])
    pictures: list[object] = []
    for number, order in enumerate(itertools.permutations((origin, fork, late))):
        path = tmp_path / f"{number}.db"
        found = {name: figures.counts[1] for name, figures in asked(path, *order, *order).items()}
        assert found == {"s1": 800, "fork": 100}
        pictures.append(picture(str(path)))
    assert all(each == pictures[0] for each in pictures)


def test_a_recovered_event_goes_when_the_call_turns_up(tmp_path: Path) -> None:
    first = Batch(readings=[reading("a")], claims=[claim("s1", 200, T0 + MINUTE)])
    found = Batch(readings=[reading("b", at=T0 + 1_000)])
    assert asked(tmp_path / "l.db", first)["s1"].counts[1] == 100
    assert asked(tmp_path / "l.db", found) == {}


def test_two_names_of_one_model_share_its_calls(tmp_path: Path) -> None:
    claims = [
        claim("s1", 100, T0 + MINUTE),
        claim("s1", 200, T0 + MINUTE, model="claude-sonnet-4-5[1m]"),
    ]
    batch = Batch(readings=[reading("a")], claims=claims)
    assert asked(tmp_path / "l.db", batch)["s1"].counts[1] == 200


def test_a_dated_name_is_the_same_model(tmp_path: Path) -> None:
    batch = Batch(
        readings=[reading("a")],
        claims=[claim("s1", 100, T0 + MINUTE, model="claude-sonnet-4-5[1m]")],
    )
    assert asked(tmp_path / "l.db", batch) == {}
