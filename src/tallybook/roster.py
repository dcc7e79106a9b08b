"""The sessions of a question that is asked again and again: after a change only those are asked
for that differ, and the answer is the same as if all had been.

What differs is told by `Ledger.changed`. All amounts are in their own currencies: what is converted
is rounded as a whole. What else rows tell, and how they are shown, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .families import apart, together
from .ledger.ordering import merged, ordered
from .query import AMOUNTS, Figures, Filter, Query, Row

if TYPE_CHECKING:
    from .ledger import Ledger
    from .ledger.marks import Marks


class Roster:
    """All rows by session of one question. `rows` are in its order, calls without a session among
    them; a row of which nothing differs stays the same object. `totals` add them up."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.totals = Figures()
        self._query: Query | None = None
        self._marks: Marks | None = None
        self._named: dict[str, tuple[Row, ...]] = {}

    @property
    def units(self) -> set[str]:
        """The currencies of any amount."""
        return {unit for name in AMOUNTS for unit in getattr(self.totals, name)}

    def renew(
        self, ledger: Ledger, query: Query, ask: Callable[[Query], Sequence[Row]]
    ) -> frozenset[str] | None:
        """Let it be of this moment: `ask` answers a question about some or all of the sessions.
        Tells which ones were asked for, empty for calls without one; None for all."""
        before, self._query = self._query, query
        same = before is not None and replace(before, sort=query.sort) == query
        with ledger.moment():
            marks, changed = ledger.changed(query, self._marks if same else None)
            self._marks = None  # until it is known what they stand for
            if changed is None:
                self._begin(query, ask(query))
            elif changed:
                only = Filter(dimension="session", op="==", values=tuple(sorted(changed)))
                fresh = ask(replace(query, where=(*query.where, only)))
                self._mend(query, changed, fresh)
            self._marks = marks
        if before is not None and before.sort != query.sort and changed is not None:
            self.rows = ordered(query, self.rows)
        return changed

    def _begin(self, query: Query, rows: Sequence[Row]) -> None:
        self.rows, self._named = ordered(query, list(rows)), _by_name(rows)
        self.totals = self._whole(together(_figures(rows)))

    def _mend(self, query: Query, changed: Iterable[str], fresh: Sequence[Row]) -> None:
        """Put fresh rows in the place of those of some sessions."""
        gone = [row for name in changed for row in self._named.pop(name, ())]
        self._named.update(_by_name(fresh))
        left = set(map(id, gone))
        self.rows = merged(query, [row for row in self.rows if id(row) not in left], fresh)
        totals = apart(together([self.totals, *_figures(fresh)]), _figures(gone))
        self.totals = self._whole(totals or together(_figures(self.rows)))

    def _whole(self, totals: Figures) -> Figures:
        """Sums with what does not add up."""
        times = [(row.figures.first_ms, row.figures.last_ms) for row in self.rows]
        return replace(
            totals,
            sessions=len(self._named) - ("" in self._named),
            first_ms=min((first for first, _ in times if first is not None), default=None),
            last_ms=max((last for _, last in times if last is not None), default=None),
        )


def _figures(rows: Iterable[Row]) -> list[Figures]:
    return [row.figures for row in rows]


def _by_name(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    """Rows by the id of their session: two tools may have given the same one."""
    found: dict[str, tuple[Row, ...]] = {}
    for row in rows:
        name = row.dims["session"] or ""
        found[name] = (*found.get(name, ()), row)
    return found
