"""What stands inside what: decided by the total that an object tells, and only where it tells
none, or one that fits nothing, by what is usual. No field and no provider is known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from .picking import Findings

Inside = tuple[bool, ...]
"""For each share, whether it is inside its headline."""


class Share(NamedTuple):
    """A count told beside a headline. `inside` is what is usual; one `apart` has a class of its
    own, and leaves the class of its headline."""

    size: int
    of_input: bool
    inside: bool
    apart: bool = True


class Headlines(NamedTuple):
    """The two numbers that every object has."""

    input: int
    output: int


def settle(
    heads: Headlines, shares: Sequence[Share], total: int | None, findings: Findings
) -> Inside:
    """Which shares are inside. Of several ways that make the total, the one that needs no negative
    class, and then the one nearest to what is usual."""
    usual = tuple(share.inside for share in shares)
    if total is None:
        return usual
    if sum(heads) + outside(shares, usual) == total and possible(heads, shares, usual):
        return usual
    ways = product(*((each.inside, not each.inside)[: 1 + bool(each.size)] for each in shares))
    fitting = [way for way in ways if sum(heads) + outside(shares, way) == total]
    fitting.sort(
        key=lambda way: (
            not possible(heads, shares, way),
            sum(a != b for a, b in zip(way, usual, strict=True)),
        )
    )
    if fitting and (fitting[0] == usual or possible(heads, shares, fitting[0])):
        return fitting[0]
    findings.complain("the total is no sum of the parts")
    return usual


def outside(shares: Sequence[Share], way: Inside) -> int:
    """What comes on top of the headlines."""
    return sum(share.size for share, within in zip(shares, way, strict=True) if not within)


def possible(heads: Headlines, shares: Sequence[Share], way: Inside) -> bool:
    """Whether no headline is smaller than what is said to be inside of it."""
    held = [0, 0]
    for share, within in zip(shares, way, strict=True):
        held[not share.of_input] += share.size if within else 0
    return held[0] <= heads.input and held[1] <= heads.output
