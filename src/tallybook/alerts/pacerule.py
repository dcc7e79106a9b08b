"""An unusual pace as an alert: the last quarter-hour against one's own past.

What is usual is worked out once a day (`usualpace`) and remembered in the rule's state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..clock import DAY_MS, HOUR_MS, QUARTER_MS
from ..format import compact, money, number, tenths
from ..model import decimal_text
from ..query import Query
from .sighting import Look, Rule, Sight, Words, memory_of
from .usualpace import (
    ENOUGH,
    TIMES,
    Excess,
    Usual,
    excess,
    in_order,
    measured,
    usual_from,
    usual_json,
    usual_of,
)

NAME = "pace"

_PAST_MS = 28 * DAY_MS
_MARGIN = 50
"""It is armed again at half of what makes an alert."""

_QUIET_MS = HOUR_MS
_MINUTES = 15


def rules(_look: Look) -> Iterator[Rule]:
    """The one rule of an unusual pace."""
    yield Rule(NAME, sights)


def sights(look: Look) -> Iterator[Sight]:
    """The last quarter-hour."""
    memory = _memory(look)
    usual = usual_from(memory["usual"])
    now = look.now_ms
    totals = look.book.ledger.ask(Query(since_ms=now - QUARTER_MS, until_ms=now)).totals
    measures = measured(totals.requests, totals.total, totals.cost)
    found = excess(measures, usual)

    def words(_level: int) -> Words:
        assert found is not None  # nothing is told of a share that is not known
        return _words(found, measures, usual)

    yield Sight(
        rule=NAME,
        subject="",
        share=None if found is None else found.share,
        words=words,
        margin=_MARGIN,
        quiet_ms=_QUIET_MS,
        memory=memory,
    )


def _memory(look: Look) -> dict[str, Any]:
    """What is usual, as it was found this day; while too little is known, this hour."""
    memory = memory_of(look.states.get((NAME, "")))
    hour = look.now_ms // HOUR_MS
    if memory.get("day") == look.now_ms // DAY_MS or memory.get("hour") == hour:
        return {name: memory[name] for name in ("day", "hour", "usual")}
    with look.book.ledger.moment():
        until_ms = look.now_ms - QUARTER_MS
        usual = usual_of(look.book.ledger.uses().paces(until_ms - _PAST_MS, until_ms))
    day = look.now_ms // DAY_MS if usual.quarters >= ENOUGH else None
    return {"day": day, "hour": hour, "usual": usual_json(usual)}


def _words(found: Excess, measures: Mapping[str, int], usual: Usual) -> Words:
    now = ", ".join(_a_minute(name, measures[name]) for name in in_order(measures))
    named = found.measure if found.measure in ("tokens", "calls") else "cost"
    often = "far beyond the usual"
    if found.tenfold is not None:
        often = f"{_times(found.tenfold)} times the usual"
    middle = _a_minute(found.measure, usual.middle.get(found.measure, 0))
    return Words(
        "warning",
        f"unusual pace: {named} at {often}",
        f"{now} a minute in the last {_MINUTES} min: {named} at {often} ({middle} a minute), more"
        f" than {TIMES} times what 95% of your active quarter-hours of the last 4 weeks came to",
        {
            "measure": found.measure,
            "value": _exact(found.measure, found.value),
            "minutes": _MINUTES,
            "times_the_usual": tenths(found.tenfold),
        },
    )


def _times(tenfold: int) -> str:
    """A multiple; tenths tell something of small ones only."""
    return number(tenfold // 10) if tenfold >= 100 else tenths(tenfold) or ""


def _a_minute(name: str, value: int) -> str:
    """What a measure of a quarter-hour is a minute, in words."""
    if name == "calls":
        return f"{tenths((value * 10 + _MINUTES // 2) // _MINUTES)} calls"
    if name == "tokens":
        return f"{compact(value // _MINUTES)} tokens"
    return money(value // _MINUTES, name, 2)


def _exact(name: str, value: int) -> int | str:
    """A measure for programs: counts are integers, amounts decimal strings."""
    return value if name in ("tokens", "calls") else decimal_text(value)
