"""The sessions that are active at a moment, asked of the book: what each has come to, how fast, and
how full its context is. No Textual.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..format import plain
from ..growth import growth_of
from ..query import Answering, Figures, Filter, Query, Row
from ..running import RATE_MS, Running, tokens_per_minute

if TYPE_CHECKING:
    from pathlib import Path

    from ..book import Book
    from ..prices.windows import ContextWindows

_MOST = 4
"""Active sessions that are looked at one by one."""


class Context(NamedTuple):
    """The tokens of the last prompt of a session, and how many its model takes in; None where that
    is not known."""

    prompt: int
    window: int | None


class SessionPart(NamedTuple):
    """A session with its figures of all time. `per_minute` are its tokens a minute
    (`tokens_per_minute`), None where they are not known; `quiet_ms` is how long ago its last call
    was, of one that is not active, else None; with `guessed` only a process says that it is active,
    and which session it writes is likely, not told."""

    source: str
    session: str
    title: str
    model: str
    figures: Figures
    per_minute: int | None = None
    quiet_ms: int | None = None
    context: Context | None = None
    guessed: bool = False


def active_sessions(
    book: Book, ledger: Answering, query: Query, now_ms: int, found: Iterable[Running]
) -> tuple[int, tuple[SessionPart, ...]]:
    """How many sessions are active that pass a question's conditions, and those of them that began
    last, the oldest first: while they are active each keeps its place, whatever is called. Where
    none is, the last one, which is not active. A session is active by a call a moment
    ago, or because a process that is `found` writes it."""
    return _Active(book, ledger, query, now_ms).parts(found)


class _Active:
    """The sessions that are active at a moment, or the last one."""

    def __init__(self, book: Book, ledger: Answering, query: Query, now_ms: int) -> None:
        self._book, self._ledger, self._now_ms = book, ledger, now_ms
        self._query = replace(query, by=("source", "session"), since_ms=None, until_ms=None)

    def parts(self, found: Iterable[Running]) -> tuple[int, tuple[SessionPart, ...]]:
        """How many are active, and those that began last, in the order in which they did."""
        written = {
            (each.process.source, each.session): each.certain for each in found if each.session
        }
        within_ms = self._book.settings.active_within * 1000
        lately = self._since(max(within_ms, RATE_MS))
        active = {
            whose
            for whose, row in lately.items()
            if (row.figures.last_ms or 0) >= self._now_ms - within_ms
        }
        whole = self._whole({*active, *written})
        order = sorted(whole, key=lambda each: (whole[each].figures.first_ms or 0, each))
        if not order:
            return 0, tuple(self._last())
        rates = lately if within_ms <= RATE_MS else self._since(RATE_MS)
        parts = (
            self._part(whole[each], rates.get(each), not (each in active or written[each]))
            for each in order[-_MOST:]
        )
        return len(order), tuple(parts)

    def _since(self, ago_ms: int) -> dict[tuple[str, str], Row]:
        rows = self._ledger.ask(replace(self._query, since_ms=self._now_ms - ago_ms)).rows
        return {_whose(row): row for row in rows if row.dims["session"]}

    def _whole(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Row]:
        """All that these sessions ever came to."""
        mine = set(wanted)
        if not mine:
            return {}
        only = Filter(dimension="session", values=tuple(sorted({each for _, each in mine})))
        query = replace(self._query, where=(*self._query.where, only))
        rows = self._ledger.ask(replace(query, by=("source", "session", "title"))).rows
        return {_whose(row): row for row in rows if _whose(row) in mine}

    def _last(self) -> Iterator[SessionPart]:
        """The session with the last call, where none is active."""
        at_ms = self._book.latest(self._query.where)
        if at_ms is None:
            return
        then = replace(self._query, since_ms=at_ms, until_ms=at_ms + 1)
        rows = [row for row in self._ledger.ask(then).rows if row.dims["session"]]
        for row in self._whole(_whose(each) for each in rows[:1]).values():
            quiet_ms = self._now_ms - (row.figures.last_ms or at_ms)
            yield self._part(row, None, guessed=False)._replace(
                per_minute=None, quiet_ms=max(quiet_ms, 0)
            )

    def _part(self, row: Row, lately: Row | None, guessed: bool) -> SessionPart:
        source, session = _whose(row)
        figures = lately.figures if lately else Figures()
        model, context = self._context(source, session)
        return SessionPart(
            source=source,
            session=plain(session),
            title=plain(row.dims["title"] or ""),
            model=plain(model),
            figures=row.figures,
            per_minute=tokens_per_minute(figures, self._now_ms),
            context=context,
            guessed=guessed,
        )

    def _context(self, source: str, session: str) -> tuple[str, Context | None]:
        """The model that was asked last in the conversation, and how full its context is."""
        turns = self._book.ledger.turns(source, session)
        steps = growth_of(turns).steps
        if not steps:
            return (turns[-1].model if turns else ""), None
        last = steps[-1]
        provider = next((each.provider for each in reversed(turns) if each.model == last.model), "")
        window = _windows(self._book.settings.price_data).of(provider, last.model)
        largest = max(step.prompt for step in steps if step.model == last.model)
        # Some are served with a larger one, by an agreement that no history tells of.
        return last.model, Context(last.prompt, window if window and largest <= window else None)


@lru_cache(maxsize=2)
def _windows(installed: Path | None) -> ContextWindows:
    from ..prices.windows import open_windows

    return open_windows(installed)


def _whose(row: Row) -> tuple[str, str]:
    return row.dims["source"] or "", row.dims["session"] or ""
