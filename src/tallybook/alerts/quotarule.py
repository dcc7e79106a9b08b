"""Quotas as alerts: every `[quota.NAME]` that has a limit, for each of its subjects.

A window that ended since the last look gets one final look, the one before the present one only:
whoever was away at its end is told that its limit was reached after all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..format import plain
from ..quota import amount_text, limit_text
from .sighting import Look, Rule, Sight, Words, severity_of, unsaid
from .spans import ENDLESS, is_over, same_span, span_name

if TYPE_CHECKING:
    from ..ledger.notices import AlertState
    from ..quota import Quota
    from ..quotas.standing import QuotaStanding

PREFIX = "quota:"

_BEFORE = {
    "hour": "the hour before",
    "day": "yesterday",
    "week": "last week",
    "month": "last month",
}
"""How a window is called that has just ended."""


def rules(look: Look) -> Iterator[Rule]:
    """One rule a quota, so that one that can't be asked stops no other."""
    for quota in look.book.settings.quotas.values():
        if quota.limit is not None:
            yield Rule(f"{PREFIX}{quota.name}", _Watched(quota).sights)


class _Watched:
    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._rule = f"{PREFIX}{quota.name}"

    def sights(self, look: Look) -> Iterator[Sight]:
        """The windows that have just ended, once; subjects of which nothing is there any more; the
        present ones. The state without a subject comes last: it tells up to which window everything
        was looked at."""
        from ..quotas import standings

        known = look.of(self._rule)
        present = {each.subject: each for each in standings(look.book, (self._quota,), look.now_ms)}
        if any(is_over(state.window, look.now_ms) for state in known.values()):
            for past in standings(look.book, (self._quota,), look.now_ms, back=1):
                if self._is_unseen(past, known, look.now_ms):
                    yield self._sight(past, look, ended=True)
        for subject, state in known.items():
            is_past = is_over(state.window, look.now_ms) or (state.level and not state.window)
            if subject and subject not in present and is_past:
                yield self._idle(subject, ENDLESS)
        for subject in sorted(present, reverse=True):
            sight = self._sight(present[subject], look)
            if not subject or subject in known or sight.level:  # of thousands most are at nothing
                yield sight if "" in known else self._first(sight)
        if "" not in present:
            yield self._idle("", self._window(look))

    def _is_unseen(self, past: QuotaStanding, known: Mapping[str, AlertState], now_ms: int) -> bool:
        """Whether a window ended since its subject was looked at. One that had nothing before was
        looked at when all were."""
        state = known.get(past.subject)
        seen = state if state is not None and state.window else known.get("")
        if seen is None or not is_over(seen.window, now_ms):
            return False
        return same_span(self._name(past), seen.window)

    def _window(self, look: Look) -> str:
        """The present window where no standing tells it, as far as the calendar does."""
        from ..quotas.windows import window_at

        window = self._quota.window
        if window.kind in ("rolling", "sliding"):
            return ENDLESS
        return span_name(*window_at(window, look.now_ms))

    def _name(self, standing: QuotaStanding) -> str:
        if self._quota.window.kind in ("sliding", "ever"):
            return ENDLESS
        return span_name(standing.since_ms, standing.until_ms)

    def _sight(self, standing: QuotaStanding, look: Look, *, ended: bool = False) -> Sight:
        def words(level: int) -> Words:
            told = _past_words if ended else _words
            return told(standing, level, look.now_ms)

        return Sight(
            rule=self._rule,
            subject=standing.subject,
            share=0 if standing.used == 0 else standing.share,
            words=words,
            window=self._name(standing),
            levels=self._quota.levels,
            bound=limit_text(standing.limit_nanos or 0, standing.unit),
            memory=self._memory,
        )

    def _first(self, sight: Sight) -> Sight:
        """The first look at all. What has no end, and of which there are many, such as sessions, is
        nearly all over by then."""
        return replace(sight, silent=bool(sight.subject) and self._quota.window.kind == "ever")

    def _idle(self, subject: str, window: str) -> Sight:
        return Sight(
            rule=self._rule,
            subject=subject,
            share=0,
            words=unsaid,
            window=window,
            memory=self._memory,
        )

    @property
    def _memory(self) -> dict[str, str]:
        return {"origin": self._quota.origin}


def _words(standing: QuotaStanding, level: int, now_ms: int) -> Words:
    from ..quotas import standing_json, standing_text

    return Words(
        severity_of(level),
        f"{_called(standing)}: {_reached(standing, level)}",
        plain(standing_text(standing, now_ms)),
        standing_json(standing),
    )


def _past_words(standing: QuotaStanding, level: int, now_ms: int) -> Words:
    when = _BEFORE.get(standing.quota.window.kind, "in the window before")
    severity, title, text, facts = _words(standing, level, now_ms)
    return Words(severity, f"{title} {when}", f"{when}: {text}", facts)


def _called(standing: QuotaStanding) -> str:
    from ..quotas import standing_name

    return plain(standing_name(standing))


def _reached(standing: QuotaStanding, level: int) -> str:
    if standing.limit_nanos == 0:
        return "used, though nothing is allowed"
    if standing.quota.window.kind == "prepaid":
        left = amount_text(standing.left or 0, standing.unit, standing.limit_nanos)
        return f"balance low, {left} left" if standing.left else "balance used up"
    return "limit reached" if level == 100 else f"{level}% reached"
