"""Cache writes by how long the cache lives. A write of an hour or more is a long one; what an
object does not place counts as short, which is the usual lifetime everywhere, and is a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, cast

from .picking import Fields, Findings, Names, inner, largest, number

GUESS = "cache-write-lifetime"

_LIFETIME = re.compile(r"(?:^|_)(\d{1,4})([mh])(?:_|$)")
_UNITS = {(30, "m"): "cache_write_30m", (12, "h"): "cache_write_12h"}
"""Lifetimes with prices of their own: units that are part of the short or the long class."""


class Writes(NamedTuple):
    """Cache writes of both classes, and the part of them that has a price of its own."""

    short: int
    long: int
    units: tuple[tuple[str, int], ...] = ()


def writes(fields: Fields, all_of_them: int | None, splits: Names, findings: Findings) -> Writes:
    """Cache writes as the objects or lists at `splits` divide them. A division above the number
    of all writes is believed, with a complaint."""
    found: dict[tuple[int, str], int] = {}
    for path in splits:
        for lifetime, count in _told(fields, path, findings).items():
            found[lifetime] = max(found.get(lifetime, 0), count)
    long = sum(count for (_, unit), count in found.items() if unit == "h")
    short = sum(found.values()) - long
    rest = (all_of_them or 0) - short - long
    if rest > 0:
        findings.assume(GUESS)
        short += rest
    elif rest < 0 and all_of_them is not None:
        findings.complain("more cache writes by lifetime than in all")
    units = [(name, found[lifetime]) for lifetime, name in _UNITS.items() if found.get(lifetime)]
    return Writes(short, long, tuple(units))


def _told(fields: Fields, path: str, findings: Findings) -> dict[tuple[int, str], int]:
    """What one object, or a list of objects with a `ttl`, tells of each lifetime."""
    *holders, name = path.split(".")
    for holder in holders:
        fields = inner(fields, holder, findings)
    value = fields.get(name)
    told: dict[tuple[int, str], int] = {}
    pairs = _listed(cast("list[object]", value), findings) if isinstance(value, list) else None
    for lifetime, count in pairs or _keyed(fields, name, findings):
        told[lifetime] = told.get(lifetime, 0) + count
    return told


def _keyed(fields: Fields, name: str, findings: Findings) -> Iterator[tuple[tuple[int, str], int]]:
    """Lifetimes in the names of fields, such as `ephemeral_5m_input_tokens`."""
    if isinstance(fields.get(name), list):
        return
    split = inner(fields, name, findings)
    for key in split:
        if lifetime := _lifetime(key):
            yield lifetime, number(split, key, findings) or 0


def _listed(value: list[object], findings: Findings) -> Iterator[tuple[tuple[int, str], int]]:
    """Lifetimes as the `ttl` of the objects of a list."""
    for one in value:
        if not isinstance(one, dict):
            findings.complain("cache details hold something else than objects")
            continue
        entry = cast("Fields", one)
        lifetime = _lifetime(entry.get("ttl")) or (5, "m")
        yield lifetime, largest(entry, ("inputTokens", "input_tokens"), findings) or 0


def _lifetime(text: object) -> tuple[int, str] | None:
    found = _LIFETIME.search(text.lower()) if isinstance(text, str) else None
    return (int(found[1]), found[2]) if found else None
