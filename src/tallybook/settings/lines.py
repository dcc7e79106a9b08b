"""On which line of a settings file a key stands. Nothing is decided about values here.

The reader of the standard library tells no positions, so the file is taken apart into its
statements, each of which is read on its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import cast

KeyPath = tuple[str, ...]

_MOST = 5_000
"""Lines of a file above which positions are not looked for."""


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The line of each key and table of a file that is valid TOML, counted from 1."""
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    rows = text.split("\n")
    start = 0
    for at in range(len(rows) if len(rows) <= _MOST else 0):
        statement = _read("\n".join(rows[start : at + 1]))
        if statement is None:  # it goes on in the next line
            continue
        if rows[start].lstrip().startswith("["):
            table = next(_leaves(statement), ())
            found.setdefault(table, start + 1)
        for path in _leaves(statement) if not rows[start].lstrip().startswith("[") else ():
            for size in range(len(table) + 1, len(table) + len(path) + 1):
                found.setdefault((*table, *path)[:size], start + 1)
        start = at + 1
    return found


def fault_line(text: str, problem: tomllib.TOMLDecodeError) -> int | None:
    """The line that a file which is not valid TOML breaks on, as its reader tells."""
    if match := re.search(r"\(at line (\d+)", str(problem)):
        return int(match[1])
    return text.rstrip("\n").count("\n") + 1 if "end of document" in str(problem) else None


def _read(statement: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(statement)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _leaves(values: Mapping[str, object], above: KeyPath = ()) -> Iterator[KeyPath]:
    """The path of every value, and of every empty table."""
    for key, value in values.items():
        inner = _table(value)
        if inner:
            yield from _leaves(inner, (*above, key))
        else:
            yield (*above, key)


def _table(value: object) -> dict[str, object]:
    """A table, or the first of a list of them; empty if it is neither."""
    if isinstance(value, list):
        value = next(iter(cast("list[object]", value)), None)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
