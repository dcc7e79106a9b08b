"""From where a rule stood and what it sees now to where it stands, and what is to be told.

One pure function: no ledger, no clock, no words. Each level of a rule and subject is told once in a
window, of several at once only the highest; it is armed again by a new window, by falling clearly
below, or where the same use means something else because the limit changed.

Programs that run at once may have other settings, as one that was started before a limit was
changed: what was told of other windows and limits is remembered until those windows have ended.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast

from ..clock import DAY_MS
from ..ledger.notices import AlertState
from .sighting import Sight, memory_of
from .spans import bounds, same_span

_BOUND, _TOLD, _OTHERS = "bound", "told_ms", "others"
_MOST_OTHERS = 4


class Step(NamedTuple):
    """Where a rule stands now (the very state of before where nothing changes), and the level that
    is to be told, 0 for none."""

    after: AlertState
    told: int = 0


def step(before: AlertState | None, sight: Sight, now_ms: int) -> Step:
    """The next step of one rule for one subject."""
    if before is not None and now_ms < before.seen_ms <= now_ms + DAY_MS:
        return Step(before)  # another program was faster, or the clock was put back
    memory = memory_of(before)
    is_same = before is not None and same_span(before.window, sight.window)
    known = 0 if before is None else _known(before, sight, memory, now_ms)
    if sight.share is None:
        level, told = known, 0
    elif sight.level > known:
        level, told = sight.level, 0 if sight.silent else sight.level
    else:
        level, told = _held(known, sight, _is_quiet(memory, sight, now_ms)), 0
    kept = {_BOUND: sight.bound} if sight.bound else {}
    when = now_ms if told else memory.get(_TOLD)
    stamp = {_TOLD: when} if sight.quiet_ms and when is not None else {}
    others = {} if before is None else _others(before, sight, memory, now_ms)
    told_of = {**sight.memory, **kept, **stamp, **others}
    text = json.dumps(told_of, sort_keys=True, ensure_ascii=False)
    window = before.window if before is not None and is_same else sight.window
    after = AlertState(sight.rule, sight.subject, window, level, now_ms, text)
    if before is not None and before == after._replace(seen_ms=before.seen_ms):
        return Step(before)
    return Step(after, told)


class _Other(NamedTuple):
    """What was told of another window, or of another limit, and when that was left."""

    window: str
    bound: str
    level: int
    left_ms: int

    def means(self, sight: Sight) -> bool:
        """Whether it is that of a sight."""
        return self.bound == sight.bound and same_span(self.window, sight.window)

    def lasts(self, now_ms: int) -> bool:
        """Whether its window goes on. Of one without end nobody knows what became of it since."""
        until = bounds(self.window)[1]
        return now_ms < (self.left_ms + DAY_MS if until is None else until)


def _remembered(memory: dict[str, Any]) -> list[_Other]:
    return [_Other(*each) for each in cast("list[list[Any]]", memory.get(_OTHERS, []))]


def _known(before: AlertState, sight: Sight, memory: dict[str, Any], now_ms: int) -> int:
    """The level that was told of this window and limit. Of a limit that is new only as much counts
    as told as is reached of it now."""
    is_same = same_span(before.window, sight.window)
    if is_same and (memory.get(_BOUND, "") == sight.bound or sight.share is None):
        return before.level
    for other in _remembered(memory):
        if other.means(sight) and other.lasts(now_ms):
            return other.level
    return min(before.level, sight.level) if is_same else 0


def _others(
    before: AlertState, sight: Sight, memory: dict[str, Any], now_ms: int
) -> dict[str, list[_Other]]:
    """What is to be remembered of other windows that go on, the last first."""
    last = _Other(before.window, memory.get(_BOUND, ""), before.level, now_ms)
    kept = [
        each
        for each in (last, *_remembered(memory))
        if each.level and not each.means(sight) and each.lasts(now_ms)
    ]
    return {_OTHERS: kept[:_MOST_OTHERS]} if kept else {}


def _held(known: int, sight: Sight, is_quiet: bool) -> int:
    """The level that stays told: the highest up to the known one that is not armed again."""
    if is_quiet or sight.share is None:
        return known
    levels = {known, *(each for each in sight.levels if each < known)}
    floor = {each: max(1, (each - sight.margin) * 10) for each in levels}
    return max((each for each in levels if sight.share >= floor[each]), default=0)


def _is_quiet(memory: dict[str, Any], sight: Sight, now_ms: int) -> bool:
    told_ms = memory.get(_TOLD)
    return isinstance(told_ms, int) and told_ms <= now_ms < told_ms + sight.quiet_ms
