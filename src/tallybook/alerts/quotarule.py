"""Quotas as alerts: every `[quota.NAME]` that has a limit, for each of its subjects.

A window that ended since the last look gets one final look, the one before the present one only:
whoever was away at its end is told that its limit was reached after all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..clock import DAY_MS
from ..format import plain
from ..quota import amount_text, limit_text
from .sighting import Look, Rule, Sight, Words, severity_of, unsaid
from .spans import ENDLESS, bounds, is_over, same_span, span_name

if TYPE_CHECKING:
    from ..ledger.notices import AlertState
    from ..quota import Limit, Quota
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
            yield Rule(f"{PREFIX}{quota.name}", _Watched(quota, quota.limit).sights)


class _Watched:
    """One quota under watch."""

    def __init__(self, quota: Quota, limit: Limit) -> None:
        self._quota = quota
        self._limit = limit
        self._rule = f"{PREFIX}{quota.name}"
        self._rolls = quota.window.kind == "rolling"

    def sights(self, look: Look) -> Iterator[Sight]:
        """The windows that have just ended, once; subjects of which nothing is there any more; the
        present ones. The state without a subject comes last: it tells up to which window everything
        was looked at."""
        from ..quotas import standings

        known, now = look.of(self._rule), look.now_ms
        present = {each.subject: each for each in standings(look.book, (self._quota,), now)}
        last = {subject: state.window for subject, state in known.items()}
        over = {each for each, state in known.items() if _is_past(state, now)}
        tell_tale = known.values() if self._rolls else filter(None, [known.get("")])
        if any(is_over(state.window, now) for state in tell_tale):
            for past in standings(look.book, (self._quota,), now, back=1):
                name = span_name(past.since_ms, past.until_ms)
                if self._is_unseen(name, known.get(past.subject), known.get(""), now):
                    yield self._sight(past, now, name, ended=True)
                    over.add(past.subject)
                last[past.subject] = name
        for subject in sorted(over - present.keys() - {""}):
            yield self._idle(subject, self._unopened(last[subject], now))
        for subject in sorted(present, reverse=True):
            name = self._name(present[subject], last.get(subject, ENDLESS), now)
            sight = self._sight(present[subject], now, name)
            is_kept = not subject or subject in known or self._rolls
            if is_kept or sight.level:  # of thousands most are at nothing
                yield sight if "" in known else self._first(sight)
        if "" not in present:
            yield self._idle("", self._window(last.get("", ENDLESS), now))

    def _is_unseen(
        self, name: str, state: AlertState | None, of_all: AlertState | None, now_ms: int
    ) -> bool:
        """Whether a window ended since its subject was looked at. One that had nothing before was
        looked at when all were."""
        seen = state if state is not None and state.window else of_all
        if seen is None or not is_over(seen.window, now_ms):
            return False
        (since, until), looked = bounds(name), bounds(seen.window)[1]
        if since is None or until is None or looked is None:
            return False
        if self._rolls and until <= now_ms - max(DAY_MS, until - since):
            return False
        return until > looked or same_span(name, seen.window)

    def _window(self, last: str, now_ms: int) -> str:
        """The present window where no standing tells it, as far as the calendar does."""
        from ..quotas.windows import window_at

        if self._rolls or self._quota.window.kind == "sliding":
            return self._unopened(last, now_ms)
        return span_name(*window_at(self._quota.window, now_ms))

    def _name(self, standing: QuotaStanding, last: str, now_ms: int) -> str:
        if self._quota.window.kind in ("sliding", "ever"):
            return ENDLESS
        if standing.since_ms is None and self._rolls:
            return self._unopened(last, now_ms)
        return span_name(standing.since_ms, standing.until_ms)

    def _unopened(self, last: str, now_ms: int) -> str:
        """The name where nothing is there at the moment: the end of the last window, after which
        another one is new."""
        end = bounds(last)[1] or (now_ms if self._rolls else None)
        return ENDLESS if end is None else span_name(min(end, now_ms), min(end, now_ms))

    def _sight(
        self, standing: QuotaStanding, now_ms: int, window: str, *, ended: bool = False
    ) -> Sight:
        def words(level: int) -> Words:
            told = _past_words if ended else _words
            return told(standing, level, now_ms)

        return Sight(
            rule=self._rule,
            subject=standing.subject,
            share=0 if standing.used == 0 else standing.share,
            words=words,
            window=window,
            levels=self._quota.levels,
            bound=limit_text(*self._limit),
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
            levels=self._quota.levels,
            bound=limit_text(*self._limit),
        )


def _is_past(state: AlertState, now_ms: int) -> bool:
    """Whether what was seen of a subject is over and not yet closed: its window is, or it has none
    and something was told."""
    since, until = bounds(state.window)
    return (is_over(state.window, now_ms) and since != until) or (
        state.level > 0 and not state.window
    )


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
