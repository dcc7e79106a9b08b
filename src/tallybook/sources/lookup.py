"""What stands at a path of a decoded log line: values, texts, numbers and times, also behind JSON
that stands inside a text. What a thing means is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import cast

import msgspec

from ..clock import DAY_MS, parse_instant
from ..naming import storable
from ..settings.fieldpaths import Condition, FieldPath
from .json_lines import Problems, plausible

Paths = tuple[FieldPath, ...]

NOTHING = frozenset((None, "", "-"))
"""How logs say that there is nothing."""

WIDEST = 200
"""Characters of a name that are kept; the rest of a longer one becomes a hash."""

decode = msgspec.json.Decoder(float_hook=Decimal).decode
"""Numbers stay what they are: no float touches money."""

_LONGEST = 40
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?", re.ASCII)
_SECONDS, _MILLISECONDS, _MICROSECONDS = 10**11, 10**14, 10**17
_WEB = re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}")


Line = dict[str, object]
"""A decoded line."""


Finder = Callable[[Line], object]
"""What finds something in a line; None where there is nothing."""


def finder(paths: Paths) -> Finder:
    """What finds in a line what stands at the first of the paths at which something does; None if
    at none."""
    if len(paths) == 1:
        return _finder(paths[0])
    ways = [_finder(path) for path in paths]

    def find(line: Line) -> object:
        for way in ways:
            if (found := way(line)) is not None:
                return found
        return None

    return find


def _finder(path: FieldPath) -> Finder:
    first, rest = path[0], path[1:]
    if not isinstance(first, str):  # a line is no list
        return lambda _line: None

    def shallow(line: Line) -> object:
        found = line.get(first)
        return None if found.__class__ is str and found in NOTHING else found

    second = rest[0] if len(rest) == 1 else None

    def deep(line: Line) -> object:
        found = line.get(first)
        if found is None:
            return None
        if second.__class__ is str and found.__class__ is dict:  # as most paths are
            found = cast("Line", found).get(cast("str", second))
        else:
            found = _at(found, rest)
        return None if found.__class__ is str and found in NOTHING else found

    return deep if rest else shallow


def value_at(line: Line, paths: Paths) -> object:
    """What `finder` finds, for paths that are asked for once."""
    return finder(paths)(line)


def _at(value: object, path: FieldPath) -> object:
    for step in path:
        if value.__class__ is str:
            value = inner(cast("str", value))
        if step.__class__ is str:
            if value.__class__ is not dict:
                return None
            value = cast("dict[str, object]", value).get(cast("str", step))
        elif isinstance(value, list):
            items, at = cast("list[object]", value), cast("int", step)
            value = items[at] if -len(items) <= at < len(items) else None
        else:
            return None
    return value


def inner(text: str) -> object:
    """The JSON that a text is; None if it is none."""
    if text[:1] not in ("{", "[", '"', " ", "\n"):
        return None
    try:
        return decode(text)
    except Problems:
        return None


def opened(line: Line, names: Sequence[str]) -> None:
    """Put in the place of texts that several paths go through the JSON that they are, so that each
    is read once."""
    for name in names:
        text = line.get(name)
        if isinstance(text, str) and (found := inner(text)) is not None:
            line[name] = found


def meeting(condition: Condition) -> Callable[[Line], bool]:
    """What tells whether a line is as a condition asks; capitals don't matter."""
    find, unlike = finder((condition.path,)), condition.unlike
    if condition.value is None:
        return lambda line: find(line) is not None
    value = condition.value.lower()
    return lambda line: (plain(find(line)).lower() == value) is not unlike


def plain(value: object) -> str:
    """A single value as text; empty for nothing, and for lists and objects."""
    if value.__class__ is str:
        return cast("str", value)
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def name(value: object) -> str:
    """A name as it may be kept: of a very long one its beginning and a hash of all of it."""
    if value is None:
        return ""
    text = cast("str", value) if value.__class__ is str else plain(value)
    if len(text) <= WIDEST and text.isascii():
        return text.strip()
    text = storable(text).strip()
    if len(text) <= WIDEST:
        return text
    mark = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{text[: WIDEST - len(mark) - 1]}…{mark}"


def number(value: object) -> Decimal | int | None:
    """A number, also one that is told as text; None for anything else."""
    if isinstance(value, int | Decimal):
        return None if isinstance(value, bool) else value
    if isinstance(value, float):  # only of a damaged line
        return Decimal(repr(value))
    if isinstance(value, str) and len(value) <= _LONGEST and _NUMBER.fullmatch(value):
        return int(value) if value.isdigit() else Decimal(value)
    return None


def milliseconds(value: object, unit: int = 1) -> int | None:
    """A length of time told in units of so many milliseconds; None for what is none, or longer
    than any call."""
    told = number(value)
    if told is None or not 0 <= told < DAY_MS:  # comparing says False to what is no number
        return None
    length = int(told * unit)
    return length if length < DAY_MS else None


def instant_ms(value: object) -> int | None:
    """An instant in epoch milliseconds: ISO 8601 (UTC if it names no zone), the time of web
    servers' logs, or a number of seconds, milli-, micro- or nanoseconds since 1970, told apart by
    their size. None for what no clock wrote."""
    if isinstance(value, str) and not value[:5].isdigit():
        ms = parse_instant(value) if "/" not in value else _web_time(value)
    elif (told := number(value)) is not None:
        ms = _since_1970(told)
    else:
        ms = parse_instant(value) if isinstance(value, str) else None
    return ms if ms is not None and plausible(ms) else None


def _since_1970(told: Decimal | int) -> int | None:
    if not 0 <= told < 10**20:
        return None
    if told < _SECONDS:
        return int(told * 1000)
    if told < _MILLISECONDS:
        return int(told)
    return int(told // (1_000 if told < _MICROSECONDS else 1_000_000))


def _web_time(text: str) -> int | None:
    """`10/Oct/2026:13:55:36 +0200`, perhaps in brackets."""
    found = _WEB.search(text)
    if found is None:
        return None
    try:
        when = datetime.strptime(found[0], "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return None
    return int(when.timestamp()) * 1000
