"""Checks on histories that are cut, damaged or gone: nothing is raised, nothing is lost in
silence, and what grows is read as if it had always been whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..format import count
from ..reading import Cursor, Observation
from .folding import difference, folded, lost
from .samples import belongs, changed, concerned, is_log, troubles
from .saying import unhelpful
from .trial import Finding, Trial

_LARGEST = 8 << 20
"""Files above this size are left alone: each try copies one."""

_TRIES = 2_000
_HOLE = 20_000
"""Bytes that damage takes out at most."""

_ABSENT = 0.2
"""How often a file is not there at first, rather than cut."""

_JUNK = b"\x00\xfe]junk{\xff"


def cut_anywhere(trial: Trial) -> Finding:
    """A file cut at any byte is read without an error, and what is still told of a call is no
    more than before, unless a lesser witness tells it."""
    tries = 0
    for file, at in _spots(trial):
        places = concerned(trial.source, file)
        expected = folded(each for place in places for each in trial.whole[place.path])
        with changed(file, file.read_bytes()[:at]):
            found = folded(trial.say(concerned(trial.source, file)))
        tries += 1
        both = found.keys() & expected.keys()
        same = {key: found[key] for key in both if found[key].witness == expected[key].witness}
        if told := lost(expected, same):
            return Finding(count(tries, "cut"), f"{file.name}, cut at byte {at}: {told}")
    return Finding(f"{count(tries, 'cut')} in {count(len(_files(trial)), 'file')}")


def grows(trial: Trial) -> Finding:
    """Read when it was cut at any byte, or not there yet, and then on from the cursor, a history
    says the same as when it is read in one go. What stands beside it may be late, and the log of
    a database may tell of a call that was not complete: then counts are the same."""
    tries = 0
    for file, at in _spots(trial):
        content = None if trial.chance.random() < _ABSENT else file.read_bytes()[:at]
        told = _grown(trial, file, content)
        tries += 1
        if told:
            when = "not there at first" if content is None else f"cut at byte {at} at first"
            return Finding(count(tries, "growth"), f"{file.name}, {when}: {told}")
    return Finding(f"{count(tries, 'growth')} in {count(len(_files(trial)), 'file')}")


def _grown(trial: Trial, file: Path, content: bytes | None) -> str:
    """What is not the same after a file was first seen with another content, or not at all."""
    early: dict[str, list[Observation]] = {}
    with changed(file, content):
        for place in concerned(trial.source, file):
            early[place.path] = list(trial.source.read(place, None))
    places = concerned(trial.source, file)
    seen = [each for every in early.values() for each in every]
    for place in places:
        seen += trial.source.read(place, _cursor(early.get(place.path, [])))
    paths = {*early, *(place.path for place in places)}
    expected = folded(each for path in paths for each in trial.whole.get(path, []))
    if any(belongs(file, path) for path in paths) and not is_log(file):
        return difference(folded(seen), expected)
    found = folded(seen)
    return lost(found, expected) or lost(expected, found)


def damage_is_told(trial: Trial) -> Finding:
    """Where a damaged line or file costs a count, a complaint says so, and helps. Logs of
    databases are left out: see `is_log`."""
    tries = 0
    for file, at in _spots(trial, starts=True):
        data = file.read_bytes()
        places = concerned(trial.source, file)
        expected = folded(each for place in places for each in trial.whole[place.path])
        hole = trial.chance.choice((len(_JUNK), trial.chance.randrange(_HOLE)))
        rest = data[at + hole :] or data[-1:]  # a line without its end may be just being written
        with changed(file, data[:at] + _JUNK + rest):
            seen = trial.say(concerned(trial.source, file))
            # What can't be known for a place at all is told when places are looked for.
            unplaced = troubles([*trial.source.locate()])
        tries += 1
        complaints = [*unplaced, *troubles(seen)]
        where = f"{file.name}, damaged at byte {at}"
        if not complaints and (told := lost(folded(seen), expected)):
            return Finding(count(tries, "damage"), f"{where}: lost in silence: {told}")
        if told := next((said for each in complaints if (said := unhelpful(each))), ""):
            return Finding(count(tries, "damage"), f"{where}: {told}")
    return Finding(f"{count(tries, 'damage')} in {count(len(_files(trial, logs=False)), 'file')}")


def gone_before_it_is_read(trial: Trial) -> Finding:
    """A file that goes away after it was found is no error."""
    files = _files(trial)
    tries = 0
    for _ in trial.rounds(min(len(files), _TRIES)):
        file = trial.chance.choice(files)
        places = concerned(trial.source, file)
        with changed(file, None):
            trial.say(places)
        tries += 1
    return Finding(count(tries, "file"))


def _cursor(seen: list[Observation]) -> Cursor | None:
    """The last cursor of a place that was read, as the ledger would keep it."""
    return next((each for each in reversed(seen) if isinstance(each, Cursor)), None)


def _files(trial: Trial, *, logs: bool = True) -> list[Path]:
    files = [each for each in trial.sample.files if 0 < each.stat().st_size <= _LARGEST]
    return [each for each in files if logs or not is_log(each)]


def _spots(trial: Trial, *, starts: bool = False) -> Iterator[tuple[Path, int]]:
    """Files with a byte in each, by chance; the beginning and the end are tried too. With
    `starts` the bytes begin a line, or the file where it has no lines."""
    files = _files(trial, logs=not starts)
    for number in trial.rounds(_TRIES if files else 0):
        file = files[number] if number < len(files) else trial.chance.choice(files)
        data = file.read_bytes()
        at = trial.chance.choice((0, 1, len(data) - 1, *(trial.chance.randrange(len(data)),) * 9))
        if starts:
            at = 0 if b"\0" in data[:1024] else data.rfind(b"\n", 0, at) + 1
        yield file, min(at, len(data) - 1)
