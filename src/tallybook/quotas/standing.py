"""The answer about one quota at one moment. No asking here, and no words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..quota import FULL, TOKENS, Quota


class Forecast(NamedTuple):
    """Where the present pace leads: when the limit is reached (None: not before the window ends),
    and the share at the window's end in tenths of a per cent (None where it has no end). `basis`
    says in words what the pace was taken from."""

    reached_ms: int | None
    share_at_end: int | None
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaStanding:
    """What stands of a quota for one `subject` (the value of its `each`, empty without one). The
    window is half-open; both ends are None while a rolling one has not begun, `until_ms` is None
    where there is no end. `used` is in nano-units of the limit's unit: None where nothing of it is
    known, as of tokens without a price; `least` where it is at least so much. Amounts in the
    currencies of `apart` are no part of it: no rate leads from them to the limit's. `limit_nanos`
    is the quota's, or what a balance was raised to. `corrected` tells that somebody said what was
    used, or a part of it, which `used` includes."""

    quota: Quota
    subject: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    used: int | None = 0
    least: bool = False
    apart: tuple[str, ...] = ()
    corrected: bool = False
    limit_nanos: int | None = None
    forecast: Forecast | None = None

    @property
    def unit(self) -> str:
        """What is counted: `tokens`, `requests` or a currency; tokens where there is no limit."""
        return self.quota.limit.unit if self.quota.limit else TOKENS

    @property
    def left(self) -> int | None:
        """What is left of the limit, never below 0; None where that can't be told."""
        if self.limit_nanos == 0:
            return 0
        if self.used is None or self.limit_nanos is None:
            return None
        return max(0, self.limit_nanos - self.used)

    @property
    def share(self) -> int | None:
        """The used part in tenths of a per cent, not rounded up; None where that can't be told.
        Of a limit of 0 all is used from the start, whatever was."""
        if self.limit_nanos == 0:
            return FULL
        if self.used is None or self.limit_nanos is None:
            return None
        return self.used * FULL // self.limit_nanos

    @property
    def exceeded(self) -> bool:
        """Whether nothing is left: the next call would go beyond the limit, or the last one did."""
        share = self.share
        return share is not None and share >= FULL

    @property
    def level(self) -> int:
        """The highest of the quota's levels that is reached, in per cent; 0 if none is, or nothing
        was used."""
        share = self.share if self.used else None
        reached = (each for each in self.quota.levels if share is not None and share >= each * 10)
        return max(reached, default=0)
