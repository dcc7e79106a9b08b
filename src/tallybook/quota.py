"""The noun of limits: a quota, what it measures, how far it may go, and in which window.

Shapes only, and how a limit and a window are written. What stands of a quota at a moment is
`tallybook.quotas`; where quotas are kept is `tallybook.settings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from .model import CLASSES
from .query import Filter

TOKENS, REQUESTS = "tokens", "requests"
"""The units of a limit that are no currency."""

LEVELS = (80, 90, 100)
"""Per cent of a limit at which somebody is told, unless a quota says otherwise."""

WindowKind = Literal["hour", "day", "week", "month", "rolling", "sliding", "prepaid", "ever"]
"""`hour` to `month` are those of the calendar in a zone; a month may begin on another day than the
first. `rolling` begins with the first use after the last one ended and lasts so long; `sliding` is
always the time just past. `prepaid` and `ever` have no end: the first is used up by what is spent
since it began, the second is for what has an end of its own, such as a session."""


class Limit(NamedTuple):
    """How far a quota may go: nano-units of `unit`, which is `tokens`, `requests` or a currency."""

    nanos: int
    unit: str


class Window(NamedTuple):
    """When a quota counts. `minutes` is the length of a `rolling` or `sliding` one; `anchor_ms` is
    where a `prepaid` one begins, and for a `month` any instant at which one begins (None: the first
    of the month at midnight). `tz` and `week_start` (0 is Monday) cut the calendar's."""

    kind: WindowKind
    minutes: int = 0
    anchor_ms: int | None = None
    tz: str = "UTC"
    week_start: int = 0


Basis = Literal["list", "billed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A limit on what passes `where` in a window. Without a `limit` only the window is known, as of
    a plan whose provider does not say how much it holds. `basis` tells which amount a limit of
    money is held against, `classes` which token classes one of tokens counts. With `each`, a
    dimension, every value of it has a standing of its own. `multipliers` weigh the calls of models
    by thousandths, the first beginning of a name that fits: a model that counts four times has
    4000. `levels` are per cent. `origin` is where it was found."""

    name: str
    window: Window
    limit: Limit | None = None
    where: tuple[Filter, ...] = ()
    basis: Basis = "list"
    classes: tuple[str, ...] = CLASSES
    each: str | None = None
    multipliers: tuple[tuple[str, int], ...] = ()
    levels: tuple[int, ...] = LEVELS
    title: str = ""
    origin: str = ""
