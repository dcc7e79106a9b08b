"""From where a rule stood and what it sees now to where it stands, and what is to be told.

One pure function: no ledger, no clock, no words. Each level of a rule and subject is told once in a
window, of several at once only the highest; it is armed again by a new window, by falling clearly
below, or where the same use means something else because the limit changed.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..ledger.notices import AlertState
from .sighting import Sight, memory_of
from .spans import is_ahead, same_span

_BOUND, _TOLD = "bound", "told_ms"


class Step(NamedTuple):
    """Where a rule stands now (the very state of before where nothing changes), and the level that
    is to be told, 0 for none."""

    after: AlertState
    told: int = 0


def step(before: AlertState | None, sight: Sight, now_ms: int) -> Step:
    """The next step of one rule for one subject."""
    if before is not None and is_ahead(before.window, now_ms):
        return Step(before)  # the clock was put back: what it shows now was told already
    memory = memory_of(before)
    is_same = before is not None and same_span(before.window, sight.window)
    known = _known(before, sight, memory) if before is not None and is_same else 0
    if sight.share is None:
        level, told = known, 0
    elif sight.level > known:
        level, told = sight.level, 0 if sight.silent else sight.level
    else:
        level, told = _held(known, sight, _is_quiet(memory, sight, now_ms)), 0
    kept = {_BOUND: sight.bound} if sight.bound else {}
    when = now_ms if told else memory.get(_TOLD)
    stamp = {_TOLD: when} if sight.quiet_ms and when is not None else {}
    text = json.dumps({**sight.memory, **kept, **stamp}, sort_keys=True, ensure_ascii=False)
    window = before.window if before is not None and is_same else sight.window
    after = AlertState(sight.rule, sight.subject, window, level, now_ms, text)
    if before is not None and before == after._replace(seen_ms=before.seen_ms):
        return Step(before)
    return Step(after, told)


def _known(before: AlertState, sight: Sight, memory: dict[str, Any]) -> int:
    """The level that was told of this window. Of another limit only as much counts as told as is
    reached of it now."""
    if memory.get(_BOUND, "") != sight.bound and sight.share is not None:
        return min(before.level, sight.level)
    return before.level


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
