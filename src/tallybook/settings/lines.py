"""On which line of a settings or price file a key stands. Nothing is decided about values here.

The reader of the standard library tells no positions, so the file is taken apart into its
statements, each of which is read on its own.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import cast

KeyPath = tuple[str | int, ...]
"""Names of tables and keys, with the place in its list, from 0, for each of `[[tables]]`."""

_MOST = 5_000
"""Lines of a file above which positions are not looked for."""

_LONGEST = 200
"""Lines of one statement after which they are not looked for any more: it is read again with each
of its lines."""


@lru_cache(maxsize=4)
def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The line of each key and table of a file that is valid TOML, counted from 1."""
    found: dict[KeyPath, int] = {}
    sizes: Counter[KeyPath] = Counter()
    table: KeyPath = ()
    rows = text.split("\n")
    start = 0
    for at in range(len(rows) if len(rows) <= _MOST else 0):
        statement = _read("\n".join(rows[start : at + 1]))
        if statement is None:  # it goes on in the next line
            if at - start > _LONGEST:
                break
            continue
        head = rows[start].lstrip()
        if head.startswith("["):
            names = next(_leaves(statement), ())
            table = _opened(names, head.startswith("[["), sizes)
            found.setdefault(table, start + 1)
            found.setdefault(names, start + 1)  # of a list, the first
        for path in _leaves(statement) if not head.startswith("[") else ():
            for size in range(len(table) + 1, len(table) + len(path) + 1):
                found.setdefault((*table, *path)[:size], start + 1)
        start = at + 1
    return MappingProxyType(found)


def _opened(names: KeyPath, listed: bool, sizes: Counter[KeyPath]) -> KeyPath:
    """The path of a table that a header opens; `sizes` counts the tables of each list."""
    path: KeyPath = ()
    for index, name in enumerate(names, 1):
        path = (*path, name)
        if listed and index == len(names):
            sizes[path] += 1
        if path in sizes:  # of a list that is further up, the last one
            path = (*path, sizes[path] - 1)
    return path


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
