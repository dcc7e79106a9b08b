"""The official window in the place of one's own, where a provider told of it a moment ago: a plan
has one reset, and that is the provider's.

What was seen of official windows, and when it is too old, is `tallybook.limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..format import DASH, plain, span
from ..limits import is_over, is_stale, left_text, used_percent, window_length, window_words
from ..quotas import moment_text
from .quotaboard import bar_text, every_column, filled
from .statuslook import kind_of

if TYPE_CHECKING:
    from ..quotas import QuotaStanding
    from ..reading import LimitSnapshot
    from .statuslook import Status
    from .tables import Column

_MINUTE_MS = 60_000
_DAY_MINUTES = 24 * 60
_CALENDAR: Mapping[str, int] = {"hour": 60, "day": _DAY_MINUTES, "week": 7 * _DAY_MINUTES}
"""How long the calendar's windows are. A month has no length: see `_MONTHS`."""

_MONTHS: Mapping[str, str] = {"copilot": "premium_interactions"}
"""Whose window of a month is that of the plan itself, and what it is called there."""

_CALLS: Mapping[str, str] = {
    "copilot": "github-copilot",
    "opencode": "opencode-go",
    "zai": "zai-coding-plan",
    "bigmodel": "zhipuai-coding-plan",
}
"""The provider whose calls a window counts, where it is not the source of that name."""


def official_of(
    standing: QuotaStanding, limits: Sequence[LimitSnapshot], now_ms: int
) -> LimitSnapshot | None:
    """The official window that a plan is: of the same calls and as long, neither over nor so old
    that it may well be otherwise by now. None if there is none."""
    if kind_of(standing) != "plans" or standing.quota.each is not None:
        return None
    fitting = [
        each
        for each in limits
        if _same_calls(standing, each)
        and _same_length(standing, each)
        and not (each.bare or is_over(each, now_ms) or is_stale(each, now_ms))
    ]
    return max(fitting, key=lambda each: each.seen_ms, default=None)


def _same_calls(standing: QuotaStanding, limit: LimitSnapshot) -> bool:
    provider = _CALLS.get(limit.source)
    counted = ("source", limit.source) if provider is None else ("provider", provider)
    where = standing.quota.where
    told = [(each.dimension, value) for each in where if each.op[0] == "=" for value in each.values]
    return len(where) == 1 and told == [counted]


def _same_length(standing: QuotaStanding, limit: LimitSnapshot) -> bool:
    """Whether both are as long; an official window with more to its name counts only some calls."""
    window = standing.quota.window
    if window.kind == "month":
        return _MONTHS.get(limit.source) == limit.name
    length = window.minutes if window.kind == "rolling" else _CALENDAR.get(window.kind, 0)
    whole = window_words(limit) == window_length(limit.window_minutes)
    return bool(length) and length == limit.window_minutes and whole


def official_columns(found: Sequence[QuotaStanding], status: Status, title: str) -> list[Column]:
    """The columns of a table of standings. Where an official window is known, the used part, what
    is left and the reset are its; the amount is one's own."""
    from .tables import Column

    now_ms = status.now_ms
    limits = [official_of(each, status.limits, now_ms) for each in found]
    instead: Mapping[str, Callable[[QuotaStanding, LimitSnapshot], str]] = {
        "": lambda _, limit: bar_text(limit.used // 10),
        "Used": lambda _, limit: f"{used_percent(limit)}%",
        "Left": lambda _, limit: left_text(limit).removesuffix(" left") or DASH,
        "Resets": lambda _, limit: _resets(limit, now_ms),
        "At": lambda each, limit: _moment(each, limit, now_ms),
        "At this pace": lambda _each, _limit: DASH,
    }

    def seen(column: Column) -> Column:
        told = instead.get(column.title)
        rows = zip(column.cells, found, limits, strict=True)
        cells = (told(each, limit) if told and limit else cell for cell, each, limit in rows)
        return column._replace(cells=tuple(cells))

    marks = tuple(_mark(limit, now_ms) if limit else "" for limit in limits)
    columns = [seen(each) for each in every_column(found, now_ms, title)]
    used = next(at for at, each in enumerate(columns) if each.title == "Used")
    columns.insert(used + 1, Column("", marks, text=True, least=99, tight=8, prose=True))
    return filled(columns)


def _resets(limit: LimitSnapshot, now_ms: int) -> str:
    return f"in {span(limit.resets_ms - now_ms)}" if limit.resets_ms else "with the next call"


def _moment(standing: QuotaStanding, limit: LimitSnapshot, now_ms: int) -> str:
    return moment_text(standing, limit.resets_ms, now_ms) if limit.resets_ms else ""


def _mark(limit: LimitSnapshot, now_ms: int) -> str:
    return plain(f"official, seen {ago(limit.seen_ms, now_ms)}")


def ago(ms: int, now_ms: int) -> str:
    """How long ago, to the minute."""
    past = (now_ms - ms) // _MINUTE_MS * _MINUTE_MS
    return "just now" if past < _MINUTE_MS else f"{span(past)} ago"
