"""Rates, tiers, rate cards and multipliers: the nouns of a price book.

How they are read from files lives in `decode` and `overrides`, which card applies when in
`timeline`. Nothing here knows a provider. All arithmetic is in integers: a rate is nano-units
of a currency per `per` units, and rounding happens once a line, half-even.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MILLION = 1_000_000

PART_OF: Mapping[str, str] = {
    "audio_input": "input",
    "image_input": "input",
    "video_input": "input",
    "audio_output": "output",
    "image_output": "output",
    "video_output": "output",
    "audio_cache_read": "cache_read",
    "image_cache_read": "cache_read",
    "cache_write_30m": "cache_write_5m",
    "cache_write_12h": "cache_write_1h",
}
"""Units that are tokens, and the class whose count includes them. They are taken out of the
class and priced by their true kind where a card has a rate for it."""


def half_even(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest integer, ties to even; for counts and rates ≥ 0."""
    quotient, rest = divmod(numerator, denominator)
    twice = rest * 2
    if twice > denominator or (twice == denominator and quotient & 1):
        return quotient + 1
    return quotient


@dataclass(frozen=True, slots=True)
class Rate:
    """A price: `nanos` nano-units of a currency per `per` units (a million tokens, a thousand
    searches, …)."""

    nanos: int
    per: int = MILLION

    def times(self, numerator: int, denominator: int) -> Rate:
        """The rate multiplied by an exact fraction; `per` grows where nanos would be broken."""
        nanos, rest = divmod(self.nanos * numerator, denominator)
        if rest:
            return Rate(self.nanos * numerator, self.per * denominator)
        return Rate(nanos, self.per)

    def amount(self, count: int) -> int:
        """What `count` units cost in nano-units, rounded once, half-even."""
        return half_even(count * self.nanos, self.per)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Rates for a whole request whose prompt (input and every cache class, never output) is
    longer than `over` tokens. A threshold that vendors call inclusive is stored one lower."""

    over: int
    rates: Mapping[str, Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """What one model costs at one provider in one interval under one selection.

    `rates` and the rates of each tier map token classes and units to rates; a class without a
    rate is *unpriced*, never zero. `same_as` names the classes whose rate is by an explicit
    rule another class's (`reasoning` → `output`); the rate itself is already in `rates`.
    `when` is the price context that selects the card, empty for the standard card. The
    interval is half-open in epoch milliseconds, None is open. `known_from_ms` is the first
    moment for which there is evidence: earlier calls carry an assumption. `inherited` names
    rates taken from the standard card because the vendor keeps them unchanged. `origin` is
    `book` or `override`.
    """

    provider: str
    model: str
    currency: str
    rates: Mapping[str, Rate]
    tiers: tuple[Tier, ...] = ()
    same_as: Mapping[str, str] = field(default_factory=dict[str, str])
    when: Mapping[str, str] = field(default_factory=dict[str, str])
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None
    known_from_ms: int | None = None
    source: str = ""
    url: str = ""
    notes: tuple[str, ...] = ()
    assume: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    free: bool = False
    origin: str = "book"

    @property
    def id(self) -> str:
        """A name for charges, such as `anthropic/claude-sonnet-4-5@2025-09-29`."""
        since = self.valid_from_ms if self.valid_from_ms is not None else self.known_from_ms
        day = "undated" if since is None else day_of(since)
        selection = "".join(f"+{key}={value}" for key, value in sorted(self.when.items()))
        mark = "" if self.origin == "book" else f"+{self.origin}"
        return f"{self.provider}/{self.model}@{day}{selection}{mark}"

    def active(self, at_ms: int) -> bool:
        """Whether the card's interval contains the instant."""
        return (self.valid_from_ms is None or self.valid_from_ms <= at_ms) and (
            self.valid_to_ms is None or at_ms < self.valid_to_ms
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Hours of the day during which a multiplier applies. `hours` are (first minute, end
    minute) pairs of the UTC day, wrapping over midnight where the end is not later. Weekdays
    and holidays are those of the zone `offset_minutes` ahead of UTC; holidays are known up to
    `known_to_ms`."""

    hours: tuple[tuple[int, int], ...]
    weekdays_only: bool = False
    holidays: frozenset[str] = frozenset()
    offset_minutes: int = 0
    known_to_ms: int | None = None

    def covers(self, at_ms: int) -> bool:
        """Whether the schedule is in force at that instant."""
        minute = at_ms // 60_000 % 1440
        if not any(_within(minute, first, end) for first, end in self.hours):
            return False
        if not self.weekdays_only and not self.holidays:
            return True
        moment = datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(minutes=self.offset_minutes)
        if self.weekdays_only and moment.weekday() >= 5:
            return False
        return moment.date().isoformat() not in self.holidays


def _within(minute: int, first: int, end: int) -> bool:
    return first <= minute < end if first < end else minute >= first or minute < end


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier:
    """An exact fraction on some classes of every card of a provider, or of the named models,
    while the price context contains `when` (always, if empty) and the schedule is in force.
    A card that is itself selected by one of the keys of `when` is not multiplied for it."""

    provider: str
    classes: tuple[str, ...]
    numerator: int
    denominator: int
    when: Mapping[str, str] = field(default_factory=dict[str, str])
    models: tuple[str, ...] = ()
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None
    schedule: Schedule | None = None
    source: str = ""

    def concerns(self, model: str) -> bool:
        """Whether the multiplier is for this model (canonical id)."""
        return not self.models or model in self.models

    def active(self, at_ms: int) -> bool:
        """Whether the multiplier's interval contains the instant; hours are not looked at."""
        return (self.valid_from_ms is None or self.valid_from_ms <= at_ms) and (
            self.valid_to_ms is None or at_ms < self.valid_to_ms
        )


def day_of(ms: int) -> str:
    """The UTC day of an instant as YYYY-MM-DD."""
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
