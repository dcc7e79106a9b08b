"""A price file while it is changed: a document of tomlkit, or the plain values that it stands for.

Which prices are changed, and how, is decided in `editing`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping
from typing import NamedTuple, Protocol, cast

Table = MutableMapping[str, object]


class _Unwrapped(Protocol):
    """A table of tomlkit."""

    def unwrap(self) -> dict[str, object]:
        """Its values by themselves."""
        ...


class Draft(NamedTuple):
    """A price file while it is changed: a document of tomlkit, or the plain values."""

    document: Table
    toml: bool

    def tables(self, kind: str) -> list[Table]:
        """The tables of a kind; not to be added to."""
        return cast("list[Table]", self.document.get(kind, []))

    def append(self, kind: str, values: Mapping[str, object]) -> None:
        """Add a table to a kind."""
        if kind not in self.document:
            self.document[kind] = self._empty()
        self.tables(kind).append(self.dressed(values))

    def remove(self, kind: str, at: int) -> None:
        """Take a table out, and the kind with its last."""
        tables = self.tables(kind)
        del tables[at]
        if not tables:
            del self.document[kind]

    def plain(self, table: Table) -> dict[str, object]:
        """The values of a table by themselves."""
        return copy.deepcopy(cast("_Unwrapped", table).unwrap() if self.toml else dict(table))

    def dressed(self, values: Mapping[str, object]) -> Table:
        """The values as a table of the document: its tables on one line, its lists below it."""
        if not self.toml:
            return dict(values)
        import tomlkit

        table = tomlkit.table()
        for key, value in values.items():
            if key == "tier":
                below = self._empty()
                for item in cast("list[dict[str, object]]", value):
                    below.append(self.dressed(item))
                table[key] = below
            elif isinstance(value, dict):
                line = cast("Table", tomlkit.inline_table())
                line.update(cast("dict[str, object]", value))
                table[key] = line
            else:
                table[key] = value
        table.trivia.indent = "\n"  # an empty line above its head
        return cast("Table", table)

    def _empty(self) -> list[Table]:
        if not self.toml:
            return []
        import tomlkit

        return cast("list[Table]", tomlkit.aot())
