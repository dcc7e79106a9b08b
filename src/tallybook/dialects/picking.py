"""Taking counts out of usage objects that fit no type: what every dialect's careful way shares.
Which fields there are, and what they mean, is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

import msgspec

from ..rawusage import LIMIT

__all__ = ["LIMIT", "QUOTED", "Fields", "Findings", "Names", "decoded", "inner", "largest",
           "number", "spelt"]  # fmt: skip

Fields = Mapping[str, object]

Names = tuple[str, ...]
"""Spellings of one number. A dot leads into an inner object."""

QUOTED = "is a number in quotes"
"""How the one complaint ends after which a count still stands."""

_DIGITS = re.compile(r"[0-9]{1,30}")


class Findings:
    """Assumptions and complaints gathered while one object is counted."""

    __slots__ = ("assumptions", "complaints")

    def __init__(self) -> None:
        self.assumptions: tuple[str, ...] = ()
        self.complaints: tuple[str, ...] = ()

    def assume(self, name: str) -> None:
        """Note a guess, once."""
        if name not in self.assumptions:
            self.assumptions += (name,)

    def complain(self, text: str) -> None:
        """Note a problem, once."""
        if text not in self.complaints:
            self.complaints += (text,)

    def less(self, whole: int, part: int, complaint: str) -> int:
        """A part taken out of a whole that should hold it; none is left, with the complaint, if
        it does not."""
        if part > whole:
            self.complain(complaint)
        return max(0, whole - part)


def decoded(raw: bytes) -> object:
    """The object, also where its text is broken or a number fits no machine word; None for what
    is no JSON at all."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        from ..loosejson import loose_json

        return loose_json(raw)


def inner(fields: Fields, name: str, findings: Findings) -> Fields:
    """An object inside of another one; an empty one for what is absent or, with a complaint, no
    object."""
    value = fields.get(name)
    if isinstance(value, dict):
        return cast("Fields", value)
    if value is not None:
        findings.complain(f"{name} is not an object")
    return {}


def number(fields: Fields, name: str, findings: Findings, *, quoted: bool = False) -> int | None:
    """A count; None for what is absent or, with a complaint, no whole number. An impossible one
    counts nothing: a wrong total would be worse than a missing part that is named. A name with
    dots is that of a count in an inner object. With `quoted`, digits in quotes count as well, which
    is complained of: gateways and logs write such."""
    field = name
    if "." in name:
        *holders, field = name.split(".")
        for holder in holders:
            fields = inner(fields, holder, findings)
    value = fields.get(field)
    if value is None:
        return None
    if quoted and isinstance(value, str) and _DIGITS.fullmatch(value):
        findings.complain(f"{name} {QUOTED}")
        value = int(value)
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


def largest(fields: Fields, names: Iterable[str], findings: Findings) -> int | None:
    """The number that goes by any of these names. They are spellings of one number, so the
    largest counts and not the sum."""
    best: int | None = None
    for name in names:
        if name.partition(".")[0] in fields:
            found = number(fields, name, findings, quoted=True)
            if found is not None and (best is None or found > best):
                best = found
    return best


def spelt(*names: str) -> Names:
    """Names as they are and in camel case, which is how some libraries hand on the same fields."""
    return tuple(dict.fromkeys((*names, *map(_camel, names))))


def _camel(name: str) -> str:
    parts = (part.split("_") for part in name.split("."))
    return ".".join(first + "".join(map(str.capitalize, rest)) for first, *rest in parts)
