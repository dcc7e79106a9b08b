"""Usage objects out of log lines: put together from single counts, and kept free of what was said.
How they count is the dialects' business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import cast

import msgspec

from ..settings.fieldpaths import FieldPath
from .lookup import Line, number

LARGEST = 8 << 10
"""Bytes above which an object is no usage."""

_TEXT = 64
_DEEPEST = 6
"""Characters of a text in a usage object, and objects inside each other, that are kept."""

_LONG = re.compile(rb'"[^"]{%d}' % (_TEXT + 1))

_encode = msgspec.json.Encoder(decimal_format="number").encode


def usage_text(usage: Line) -> bytes:
    """A usage object as JSON text; empty if nothing in it says that any token was used."""
    if not _counts_something(usage):
        return b""
    text = _encode(usage)
    return text if _is_plain(text) else _encode(_pruned(usage))


def _is_plain(text: bytes) -> bool:
    """Whether there is surely nothing to be left out of an object, as in nearly all."""
    return (
        text.count(b"{") + text.count(b"[") <= _DEEPEST
        and b"\\" not in text
        and _LONG.search(text) is None
    )


def assembled(
    line: Line, counts: Iterable[tuple[FieldPath, Callable[[Line], object]]]
) -> dict[str, object]:
    """A usage object of single counts that stand somewhere in a line."""
    whole: dict[str, object] = {}
    for path, find in counts:
        found = find(line)
        told = number(found)
        value = found if told is None else told
        if value is None:
            continue
        table = whole
        for step in path[:-1]:
            table = cast("dict[str, object]", table.setdefault(str(step), {}))
        table[str(path[-1])] = value
    return whole


def _counts_something(value: object) -> bool:
    """Whether any number in a usage object is above zero."""
    if value.__class__ is int:
        return cast("int", value) > 0
    if isinstance(value, dict):
        return any(map(_counts_something, cast("Mapping[str, object]", value).values()))
    if isinstance(value, list):
        return any(map(_counts_something, cast("list[object]", value)))
    told = number(value)
    return told is not None and told > 0


def _pruned(value: object, depth: int = 0) -> object:
    """A usage object without long texts: what is said must not reach the ledger, whatever a
    mapping names."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        deeper = depth < _DEEPEST
        return {key: _pruned(each, depth + 1) for key, each in fields.items()} if deeper else {}
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_pruned(each, depth + 1) for each in items] if depth < _DEEPEST else []
    return None if isinstance(value, str) and len(value) > _TEXT else value
