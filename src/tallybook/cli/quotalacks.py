"""Why a standing is only at least so much, or not known at all: models without a price, amounts
without a rate, calls that nobody metered; and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..format import plain
from ..query import Query
from ..quota import REQUESTS, TOKENS
from ..quotas.metering import subject_filter
from ..reports import UNPRICED, answer

if TYPE_CHECKING:
    from ..book import Book
    from ..quotas import QuotaStanding

LEAST = "≥ at least so much"
UNKNOWN = "\N{EN DASH} not known"
_NAMED = 2
"""Models that are named."""


def lacks_of(book: Book, standings: Sequence[QuotaStanding]) -> Iterator[str]:
    """A line for each thing that is lacking in any of them; none if nothing is."""
    lacking = [each for each in standings if each.least]
    if not lacking:
        return
    sign = LEAST if any(each.used is not None for each in lacking) else UNKNOWN
    reports = [(each, answer(book.ledger, _query(each))) for each in lacking]
    notes = [note for each, report in reports if _is_money(each) for note in report.notes]
    models = dict.fromkeys(name for note in notes if note.code == UNPRICED for name in note.items)
    pairs = dict.fromkeys((other, each.unit) for each in lacking for other in each.apart)
    causes = [*_unpriced(list(models)), *_rateless(pairs)]
    if any(report.totals.unmetered_requests for _, report in reports):
        causes.append("calls that were not metered: their usage is unknown")
    yield from (f"{sign}: {cause}" for cause in causes or ["a part of it is unknown"])


def _is_money(standing: QuotaStanding) -> bool:
    return standing.unit not in (TOKENS, REQUESTS)


def _query(standing: QuotaStanding) -> Query:
    """The calls that a standing counts."""
    quota = standing.quota
    return Query(
        where=(*quota.where, *subject_filter(quota, standing.subject)),
        since_ms=standing.since_ms,
        until_ms=standing.until_ms,
    )


def _unpriced(models: Sequence[str]) -> Iterator[str]:
    if models:
        named, more = ", ".join(map(plain, models[:_NAMED])), len(models) - _NAMED
        rest = f" and {more} more" if more > 0 else ""
        way = f"tally price set {plain(models[0])} --input RATE --output RATE"
        yield f"no price for {named}{rest}. To price it: {way}"


def _rateless(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for base, to in pairs:
        yield f"no rate leads from {base} to {to}. {rate_cure(base, to)}"


def rate_cure(base: str, to: str) -> str:
    """What makes amounts in one currency count in another."""
    table = f'[[fx]] from = "{base}", to = "{to}", rate, valid_from'
    way = f"tally price set PROVIDER/MODEL … --currency {to}"
    return f"Declare one in your price file: {table} (tally help currencies); or {way}"
