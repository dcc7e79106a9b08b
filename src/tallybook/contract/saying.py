"""Checks on what a source says of histories as they are."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from ..dialects import counter
from ..format import count, number
from ..model import STATUS_RANK
from ..reading import Complaint, Cursor, Reading, Spot
from ..sources.source import Revisiting
from .folding import difference, folded
from .trial import Finding, Trial

_TOTALS = ("total_tokens", "totalTokens", "total")
_NESTED = ("tokens", "usage")
_KEY_BYTES = 16
_SAMPLE = 120
_SESSIONS = 50


def reads(trial: Trial) -> Finding:
    """Every place is read to a cursor, or complained of as closed; what is said is in order."""
    found = len(trial.places), len(trial.readings)
    tried = f"{count(found[0], 'place')}, {count(found[1], 'reading')}"
    if not found[0]:
        return Finding(tried, "nothing was found to read")
    for path, seen in trial.whole.items():
        cursors = [each for each in seen if isinstance(each, Cursor)]
        closed = any(isinstance(each, Complaint) and each.fatal for each in seen)
        if not closed and (not seen or seen[-1] not in cursors):
            return Finding(tried, f"{path}: what is said does not end with a cursor")
        if any(each.place != path for each in cursors):
            return Finding(tried, f"{path}: a cursor names another place")
    wrong = (f"{each.place}, byte {each.offset}: {what}" for each, what in _malformed(trial))
    return Finding(tried, next(wrong, ""))


def _malformed(trial: Trial) -> Iterator[tuple[Reading, str]]:
    for each in trial.readings:
        if each.who.source != trial.source.name:
            yield each, f"the source is {each.who.source!r}"
        if not each.keys or any(len(key) != _KEY_BYTES for key in each.keys):
            yield each, f"its keys are {each.keys!r}"
        if each.status not in STATUS_RANK:
            yield each, f"the status is {each.status!r}"
        if each.ended_ms < each.started_ms:
            yield each, "it ended before it began"
        if not each.model or not each.provider or not each.place:
            yield each, "its model, provider or place is empty"


def says_the_same_again(trial: Trial) -> Finding:
    """Reading twice says the same, and reading from the last cursor adds nothing."""
    tried = count(len(trial.places), "place")
    for place in trial.places:
        first = trial.whole[place.path]
        again = list(trial.source.read(place, None))
        if told := difference(folded(again), folded(first)):
            return Finding(tried, f"read again, {told}")
        if len(again) != len(first):
            return Finding(tried, f"{place.path}: {len(again)} things said instead of {len(first)}")
        cursors = [each for each in first if isinstance(each, Cursor)]
        rest = list(trial.source.read(place, cursors[-1])) if cursors else []
        if told := difference(folded([*first, *rest]), folded(first)):
            return Finding(tried, f"read on from its end, {told}")
    return Finding(tried)


def counts_are_counts(trial: Trial) -> Finding:
    """No class is negative, and the classes add up to the total where the usage tells one, or
    the guess is named."""
    totals = 0
    for each in trial.readings:
        counted = counter(each.dialect)(each.usage)
        where = f"{each.place}, byte {each.offset}"
        if min(counted.counts) < 0:
            return Finding("", f"{where}: {counted.counts}")
        total = _total(each.usage)
        totals += total is not None
        explained = counted.assumptions or counted.complaints
        if total is not None and total != sum(counted.counts) and not explained:
            said = f"{where}: the classes add up to {sum(counted.counts)}, not to {total}"
            return Finding(_tried(trial, totals), said)
    return Finding(_tried(trial, totals))


def _tried(trial: Trial, totals: int) -> str:
    return f"{count(len(trial.readings), 'reading')}, {number(totals)} with a total"


def _total(usage: bytes) -> int | None:
    """The total that a usage object tells, if it does."""
    try:
        found: object = json.loads(usage)
    except ValueError:
        return None
    fields = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    for name in _NESTED:
        inner = fields.get(name)
        if isinstance(inner, dict):
            fields = cast("dict[str, object]", inner)
            break
    values = (fields.get(name) for name in _TOTALS)
    return next((each for each in values if type(each) is int), None)


def complaints_help(trial: Trial) -> Finding:
    """A complaint names what is wrong and what to do, and shows nothing that drives a terminal."""
    complaints = [each for each in trial.seen if isinstance(each, Complaint)]
    told = next((unhelpful(each) for each in complaints if unhelpful(each)), "")
    return Finding(count(len(complaints), "complaint"), told)


def unhelpful(each: Complaint) -> str:
    """What is wrong with a complaint; empty if nothing is."""
    if not each.reason or not each.hint:
        return f"{each.place}: {each.reason!r} with the hint {each.hint!r}"
    if len(each.sample) > _SAMPLE or not (each.sample.isprintable() or not each.sample):
        return f"{each.place}: the sample {each.sample!r}"
    return ""


def recalls(trial: Trial) -> Finding:
    """The conversation of a session has a round for each call that the session made. In a log,
    which may hold no words, each line that does is that of its call."""
    if isinstance(trial.source, Revisiting):
        return _revisits(trial, trial.source)
    own: dict[str, set[frozenset[bytes]]] = {}
    for call in folded(trial.seen).values():
        if call.who.session:
            own.setdefault(call.who.session, set()).add(call.keys)
    sessions = sorted(own)
    trial.chance.shuffle(sessions)
    tried = 0
    for at in trial.rounds(min(len(sessions), _SESSIONS)):
        session = sessions[at]
        rounds = list(trial.source.recall(session))
        tried += 1
        known = {key for each in rounds for key in each.keys}
        missing = sum(known.isdisjoint(keys) for keys in own[session])
        if missing:
            said = f"session {session}: {count(missing, 'call')} of {len(own[session])} in no round"
            return Finding(count(tried, "session"), said)
        if [each.number for each in rounds] != list(range(1, len(rounds) + 1)):
            return Finding(count(tried, "session"), f"session {session}: rounds are misnumbered")
    return Finding(f"{tried} of {count(len(sessions), 'session')}")


def _revisits(trial: Trial, source: Revisiting) -> Finding:
    spots = [Spot(each.keys, each.place, each.offset) for each in trial.readings]
    calls = {key: each for each in trial.readings for key in each.keys}
    rounds = list(source.revisit(spots))
    tried = f"{count(len(rounds), 'line')} with words of {number(len(spots))}"
    for each in rounds:
        call = calls.get(each.keys[0]) if each.keys else None
        if call is None or each.started_ms != call.started_ms:
            return Finding(tried, f"the words at {each.started_ms} are those of another call")
    if len(rounds) > len(spots):
        return Finding(tried, "there are more words than calls")
    return Finding(tried)


def nothing_in_an_empty_home(trial: Trial) -> Finding:
    """A machine without this tool is no problem."""
    with tempfile.TemporaryDirectory(prefix="tally-trial-") as folder:
        source = trial.sample.open_in(Path(folder))
        found = list(source.locate())
        rounds = list(source.recall("nobody"))
        if not source.roots():
            return Finding("1 home", "it does not say where it looks")
        inside = [each for each in found if str(Path(folder)) in str(each)]
        told = f"it says {inside[0]!r}" if inside else ""
    return Finding("1 home", told or ("it recalls what is not there" if rounds else ""))
