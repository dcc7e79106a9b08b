"""What is kept of the sessions that are looked at, so that a change of the ledger costs what
changed and not what there is. The first answer to a question is an ordinary one: nothing is kept
before it is asked again. No Textual.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..query import Query, Report, Row, Standing
from ..reports import answer
from ..roster import Roster
from ..sessions import bare_last

if TYPE_CHECKING:
    from ..ledger import Ledger
    from .sheet import Line


class KeptSessions:
    """Sessions and their lines, of the question and the look that were last."""

    def __init__(self) -> None:
        self._question: Query | None = None
        self._roster: Roster | None = None
        self._drawn_as: object = None
        self._lines: dict[int, Line] = {}

    def report(
        self, ledger: Ledger, query: Query, dress: Callable[[Report], Report]
    ) -> Report | None:
        """The report by session, its rows dressed, and the calls without a session last, whatever
        the limit; None where it has to be asked for: the first time, and where amounts are
        converted."""
        question = replace(query, sort=None, limit=None)
        before, self._question = self._question, question
        if before != question:
            self._roster = None
            return None
        roster = self._roster = self._roster or Roster()
        native = replace(query, limit=None, currency=None)
        with ledger.moment():
            roster.renew(ledger, native, lambda asked: dress(ledger.ask(asked)).rows)
            if query.currency is not None and not roster.units <= {query.currency}:
                return None
            kept = Report(
                query=query,
                revision=ledger.revision(),
                rows=bare_last(roster.rows, query.limit),
                totals=roster.totals,
            )
            return answer(_Kept(ledger, kept), query)

    def lines(
        self,
        rows: Iterable[Row],
        drawn_as: object,
        make: Callable[[Row], Line],
        stirs: Callable[[Row], bool],
    ) -> Sequence[Line]:
        """The lines of rows. One whose row is the same stays the same object, unless all are drawn
        in another way, or the row `stirs` and looks different by now."""
        old = self._lines if self._drawn_as == drawn_as else {}
        self._drawn_as, self._lines = drawn_as, {}
        for row in rows:
            line = old.get(id(row))
            if line is None or line.row is not row:
                line = make(row)
            elif stirs(row) and (fresh := make(row))[:3] != line[:3]:
                line = fresh
            self._lines[id(row)] = line
        return tuple(self._lines.values())


class _Kept:
    """A ledger whose answer to one question is known."""

    def __init__(self, ledger: Ledger, kept: Report) -> None:
        self._ledger = ledger
        self._kept = kept

    def ask(self, query: Query) -> Report:
        """The known answer, or the ledger's."""
        return self._kept if query == self._kept.query else self._ledger.ask(query)

    def standing(self, sources: Collection[str] = ()) -> Standing:
        """The ledger's own."""
        return self._ledger.standing(sources)
