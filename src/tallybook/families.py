"""Sessions and the sessions below them: an agent gives a part of its work to another one, which
has a session of its own.

Two figures belong to such a session, its own and those of its family, which is itself and all
below it. They are told side by side and never added to each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .model import six, summed
from .query import AMOUNTS, Figures, Row


class Member(NamedTuple):
    """A session in its place: `row` has its own figures, `family` those of itself and of all
    sessions below it, `depth` is 0 for one that no other session of the answer is above.
    `parent` is told even where the parent is not in the answer."""

    row: Row
    depth: int
    parent: str | None
    family: Figures
    below: int


Order = Callable[[Sequence[Row]], Sequence[Row]]
"""Puts rows in the order that was asked for."""


def members(rows: Sequence[Row], parents: Mapping[str, str], order: Order) -> list[Member]:
    """All sessions, each family together: a parent, then its children, families and children in
    the given order of their family figures."""
    own = {row.dims["session"] or "": row for row in rows}
    children: dict[str, list[str]] = {}
    for session in own:
        above = _above(session, parents, own)
        children.setdefault(above, []).append(session)
    return list(_Branch(own, children, parents, order).below(_TOP, 0))


_TOP = "\x00"
"""Stands above the sessions that have no parent; no session has such an id."""


def _above(session: str, parents: Mapping[str, str], own: Mapping[str, Row]) -> str:
    """The parent in the answer. One that is, by some damage, its own ancestor stands alone."""
    parent, seen = parents.get(session, _TOP), {session}
    if parent not in own:
        return _TOP
    above: str | None = parent
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    return _TOP if above == session else parent


class _Branch:
    def __init__(
        self,
        own: Mapping[str, Row],
        children: Mapping[str, Sequence[str]],
        parents: Mapping[str, str],
        order: Order,
    ) -> None:
        self._own = own
        self._children = children
        self._parents = parents
        self._order = order
        self._sums: dict[str, tuple[Figures, int]] = {}

    def below(self, above: str, depth: int) -> Iterator[Member]:
        """The sessions right below one, each followed by its own."""
        rows = [
            self._own[each]._replace(figures=self._sum(each)[0])
            for each in self._children.get(above, ())
        ]
        for row in self._order(rows):
            session = row.dims["session"] or ""
            family, below = self._sum(session)
            parent = self._parents.get(session)
            yield Member(self._own[session], depth, parent, family, below)
            yield from self.below(session, depth + 1)

    def _sum(self, session: str) -> tuple[Figures, int]:
        """The figures of a family, and how many sessions it has below its first."""
        if session not in self._sums:
            parts = [self._sum(each) for each in self._children.get(session, ())]
            family = together([self._own[session].figures, *(figures for figures, _ in parts)])
            self._sums[session] = family, sum(1 + below for _, below in parts)
        return self._sums[session]


def together(parts: Sequence[Figures]) -> Figures:
    """The figures of several sessions as one; no two of them are the same session, so that
    these may be added too."""
    first = [each.first_ms for each in parts if each.first_ms is not None]
    last = [each.last_ms for each in parts if each.last_ms is not None]
    return Figures(
        requests=sum(each.requests for each in parts),
        messages=sum(each.messages for each in parts),
        counts=summed(each.counts for each in parts),
        cost=_amounts(each.cost for each in parts),
        reported_cost=_amounts(each.reported_cost for each in parts),
        billed_cost=_amounts(each.billed_cost for each in parts),
        unpriced_tokens=sum(each.unpriced_tokens for each in parts),
        reported_requests=sum(each.reported_requests for each in parts),
        billed_requests=sum(each.billed_requests for each in parts),
        partial_requests=sum(each.partial_requests for each in parts),
        failed_requests=sum(each.failed_requests for each in parts),
        unmetered_requests=sum(each.unmetered_requests for each in parts),
        recovered_tokens=sum(each.recovered_tokens for each in parts),
        sessions=sum(each.sessions for each in parts),
        first_ms=min(first, default=None),
        last_ms=max(last, default=None),
    )


def apart(whole: Figures, parts: Sequence[Figures]) -> Figures | None:
    """What is left of the figures of several sessions without some of them, all times as they
    were; None where an amount is nothing then, since nobody knows whether there is any left."""
    less = together(parts)
    told = {name: getattr(whole, name) - getattr(less, name) for name in _COUNTED}
    counts = six(a - b for a, b in zip(whole.counts, less.counts, strict=True))
    amounts = {
        name: {unit: nanos - getattr(less, name).get(unit, 0) for unit, nanos in each.items()}
        for name, each in ((name, getattr(whole, name)) for name in AMOUNTS)
    }
    if not all(nanos for each in amounts.values() for nanos in each.values()):
        return None
    return replace(whole, counts=counts, **told, **amounts)


_COUNTED = (
    *("requests", "messages", "unpriced_tokens", "reported_requests", "billed_requests"),
    *("partial_requests", "failed_requests", "unmetered_requests", "recovered_tokens", "sessions"),
)


def _amounts(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Amounts by currency: different currencies stay apart."""
    total: Counter[str] = Counter()
    for each in parts:
        total.update(each)
    return dict(total)
