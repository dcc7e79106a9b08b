"""Thousands of spoilt histories, made from the fixtures by a seed: see `trying` for what must hold.

`FUZZ_SEED` chooses other ones than usual; whatever does not hold is kept and named, with its seed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tallybook.sources import LOGS, source_names

from .trying import HOMES, Fault, Trier

FEW, MANY, PARTS = 8, 10_000, 40
BEGIN = int(os.environ.get("FUZZ_SEED", "1")) * 1_000_000
"""The first seed of this run."""


@pytest.fixture(scope="module")
def triers(tmp_path_factory: pytest.TempPathFactory) -> list[Trier]:
    folder = tmp_path_factory.mktemp("spoilt")
    return [Trier(name, home, folder / str(at)) for at, (name, home) in enumerate(HOMES)]


def spoil(trier: Trier, seed: int) -> None:
    try:
        trier.spoil(seed)
    except Fault as problem:
        pytest.fail(f"seed {seed}, {trier.sample.name}: {problem}")


@pytest.mark.parametrize("at", range(len(HOMES)), ids=[home.name for _, home in HOMES])
def test_some_spoilt_histories(triers: list[Trier], at: int) -> None:
    for seed in range(FEW):
        spoil(triers[at], seed)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_spoilt_histories(triers: list[Trier], part: int) -> None:
    for number in range(part, MANY, PARTS):
        spoil(triers[number % len(triers)], BEGIN + number)


def test_the_homes_are_those_of_all_sources() -> None:
    assert {name for name, _ in HOMES} == set(source_names()) - LOGS
    assert all(Path(home).is_dir() for _, home in HOMES)
