"""Charts as SVG: columns over time in which models are stacked, and single bars.

Only shapes are made here, in whole numbers of a drawing's own units; colours are those of the
page's style. Text is escaped by whoever takes it from the ledger into the page: `safe`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from ..format import plain
from ..strokes import round_step

SHADES = 7
"""Colours that the style has for parts, `s0` and so on; the last one is that of all others."""

_WIDTH, _HEIGHT = 960, 280
_LEFT, _TOP, _BOTTOM = 76, 12, 28
_INNER = _HEIGHT - _TOP - _BOTTOM
_LINES = 4
"""Lines of a grid above the lowest, about."""

_LABEL = 96
"""Units that a date below a column takes."""


class Stack(NamedTuple):
    """A column: the date below it, and its parts by their places among the names."""

    label: str
    parts: Mapping[int, int]


def safe(text: str) -> str:
    """A text that can be no markup and drives nothing, in elements and attributes."""
    return escape(plain(text), quote=True)


def columns(
    stacks: Sequence[Stack], names: Sequence[str], word: Callable[[int], str], title: str
) -> str:
    """Columns with their parts stacked; `word` tells a value, which a pointer shows."""
    highest = max((sum(each.parts.values()) for each in stacks), default=0)
    step = round_step(highest, _LINES)
    top = max(step * -(-highest // step), 1)
    shapes = [*_grid(top, step, word), *_stacks(stacks, names, word, top)]
    return (
        f'<svg class="columns" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{safe(title)}">{"".join(shapes)}</svg>'
    )


def bar(part: int, whole: int, shade: int = 0) -> str:
    """One bar as long as its part of the whole."""
    length = 1000 * part // whole if whole else 0
    return (
        '<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="s{shade}" width="{max(length, 4 if part else 0)}" height="10"/></svg>'
    )


def _grid(top: int, step: int, word: Callable[[int], str]) -> Iterator[str]:
    for value in range(0, top + 1, step):
        y = _TOP + _INNER - _INNER * value // top
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{safe(word(value))}</text>'


def _stacks(
    stacks: Sequence[Stack], names: Sequence[str], word: Callable[[int], str], top: int
) -> Iterator[str]:
    """The columns from left to right, with dates as far apart as they need room."""
    room = 10 * (_WIDTH - _LEFT) // max(len(stacks), 1)
    every = -(-_LABEL * 10 // max(room, 1))
    for place, stack in enumerate(stacks):
        x, width = 10 * _LEFT + place * room, max(min(room * 4 // 5, 480), 5)
        below = 0
        for part, value in sorted(stack.parts.items()):
            low, high = (10 * _INNER * each // top for each in (below, below + value))
            said = safe(f"{stack.label}, {names[part]}: {word(value)}")
            y = 10 * (_TOP + _INNER) - high
            yield (
                f'<rect class="s{part}" x="{_tenth(x)}" y="{_tenth(y)}" width="{_tenth(width)}" '
                f'height="{_tenth(high - low)}"><title>{said}</title></rect>'
            )
            below += value
        if place % every == 0 and (place + every <= len(stacks) or place == 0):
            text = f'x="{_tenth(x)}" y="{_HEIGHT - 8}"'
            yield f"<text {text}>{safe(stack.label)}</text>"


def _tenth(value: int) -> str:
    return f"{value // 10}.{value % 10}"
