"""Trying one spoilt history: what must hold of it, whatever was spoilt.

The undamaged history is the measure: calls whose lines still stand keep their counts, nothing is
counted that no line tells, and what is lost is complained of.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tallybook.appraising import Appraising
from tallybook.contract import Sample, Subject
from tallybook.contract.folding import Calls, difference, folded, lost
from tallybook.contract.samples import belongs, changed, concerned, troubles
from tallybook.contract.saying import unhelpful
from tallybook.contract.trial import batch_of, fresh_ledger
from tallybook.dialects import counter
from tallybook.prices import open_price_book
from tallybook.reading import Complaint, Cursor, Observation, Reading
from tallybook.sources import LOGS, SOURCES
from tallybook.sources.json_lines import loose

from .mutations import Mutant, in_text, mutants, unhit

FIXTURES = Path(__file__).resolve().parents[1] / "sources"
HOMES = sorted(
    (name, home)
    for name in SOURCES
    if name not in LOGS  # whose files are known by their first lines: they have tests of their own
    for home in (FIXTURES / name.replace("-", "_")).glob("*_*")
    if home.is_dir()
)

STEPS = 40
"""Calls that one message of OpenCode may tell."""

GUESSED = "usage-from-totals"
"""The note of a call whose own usage is not told."""

Figures = Counter[tuple[int, ...]]
"""Calls by their counts alone: spoilt ids and times change the rest."""


class Fault(AssertionError):
    """What did not hold, with all that is needed to see it again."""


class Said(NamedTuple):
    """What the places of a spoilt file say. `unknown` calls are named and not counted, guessed,
    or waited for: a place that is not told to its end is looked into again."""

    seen: list[Observation]
    calls: Calls
    figures: Figures
    unknown: int
    complaints: list[str]


_NOTHING = Said([], {}, Figures(), 0, [])


class Trier:
    """A copy of a home in which one file at a time is spoilt and mended again."""

    def __init__(self, name: str, home: Path, folder: Path) -> None:
        self.sample = Sample(Subject(name, home=home), folder)
        self.files = [each for each in self.sample.files if _is_text(each)]
        self.databases = [each for each in self.sample.files if each.suffix == ".db"]
        self.appraiser = Appraising(open_price_book())

    def spoil(self, seed: int) -> str:
        """Spoil one file as `seed` says, and try it; how it was spoilt. Raises `Fault`."""
        chance = random.Random(seed)
        if self.databases and (not self.files or chance.random() < 0.5):
            return self._spoil_database(chance.choice(self.databases), chance)
        file = chance.choice(self.files)
        data = file.read_bytes()
        mutant = next(mutants(data, chance, lines=file.suffix == ".jsonl"))
        with _kept(self.sample.name, file, mutant.data, mutant.how):
            self._try(file, data, mutant, chance)
        return f"{file.name}: {mutant.how}"

    def _try(self, file: Path, data: bytes, mutant: Mutant, chance: random.Random) -> None:
        before, found = self._with(file, data), self._with(file, mutant.data)
        if file.suffix == ".jsonl":
            left, new = unhit(data, mutant.data)
            least = self._with(file, data if mutant.harmless else left)
            most = 0 if mutant.harmless else len(new)
            credible = sum(loose(each) is not None for each in new)
            _bounded(found, (least, credible), (before.figures, most))
        elif mutant.harmless:
            _bounded(found, (before, 0), (before.figures, 0))
        else:
            _bounded(found, (_NOTHING, 0), (before.figures, STEPS))
        told = _told(before, found, mutant, _new(file, data, mutant))
        told = told or self._told_in_turn(file, data, mutant, (before, found))
        require(told, f"lost: {before.figures - found.figures}")
        self._in_pieces(file, mutant.data, chance)
        self._recorded(found.seen)

    def _told_in_turn(
        self, file: Path, data: bytes, mutant: Mutant, said: tuple[Said, Said]
    ) -> bool:
        """Whether nothing is lost in silence by either of two ways: what the first one left whole
        does not tell, it never told, though the second one damaged something beside it."""
        (before, found), first = said, mutant.first
        if first is None:
            return False
        between = self._with(file, first.data)
        if between.complaints or between.unknown > before.unknown:
            return False  # the second way made it fall silent
        both = _told(before, between, first, _new(file, data, first))
        return both and _told(between, found, mutant, _new(file, first.data, mutant))

    def _with(self, file: Path, content: bytes) -> Said:
        with changed(file, content):
            return self._say(file)

    def _say(self, file: Path) -> Said:
        source = self.sample.open()
        seen: list[Observation] = []
        for place in concerned(source, file):
            said = list(source.read(place, None))
            ends = [each for each in said if isinstance(each, Cursor | Complaint)]
            require(ends, f"{place.path}: neither a cursor nor a complaint")
            seen += said
        for each in troubles(seen):
            require(not unhelpful(each), unhelpful(each))
        calls = folded(seen)
        figures = Counter(call.counts for call in calls.values() if any(call.counts))
        require(all(min(each) >= 0 for each in figures), "a negative count")
        odd = (counter(each.dialect)(each.usage) for each in seen if isinstance(each, Reading))
        complaints = [each.reason for each in troubles(seen)]
        unknown = sum(call.status == "unmetered" for call in calls.values())
        unknown += sum(isinstance(each, Cursor) and each.size < 0 for each in seen)
        unknown += sum(isinstance(each, Reading) and GUESSED in each.note for each in seen)
        told = [*complaints, *(text for one in odd for text in one.complaints)]
        return Said(seen, calls, figures, unknown, told)

    def _in_pieces(self, file: Path, data: bytes, chance: random.Random) -> None:
        """Read when only a part of it was there, and then on from the cursor, a spoilt file
        says what it says when it is read at once."""
        early: dict[str, list[Observation]] = {}
        at = chance.randrange(len(data) + 1)
        source = self.sample.open()
        with changed(file, data[:at]):
            for place in concerned(source, file):
                early[place.path] = list(source.read(place, None))
        with changed(file, data):
            places = concerned(source, file)
            seen = [each for every in early.values() for each in every]
            for place in places:
                seen += source.read(place, _cursor(early.get(place.path, ())))
            whole = [each for place in places for each in self.sample.open().read(place, None)]
        gone = [each for path in early.keys() - {place.path for place in places}
                for each in early[path]]  # fmt: skip
        one, other = folded(seen), folded([*whole, *gone])
        if not any(belongs(file, place.path) for place in places) or _guessed(whole):
            told = lost(one, other) or lost(other, one)
        else:
            told = difference(one, other)
        require(not told, f"cut at {at} at first: {told}")

    def _recorded(self, seen: list[Observation]) -> None:
        """Recorded twice is recorded once, and the ledger holds."""
        with fresh_ledger() as ledger:
            ledger.record(batch_of(seen), self.appraiser)
            again = ledger.record(batch_of(seen), self.appraiser)
            require(not again.new, f"{again.new} new events when it is recorded again")
            wrong = ledger.verify()
            require(not wrong, f"verify: {wrong}")

    # -- databases

    def _spoil_database(self, file: Path, chance: random.Random) -> str:
        data = file.read_bytes()
        if chance.random() < 0.5:
            mutant = next(mutants(data, chance, lines=False))
            with _kept(self.sample.name, file, mutant.data, mutant.how):
                self._recorded(self._with(file, mutant.data).seen)
            return f"{file.name}: {mutant.how}"
        before = self._say(file).figures
        with changed(file, data):
            how = _spoil_row(file, chance)
            with _kept(self.sample.name, file, file.read_bytes(), how):
                found = self._say(file)
                require(
                    sum((found.figures - before).values()) <= STEPS,
                    f"counted too much: {found.figures - before}",
                )
                self._recorded(found.seen)
        return f"{file.name}: {how}"


def require(held: object, otherwise: str) -> None:
    if not held:
        raise Fault(otherwise)


def _bounded(found: Said, least: tuple[Said, int], most: tuple[Figures, int]) -> None:
    """What stands untouched is counted, and nothing else but what new lines tell. A new line that
    can be read may tell something wrong of a call that other lines tell, too; what it tells more of
    such a call, behind damage too, is no loss."""
    missing = least[0].figures - found.figures - _grown(least[0].calls, found.calls)
    extra = found.figures - most[0]
    lacks = f"lost though untouched: {missing}; {found.complaints[:3]}"
    require(missing.total() <= least[1], lacks)
    require(extra.total() <= most[1], f"counted though not there: {extra}")


def _grown(least: Calls, found: Calls) -> Figures:
    """The calls that are found again by their keys, with more in some count and less in none."""
    held = {key: call.counts for call in found.values() for key in call.keys}
    pairs = [(call.counts, held[key]) for call in least.values()
             for key in sorted(call.keys & held.keys())[:1]]  # fmt: skip
    return Counter(
        less
        for less, more in pairs
        if less != more and all(one <= other for one, other in zip(less, more, strict=True))
    )


def _new(file: Path, data: bytes, mutant: Mutant) -> list[bytes]:
    """What stands in a spoilt file and did not stand there before."""
    return unhit(data, mutant.data)[1] if file.suffix == ".jsonl" else [mutant.data]


def _told(before: Said, found: Said, mutant: Mutant, new: list[bytes]) -> bool:
    """Whether nothing is lost in silence. What a line that is whole does not tell, it never told,
    unless a count in it is impossible."""
    lost = (before.figures - found.figures).total()
    if not lost or found.complaints or found.unknown > before.unknown:
        return True
    return not mutant.odd and (all(map(_seems_whole, new)) or lost <= sum(map(_whole, new)))


def _seems_whole(line: bytes) -> bool:
    """Whether nobody can tell that a line is damaged without reading all of it: what is far from
    its ends and tells no usage is not looked at, which is what makes reading fast."""
    whole = line.startswith(b"{") and line.endswith(b"}") and b"\0" not in line
    return _whole(line) or (whole and b'okens":' not in line[-1400:])


def _whole(line: bytes) -> bool:
    """Whether a line is a JSON value: what it no longer tells, it never told."""
    text = line.removeprefix(b"\xef\xbb\xbf")
    try:
        json.loads(text.decode())
    except (ValueError, RecursionError):
        return not text.strip()
    return True


def _guessed(seen: Iterable[Observation]) -> bool:
    """Whether the time of some call is that of its file or neighbour, which may come later."""
    return any(isinstance(each, Reading) and "time-from" in each.note for each in seen)


def _cursor(seen: Iterable[Observation]) -> Cursor | None:
    return next((each for each in reversed(list(seen)) if isinstance(each, Cursor)), None)


def _is_text(file: Path) -> bool:
    return file.suffix in (".jsonl", ".json") and file.stat().st_size > 0


_TEXTS = ("message", "part", "session_message")


def _spoil_row(file: Path, chance: random.Random) -> str:
    """Spoil one row of a database; how."""
    db = sqlite3.connect(file, isolation_level=None)
    try:
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
        tables = [each for each in _TEXTS if each in names]
        rows = [(table, *row) for table in tables
                for row in db.execute(f"SELECT rowid, data FROM {table}")]  # fmt: skip
        table, rowid, text = chance.choice(rows)
        value = chance.choice((None, 0, 1.5, b"\xff\xfe\0", "", "null", "[]", "\x1b[31m", "{" * 9))
        mutant = in_text(text.encode(), chance) if chance.random() < 0.8 else None
        if mutant is not None:
            value = mutant.data.decode("utf-8", "replace")
        how = mutant.how if mutant is not None else repr(value)
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        column = "data" if mutant is not None else chance.choice(columns)
        try:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, rowid))
        except sqlite3.Error:
            how = "nothing: the database refused it"
        return f"{table} {rowid}, {column}: {how}"
    finally:
        db.close()


KEEP = Path(__file__).resolve().parents[2] / "build" / "fuzz"
"""Where spoilt files are kept of which something does not hold."""


@contextmanager
def _kept(source: str, file: Path, data: bytes, how: str) -> Generator[None]:
    """Keep what was spoilt if anything does not hold of it."""
    try:
        yield
    except Exception as problem:
        KEEP.mkdir(parents=True, exist_ok=True)
        kept = KEEP / f"{source}-{file.name}"
        kept.write_bytes(data)
        raise Fault(f"{file.name}, {how} (kept as {kept}): {problem!r}") from problem
