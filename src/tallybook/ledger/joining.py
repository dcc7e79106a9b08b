"""The join of several readings of one call: commutative, associative, idempotent.

*What* and *when* (usage, dialect, times) come whole from the best witness, by per-field maximum
and the widest span within one kind; *who* moves whole with the largest `attr`. Nothing here
touches a database.
"""

from __future__ import annotations

from ..model import STATUS_RANK, Money, Status
from ..naming import UNKNOWN
from ..rawusage import join as join_raw
from ..reading import Reading

Tools = tuple[tuple[str, int], ...]


def join(one: Reading, other: Reading) -> Reading:
    """What both readings together say of the call."""
    owner = max(one, other, key=_ownership)
    what = _what(one, other)
    status, note = _status(one, other)
    return Reading(
        keys=tuple(sorted({*one.keys, *other.keys})),
        who=owner.who,
        attr=owner.attr,
        started_ms=what.started_ms,
        ended_ms=what.ended_ms,
        provider=what.provider,
        model=what.model,
        dialect=what.dialect,
        usage=what.usage,
        witness=what.witness,
        status=status,
        note=note,
        tools=_tools(one.tools, other.tools),
        reported=_reported(one, other),
        place=owner.place,
        offset=owner.offset,
        first_token_ms=_soonest(one.first_token_ms, other.first_token_ms),
    )


def says_nothing_new(reading: Reading, known: Reading) -> bool:
    """Whether a join would surely leave `known` as it is, told without joining: by a poorer
    witness to whom the call belongs who says the same of everything else, such as a message in
    an old file that a database holds too."""
    return (
        reading.attr < known.attr
        and reading.usage == known.usage
        and known.started_ms <= reading.started_ms
        and reading.ended_ms <= known.ended_ms
        and reading[5:8] == known[5:8]  # provider, model, dialect
        and reading[9:14] == known[9:14]  # witness, status, note, tools, reported
        and _soonest(reading.first_token_ms, known.first_token_ms) == known.first_token_ms
    )


def _ownership(reading: Reading) -> tuple[int, tuple[str, ...], str, int]:
    who = tuple(part or "" for part in reading.who)
    return reading.attr, who, reading.place, reading.offset


def _what(one: Reading, other: Reading) -> Reading:
    best, rest = one, other
    if (other.witness, other.dialect) > (one.witness, one.dialect):
        best, rest = other, one
    if (best.witness, best.dialect) != (rest.witness, rest.dialect):
        return best
    provider, model = max((one.provider, one.model), (other.provider, other.model), key=_known)
    return best._replace(
        started_ms=min(one.started_ms, other.started_ms),
        ended_ms=max(one.ended_ms, other.ended_ms),
        provider=provider,
        model=model,
        usage=join_raw(one.usage, other.usage),
    )


def _known(served: tuple[str, str]) -> tuple[bool, bool, str, str]:
    """The order of (provider, model) pairs: who tells neither a model nor its provider, as a line
    about a call that has not ended, goes behind everybody."""
    provider, model = served
    return model != UNKNOWN, provider != UNKNOWN, provider, model


def _status(one: Reading, other: Reading) -> tuple[Status, str]:
    difference = STATUS_RANK[one.status] - STATUS_RANK[other.status]
    if difference:
        best = one if difference > 0 else other
        return best.status, best.note
    notes = {*one.note.split(";"), *other.note.split(";")} - {""}
    return one.status, ";".join(sorted(notes))


def _tools(one: Tools, other: Tools) -> Tools:
    if one == other or not other:
        return one
    calls = dict(one)
    for name, count in other:
        calls[name] = max(count, calls.get(name, 0))
    return tuple(sorted(calls.items()))


def _soonest(one: int | None, other: int | None) -> int | None:
    """The smaller of two times as far as they are told: who stands nearer to the model sees its
    first word sooner."""
    return min((each for each in (one, other) if each is not None), default=None)


def _reported(one: Reading, other: Reading) -> Money | None:
    if one.reported is None or other.reported is None:
        return one.reported or other.reported
    return max(one, other, key=_report).reported


def _report(reading: Reading) -> tuple[int, int, str]:
    money = reading.reported or Money(0, "")
    return reading.witness, money.nanos, money.currency
