"""Exact decimal texts of fractions. Nothing is rounded: what no decimal number is has no text."""

from __future__ import annotations

from fractions import Fraction


def is_finite(value: Fraction) -> bool:
    """Whether a decimal number is exactly this."""
    return _places(value.denominator) is not None


def exact(value: Fraction) -> str:
    """A fraction as a decimal number without trailing zeros or exponent: `0.0000003`. Raises
    `ValueError` where none is exactly that."""
    places = _places(value.denominator)
    if places is None:
        raise ValueError(f"{value} is no decimal number")
    digits = abs(value.numerator) * 10**places // value.denominator
    whole, part = divmod(digits, 10**places)
    text = f"{whole}.{part:0{places}d}" if places else str(whole)
    return f"-{text}" if value < 0 else text


def _places(denominator: int) -> int | None:
    """The decimals that a reduced fraction needs; None if no number of them is enough."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None
