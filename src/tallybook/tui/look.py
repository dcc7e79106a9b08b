"""What the interface looks at: which agent, which view, which time, what is filtered and in which
order. One frozen value; every key that changes it makes another one.

Answers are not here, nor how anything is drawn. No Textual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NamedTuple

from ..periods import Frame, Period
from ..query import Filter, Query
from ..questions import parse_query

View = Literal["overview", "sessions", "projects", "models", "agents", "timeline"]
VIEWS: tuple[View, ...] = ("overview", "sessions", "projects", "models", "agents", "timeline")
"""The views of each agent, in the order of their digits."""

Shown = Literal["both", "tokens", "cost"]
SHOWN: tuple[Shown, ...] = ("both", "tokens", "cost")
"""Whether tokens, costs or both are shown, in the order in which a key goes through them."""

SPANS: Mapping[str, str] = MappingProxyType(
    {"today": "today", "week": "this week", "month": "this month", "all": "all time"}
)
"""The times that have a key of their own, and their names."""

USUAL = "30d"
"""The time that is looked at first: all of a long ledger would be slower than it is worth."""

TO = ".."
"""What stands between the two words of a range of one's own."""


class Crumb(NamedTuple):
    """A condition that a row brought which was opened: its dimension, the value ("" for calls that
    have none), how it is shown, and further values that are meant as well. That of a `date` is the
    range of a bucket, see `date_crumb`."""

    dimension: str
    value: str
    label: str
    others: tuple[str, ...] = ()


def date_crumb(span: Period, label: str) -> Crumb:
    """The condition that a bucket of time brought, which has two edges."""
    return Crumb("date", f"{span.since_ms}{TO}{span.until_ms}", label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is looked at. `tab` is the name of a source, empty for all of them; `span` a word for
    time, a number of days such as `30d`, or two words with `..` between them; `text` is what was
    typed to filter by; `crumbs` are the rows that were opened on the way here; `orders` tell by
    view in which order its rows stand (a column's key, with `-` for descending), where that is not
    the usual one; with `six` all token classes are columns; with `compare` the period before stands
    beside."""

    tab: str = ""
    view: View = "overview"
    span: str = USUAL
    text: str = ""
    crumbs: tuple[Crumb, ...] = ()
    orders: Mapping[View, str] = field(default_factory=dict[View, str])
    shown: Shown = "both"
    six: bool = False
    compare: bool = False

    @property
    def order(self) -> str | None:
        """The order of the view that is looked at, None for its usual one."""
        return self.orders.get(self.view)

    def in_order(self, order: str | None) -> Look:
        """The same with the rows of this view in another order."""
        rest = {view: each for view, each in self.orders.items() if view != self.view}
        return replace(self, orders=rest if order is None else {**rest, self.view: order})

    def into(self, view: View, *crumbs: Crumb) -> Look:
        """Another view of what a row stands for."""
        return replace(self, view=view, text="", crumbs=(*self.crumbs, *crumbs))


def span_pairs(span: str) -> list[tuple[str, str]]:
    """A time as the pairs of a question, see `questions.parse_query`."""
    first, dots, last = span.partition(TO)
    if dots:
        edges = (("since", first.strip()), ("until", last.strip()))
        return [(key, word) for key, word in edges if word]
    if span[:1].isdigit() and span[-1:].isalpha():
        return [("last", span)]
    if ":" in span or "T" in span:  # a moment
        return [("since", span)]
    return [("since", span), ("until", span)]


def question(look: Look, frame: Frame, currency: str | None = None) -> Query:
    """What a look asks, without grouping: its time and its conditions. What was typed is left to
    who makes the rows, since plain words are looked for in what the rows show. Raises
    `UsageMistake` for a time that nobody understands."""
    query = parse_query(span_pairs(look.span), frame)
    for each in look.crumbs:
        if each.dimension == "date":
            query = _within(query, each)
    where = [
        Filter(dimension=each.dimension, op="==", values=(each.value, *each.others))
        for each in look.crumbs
        if each.dimension != "date"
    ]
    if look.tab:
        where.insert(0, Filter(dimension="source", values=(look.tab,)))
    return replace(query, where=tuple(where), currency=currency)


def _within(query: Query, crumb: Crumb) -> Query:
    """The part of a question's time that lies in a bucket."""
    since, _, until = crumb.value.partition(TO)
    return replace(
        query,
        since_ms=max(int(since), query.since_ms or int(since)),
        until_ms=min(int(until), query.until_ms or int(until)),
    )


def span_name(span: str) -> str:
    """A time as it is shown: `this week`, `last 30 d`, `2026-11-01 to 2026-11-15`."""
    if span in SPANS:
        return SPANS[span]
    (key, word), *rest = span_pairs(span)
    if key == "last":
        return f"last {word}"
    if rest and rest[0][1] == word:
        return word
    first = word if key == "since" else "the beginning"
    return (
        f"{first} to {rest[0][1]}" if rest else f"{'until' if key == 'until' else 'since'} {word}"
    )
