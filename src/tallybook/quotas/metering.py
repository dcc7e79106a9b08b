"""How much of what a quota measures was used in a range: tokens, calls or money, as calls tell it.

What people say of it is `corrections`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ..model import CLASSES, NANOS
from ..periods import Period
from ..query import Figures, Filter, Query, Report, Row, amount_of
from ..quota import REQUESTS, TOKENS, Quota

if TYPE_CHECKING:
    from ..book import Book

_ONE = 1000
"""The weight of a model that counts once."""


class Metered(NamedTuple):
    """What was used: nano-units, None where nothing of it is known; `least` where it is at least
    so much. `calls` are those that are counted, `first_ms` is when the first one began. `apart` are
    the currencies of amounts that are no part of it, for want of a rate."""

    nanos: int | None = 0
    least: bool = False
    calls: int = 0
    first_ms: int | None = None
    apart: frozenset[str] = frozenset()


NOTHING = Metered()


def metered(
    book: Book, quota: Quota, span: Period, subject: str | None = None
) -> dict[str, Metered]:
    """What was used in a range, by subject: those with calls in it, or the only one that is
    named. Without `each` the only subject is the empty one."""
    by = (*_each(quota), *_by_model(quota))
    query = Query(
        by=by,
        where=(*quota.where, *subject_filter(quota, subject)),
        since_ms=span.since_ms,
        until_ms=span.until_ms,
    )
    report = book.ledger.ask(query)
    unit = unit_of(quota)
    if unit not in (TOKENS, REQUESTS) and _amounts(quota, report.totals).keys() - {unit}:
        report = _converted(book, query, unit)
    rows = report.rows if by else (Row(dims={}, figures=report.totals),)
    found: dict[str, list[Row]] = {} if quota.each else {"": []}
    for row in rows:
        found.setdefault(_subject(quota, row.dims), []).append(row)
    return {name: _together(quota, each) for name, each in found.items()}


def _converted(book: Book, query: Query, unit: str) -> Report:
    """The answer in the currency of the limit, by the rates that the user declared. What no rate
    leads to stands apart in it."""
    from ..conversion import Exchange

    exchange = Exchange(book.ledger, lambda: book.fx, strict=False)
    return exchange.ask(replace(query, currency=unit))


def unit_of(quota: Quota) -> str:
    """What a quota is measured in: tokens where only its window is known."""
    return quota.limit.unit if quota.limit else TOKENS


def subject_filter(quota: Quota, subject: str | None) -> tuple[Filter, ...]:
    """The conditions under which calls are those of a subject; of any if it is None."""
    if subject is None or quota.each is None:
        return ()
    return (Filter(dimension=quota.each, op="==", values=(subject,)),)


def _each(quota: Quota) -> tuple[str, ...]:
    return () if quota.each is None else (quota.each,)


def _by_model(quota: Quota) -> tuple[str, ...]:
    return ("model",) if quota.multipliers and quota.each != "model" else ()


def _subject(quota: Quota, dims: Mapping[str, str | None]) -> str:
    name = (dims[quota.each] or "") if quota.each else ""
    seller = dims.get("provider") if quota.each == "model" else None
    return f"{seller}/{name}" if seller else name


def _together(quota: Quota, rows: Sequence[Row]) -> Metered:
    """The sum of rows, each weighed, and rounded once."""
    parts = [_of_row(quota, row.figures) for row in rows if _is_used(row.figures)]
    known = [part.nanos is not None for part in parts]
    weights = [_weight(quota, row.dims) for row in rows if _is_used(row.figures)]
    whole = sum((part.nanos or 0) * weight for part, weight in zip(parts, weights, strict=True))
    firsts = [part.first_ms for part in parts if part.first_ms is not None]
    return Metered(
        nanos=None if parts and not any(known) else _rounded(whole),
        least=not all(known) or any(part.least for part in parts),
        calls=sum(part.calls for part in parts),
        first_ms=min(firsts, default=None),
        apart=frozenset[str]().union(*(part.apart for part in parts)),
    )


def _is_used(figures: Figures) -> bool:
    return bool(figures.total or figures.requests or figures.unmetered_requests)


def _of_row(quota: Quota, figures: Figures) -> Metered:
    """What one row uses, before it is weighed."""
    unit, unseen = unit_of(quota), figures.unmetered_requests > 0
    calls = figures.requests + figures.unmetered_requests
    if unit not in (TOKENS, REQUESTS):
        used = _money(quota, figures, unit)
        return used._replace(least=used.least or unseen, calls=calls, first_ms=figures.first_ms)
    if unit == REQUESTS:
        nanos = figures.requests * NANOS
    else:
        chosen = zip(CLASSES, figures.counts, strict=True)
        tokens = sum(count for name, count in chosen if name in quota.classes)
        nanos = None if figures.is_uncounted else tokens * NANOS
    return Metered(nanos, unseen, calls, figures.first_ms)


def _money(quota: Quota, figures: Figures, unit: str) -> Metered:
    """An amount in the limit's currency. What stands apart in another one, to which no rate leads,
    is no part of it: then it is at least this, or not known if there is nothing else."""
    amounts = _amounts(quota, figures)
    apart = frozenset(name for name, nanos in amounts.items() if nanos and name != unit)
    if apart and unit not in amounts:
        return Metered(None, least=True, apart=apart)
    known = amount_of(figures, _kind(quota), unit)
    return Metered(known.nanos, known.least or bool(apart), apart=apart)


def _kind(quota: Quota) -> str:
    return "billed_cost" if quota.basis == "billed" else "cost"


def _amounts(quota: Quota, figures: Figures) -> Mapping[str, int]:
    """The amounts that a limit of money is held against, by currency."""
    return figures.billed_cost if quota.basis == "billed" else figures.cost


def _weight(quota: Quota, dims: Mapping[str, str | None]) -> int:
    """How a model's calls count, in thousandths: by the first beginning of its name that fits,
    with its provider before it or without."""
    model = (dims.get("model") or "").casefold()
    names = (model, f"{(dims.get('provider') or '').casefold()}/{model}")
    fitting = (
        weight
        for beginning, weight in quota.multipliers
        if any(name.startswith(beginning.casefold()) for name in names)
    )
    return next(fitting, _ONE)


def _rounded(thousandths: int) -> int:
    """Thousandths as a whole number, half to even."""
    whole, rest = divmod(thousandths, _ONE)
    return whole + (rest * 2 > _ONE or (rest * 2 == _ONE and whole % 2))
