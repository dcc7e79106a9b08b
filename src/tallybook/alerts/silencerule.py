"""A source gone silent as an alert: it used to have calls on every working day, and has had none
for longer than ever; or its folders can't be read any more, or are gone.

Only days count on which anybody looked: who was away for two weeks is not told at his return that
nothing was recorded meanwhile. Nor is he told while he is away, if a timer goes on looking: days on
which nothing at all was used say little of any one source.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..clock import DAY_MS, HOUR_MS, local
from ..format import count, plain
from ..query import Query
from .sighting import RAISED, Look, Rule, Sight, Words, mark, memory_of

if TYPE_CHECKING:
    from ..ledger.notices import AlertState

NAME = "silent"

_PAST_MS = 56 * DAY_MS
_MEASURED = timedelta(days=28)
_REGULAR = 16
"""Of the 20 working days before the last call, those that have to have one."""

_LEAST = 2
"""Working days without a call that are never too many."""

_HOLIDAY = 10
"""Working days in which nothing at all was used that are never too many."""

_WEEKEND = 5


def rules(_look: Look) -> Iterator[Rule]:
    """The one rule of silent sources."""
    yield Rule(NAME, sights)


def sights(look: Look) -> Iterator[Sight]:
    """Every source that is used regularly, or was when it fell silent; looked at once an hour."""
    hour = look.due(NAME, HOUR_MS)
    if hour is None:
        return
    known = look.of(NAME)
    found = _days(look)
    busy = {str(day) for days in found.values() for day in days}
    for source, days in found.items():
        place = _place(look, source, known.get(source))
        if source in known or place.trouble or is_regular(days):
            yield _sight(look, source, _Use(days, busy, known.get(source)), place)
    yield mark(NAME, {"at": hour})


def is_regular(days: Sequence[date]) -> bool:
    """Whether there were calls on nearly every working day of the four weeks up to the last one.
    `days` are those with calls, rising."""
    begun = days[-1] - _MEASURED
    return sum(is_working(day) and day > begun for day in days) >= _REGULAR


def is_working(day: date) -> bool:
    """Whether a day is one from Monday to Friday: nobody's holidays are known."""
    return day.weekday() < _WEEKEND


def longest_gap(days: Sequence[date]) -> int:
    """The most working days in a row that passed without a call, between days with calls."""
    gaps = (_working_between(one, other) for one, other in pairwise(days))
    return max(gaps, default=0)


def _working_between(one: date, other: date) -> int:
    between = range(1, (other - one).days)
    return sum(is_working(one + timedelta(days=number)) for number in between)


class _Place(NamedTuple):
    """Whether any folder of a source was ever seen to be there, and why nothing can be read in
    them now, empty where it can."""

    there: bool
    trouble: str


class _Use(NamedTuple):
    """The days with calls of one source, rising, those with calls of any, as text, and where its
    rule stood."""

    days: Sequence[date]
    busy: Collection[str]
    state: AlertState | None

    def looked(self, today: date) -> list[str]:
        """The working days since the last call on which anybody looked and there was none."""
        memory = memory_of(self.state)
        last = self.days[-1]
        before: list[str] = memory.get("looked", []) if memory.get("last") == str(last) else []
        if today > last and is_working(today) and str(today) not in before:
            return [*before, str(today)]
        return before

    def share(self, missed: Sequence[str]) -> int:
        """How much of what makes an alert so many working days without a call are, in tenths of a
        per cent."""
        if not is_regular(self.days):
            return 0
        bound = max(_LEAST, longest_gap(self.days)) + 1
        alone = sum(day in self.busy for day in missed)
        return max(alone * 1000 // bound, len(missed) * 1000 // max(bound, _HOLIDAY + 1))


def _sight(look: Look, source: str, use: _Use, place: _Place) -> Sight:
    today = local(look.now_ms, look.book.settings.tz).date()
    looked = use.looked(today)
    missed = [each for each in looked if each < str(today)]

    def words(_level: int) -> Words:
        return _words(plain(look.book.title(source)), use.days[-1], len(missed), place.trouble)

    return Sight(
        rule=NAME,
        subject=source,
        share=RAISED * 10 if place.trouble else use.share(missed),
        words=words,
        memory={"last": str(use.days[-1]), "looked": looked, "there": place.there},
    )


def _words(title: str, last: date, missed: int, because: str) -> Words:
    facts = {"last_day": str(last), "working_days_missed": missed, "because": because or None}
    if because:
        text = (
            f"{title} can't be read any more: {because}. Its last call was on {last}; tally doctor"
        )
        return Words("warning", f"{title} can't be read any more", text, facts)
    days = count(missed, "working day")
    text = (
        f"no call of {title} for {days}, after it had some on nearly every one before: the last"
        f" was on {last}. If you used it since, tally doctor looks into why nothing was read"
    )
    return Words("warning", f"{title} has gone silent", text, facts)


def _days(look: Look) -> Mapping[str, list[date]]:
    """The days with calls of each source in the last weeks, rising."""
    query = Query(
        by=("source", "date"),
        bucket="day",
        since_ms=look.now_ms - _PAST_MS,
        until_ms=look.now_ms,
        tz=look.book.settings.tz,
        sort="date",
    )
    found: dict[str, list[date]] = {}
    for row in look.book.ledger.ask(query).rows:
        source, day = row.dims["source"], row.dims["date"]
        if source and day:
            found.setdefault(source, []).append(date.fromisoformat(day))
    return found


def _place(look: Look, source: str, state: AlertState | None) -> _Place:
    """What became of the folders of a source. One that is not read here, as of calls that came
    from elsewhere, has none."""
    was_there = bool(memory_of(state).get("there"))
    if not look.book.reads(source):
        return _Place(was_there, "")
    roots = [Path(root) for root in look.book.source(source).roots()]
    above = {str(each) for root in roots for each in (root, *root.parents)}
    for each in sorted(look.book.ledger.complained_of()):
        if each.fatal and each.source == source and each.place in above:
            return _Place(was_there, f"{each.place}: {each.reason}")
    is_there = any(root.exists() for root in roots)
    is_gone = was_there and roots and not is_there
    return _Place(was_there or is_there, f"{roots[0]} is gone" if is_gone else "")
