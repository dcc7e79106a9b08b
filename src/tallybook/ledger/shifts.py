"""What a re-rating changes, summed up by model, and how that is kept.

Which calls change is found by `judging`.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from operator import add
from typing import Any

from ..model import NO_COUNTS, Counts, six
from .deltas import LIST
from .judging import Case
from .orders import ReratePlan, Shift


class Tally:
    """Changes summed up by model."""

    def __init__(self) -> None:
        self._examined = 0
        self._parts: dict[tuple[str, str], _Part] = {}

    def take(self, case: Case) -> None:
        """Look at one call."""
        self._examined += 1
        if case.differs:
            reading = case.stored.reading
            names = (reading.provider, reading.model)
            part = self._parts.get(names)
            if part is None:
                part = self._parts[names] = _Part()
            part.take(case)

    def plan(self, db: sqlite3.Connection) -> ReratePlan:
        """What all of them come to."""
        units: dict[int, str] = dict(
            db.execute("SELECT id, value FROM dim WHERE kind = 'currency'")
        )
        shifts = [
            part.shift(*names, units)._replace(**part.rates(db))
            for names, part in self._parts.items()
        ]
        shifts.sort(key=lambda each: (-_distance(each), -each.events, each.provider, each.model))
        return ReratePlan(tuple(shifts), self._examined)


class _Part:
    """The changes of one model."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.was: Counter[int] = Counter()
        self.becomes: Counter[str] = Counter()
        self.counts_were = self.counts_become = NO_COUNTS
        self.unpriced_were = self.unpriced_become = 0
        self._bare: dict[tuple[int, tuple[str, ...]], tuple[int, int]] = {}

    def take(self, case: Case) -> None:
        figures, appraisal = case.stored.figures, case.appraisal
        old = next(((unit, nanos) for kind, unit, nanos in figures[6] if kind == LIST), None)
        new = appraisal.nanos
        self.kinds["events"] += 1
        self.kinds["priced"] += old is None and new is not None
        self.kinds["unpriced"] += old is not None and new is None
        self.kinds["billed"] += case.billing_differs
        self.kinds["relabelled"] += not case.figures_differ
        if old is not None:
            self.was[old[0]] += old[1]
        if new is not None:
            self.becomes[appraisal.currency or ""] += new
        self.counts_were = six(map(add, self.counts_were, figures[4]))
        self.counts_become = six(map(add, self.counts_become, appraisal.counts))
        were, become = case.unpriced
        self.unpriced_were += were
        self.unpriced_become += become
        if old is not None and new is not None and len(set(case.assumed)) > 1:
            key = case.assumed[0], _without_rate(appraisal.assumptions)
            before, after = self._bare.get(key, (0, 0))
            self._bare[key] = before + were, after + become

    def rates(self, db: sqlite3.Connection) -> dict[str, Any]:
        """What loses and what gets a rate, of calls that have an amount before and after: by the
        assumptions that name it."""
        lost, found = 0, 0
        names_lost, names_found = set[str](), set[str]()
        for (assumed, lacking), (were, become) in self._bare.items():
            row = db.execute("SELECT value FROM dim WHERE id = ?", (assumed,)).fetchone()
            lacked = _without_rate(row[0].split(";")) if row else ()
            loses, finds = set(lacking).difference(lacked), set(lacked).difference(lacking)
            lost += max(0, become - were) if loses else 0
            found += max(0, were - become) if finds else 0
            names_lost |= loses
            names_found |= finds
        told = {"rates_lost": tuple(sorted(names_lost)), "rates_found": tuple(sorted(names_found))}
        return {"lost": lost, "found": found, **told}

    def shift(self, provider: str, model: str, units: dict[int, str]) -> Shift:
        kinds = self.kinds
        return Shift(
            provider,
            model,
            kinds["events"],
            was={units[unit]: nanos for unit, nanos in self.was.items()},
            becomes=dict(self.becomes),
            counts_were=self.counts_were,
            counts_become=self.counts_become,
            priced=kinds["priced"],
            unpriced=kinds["unpriced"],
            billed=kinds["billed"],
            relabelled=kinds["relabelled"],
            unpriced_were=self.unpriced_were,
            unpriced_become=self.unpriced_become,
        )


_NO_RATE = "no-rate-for:"
"""How the assumption begins that a class, a unit or a selector has no rate."""


def _without_rate(assumptions: Iterable[str]) -> tuple[str, ...]:
    """The classes and units that were used and have no rate. For a selector, which has a value,
    the standard rate stands in."""
    codes = (each for each in assumptions if each.startswith(_NO_RATE) and "=" not in each)
    return tuple(code.removeprefix(_NO_RATE) for code in codes)


def _distance(shift: Shift) -> int:
    units = shift.was.keys() | shift.becomes.keys()
    return sum(abs(shift.becomes.get(unit, 0) - shift.was.get(unit, 0)) for unit in units)


def told(shifts: Iterable[Shift]) -> str:
    """Changes as they are stored."""
    return json.dumps([shift._asdict() for shift in shifts], ensure_ascii=False)


def shifts_of(text: str) -> tuple[Shift, ...]:
    """The inverse of `told`."""
    return tuple(Shift(**_plain(each)) for each in json.loads(text))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    counts: dict[str, Counts] = {
        name: six(fields[name]) for name in ("counts_were", "counts_become")
    }
    names = {each: tuple(fields.get(each, ())) for each in ("rates_lost", "rates_found")}
    return {**fields, **counts, **names}
