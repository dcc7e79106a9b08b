"""The order of a report's rows: what they are sorted by, what breaks ties, and which groups a limit
can leave at all. Where the figures come from is `asking`.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cmp_to_key
from typing import Any

from ..errors import UsageMistake
from ..model import CLASSES
from ..query import Figures, Query, Row

AMOUNTS = ("cost", "reported_cost", "billed_cost")
"""The measures that are amounts by currency."""

Part = Any  # what SQL gives: an id, a bucket number, or a title
Group = tuple[Part, ...]
Units = Sequence[str] | None


def order_of(query: Query) -> tuple[str, bool]:
    """What a query is sorted by, and whether that falls."""
    sort = query.sort or ("date" if "date" in query.by else "-total")
    return sort.removeprefix("-"), sort.startswith("-")


def leading(
    query: Query, sums: Mapping[Group, Group], rank: Callable[[Group], Part] | None
) -> Collection[Group]:
    """The groups that the limit may leave: the first ones, and all that are level with the last
    of these; `ordered` decides between them."""
    limit = query.limit
    if rank is None or limit is None or not 0 < limit < len(sums):
        return sums.keys()
    ranks = {group: rank(group) for group in sums}
    _, falling = order_of(query)
    first = heapq.nlargest if falling else heapq.nsmallest
    last = first(limit, ranks.values())[-1]
    if falling:
        return [group for group, each in ranks.items() if each >= last]
    return [group for group, each in ranks.items() if each <= last]


def ordered(query: Query, rows: list[Row], units: Units = None) -> list[Row]:
    """Rows in the order asked for, ties broken by their dimensions, cut to the limit. `units`
    are the currencies in the order in which they count, if more rows than these decide it."""
    name, falling = order_of(query)
    by_name = sorted(rows, key=_names)
    rank = _amount_rank(rows, query, units) if name in AMOUNTS else _rank(name)
    inside = sorted(by_name, key=rank, reverse=falling)
    return inside[: query.limit] if query.limit is not None else inside


def merged(query: Query, rows: list[Row], fresh: Sequence[Row]) -> list[Row]:
    """Rows that are in order, with others put in their places, as `ordered` would have them."""
    name, falling = order_of(query)
    if name in AMOUNTS or len(fresh) > _FEW:
        return ordered(query, [*rows, *fresh])
    rank = _rank(name)

    def compare(one: Row, other: Row) -> int:
        left, right = rank(one), rank(other)
        if left != right:
            return 1 if (left > right) != falling else -1
        names, others = _names(one), _names(other)
        return (names > others) - (names < others)

    key = cmp_to_key(compare)
    for row in fresh:
        insort(rows, row, key=key)
    return rows


_FEW = 50
"""Up to so many rows are put in their places one by one."""

Rank = Callable[[Row], tuple[Part, ...]]


def _names(row: Row) -> list[str]:
    return [str(part or "") for part in row.dims.values()]


def _rank(name: str) -> Rank:
    def rank(row: Row) -> tuple[Part, ...]:
        if name in row.dims:
            return (row.dims[name] or "",)
        plain = {"first_at": row.figures.first_ms, "last_at": row.figures.last_ms}
        return ((plain[name] or 0) if name in plain else measure(row.figures, name),)

    return rank


def by_use(amounts: Iterable[Mapping[str, int]]) -> list[str]:
    """Currencies, the one that is met most often first."""
    met = Counter(unit for each in amounts for unit in each)
    return sorted(met, key=lambda unit: (-met[unit], unit))


def _amount_rank(rows: list[Row], query: Query, units: Units) -> Rank:
    """By the amount in the currency of the question, if it has one, then in that which is met
    most often, then in the next one: amounts of different currencies are never added, not even to
    sort by them."""
    name, _ = order_of(query)
    told = by_use(getattr(row.figures, name) for row in rows) if units is None else units
    told = sorted(told, key=lambda unit: unit != query.currency)
    return lambda row: (
        *(getattr(row.figures, name).get(unit, 0) for unit in told),
        row.figures.total,
    )


def measure(figures: Figures, name: str) -> int:
    """A count by its contract name. Raises `UsageMistake` if there is none of that name."""
    if name in CLASSES:
        return figures.counts[CLASSES.index(name)]
    value = getattr(figures, name, None)
    if not isinstance(value, int):
        raise UsageMistake(
            f"can't sort by {name!r}",
            hint="sort by a measure (total, cost, requests, last_at, …) or a dimension shown",
        )
    return value
