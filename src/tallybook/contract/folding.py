"""What readings come to, without a ledger: one call for those that share a key, joined by the
rules by which the ledger joins them. For comparing one way of reading with another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import reduce
from pathlib import PurePath
from typing import NamedTuple

from ..dialects import counter
from ..ledger.draft import gather
from ..ledger.joining import join
from ..model import NO_COUNTS, Counts
from ..reading import Attribution, Observation, Reading


class Told(NamedTuple):
    """A call as far as two ways of reading must agree on it."""

    keys: frozenset[bytes]
    who: Attribution
    attr: int
    started_ms: int
    ended_ms: int
    provider: str
    model: str
    witness: int
    status: str
    notes: frozenset[str]
    tools: tuple[tuple[str, int], ...]
    counts: Counts
    usage: str
    place: str
    offset: int


Calls = dict[bytes, Told]
"""Calls by the least of their keys."""


def folded(seen: Iterable[Observation]) -> Calls:
    """The calls that all readings together tell."""
    drafts = gather(each for each in seen if isinstance(each, Reading))
    calls = [_told(reduce(join, draft)) for draft in drafts]
    return {min(call.keys): call for call in calls}


def _told(reading: Reading) -> Told:
    counted = counter(reading.dialect)(reading.usage)
    return Told(
        keys=frozenset(reading.keys),
        who=reading.who,
        attr=reading.attr,
        started_ms=reading.started_ms,
        ended_ms=reading.ended_ms,
        provider=reading.provider,
        model=reading.model,
        witness=reading.witness,
        status=reading.status,
        notes=frozenset(reading.note.split(";")) - {""},
        tools=reading.tools,
        counts=counted.counts,
        usage=_canonical(reading.usage),
        place=reading.place,
        offset=reading.offset,
    )


def _canonical(usage: bytes) -> str:
    """Usage objects are the same whatever the order of their fields."""
    try:
        return json.dumps(json.loads(usage), sort_keys=True)
    except ValueError:
        return repr(usage)


def difference(found: Calls, expected: Calls) -> str:
    """The first thing in which two accounts of the same calls differ; empty if there is none."""
    for key in sorted(expected.keys() - found.keys()):
        call = expected[key]
        return f"a call is missing: {_name(call)} of {sum(call.counts)} tokens"
    for key in sorted(found.keys() - expected.keys()):
        return f"a call too many: {_name(found[key])} of {sum(found[key].counts)} tokens"
    for key in sorted(expected):
        if told := _unlike(found[key], expected[key]):
            return f"{_name(expected[key])}: {told}"
    return ""


def _unlike(found: Told, expected: Told) -> str:
    """The first field that is not the same; of an attribution its first part that is not."""
    pairs = list(zip(Told._fields, found, expected, strict=True))
    whose = zip(Attribution._fields, found.who, expected.who, strict=True)
    pairs = [*((f"its {name}", one, other) for name, one, other in whose), *pairs]
    for field, one, other in pairs:
        if one != other:
            return f"{field} is {one!r} instead of {other!r}"
    return ""


def lost(found: Calls, expected: Calls) -> str:
    """The first call that is missing or counted lower; empty if nothing is lost."""
    held = {key: call.counts for call in found.values() for key in call.keys}
    for call in expected.values():
        counts = next((held[key] for key in call.keys if key in held), NO_COUNTS)
        if any(less < more for less, more in zip(counts, call.counts, strict=True)):
            return f"{_name(call)}: {counts} instead of {call.counts}"
    return ""


def _name(call: Told) -> str:
    """The end of a place is enough to find it: its beginning is that of the copy."""
    place = "/".join(PurePath(call.place).parts[-2:])
    return f"{call.model} at {place}, byte {call.offset}"
