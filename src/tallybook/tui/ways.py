"""The ways between looks: in and out of rows, along views and tabs, through orders. Each gives
another look; nothing is asked or drawn here. No Textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from .look import SHOWN, VIEWS, Look, View
from .sheet import Rows, Sheet

_WANTED = ("total", "cost", "messages", "sessions", "last_at")
"""The columns by which rows are most often wanted in order; behind them comes what names them."""


class Step(NamedTuple):
    """Where somebody was before a row was opened: the view, how many conditions there were, and
    the filter."""

    view: View
    crumbs: int
    text: str


class Way:
    """How one came to a look, so that one can go back."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def into(self, look: Look, opens: Rows) -> Look:
        """What a row stands for."""
        self._steps.append(Step(look.view, len(look.crumbs), look.text))
        return look.into(opens.view, *opens.crumbs)

    def back(self, look: Look) -> Look | None:
        """One out: the filter first, then a level; None where there is nothing to leave."""
        if look.text:
            return replace(look, text="")
        return self._out(look, len(look.crumbs) - 1) if look.crumbs else None

    def out(self, look: Look, group: int) -> Look:
        """Out to before a level of the way, by its number."""
        groups = [[*each] for _, each in groupby(look.crumbs, lambda each: each.dimension)]
        return self._out(look, sum(map(len, groups[:group])))

    def _out(self, look: Look, crumbs: int) -> Look:
        """Out to where there were at most so many conditions."""
        while self._steps:
            step = self._steps.pop()
            if step.crumbs <= crumbs:
                kept = look.crumbs[: step.crumbs]
                return replace(look, view=step.view, crumbs=kept, text=step.text)
        return replace(look, crumbs=look.crumbs[:crumbs], text="")


def next_view(view: View, step: int) -> View:
    """The view so many further on, round and round."""
    return VIEWS[(VIEWS.index(view) + step) % len(VIEWS)]


def next_tab(look: Look, sources: Sequence[str], step: int) -> Look:
    """The tab so many further on, round and round."""
    here = sources.index(look.tab) if look.tab in sources else 0
    return replace(look, tab=sources[(here + step) % len(sources)]) if sources else look


def next_shown(look: Look) -> Look:
    """Tokens, cost, or both."""
    return replace(look, shown=SHOWN[(SHOWN.index(look.shown) + 1) % len(SHOWN)])


def sorted_by(look: Look, sheet: Sheet, column: str) -> Look:
    """By a column; where it is that one already, the other way round. Figures fall at first."""
    if column == _order(look, sheet).lstrip("-"):
        return reversed_order(look, sheet)
    falls = any(each.key == column and each.right for each in sheet.columns)
    return look.in_order(f"-{column}" if falls else column)


def sorted_next(look: Look, sheet: Sheet, shown: Sequence[str]) -> Look:
    """By the next column, the one that is wanted most first; of those that are wanted less only
    those that are in sight."""
    keys = _in_turn(sheet, shown)
    if not keys:
        return look
    here = _order(look, sheet).lstrip("-")
    if look.order is None or here not in keys:
        return sorted_by(look, sheet, keys[1] if keys[0] == here and len(keys) > 1 else keys[0])
    return sorted_by(look, sheet, keys[(keys.index(here) + 1) % len(keys)])


def _in_turn(sheet: Sheet, shown: Sequence[str]) -> list[str]:
    """The keys of the columns by which rows are put in order one after another. One that has no
    name, or tells the same of all rows, puts nothing in order."""
    named = [(at, column.key) for at, column in enumerate(sheet.columns) if column.title]
    few = len(sheet.lines) < 2
    telling = [key for at, key in named if few or len({each.cells[at] for each in sheet.lines}) > 1]
    first = [key for _, key in named[:1]]
    wanted = [key for key in (*_WANTED, *first) if key in telling]
    return [*wanted, *(key for key in telling if key in shown and key not in wanted)]


def reversed_order(look: Look, sheet: Sheet) -> Look:
    """The other way round."""
    order = _order(look, sheet)
    if not order:
        return look
    return look.in_order(order.lstrip("-") if order.startswith("-") else f"-{order}")


def _order(look: Look, sheet: Sheet) -> str:
    """The order that is wanted, of which the rows may not tell yet."""
    wanted = (look.order or "").lstrip("-")
    known = any(each.key == wanted for each in sheet.columns)
    return look.order if look.order and known else sheet.order
