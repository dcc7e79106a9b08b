"""Checks on what the ledger makes of what a source says: once, whatever the order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..appraising import Appraising
from ..format import count
from ..prices import open_price_book
from ..query import Query
from ..sources import Place
from .trial import Finding, Trial, batch_of, fresh_ledger

if TYPE_CHECKING:
    from ..ledger import Ledger

_BY = ("source", "session", "project", "agent", "provider", "model", "status")
_ORDERS = 12
_PLACES = 400
"""Places that are recorded one by one; more are recorded in groups."""

Portrait = list[str]
"""What a ledger holds, a line each: figures of each series, what is known of sessions, limits."""


def records_once(trial: Trial) -> Finding:
    """What was recorded is not recorded again, and every invariant of the ledger holds."""
    tried = f"{count(len(trial.readings), 'reading')}, twice"
    with fresh_ledger() as ledger:
        first = _record(ledger, trial, trial.places)
        portrait = _portrait(ledger)
        again = _record(ledger, trial, trial.places)
        if again:
            return Finding(tried, f"{again} more events after {first}")
        if told := _unlike(_portrait(ledger), portrait):
            return Finding(tried, told)
        return Finding(tried, next(iter(ledger.verify()), ""))


def order_does_not_matter(trial: Trial) -> Finding:
    """Whatever the order in which places are read, one at a time, the ledger is the same."""
    with fresh_ledger() as ledger:
        _record(ledger, trial, trial.places)
        expected = _portrait(ledger)
    tried = 0
    for number in trial.rounds(_ORDERS if len(trial.places) > 1 else 0):
        places = list(reversed(trial.places))
        if number:
            trial.chance.shuffle(places)
        tried += 1
        with fresh_ledger() as ledger:
            _record(ledger, trial, places)
            if told := _unlike(_portrait(ledger), expected):
                return Finding(count(tried, "order"), told)
    return Finding(f"{count(tried, 'order')} of {count(len(trial.places), 'place')}")


def _record(ledger: Ledger, trial: Trial, places: Sequence[Place]) -> int:
    """Read places one by one, by a source that has read nothing before, and record them; how
    many events that made."""
    appraiser, source = Appraising(open_price_book()), trial.sample.open()
    step = -(-len(places) // _PLACES) or 1
    new = 0
    for start in range(0, len(places), step):
        some = places[start : start + step]
        seen = [each for place in some for each in source.read(place, None)]
        new += ledger.record(batch_of(seen), appraiser).new
    return new


def _portrait(ledger: Ledger) -> Portrait:
    report = ledger.ask(Query(by=_BY))
    lines = [f"{row.dims} has {row.figures}" for row in report.rows]
    sessions = {(row.dims["source"] or "", row.dims["session"] or "") for row in report.rows}
    lines += [str(ledger.session(*each)) for each in sessions if each[1]]
    lines += [str(each) for each in ledger.limits()]
    return sorted(lines)


def _unlike(found: Portrait, expected: Portrait) -> str:
    """The first line that is not the same."""
    missing, extra = set(expected) - set(found), set(found) - set(expected)
    if missing and extra:
        return f"{min(extra)}, instead of {min(missing)}"
    return f"missing: {min(missing)}" if missing else f"too many: {min(extra)}" if extra else ""
