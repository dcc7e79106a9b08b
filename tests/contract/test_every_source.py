"""The contract, for every source that is registered, on every home among its fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybook.contract import CHECKS, Sample, Subject, try_one
from tallybook.contract.trial import Trial
from tallybook.sources import LOGS, SOURCES, open_source

FIXTURES = Path(__file__).parents[1] / "sources"
HOMES = sorted(
    (name, home)
    for name in SOURCES
    for home in (FIXTURES / name.replace("-", "_")).glob("home_*")
    if home.is_dir()
)
IDS = [f"{name}-{home.name}" for name, home in HOMES]


def subject(name: str, home: Path) -> Subject:
    """A source and one of its homes. Logs lie in a folder that users have to name."""
    return Subject(name, roots=(home / "log",)) if name in LOGS else Subject(name, home=home)


def test_every_source_has_a_home() -> None:
    assert {name for name, _ in HOMES} == set(SOURCES)


@pytest.fixture(scope="module", params=HOMES, ids=IDS)
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """One home of one source, copied."""
    name, home = request.param
    sample = Sample(subject(name, home), tmp_path_factory.mktemp("sample"))
    assert sample.files
    assert sample.left_out == 0
    return Trial(sample, seconds=0.15)


@pytest.mark.parametrize("check", CHECKS)
def test_the_contract_holds(trial: Trial, check: str) -> None:
    verdict = try_one(trial, check)
    assert verdict.passed, verdict.difference


@pytest.mark.long
@pytest.mark.parametrize(("name", "home"), HOMES, ids=IDS)
@pytest.mark.parametrize("seed", range(2))
def test_the_contract_holds_for_long(name: str, home: Path, seed: int, tmp_path: Path) -> None:
    trial = Trial(Sample(subject(name, home), tmp_path), seconds=3, seed=seed)
    verdicts = [try_one(trial, check) for check in CHECKS]
    assert [each for each in verdicts if not each.passed] == []


@pytest.mark.parametrize(("name", "home"), HOMES, ids=IDS)
def test_the_originals_stay_as_they_are(name: str, home: Path, tmp_path: Path) -> None:
    before = {each: each.read_bytes() for each in home.rglob("*") if each.is_file()}
    trial = Trial(Sample(subject(name, home), tmp_path), seconds=0.01)
    for check in CHECKS:
        try_one(trial, check)
    assert {each: each.read_bytes() for each in home.rglob("*") if each.is_file()} == before
    assert open_source(name, environ={"HOME": str(home)}).roots()
