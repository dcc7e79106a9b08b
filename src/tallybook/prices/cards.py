"""Rates, tiers, rate cards and multipliers: the nouns of a price book.

How they are read from files lives in `decode` and `overrides`, which card applies when in
`timeline`. Nothing here knows a provider. All arithmetic is in integers: a rate is nano-units
of a currency per `per` units, and rounding happens once a line, half-even.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .schedule import Schedule, holds

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
    "video_cache_read": "cache_read",
    "cache_write_30m": "cache_write_5m",
    "cache_write_12h": "cache_write_1h",
}
"""Units that are tokens, and the class whose count includes them. They are taken out of the
class and priced by their true kind where a card has a rate for it."""

BESIDE = (
    "web_search", "web_fetch", "x_search", "search_source", "storage_search", "storage_hours",
    "search_units", "classifications", "images", "audio_seconds",
)  # fmt: skip
"""Units that are no tokens, by the names that dialects give them."""

PLAIN = frozenset({"image_input", "video_input", "image_cache_read", "video_cache_read"})
"""Those that vendors price as text, unless their list says otherwise."""

APART = frozenset({"audio_input", "audio_output", "audio_cache_read"})
"""Those that vendors price apart: without a rate of their own they are unpriced, not text."""


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


ANY_LENGTH = -1
"""The threshold that every request is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Rates for a whole request whose prompt (input and every cache class) is longer than
    `over` tokens and whose answer (output and reasoning) is longer than `output_over`. A
    threshold that vendors call inclusive is stored one lower; `ANY_LENGTH` asks nothing."""

    over: int
    rates: Mapping[str, Rate]
    output_over: int = ANY_LENGTH

    @property
    def mark(self) -> str:
        """How a charge names the tier, such as `#over200000` or `#over32000-output-over200`."""
        limits = (("over", self.over), ("output-over", self.output_over))
        return "#" + "-".join(f"{word}{n}" for word, n in limits if n != ANY_LENGTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """What one model costs at one provider in one interval under one selection.

    `rates` and the rates of each tier map token classes and units to rates; a class without a
    rate is *unpriced*, never zero. `same_as` names the classes whose rate is by an explicit
    rule another class's (`reasoning` → `output`); the rate itself is already in `rates`.
    `when` is the price context that selects the card, empty for the standard card. The
    interval is half-open in epoch milliseconds, None is open. `known_from_ms` is the first
    moment for which there is evidence: earlier calls carry an assumption. `inherited` names
    rates taken from the standard card because the vendor keeps them unchanged. With a
    `schedule` the card holds only in those hours. `origin` is `book`, `override`, or a rule by
    which something is free. The card with the greatest `closeness` goes first: by the very name,
    by a longer pattern (which it names), by a shorter one.
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
    schedule: Schedule | None = None
    free: bool = False
    origin: str = "book"
    closeness: tuple[int, str] = (0, "")

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
        return holds(self.valid_from_ms, self.valid_to_ms, at_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier:
    """An exact fraction on some classes of every card of a provider, or of the named models,
    while the price context contains `when` (always, if empty) and the schedule is in force.
    A card that is itself selected by one of the keys of `when` is not multiplied for it.
    `origin` is `book` or `override`; the book's factors never touch a user's own card."""

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
    origin: str = "book"

    def concerns(self, model: str) -> bool:
        """Whether the multiplier is for a model of that name."""
        return not self.models or model in self.models or model.lower() in self.models

    def touches(self, card: RateCard) -> bool:
        """Whether it may be applied to a card. What stands in the book never changes a card of the
        user's own: layers are not mixed within a card."""
        strange = card.origin != "book" and self.origin == "book"
        return not strange and not self.when.keys() & card.when.keys()

    def active(self, at_ms: int) -> bool:
        """Whether the multiplier's interval contains the instant; hours are not looked at."""
        return holds(self.valid_from_ms, self.valid_to_ms, at_ms)

    def in_hours(self, at_ms: int) -> bool:
        """Whether it is one of certain hours, and they are those of the instant."""
        return self.schedule is not None and self.active(at_ms) and self.schedule.covers(at_ms)


def day_of(ms: int) -> str:
    """The UTC day of an instant as YYYY-MM-DD."""
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
