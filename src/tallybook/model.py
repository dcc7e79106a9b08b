"""The nouns that every station shares: token counts and money; `charges` has events and prices.

No reading, pricing or storing happens here. All types are frozen; times are epoch
milliseconds in UTC where the name ends in `_ms`, and aware datetimes elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from decimal import Context

T = TypeVar("T")

Counts = tuple[int, int, int, int, int, int]
"""Six disjoint counts in the order of `CLASSES`; the plain form used in bulk paths."""

CLASSES = ("input", "output", "reasoning", "cache_read", "cache_write_5m", "cache_write_1h")
"""The six token classes, in the order of every tuple, table and column of Tallybook."""

NO_COUNTS: Counts = (0, 0, 0, 0, 0, 0)

NANOS = 1_000_000_000
"""Nano-units in one unit of a currency."""

DEAREST = 10**15
"""Nano-units above which what one call cost is not believed: a million of any currency. It also
keeps every sum within what a database can add."""


class _Making(Protocol):
    def __call__(self, kind: type[T], values: tuple[object, ...], /) -> T: ...


made = cast("_Making", tuple.__new__)  # pyright: ignore[reportUnknownMemberType] - of any tuple
"""`made(Appraisal, (…))` is the named tuple of all these values, in their order and with none left
out. For bulk paths: it costs little more than half of what calling it by its name does."""


def six(values: Iterable[int]) -> Counts:
    """Six values as `Counts`; `ValueError` if there are more or fewer."""
    fresh, output, reasoning, read, short, long = values
    return fresh, output, reasoning, read, short, long


def summed(counts: Iterable[Counts]) -> Counts:
    """The sum of counts, class by class."""
    columns = list(zip(*counts, strict=True))
    return six(map(sum, columns)) if columns else NO_COUNTS


Status = Literal["complete", "partial", "failed", "unmetered", "recovered"]

STATUS_RANK: Mapping[str, int] = {
    "recovered": 0,
    "unmetered": 1,
    "failed": 2,
    "partial": 3,
    "complete": 4,
}
"""When two readings of one call disagree about its status, the higher rank wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """Six disjoint token counts, each ≥ 0: `input` excludes every cache class and `output`
    excludes reasoning, so `total` is their plain sum. `cache_write_5m` is the short or
    default lifetime, `cache_write_1h` the long one."""

    input: int = 0
    output: int = 0
    reasoning: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0

    def __post_init__(self) -> None:
        if min(self.as_tuple()) < 0:
            raise ValueError(f"token counts can't be negative: {self}")

    @classmethod
    def of(cls, counts: Counts) -> TokenCounts:
        """The same six counts, from the plain tuple form."""
        return cls(**dict(zip(CLASSES, counts, strict=True)))

    def as_tuple(self) -> Counts:
        """The plain tuple form, in the order of `CLASSES`."""
        return (
            self.input,
            self.output,
            self.reasoning,
            self.cache_read,
            self.cache_write_5m,
            self.cache_write_1h,
        )

    @property
    def total(self) -> int:
        """All tokens, each counted once."""
        return sum(self.as_tuple())

    def __add__(self, other: TokenCounts) -> TokenCounts:
        pairs = zip(self.as_tuple(), other.as_tuple(), strict=True)
        return TokenCounts(**dict(zip(CLASSES, (a + b for a, b in pairs), strict=True)))

    def items(self) -> Iterator[tuple[str, int]]:
        """(class name, count) pairs in the order of `CLASSES`."""
        return zip(CLASSES, self.as_tuple(), strict=True)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: integer nano-units of one currency. Amounts of different currencies
    are never added; trying raises `ValueError`."""

    nanos: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise ValueError(f"can't add {other.currency} to {self.currency}")
        return Money(self.nanos + other.nanos, self.currency)

    @property
    def text(self) -> str:
        """The amount as an exact decimal string without trailing zeros, such as `0.001234567`."""
        return decimal_text(self.nanos)


def decimal_text(nanos: int) -> str:
    """Nano-units as an exact decimal string: 1_500_000_000 → `1.5`, 0 → `0`."""
    whole, part = divmod(abs(nanos), NANOS)
    sign = "-" if nanos < 0 else ""
    fraction = f".{part:09d}".rstrip("0").rstrip(".") if part else ""
    return f"{sign}{whole}{fraction}"


def nanos_of(text: str) -> int:
    """The inverse of `decimal_text`. Rounds half-even to nine decimals; raises `ValueError`
    for anything that is not a finite decimal number."""
    from decimal import ROUND_HALF_EVEN, Decimal

    try:
        value = Decimal(text)
        if not value.is_finite() or value.adjusted() > 30:
            raise ValueError(f"not an amount: {text[:40]!r}")
        return int(value.scaleb(9, _exactly()).to_integral_value(ROUND_HALF_EVEN))
    except ArithmeticError as problem:
        raise ValueError(f"not a decimal number: {text[:40]!r}") from problem


@cache
def _exactly() -> Context:
    """Arithmetic to any number of digits, whatever the program around us has set."""
    from decimal import MAX_PREC, Context

    return Context(prec=MAX_PREC)


def instant(ms: int) -> datetime:
    """Epoch milliseconds as an aware UTC datetime."""
    return datetime.fromtimestamp(ms / 1000, UTC)


class Appraisal(NamedTuple):
    """What the middle of the walk (normalise, then price) makes of one raw usage object.
    `nanos` is None and `card` is None when unpriced; `unpriced` counts tokens without a rate.
    `billed` is what the call added to somebody's bill (nano-units, currency), such as 0 inside a
    plan; None where nobody knows."""

    counts: Counts
    nanos: int | None
    currency: str | None
    card: str | None
    unpriced: int
    context: str
    assumptions: tuple[str, ...]
    complaints: tuple[str, ...]
    billed: tuple[int, str] | None = None
