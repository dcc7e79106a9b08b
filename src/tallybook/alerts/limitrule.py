"""Official limits as alerts: the windows that providers told of themselves, as they were last seen.

Only what was seen lately of a window that is still open: what is left of another one, the provider
alone knows. One that has ended gets no final look: it is open again, and nothing is to be done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..clock import DAY_MS
from ..format import plain
from ..limits import (
    is_over,
    limit_json,
    limit_text,
    present_limits,
    used_percent,
    window_words,
)
from ..quota import FULL, LEVELS
from .sighting import Look, Rule, Sight, Words, severity_of
from .spans import ENDLESS, span_name

if TYPE_CHECKING:
    from ..reading import LimitSnapshot

PREFIX = "limit:"

_FRESH_MS = DAY_MS
"""What was seen longer ago says too little of now, even of a window of a week."""

_MINUTE_MS = 60_000


def rules(_look: Look) -> Iterator[Rule]:
    """The one rule of all official limits."""
    yield Rule("limit", sights)


def sights(look: Look) -> Iterator[Sight]:
    """Every open window that was seen lately; of several that are called the same, the latest."""
    newest: dict[tuple[str, str], LimitSnapshot] = {}
    for limit in present_limits(look.book.ledger, look.now_ms):
        key = limit.source, _subject(limit)
        known = newest.get(key)
        if _is_fresh(limit, look.now_ms) and (known is None or known.seen_ms < limit.seen_ms):
            newest[key] = limit
    for limit in newest.values():
        yield _sight(limit, look)


def _is_fresh(limit: LimitSnapshot, now_ms: int) -> bool:
    length_ms = limit.window_minutes * _MINUTE_MS or _FRESH_MS
    age_ms = now_ms - limit.seen_ms
    return not is_over(limit, now_ms) and age_ms < min(length_ms, _FRESH_MS)


def _share(limit: LimitSnapshot) -> int | None:
    """Of a balance of which nobody tells what it was, only that it is used up is known."""
    if limit.bare:
        return FULL if (limit.left or 0) <= 0 else 0
    return limit.used // 10


def _subject(limit: LimitSnapshot) -> str:
    return plain(f"{limit.name} ({limit.plan})" if limit.plan else limit.name)


def _sight(limit: LimitSnapshot, look: Look) -> Sight:
    def words(level: int) -> Words:
        told = limit_json(limit, look.book.settings.tz)
        title = plain(look.book.title(limit.source))
        reached = f"{used_percent(limit)}% of its {plain(window_words(limit))} limit"
        return Words(
            severity_of(level),
            f"{title}: {'its balance is used up' if limit.bare else reached}",
            f"{title}: {limit_text(told, look.now_ms)}",
            told,
        )

    return Sight(
        rule=f"{PREFIX}{limit.source}",
        subject=_subject(limit),
        share=_share(limit),
        words=words,
        window=_window(limit),
        levels=LEVELS,
    )


def _window(limit: LimitSnapshot) -> str:
    """Of a window without a length only the end is known."""
    if not limit.resets_ms:
        return ENDLESS
    length_ms = limit.window_minutes * _MINUTE_MS
    return span_name(limit.resets_ms - length_ms if length_ms else None, limit.resets_ms)
