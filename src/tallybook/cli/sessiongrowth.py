"""How the prompt of a session grew, as facts of its page and as a part of its JSON object.

What is said of it, and what counts as a cut or a miss, is `tallybook.growth`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..clock import iso
from ..format import compact, tenths
from ..strokes import sparkline
from .chart import pens

if TYPE_CHECKING:
    from ..growth import Growth, Step

_FEW, _CELLS, _BESIDE = 4, 60, 34
"""Rounds from which on a line is drawn, its most cells, and what stands beside it."""


def growth_facts(growth: Growth, width: int) -> Iterator[tuple[str, str]]:
    """The verdict, and where there are some rounds two lines: the prompt by round, and the part of
    it that came from a cache."""
    yield "growth", growth.verdict
    if len(growth.steps) < _FEW:
        return
    parts = _parts(growth.steps, min(_CELLS, max(width - _BESIDE, _FEW)))
    pen = pens()
    pen = pen._replace(empty="·" if pen.levels[0] == "▁" else "0")
    prompts = [max(each.prompt for each in part) for part in parts]
    yield "prompt", f"{sparkline(prompts, pen)} up to {compact(max(prompts))}"
    if any(each.read for each in growth.steps):
        shares = [_thousandths(part) or 0 for part in parts]
        # One more value, left away again: a share is drawn as high as it is of the whole.
        line = sparkline([*shares, 1000], pen)[:-1]
        yield "cached", f"{line} up to {(max(shares) + 5) // 10}%"


def _parts(steps: tuple[Step, ...], cells: int) -> list[tuple[Step, ...]]:
    """The steps in as many parts as there are cells, one each if there are enough."""
    number = min(cells, len(steps))
    ends = [at * len(steps) // number for at in range(number + 1)]
    return [steps[ends[at] : ends[at + 1]] for at in range(number)]


def _thousandths(steps: tuple[Step, ...]) -> int | None:
    """The part of some prompts that was read from a cache, None where nothing was prompted."""
    prompts = sum(each.prompt for each in steps)
    return 1000 * sum(each.read for each in steps) // prompts if prompts else None


def growth_json(growth: Growth, tz: str) -> dict[str, Any]:
    """The verdict and the numbers behind it. Rounds are those of the conversation that are
    metered; `number` counts all calls of the session in the order of time."""
    return {
        "verdict": growth.verdict or None,
        "rounds": [
            {
                "round": each.number,
                "timestamp": iso(each.started_ms, tz),
                "prompt": each.prompt,
                "cache_read": each.read,
                "cached_percent": tenths(_thousandths((each,))),
            }
            for each in growth.steps
        ],
        "cuts": [
            {"round": each.number, "before": each.before, "after": each.after}
            for each in growth.cuts
        ],
        "cache_misses": [
            {"first": each.first, "last": each.last, "tokens": each.tokens, "why": each.why or None}
            for each in growth.misses
        ],
    }
