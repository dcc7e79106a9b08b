"""The command that shows the calls an advice stands on, ready to be pasted, and how it is narrowed
until it shows these and no others, as far as conditions can tell them apart.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ..query import Filter, Query
from ..questions import query_pairs

if TYPE_CHECKING:
    from ..ledger import Ledger


class Command(NamedTuple):
    """`tally usage` by `grouping`; without one `tally session` with the rounds of the only session
    that the question names."""

    grouping: str
    asked: Query

    @property
    def text(self) -> str:
        """What is pasted."""
        if not self.grouping:
            session = next(each for each in self.asked.where if each.dimension == "session")
            return shlex.join(["tally", "session", *session.values, "--rounds"])
        left = ("tz", "week-start", "currency")  # the settings have them
        pairs = [(key, text) for key, text in query_pairs(self.asked) if key not in left]
        if self.asked.since_ms is None and self.asked.until_ms is None:
            pairs.append(("since", "all"))
        words = (word for key, text in pairs for word in (f"--{key}", text))
        return shlex.join(["tally", "usage", self.grouping, *words])


class Counted(NamedTuple):
    """How many calls, and tokens in them."""

    calls: int
    tokens: int


def usage_command(grouping: str, query: Query, *more: Filter) -> Command:
    """`tally usage` by something, of a question's time and conditions and some more."""
    where = (*query.where, *more)
    return Command(grouping, replace(query, by=(), sort=None, limit=None, bucket=None, where=where))


def session_command(source: str, session: str) -> Command:
    """`tally session --rounds` of one session, which shows all of it."""
    return Command("", Query(where=(only("source", source), only("session", session))))


def only(dimension: str, *values: str) -> Filter:
    """The condition that a dimension is to the letter one of some values."""
    return Filter(dimension=dimension, op="==", values=values)


def narrowed(
    ledger: Ledger, command: Command, stands_on: Counted, further: Sequence[Query]
) -> tuple[Command, Counted]:
    """A command that shows as few calls besides those of an advice as it can, and what it shows.
    Each of the `further` questions has conditions, or a time, that all of those calls meet: what
    of it leaves other calls out is taken over, until nothing is shown besides; of the time only
    where nothing is then."""
    shown = _counted(ledger, command.asked)
    for other in further if command.grouping else ():
        if shown == stands_on:
            break
        closer = command._replace(asked=_both(command.asked, other))
        fewer = _counted(ledger, closer.asked)
        is_last = other.since_ms is not None  # another time than was asked for has to be worth it
        if fewer == stands_on or (fewer < shown and not is_last):
            command, shown = closer, fewer
    return command, shown


def _both(asked: Query, other: Query) -> Query:
    """A question with the conditions and the time of another one, which is no wider."""
    where = (*asked.where, *_new(asked.where, other.where))
    if other.since_ms is None:
        return replace(asked, where=where)
    return replace(asked, where=where, since_ms=other.since_ms, until_ms=other.until_ms)


def _new(there: Sequence[Filter], more: Sequence[Filter]) -> Iterator[Filter]:
    """Conditions on what none is on yet: two on one dimension would be alternatives."""
    known = {each.dimension for each in there}
    return (each for each in more if each.dimension not in known)


def _counted(ledger: Ledger, asked: Query) -> Counted:
    totals = ledger.ask(asked).totals
    return Counted(totals.requests + totals.unmetered_requests, totals.total)
