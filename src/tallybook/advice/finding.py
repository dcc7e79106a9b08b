"""The noun of advice, and the calls that one stands on. Which there are is found by the modules
beside this; how they are told is `telling`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import Literal, NamedTuple

from ..ledger.spent import Spent
from ..model import Money
from ..query import Query
from .commands import Command, Counted, only
from .lanes import Lane

Sure = Literal["certain", "likely", "possible"]
"""`certain`: arithmetic on what was recorded. `likely`: one thing has to hold that usually does.
`possible`: it depends on what no figure tells, such as the quality of another model's answers."""

Sense = Literal["saving", "finding", "unseen"]
"""What an amount is: what would not have been spent; what something saved or cost, and nothing has
to be done about; or nothing, where it is told what advice can't see."""

NAMED = 5
"""Sessions that an advice names at most, those with the most of its amount."""

_MARKING = ("session", "model", "source", "agent", "provider", "project")
"""The dimensions by which calls are told apart from others."""

SessionName = tuple[str, str]
"""A source and the id of one of its sessions."""


class Part(NamedTuple):
    """A session's part of an advice, in nano-units of its currency; `title` is empty until somebody
    looks it up."""

    source: str
    session: str
    nanos: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One advice. `name` is its kind and what it is about (`cheaper-model:anthropic/x`), `basis`
    how the amount was worked out, `assumption` what has to hold for it (empty where nothing has
    to), `because` why it is as sure as it says. It stands on so many `calls` and `tokens` of so
    many `sessions`, of which `parts` names the largest, begun between two instants (epoch
    milliseconds); the parts are those of the amount if it `is_sum`, else of the cost of the calls.
    `in_plan` of the calls, with `plan_nanos` of an amount that is a sum, were paid by a
    subscription. `command` shows them, `shown` is how many it shows: more where no condition tells
    them apart from others (None until that is asked). `marks` are what all of them have in common.
    `overlaps` are the names of others that may count the same calls. `facts` are further figures by
    name: counts, and exact amounts as decimal text."""

    name: str
    sense: Sense
    title: str
    basis: str
    sure: Sure
    because: str
    shows: Command
    amount: Money | None = None
    assumption: str = ""
    calls: int = 0
    tokens: int = 0
    in_plan: int = 0
    plan_nanos: int | None = None
    is_sum: bool = True
    sessions: int = 0
    parts: tuple[Part, ...] = ()
    first_ms: int | None = None
    last_ms: int | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])
    lanes: frozenset[int] = frozenset()
    overlaps: tuple[str, ...] = ()
    marks: tuple[Query, ...] = ()
    shown: Counted | None = None

    @property
    def command(self) -> str:
        """What shows its calls, to be pasted."""
        return self.shows.text

    @property
    def falls_on_no_bill(self) -> bool:
        """Whether it is a value only: a subscription paid for all of its calls. What is told of the
        subscription itself is about its bill."""
        return 0 < self.calls == self.in_plan and not self.name.startswith("plan:")


class _Sum:
    """The calls of one lane."""

    __slots__ = ("calls", "first_ms", "in_plan", "last_ms", "nanos", "plan_nanos", "tokens")

    def __init__(self, first_ms: int) -> None:
        self.first_ms = self.last_ms = first_ms
        self.calls = self.tokens = self.nanos = self.in_plan = self.plan_nanos = 0


class Ground:
    """The calls that an advice stands on, as they come in the order of time. They are summed up by
    lane, so that little is done for each; what is told of all of them is worked out at the end."""

    __slots__ = ("_sums",)

    def __init__(self) -> None:
        self._sums: dict[Lane, _Sum] = {}

    def add(self, call: Spent, lane: Lane, nanos: int) -> None:
        """One more call, with its part of the amount."""
        each = self._sums.get(lane)
        if each is None:
            each = self._sums[lane] = _Sum(call.started_ms)
        each.calls += 1
        each.tokens += sum(call.counts)
        each.nanos += nanos
        each.last_ms = call.started_ms
        if lane.plans and lane.plan_of(call) is not None:
            each.in_plan += 1
            each.plan_nanos += nanos

    def join(self, other: Ground) -> None:
        """All of another one, too; the two share no lane."""
        self._sums |= other._sums

    @property
    def nanos(self) -> int:
        """The amount."""
        return sum(each.nanos for each in self._sums.values())

    @property
    def calls(self) -> int:
        """How many calls there are."""
        return sum(each.calls for each in self._sums.values())

    @property
    def tokens(self) -> int:
        """All of their tokens."""
        return sum(each.tokens for each in self._sums.values())

    def by_session(self) -> Counter[SessionName]:
        """The part of each session; calls that belong to none are left out."""
        found: Counter[SessionName] = Counter()
        for lane, each in self._sums.items():
            if lane.who.session:
                found[lane.who.source, lane.who.session] += each.nanos
        return found

    def under(self, advice: Advice) -> Advice:
        """An advice with what it stands on. What is only recovered from counters is no call. The
        sessions that are named are those that make up the amount, not those that lessen it."""
        sums, sessions = self._sums.values(), self.by_session()
        called = [each for lane, each in self._sums.items() if lane.who.status != "recovered"]
        sign = -1 if self.nanos < 0 else 1
        is_sum = advice.amount is not None and advice.amount.nanos == sign * self.nanos
        parts = [Part(*name, sign * nanos) for name, nanos in sessions.items() if sign * nanos > 0]
        return replace(
            advice,
            calls=sum(each.calls for each in called),
            tokens=self.tokens,
            in_plan=sum(each.in_plan for each in called),
            plan_nanos=sign * sum(each.plan_nanos for each in sums) if is_sum else None,
            is_sum=is_sum,
            sessions=len(sessions),
            parts=tuple(nsmallest(NAMED, parts, key=lambda part: (-part.nanos, part))),
            first_ms=min((each.first_ms for each in sums), default=None),
            last_ms=max((each.last_ms for each in sums), default=None),
            lanes=frozenset(lane.number for lane in self._sums),
            marks=tuple(self._marks()),
        )

    def _marks(self) -> Iterator[Query]:
        """What all of the calls have in common: a few values of a dimension, and their time."""
        for name in _MARKING:
            values: set[str | None] = {getattr(lane.who, name) for lane in self._sums}
            named = sorted(value for value in values if value)
            if len(values) == len(named) <= NAMED:
                yield Query(where=(only(name, *named),))
        sums = self._sums.values()
        if sums:
            first, last = min(s.first_ms for s in sums), max(s.last_ms for s in sums)
            yield Query(since_ms=first, until_ms=last + 1)
