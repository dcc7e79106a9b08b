"""What pace is usual: of the active quarter-hours of the last weeks the middle one, and the one
that few exceed. Ranks and not means, so that no burst of the past makes the next one usual.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..model import NANOS

if TYPE_CHECKING:
    from ..ledger.paces import Pace

ENOUGH = 40
"""Active quarter-hours, ten hours of use: of fewer nothing can be called usual."""

TIMES = 3
"""So many times what few quarter-hours exceed is unusual."""

_HIGH = 95
_FLOORS: Mapping[str, int] = {"tokens": 2_000_000, "calls": 60}
_COST_FLOOR = 2 * NANOS
"""In a quarter-hour; below it no pace is told, however small the past was."""


class Usual(NamedTuple):
    """What is usual in an active quarter-hour: the middle and the high of each measure (`tokens`,
    `calls`, or a currency in nano-units), out of how many."""

    quarters: int
    middle: Mapping[str, int]
    high: Mapping[str, int]


class Excess(NamedTuple):
    """The measure that is furthest beyond what is usual: how much of what makes an alert it is, in
    tenths of a per cent, and how many tenths of the usual, None where that is nothing."""

    measure: str
    value: int
    share: int
    tenfold: int | None


def usual_of(paces: Sequence[Pace]) -> Usual:
    """What is usual, by past quarter-hours."""
    values: dict[str, list[int]] = {}
    for each in paces:
        for measure, value in measured(each.calls, each.tokens, each.amounts).items():
            values.setdefault(measure, []).append(value)
    ranked = {measure: sorted(each) for measure, each in values.items()}
    return Usual(
        len(paces),
        {measure: _rank(each, 50) for measure, each in ranked.items()},
        {measure: _rank(each, _HIGH) for measure, each in ranked.items()},
    )


def measured(calls: int, tokens: int, amounts: Mapping[str, int]) -> dict[str, int]:
    """A quarter-hour by measure."""
    return {"tokens": tokens, "calls": calls, **amounts}


def excess(now: Mapping[str, int], usual: Usual) -> Excess | None:
    """How far a quarter-hour is beyond what is usual; None where too little is known of the
    past."""
    if usual.quarters < ENOUGH:
        return None
    return max(
        (_of_one(measure, value, usual) for measure, value in now.items()),
        key=lambda each: each.share,
        default=None,
    )


def _of_one(measure: str, value: int, usual: Usual) -> Excess:
    bound = max(TIMES * usual.high.get(measure, 0), _FLOORS.get(measure, _COST_FLOOR))
    middle = usual.middle.get(measure, 0)
    return Excess(measure, value, value * 1000 // bound, value * 10 // middle if middle else None)


def _rank(ranked: Sequence[int], percent: int) -> int:
    """The value that so many per cent do not exceed."""
    return ranked[-(-len(ranked) * percent // 100) - 1]


def usual_json(usual: Usual) -> dict[str, Any]:
    """The same for a state's memory."""
    return {"quarters": usual.quarters, "middle": dict(usual.middle), "high": dict(usual.high)}


def usual_from(memory: Mapping[str, Any]) -> Usual:
    """It again, out of a state's memory."""
    return Usual(memory["quarters"], memory["middle"], memory["high"])


def in_order(measures: Iterable[str]) -> list[str]:
    """Measures in the order in which they are told: money last."""
    return sorted(measures, key=lambda name: (name not in _FLOORS, name != "tokens", name))
