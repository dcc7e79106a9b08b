"""Exchange rates that the user declared, each from a day on, and exact conversion by them.

No rate is shipped, fetched or guessed. Reading them from the price file is `overrides`; which calls
a rate concerns is decided by who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..model import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRate:
    """One unit of `base` is worth `numerator` / `denominator` units of `to` (above 0), from the
    midnight UTC of a day until the next rate of the same pair begins. `source` is what the user
    says of where it comes from."""

    base: str
    to: str
    numerator: int
    denominator: int
    valid_from_ms: int
    source: str = ""

    @property
    def since(self) -> str:
        """The day from which it holds: `2026-10-01`."""
        return instant(self.valid_from_ms).date().isoformat()

    @property
    def text(self) -> str:
        """The rate as a decimal; a fraction where no decimal is exact."""
        return ratio_text(self.numerator, self.denominator)


class Quote(NamedTuple):
    """A declared rate as it is applied: as it stands, or `inverted`, from its `to` to its
    `base`."""

    rate: FxRate
    inverted: bool = False

    def convert(self, nanos: int) -> int:
        """An amount in the other currency, rounded once, half to even."""
        over, under = self._ratio
        whole, rest = divmod(nanos * over, under)
        return whole + (rest * 2 > under or (rest * 2 == under and whole % 2))

    def divide(self, parts: Sequence[int]) -> list[int]:
        """The parts of an amount in the other currency, which come to exactly what the whole is
        there. Each is rounded up or down; up are those that come nearest to it, of equal ones the
        first."""
        over, under = self._ratio
        cut = [divmod(part * over, under) for part in parts]
        left = self.convert(sum(parts)) - sum(whole for whole, _ in cut)
        up = {*sorted(range(len(cut)), key=lambda at: -cut[at][1])[:left]}
        return [whole + (at in up) for at, (whole, _) in enumerate(cut)]

    @property
    def _ratio(self) -> tuple[int, int]:
        over, under = self.rate.numerator, self.rate.denominator
        return (under, over) if self.inverted else (over, under)

    @property
    def pair(self) -> tuple[str, str]:
        """From which currency to which other one."""
        base, to = self.rate.base, self.rate.to
        return (to, base) if self.inverted else (base, to)

    @property
    def text(self) -> str:
        """The rate in words: `CNY to USD 0.1391 since 2026-10-01 (month-end)`."""
        rate, (base, to) = self.rate, self.pair
        over = "1/" if self.inverted else ""
        said = f" ({rate.source})" if rate.source else ""
        return f"{base} to {to} {over}{rate.text} since {rate.since}{said}"


def quote_at(rates: Iterable[FxRate], base: str, to: str, at_ms: int) -> Quote | None:
    """The rate from one currency to another at an instant: the latest that has begun, or the
    inverse of the other direction where this one has none yet; None where neither has. Never by
    way of a third currency."""
    begun = [rate for rate in rates if rate.valid_from_ms <= at_ms]
    for pair, inverted in (((base, to), False), ((to, base), True)):
        found = [rate for rate in begun if (rate.base, rate.to) == pair]
        if found:
            return Quote(max(found, key=lambda rate: rate.valid_from_ms), inverted)
    return None


def turns(rates: Iterable[FxRate], base: str, to: str) -> list[int]:
    """The instants at which a rate between two currencies begins, in either direction, rising."""
    pairs = ((base, to), (to, base))
    return sorted({rate.valid_from_ms for rate in rates if (rate.base, rate.to) in pairs})


def known_units(rates: Sequence[FxRate]) -> set[str]:
    """Every currency that some rate leads to or from."""
    return {unit for rate in rates for unit in (rate.base, rate.to)}


def ratio_text(numerator: int, denominator: int) -> str:
    """A positive ratio as an exact decimal such as `0.1391`, as `1/3` where there is none."""
    places, scale = 0, 1
    while numerator * scale % denominator and places < _MOST_PLACES:
        places, scale = places + 1, scale * 10
    if numerator * scale % denominator:
        return f"{numerator}/{denominator}"
    digits = str(numerator * scale // denominator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


_MOST_PLACES = 30
"""Decimals of a rate that are looked for."""
