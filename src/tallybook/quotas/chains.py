"""Windows that begin with the first use and last so long, one after another: when they are.

They follow from the calls alone, and from what people said of the quota: it makes no difference
when anybody looked. The first use that no earlier window covers begins the next one, so that after
a pause of a window's length the chain surely begins anew, and nothing before it has to be known.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..periods import Period

if TYPE_CHECKING:
    from ..ledger.uses import Uses


class Chain(NamedTuple):
    """One chain of windows of `length_ms`. `told_ms` are the times, rising, at which a person said
    that something was used, which is as good as a call; `resets_ms` those at which one made a
    window begin, and the one before end."""

    uses: Uses
    length_ms: int
    told_ms: Sequence[int] = ()
    resets_ms: Sequence[int] = ()

    def at(self, at_ms: int) -> Period | None:
        """The window of an instant, as the uses up to then make it; None if none is open."""
        start = self._origin(at_ms)
        while start is not None:
            end = start + self.length_ms
            if at_ms < end:
                later = (at for at in self.resets_ms if at > start)
                return Period(start, min([end, *later]))
            start = self._first(end, at_ms + 1)
        return None

    def before(self, at_ms: int) -> Period | None:
        """The window of the last use, or the last reset, before an instant."""
        call = self.uses.last(at_ms)
        known = [at for at in (*self.told_ms, *self.resets_ms) if at < at_ms]
        if call is not None:
            known.append(call)
        return self.at(max(known)) if known else None

    def _origin(self, at_ms: int) -> int | None:
        """A beginning from which on all windows up to an instant follow: the last reset, or the
        first use after a pause, whichever was later."""
        reset = max((at for at in self.resets_ms if at <= at_ms), default=None)
        origin = at_ms + 1
        while reset is None or origin > reset:
            earlier = self._first(origin - self.length_ms, origin)
            if earlier is None:
                break
            origin = earlier
        if origin > at_ms or (reset is not None and origin < reset + self.length_ms):
            return reset
        return origin

    def _first(self, since_ms: int, until_ms: int) -> int | None:
        """The first use of a range; None if there is none."""
        place = bisect_left(self.told_ms, since_ms)
        told = [at for at in self.told_ms[place : place + 1] if at < until_ms]
        call = self.uses.next(since_ms, until_ms)
        return min([*told, *([] if call is None else [call])], default=None)
