"""Exports that are a table of rows: usage in any grouping, and sessions.

What a row holds is that of the commands `usage` and `sessions`; calls one by one are `exportcalls`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from ..exporting.delimited import delimited_text, flat_cells, flat_names, json_text, units_of
from ..exporting.events import Field
from ..exporting.place import Outlet
from ..query import AMOUNTS, MEASURES, Report
from .output import markdown_lines

_TIMES = ("first_at", "last_at")


class Sheet(NamedTuple):
    """A table to be written: the envelope of its JSON, the names of its fields in their order, and
    the report behind it with the title that heads it."""

    envelope: Mapping[str, Any]
    names: Sequence[str]
    report: Report
    title: str

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The rows as JSON objects."""
        return cast("list[Mapping[str, Any]]", self.envelope["rows"])


def write_sheet(sheet: Sheet, form: str, place: Outlet) -> int:
    """Write a sheet, and say how many rows it has."""
    if form == "parquet":
        return _write_parquet(sheet, place)
    texts: Mapping[str, Callable[[], Iterable[str]]] = {
        "json": lambda: [json_text(_narrowed(sheet))],
        "jsonl": lambda: (json_text(row, indent=None) for row in _narrowed(sheet)["rows"]),
        "md": lambda: _markdown(sheet),
        "csv": lambda: [_csv(sheet)],
    }
    for text in texts[form]():
        place.write(f"{text}\n")
    return len(sheet.rows)


def _narrowed(sheet: Sheet) -> dict[str, Any]:
    """The envelope with the chosen fields alone."""
    totals = cast("Mapping[str, Any]", sheet.envelope["totals"])
    rows = [{name: row[name] for name in sheet.names} for row in sheet.rows]
    kept = {name: totals[name] for name in MEASURES if name in sheet.names}
    return {**sheet.envelope, "rows": rows, "totals": kept}


def _markdown(sheet: Sheet) -> list[str]:
    from .reportcolumns import Manner

    return markdown_lines(sheet.report, sheet.title, Manner(names=tuple(sheet.names)))


def _csv(sheet: Sheet) -> str:
    units = units_of([sheet.report])
    cells = (flat_cells(row, sheet.names, units) for row in sheet.rows)
    return delimited_text([flat_names(sheet.names, units), *cells], ",")


def _write_parquet(sheet: Sheet, place: Outlet) -> int:
    from ..exporting.parquet import write_table

    units = units_of([sheet.report])
    fields = [
        Field(column, _kind(name)) for name in sheet.names for column in flat_names([name], units)
    ]
    rows = (flat_cells(_joined(row), sheet.names, units, _as_it_is) for row in sheet.rows)
    return write_table(place.file, fields, rows)


def _kind(name: str) -> str:
    """What stands in a column of Parquet."""
    if name in AMOUNTS:
        return "amount"
    if name in _TIMES:
        return "time"
    if name == "active":
        return "flag"
    return "count" if name in MEASURES else "text"


def _joined(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose lists are texts: nothing in Parquet has to be made harmless."""
    return {
        name: "; ".join(cast("list[str]", value)) if isinstance(value, list) else value
        for name, value in row.items()
    }


def _as_it_is(value: object) -> str | int:
    return value if isinstance(value, str | int) else ""
