"""Taking counts out of usage objects that fit no type: what every dialect's careful way shares.
Which fields there are, and what they mean, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

import msgspec

from ..rawusage import LIMIT

__all__ = ["LIMIT", "Complaining", "Fields", "decoded", "inner", "number"]

Fields = Mapping[str, object]


class Complaining(Protocol):
    """Whoever gathers what was wrong with an object."""

    def complain(self, text: str) -> None:
        """Note a problem, once."""
        ...


def decoded(raw: bytes) -> object:
    """The object, also where its text is broken or a number fits no machine word; None for what
    is no JSON at all."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        from ..loosejson import loose_json

        return loose_json(raw)


def inner(fields: Fields, name: str, findings: Complaining) -> Fields:
    """An object inside of another one; an empty one for what is absent or, with a complaint, no
    object."""
    value = fields.get(name)
    if isinstance(value, dict):
        return cast("Fields", value)
    if value is not None:
        findings.complain(f"{name} is not an object")
    return {}


def number(fields: Fields, name: str, findings: Complaining) -> int | None:
    """A count; None for what is absent or, with a complaint, no whole number. An impossible one
    counts nothing: a wrong total would be worse than a missing part that is named. A name with a
    dot is that of a count in an inner object."""
    holder, _, field = name.rpartition(".")
    value = (inner(fields, holder, findings) if holder else fields).get(field)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        findings.complain(f"{name} is not a whole number")
        return None
    if value < 0:
        findings.complain(f"{name} is negative")
        return 0
    if value > LIMIT:
        findings.complain(f"{name} is impossibly large")
        return 0
    return value
