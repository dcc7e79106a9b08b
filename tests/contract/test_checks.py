"""Each check of the contract finds what it is there for: sources that were spoilt on purpose."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tallybook.contract import CHECKS, Sample, Subject, try_one, try_source
from tallybook.contract.finding import subjects_in
from tallybook.contract.trial import Trial
from tallybook.reading import Complaint, Cursor, Observation, Reading, Round
from tallybook.sources import Place, Source

HOMES = Path(__file__).parents[1] / "sources" / "claude_code"
HOME = HOMES / "home_2_1_330_forks"

NUMBERS = itertools.count()

Spoil = Callable[["Spoilt", Place, Cursor | None], Iterator[Observation]]


class Spoilt:
    """The source of Claude Code with another way of reading."""

    def __init__(self, inner: Source, spoil: Spoil) -> None:
        self.inner, self._spoil = inner, spoil
        self.numbers = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        self.numbers += 1
        return self._spoil(self, place, since)


class SpoiltSample(Sample):
    """A sample that opens the spoilt source."""

    def __init__(self, folder: Path, spoil: Spoil, *, everywhere: bool = False) -> None:
        super().__init__(Subject("claude-code", home=HOME), folder)
        self._spoil = spoil
        self.everywhere = everywhere

    def open(self) -> Any:
        return Spoilt(super().open(), self._spoil)


def failing(folder: Path, spoil: Spoil) -> dict[str, str]:
    """The checks that find something, with what they find."""
    trial = Trial(SpoiltSample(folder, spoil), seconds=0.3)
    found = [try_one(trial, check) for check in CHECKS]
    return {each.check: each.difference for each in found if not each.passed}


def plain(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    return source.inner.read(place, since)


def raises(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    Path(place.path).read_bytes()[:4].index(b"{")
    if not Path(place.path).read_bytes().endswith(b"}\n"):
        raise KeyError("usage")
    return source.inner.read(place, since)


def forgets(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    for each in source.inner.read(place, since):
        if since is None or not isinstance(each, Reading):
            yield each


def renumbers(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    for each in source.inner.read(place, since):
        key = next(NUMBERS).to_bytes(16, "big")
        yield each._replace(keys=(key,)) if isinstance(each, Reading) else each


def takes_the_first(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    """Says who owns a call by the order of reading."""
    for each in source.inner.read(place, since):
        yield each._replace(attr=source.numbers) if isinstance(each, Reading) else each


def is_silent(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    return (each for each in source.inner.read(place, since) if not isinstance(each, Complaint))


def is_no_help(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    yield Complaint(source="claude-code", place=place.path, reason="odd", sample="\x1b[31m")
    yield from source.inner.read(place, since)


def never_ends(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    return (each for each in source.inner.read(place, since) if not isinstance(each, Cursor))


def invents(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    """Adds a total that its classes don't make."""
    for each in source.inner.read(place, since):
        if isinstance(each, Reading):
            usage = json.loads(each.usage) | {"total": 1}
            each = each._replace(usage=json.dumps(usage).encode())
        yield each


def keyless(source: Spoilt, place: Place, since: Cursor | None) -> Iterator[Observation]:
    for each in source.inner.read(place, since):
        yield each._replace(keys=(b"short",)) if isinstance(each, Reading) else each


def test_the_source_as_it_is_fails_nothing(tmp_path: Path) -> None:
    assert failing(tmp_path, plain) == {}


@pytest.mark.parametrize(
    ("spoil", "checks", "words"),
    [
        (raises, {"cuts", "growth", "damage", "gone"}, "it raised KeyError"),
        (forgets, {"growth"}, "a call is missing|instead of"),
        (renumbers, {"again", "once"}, "more events"),
        (takes_the_first, {"order"}, "instead of"),
        (is_silent, {"damage"}, "lost in silence"),
        (is_no_help, {"complaints"}, "with the hint ''"),
        (never_ends, {"reads"}, "does not end with a cursor"),
        (invents, {"counts"}, "not to 1"),
        (keyless, {"reads"}, r"its keys are \(b'short',\)"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_what_is_spoilt_is_found(
    tmp_path: Path, spoil: Spoil, checks: set[str], words: str
) -> None:
    found = failing(tmp_path, spoil)
    assert checks <= found.keys()
    assert any(re.search(words, said) for said in found.values()), found


def test_a_conversation_without_its_calls_is_found(tmp_path: Path) -> None:
    class Mute(Spoilt):
        def recall(self, session: str) -> Iterator[Round]:
            rounds = list(self.inner.recall(session))
            return iter(rounds[:-1])

    class MuteSample(SpoiltSample):
        def open(self) -> Any:
            return Mute(Sample.open(self), plain)

    verdict = try_one(Trial(MuteSample(tmp_path, plain), 0.3), "recall")
    assert not verdict.passed
    assert "1 call of" in verdict.difference


def test_a_complaint_about_an_empty_home_is_found(tmp_path: Path) -> None:
    class Nervous(SpoiltSample):
        def open_in(self, home: Path) -> Any:
            source = Spoilt(super().open_in(home), plain)
            source.locate = lambda: iter([Place(str(home / "x"), 1, 1)])  # type: ignore[method-assign] - that is what is spoilt
            return source

    assert not try_one(Trial(Nervous(tmp_path, plain), 0.3), "empty").passed


def test_nothing_to_read_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    sample = Sample(Subject("claude-code", home=tmp_path / "user"), tmp_path / "copy")
    verdicts = {each.check: each for each in try_source(sample, 0.1)}
    assert verdicts["reads"].difference == "nothing was found to read"


def test_only_histories_are_copied(tmp_path: Path) -> None:
    home = tmp_path / "user"
    shutil.copytree(HOME, home)
    (home / ".claude" / ".credentials.json").write_text("secret")
    (home / "other.txt").write_text("secret")
    sample = Sample(Subject("claude-code", home=home), tmp_path / "copy")
    assert sample.files
    assert {each.suffix for each in sample.files} == {".jsonl", ".json"}
    assert not [each for each in sample.files if b"secret" in each.read_bytes()]


@pytest.mark.parametrize("pick", ["home", "projects", "file"])
def test_whose_histories_a_path_holds(tmp_path: Path, pick: str) -> None:
    paths = {"home": HOME, "projects": HOME / ".claude" / "projects"}
    path = paths.get(pick) or next(HOME.rglob("d2666446*.jsonl"))
    (subject,) = subjects_in(path, tmp_path / "stage")
    assert subject.source == "claude-code"
    sample = Sample(subject, tmp_path / "copy")
    assert any("d2666446" in str(each) for each in sample.files)
    sessions = {
        each.who.session
        for place in Trial(sample, 0.1).whole.values()
        for each in place
        if isinstance(each, Reading)
    }
    assert "d2666446-350e-43a6-91f7-363fbaed8ea1" in sessions
    assert list(subjects_in(path, tmp_path / "again", ["codex"])) == []


def test_a_database_whose_calls_are_in_its_log_holds(tmp_path: Path) -> None:
    home, data = tmp_path / "as-it-is", Path(".local") / "share" / "opencode"
    shutil.copytree(HOMES.with_name("opencode") / "home_1_18_33", tmp_path / "from")
    database = tmp_path / "from" / data / "opencode.db"
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode = WAL")
    rows = db.execute("SELECT * FROM message").fetchall()
    db.execute("DELETE FROM message")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    marks = ", ".join("?" * len(rows[0]))
    db.executemany(f"INSERT INTO message VALUES ({marks})", rows)
    db.commit()
    shutil.copytree(tmp_path / "from", home)  # as it is while the agent runs
    db.close()
    trial = Trial(Sample(Subject("opencode", home=home), tmp_path / "sample"), seconds=0.5)
    assert {each.suffix for each in trial.sample.files} >= {".db", ".db-wal"}
    assert len(trial.readings) >= len(rows) / 2
    verdicts = [try_one(trial, check) for check in CHECKS]
    assert [each.difference for each in verdicts if not each.passed] == []
