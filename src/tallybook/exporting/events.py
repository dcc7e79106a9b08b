"""One recorded call as others read it: a JSON object, and the same as flat cells. How many are
written, and where, is not here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ..dialects import DIALECTS, counter
from ..model import CLASSES, decimal_text
from ..query import exact_time
from ..reading import Witness

if TYPE_CHECKING:
    from ..ledger.evidence import Call
    from ..model import Money

SCHEMA = "tallybook.events/1"
"""Of the object in which they are a list."""

Value = str | int | None | list[str] | dict[str, str] | dict[str, int]


class Field(NamedTuple):
    """A field of a flat event: its name, and what it is."""

    name: str
    kind: str = "text"


AMOUNTS = ("cost", "reported_cost", "billed_cost")

_CURRENCIES = {name: f"{name.removesuffix('_cost')}_currency" for name in AMOUNTS}

FIELDS: tuple[Field, ...] = (
    Field("started_at", "time"),
    Field("ended_at", "time"),
    *(Field(name) for name in ("source", "provider", "model", "session", "project", "agent")),
    *(Field(name) for name in ("account", "user", "key", "machine", "status")),
    *(Field(name, "count") for name in (*CLASSES, "total")),
    Field("units"),
    *(
        each
        for name, currency in _CURRENCIES.items()
        for each in (Field(name, "amount"), Field(currency))
    ),
    Field("unpriced_tokens", "count"),
    Field("card"),
    Field("context"),
    Field("assumptions"),
    Field("note"),
    Field("witness"),
    Field("dialect"),
    Field("dialect_version", "count"),
    Field("duration_ms", "count"),
    Field("first_token_ms", "count"),
    Field("seen_in"),
    Field("place"),
    Field("offset", "count"),
    Field("keys"),
)
"""The fields of a flat event in their order; each amount stands beside its currency."""

NAMES = tuple(field.name for field in FIELDS if field.name not in _CURRENCIES.values())
"""The fields of an event as a JSON object, whose amounts name their currency themselves."""


def flat_fields(names: Iterable[str]) -> tuple[Field, ...]:
    """The fields of a flat event for some of `NAMES`, in their order: no amount goes without its
    currency."""
    known = {field.name: field for field in FIELDS}
    wanted = (each for name in names for each in (name, _CURRENCIES.get(name)) if each)
    return tuple(known[name] for name in wanted)


def event_json(call: Call, tz: str) -> dict[str, Value]:
    """A call as a JSON object: times in a zone, amounts as exact decimal texts by currency (none
    where nobody knows), `keys` the identities that tell calls apart."""
    who = call.who
    names = who._asdict()
    return {
        "started_at": exact_time(call.started_ms, tz),
        "ended_at": exact_time(call.ended_ms, tz),
        "source": who.source,
        "provider": call.provider or None,
        "model": call.model or None,
        **{name: names[name] for name in ("session", "project", "agent", "account", "user")},
        "key": who.key,
        "machine": who.machine,
        "status": call.status,
        **dict(zip(CLASSES, call.counts, strict=True)),
        "total": sum(call.counts),
        "units": _units(call),
        "cost": _amount(call.cost),
        "reported_cost": _amount(call.reported),
        "billed_cost": _amount(call.billed),
        "unpriced_tokens": call.unpriced,
        "card": call.card or None,
        "context": dict(pair.split("=", 1) for pair in call.context.split(",") if "=" in pair),
        "assumptions": list(call.assumptions),
        "note": call.note or None,
        "witness": Witness(call.witness).name.lower() if call.witness else "derived",
        "dialect": call.dialect or None,
        "dialect_version": call.version,
        "duration_ms": call.ended_ms - call.started_ms,
        "first_token_ms": call.first_token_ms,
        "seen_in": list(call.seen_in),
        "place": call.place or None,
        "offset": call.offset,
        "keys": [key.hex() for key in call.keys],
    }


def event_cells(call: Call, tz: str, fields: Iterable[Field] = FIELDS) -> list[str | int | None]:
    """The same in the order of `fields`: lists with blanks between their items, names with values
    as JSON, None where there is nothing to say."""
    whole = event_json(call, tz)
    for name, money in zip(AMOUNTS, (call.cost, call.reported, call.billed), strict=True):
        whole[name] = decimal_text(money.nanos) if money else None
        whole[_CURRENCIES[name]] = money.currency if money else None
    whole["context"] = call.context
    return [_flat(whole[field.name]) for field in fields]


def _flat(value: Value) -> str | int | None:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else None
    return value


def _amount(money: Money | None) -> dict[str, str]:
    return {money.currency: decimal_text(money.nanos)} if money else {}


def _units(call: Call) -> dict[str, int]:
    """What was used beside the classes, or as a kind of one, as its raw usage tells."""
    if not call.usage or call.dialect not in DIALECTS:
        return {}
    return dict(counter(call.dialect)(call.usage).units)
