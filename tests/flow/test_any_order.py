"""The same ledger comes of the same histories, in whatever order and pieces they are read, and
wherever they lie: real homes of all agents, and generated ones."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.flow import Walk, sync
from tallybook.ledger.rawtext import unite
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import PriceBook, open_price_book
from tallybook.sources import SOURCES
from tallybook.sources.source import Place

from ..ledger.books import picture
from ..sources.folding import open_home

FIXTURES = Path(__file__).resolve().parents[1] / "sources"
HOMES = sorted(home for name in SOURCES for home in (FIXTURES / name.replace("-", "_")).glob("*_*"))
_FACTS = (
    """SELECT d.value, title, title_rank, directory, branch, parent, forked_from, version, category
    FROM session JOIN dim d ON d.id = session.id ORDER BY 1""",
    "SELECT dimension, value, raw FROM spelling ORDER BY 1, 2, 3",
    "SELECT name, minutes, resets, plan, quarter, used, seen FROM limit_snapshot ORDER BY 1, 3, 5",
    """SELECT d.value, m.value, seen, input, output, cache_read FROM claim
    JOIN dim d ON d.id = session JOIN dim m ON m.id = model ORDER BY 1, 2, 3""",
)


@cache
def prices() -> PriceBook:
    return open_price_book()


class Some:
    """A source that offers only some of its places, in an order of our own."""

    def __init__(self, name: str, home: Path, chance: random.Random, share: float) -> None:
        self.inner = open_home(name, home)
        self.name, self.version = self.inner.name, self.inner.version
        self.chance, self.share = chance, share

    def locate(self) -> Iterator[Any]:
        found = list(self.inner.locate())
        self.chance.shuffle(found)
        for one in found:
            if not isinstance(one, Place) or self.chance.random() < self.share:
                yield one

    def read(self, *args: Any) -> Iterator[Any]:
        return self.inner.read(*args)


def some(names: Iterable[str], home: Path, chance: random.Random, share: float) -> list[Any]:
    """The sources of these names, each offering that share of its places."""
    return [Some(name, home, chance, share) for name in names]


NUMBERS, SHAPE, POSITION, PLACE = 14, 15, 16, 19
"""Where these stand in the picture of an event."""


def told(ledger: Path) -> list[Any]:
    """Everything that the ledger holds, but not where it was read, nor in which order the fields
    of a usage object stood."""
    rows = [_plain(row) if _is_event(row) else row for row in picture(str(ledger))]
    db = sqlite3.connect(ledger)
    facts = [db.execute(sql).fetchall() for sql in _FACTS]
    db.close()
    return [rows, *facts]


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    usage = json.dumps(json.loads(unite(row[SHAPE], row[NUMBERS])), sort_keys=True)
    left_out = (NUMBERS, SHAPE, POSITION, PLACE)
    return (*(part for at, part in enumerate(row) if at not in left_out), usage)


def _is_event(row: tuple[object, ...]) -> bool:
    """An event's row begins with its keys, that of a roll-up with a number."""
    return isinstance(row[0], str)


def walked(folder: Path, home: Path, chance: random.Random, shares: Sequence[float]) -> list[Any]:
    """What comes of syncs that see these shares of the places, the last one all of them."""
    ledger = SqliteLedger(str(folder / f"{chance.random()}.db"))
    walk = Walk(ledger=ledger, prices=prices)
    for share in (*shares, 1.0):
        names = list(SOURCES)
        chance.shuffle(names)
        sync(walk, some(names, home, chance, share))
    assert ledger.verify() == []
    path = Path(ledger.path)
    ledger.close()
    return told(path)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The homes at another path."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for home in HOMES:
        shutil.copytree(home, folder / home.parent.name / home.name)
    return folder


@pytest.mark.parametrize("home", HOMES, ids=lambda home: f"{home.parent.name}-{home.name}")
def test_shuffled_and_in_pieces(home: Path, elsewhere: Path, tmp_path: Path) -> None:
    straight = walked(tmp_path, home, random.Random(0), [])
    assert straight[0] != []
    for seed in range(1, 4):
        chance = random.Random(seed)
        shares = [chance.random() for _ in range(chance.randint(0, 4))]
        other = home if seed % 2 else elsewhere / home.parent.name / home.name
        assert walked(tmp_path, other, chance, shares) == straight


def check_interleaved(folder: Path, homes: Sequence[Path], seed: int) -> None:
    """Several homes of one agent in one ledger, read alternately and in pieces."""

    def read(chance: random.Random, pieces: int) -> list[Any]:
        ledger = SqliteLedger(str(folder / f"{seed}-{pieces}-{chance.random()}.db"))
        walk = Walk(ledger=ledger, prices=prices)
        turns = [(home, chance.random()) for home in homes for _ in range(pieces)]
        chance.shuffle(turns)
        for home, share in (*turns, *((home, 1.0) for home in homes)):
            names = list(SOURCES)
            sync(walk, some(names, home, chance, share))
        assert ledger.verify() == []
        path = Path(ledger.path)
        ledger.close()
        return told(path)

    chance = random.Random(seed)
    assert read(chance, 2) == read(random.Random(seed + 1), 0)


def _unit(path: Path) -> str:
    """What appears at once: a message with its parts; any other file alone."""
    return next((part for part in path.parts if part.startswith("msg_")), str(path)).split(".")[0]


class Growing:
    """A copy of a home that appears stage by stage, as while agents work in it: line files grow
    by any number of bytes, messages come one by one, databases are there at last."""

    def __init__(self, home: Path, copy: Path, chance: random.Random, stages: int) -> None:
        self.home, self.copy = home, copy
        self.chance, self.stages = chance, stages
        self.files = sorted(path for path in home.rglob("*") if path.is_file())
        self.comes = {_unit(path): chance.randrange(stages) for path in self.files}

    def reach(self, stage: int) -> None:
        """Bring the copy to a stage; the last one is the whole home."""
        for path in self.files:
            data, target = path.read_bytes(), self.copy / path.relative_to(self.home)
            if path.suffix == ".jsonl" and stage < self.stages - 1:
                held = target.stat().st_size if target.exists() else 0
                data = data[: self.chance.randint(held, len(data))]
            elif not self._has_come(path, stage):
                continue
            if not target.exists() or target.read_bytes() != data:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)

    def _has_come(self, path: Path, stage: int) -> bool:
        if path.name.startswith("opencode"):
            return stage == self.stages - 1
        return not path.name.startswith(("msg_", "prt_")) or self.comes[_unit(path)] <= stage


def grown(home: Path, folder: Path, chance: random.Random) -> list[Any]:
    """What comes of a home that is read while it grows."""
    ledger = SqliteLedger(str(folder / "grown.db"))
    walk, stages = Walk(ledger=ledger, prices=prices), chance.randint(2, 5)
    growing = Growing(home, folder / "home", chance, stages)
    for stage in range(stages):
        growing.reach(stage)
        sync(walk, some(SOURCES, growing.copy, chance, 1.0))
    assert ledger.verify() == []
    path = Path(ledger.path)
    ledger.close()
    return told(path)


@pytest.mark.parametrize("home", HOMES, ids=lambda home: f"{home.parent.name}-{home.name}")
def test_read_while_it_grows(home: Path, tmp_path: Path) -> None:
    assert grown(home, tmp_path, random.Random(5)) == walked(tmp_path, home, random.Random(0), [])


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(HOMES), st.integers(0, 2**32))
def test_read_while_it_grows_at_length(
    tmp_path_factory: pytest.TempPathFactory, home: Path, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("grown")
    straight = walked(folder, home, random.Random(0), [])
    assert grown(home, folder, random.Random(seed)) == straight


AGENTS = [
    [home for home in HOMES if home.parent.name == name.replace("-", "_")] for name in SOURCES
]


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(AGENTS), st.data(), st.integers(0, 2**32))
def test_any_interleaving(
    tmp_path_factory: pytest.TempPathFactory, agent: list[Path], data: st.DataObject, seed: int
) -> None:
    homes = data.draw(st.lists(st.sampled_from(agent), min_size=1, max_size=2, unique=True))
    check_interleaved(tmp_path_factory.mktemp("interleaved"), homes, seed)


@pytest.mark.long
@settings(max_examples=250, deadline=None)
@given(st.sampled_from(AGENTS), st.data(), st.integers(0, 2**32))
def test_any_interleaving_at_length(
    tmp_path_factory: pytest.TempPathFactory, agent: list[Path], data: st.DataObject, seed: int
) -> None:
    homes = data.draw(st.lists(st.sampled_from(agent), min_size=1, max_size=3, unique=True))
    check_interleaved(tmp_path_factory.mktemp("interleaved"), homes, seed)
