"""For Python programs: open the book, enter a call that was made, ask what was used: one line each.

All are short ways to what `Book` has anyway. Limits are `tallybook.quotas`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from .errors import TallyError
from .manual import entry_of, reading_of
from .model import decimal_text
from .periods import Frame
from .places import config_path, home_folder, host_name, ledger_path
from .query import Figures, Filter, Query, Row
from .questions import parse_query

if TYPE_CHECKING:
    from decimal import Decimal

    from .book import Book
    from .ledger.evidence import Call

When = date | datetime | str
"""A day, a moment, or a word for one, such as `2026-11-01` or `month`."""


class Told(TypedDict, total=False):
    """A call. `tokens` are counts by class: `{"input": 1000, "output": 500}`. Without a `provider`
    it is the one that serves the model, as far as that goes without saying; without `at` it is of
    this moment. `cost` is what somebody says that it cost, such as `0.12 USD`: what it is worth
    follows from the price book. The same `id` twice is one call; without one it is another call
    each time."""

    id: str
    model: str
    provider: str
    tokens: Mapping[str, int]
    at: datetime | str
    cost: str
    project: str
    session: str
    agent: str
    account: str
    user: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSum:
    """What some calls come to. `cost` is by currency, at list price, and leaves out the tokens that
    have none: these are `unpriced_tokens`."""

    calls: int
    tokens: int
    cost: Mapping[str, Decimal]
    unpriced_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What was used, in all, by provider, and by model (`anthropic/claude-sonnet-4-5`)."""

    total: UsageSum
    by_provider: Mapping[str, UsageSum]
    by_model: Mapping[str, UsageSum]


def open_book(ledger: str | None = None) -> Book:
    """The book that `tally` opens in this folder, with its settings, or another ledger with them;
    use it as a context manager. Raises `TallyError` where settings or ledger can't be read."""
    from .book import Book
    from .settings import Surroundings, load_settings

    environ = os.environ
    home = home_folder(environ, sys.platform)
    here = Surroundings(
        environ=environ,
        home=home,
        cwd=Path.cwd(),
        config_file=config_path(environ, home, sys.platform),
        ledger_file=ledger_path(environ, home, sys.platform),
    )
    return Book.open(load_settings(here, {"ledger": ledger}))


def record(book: Book, **told: Unpack[Told]) -> Call:
    """Enter a call into the ledger, counted and priced by its own time, and tell how it stands
    there. Raises `UsageMistake` for what can't be a call, `TallyError` for one that is voided."""
    from .appraising import Appraising
    from .reading import Batch

    said: dict[str, object] = {name: value for name, value in told.items() if value is not None}
    at = said.get("at")
    if isinstance(at, datetime):
        said["at"] = at.isoformat()
    if tokens := told.get("tokens"):
        said["tokens"] = dict(tokens)
    reading = reading_of(entry_of(said, _frame(book)), book.prices, host_name(os.environ))
    book.ledger.record(Batch(readings=[reading]), Appraising(book.prices))
    key = reading.keys[0]
    call = book.ledger.calls([key]).get(key)
    if call is None:
        raise TallyError("this call is voided", because="it counts nowhere until that is undone")
    return call


def statistics(
    book: Book,
    *,
    user: str | None = None,
    project: str | None = None,
    since: When | None = None,
    until: When | None = None,
) -> Statistics:
    """What was used, of everybody and ever, or of one user, one project (whole names), from a time
    on and up to another. A day, or a word for a time, is included to its end; a moment is not.
    Raises `UsageMistake` for a time that is none."""
    edges = (("since", since), ("until", until))
    pairs = [(name, _text(each)) for name, each in edges if each is not None]
    span = parse_query(pairs, _frame(book))
    names = {"user": user, "project": project}
    where = tuple(
        Filter(dimension=name, op="==", values=(value,))
        for name, value in names.items()
        if value is not None
    )
    query = Query(where=where, since_ms=span.since_ms, until_ms=span.until_ms)
    with book.ledger.moment():
        providers = book.ask(_by(query, "provider"), estimate=False)
        models = book.ask(_by(query, "model"), estimate=False)
    return Statistics(
        total=_sum(providers.totals),
        by_provider={row.dims["provider"] or "": _sum(row.figures) for row in providers.rows},
        by_model={_model(row): _sum(row.figures) for row in models.rows},
    )


def _by(query: Query, dimension: str) -> Query:
    return replace(query, by=(dimension,))


def _model(row: Row) -> str:
    return "/".join(filter(None, (row.dims["provider"], row.dims["model"])))


def _sum(figures: Figures) -> UsageSum:
    from decimal import Decimal

    return UsageSum(
        calls=figures.requests + figures.unmetered_requests,
        tokens=figures.total,
        cost={unit: Decimal(decimal_text(nanos)) for unit, nanos in figures.cost.items()},
        unpriced_tokens=figures.unpriced_tokens,
    )


def _text(when: When) -> str:
    return when if isinstance(when, str) else when.isoformat()


def _frame(book: Book) -> Frame:
    settings = book.settings
    return Frame(time.time_ns() // 1_000_000, settings.tz, settings.week_start)
