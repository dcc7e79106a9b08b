"""A view as a file: exactly the rows that are shown, with the figures of the report that they were
made of; as a page, all that was used in the time and by the agents that are looked at.

Forms and their safety are those of `exporting`; what is asked before is a dialog's. No Textual.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..exporting.delimited import delimited_text, flat_cells, flat_names, json_text
from ..exporting.markdown import literal, table
from ..query import AMOUNTS, Query, figures_json, query_json
from .look import VIEWS, Look
from .sheet import Line, Sheet

if TYPE_CHECKING:
    from ..book import Book

SCHEMA = "tallybook.view/1"

ENDINGS: Mapping[str, str] = MappingProxyType(
    {".csv": "csv", ".jsonl": "jsonl", ".json": "json", ".md": "md", ".html": "html"}
)
"""The forms, by the ending of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is exported: what is looked at, the question behind it, the table that is shown (None
    on the overview, which is no table), and the moment."""

    look: Look
    query: Query
    sheet: Sheet | None
    now_ms: int

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that this can have."""
        return tuple(ENDINGS.values()) if self.sheet is not None else ("html", "json")


def form_of(name: str) -> str:
    """The form of a file by its ending; empty for another one."""
    return ENDINGS.get(Path(name).suffix.lower(), "")


def proposed(subject: Subject, today: date, folder: Path) -> str:
    """A name that is not taken in a folder, such as `tally-sessions-2026-11-22.csv`."""
    look = subject.look
    parts = ("tally", look.tab, look.view if look.view in VIEWS else "", today.isoformat())
    stem = "-".join(part for part in parts if part)
    ending = f".{subject.forms[0]}"
    names = (f"{stem}{f'-{at}' if at else ''}{ending}" for at in range(1_000))
    return next((name for name in names if not (folder / name).exists()), f"{stem}{ending}")


def texts(book: Book, subject: Subject, form: str) -> Iterator[str]:
    """The text of a file, in parts. Where the form is that of more than the rows shown, the ledger
    is asked."""
    sheet = subject.sheet
    if form == "html" or sheet is None:
        yield from _overview(book, subject, form)
    elif form == "md":
        yield from (f"{line}\n" for line in _markdown(sheet))
    elif form == "csv":
        yield f"{_csv(subject, sheet)}\n"
    elif form == "jsonl":
        rows = (json_text(row, indent=None, utf8=True) for row in _rows(subject, sheet))
        yield from (f"{row}\n" for row in rows)
    else:
        yield f"{json_text(_envelope(subject, sheet), utf8=True)}\n"


def _overview(book: Book, subject: Subject, form: str) -> Iterator[str]:
    from ..exporting.overview import overview, overview_json

    with book.ledger.moment():
        found = overview(book.ask, subject.query)
    if form == "html":
        from ..exporting.page import Leaf, page

        yield from page(found, Leaf(made_ms=subject.now_ms))
    else:
        yield f"{json_text(overview_json(found, subject.now_ms), utf8=True)}\n"


def _envelope(subject: Subject, sheet: Sheet) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "view": subject.look.view,
        "title": sheet.title,
        "query": query_json(subject.query),
        "filter": subject.look.text,
        "order": sheet.order,
        "rows": list(_rows(subject, sheet)),
        "notes": list(sheet.notes),
    }


def _rows(subject: Subject, sheet: Sheet) -> Iterator[dict[str, Any]]:
    """The rows as objects: dimensions and measures as in every report. A row that was made of no
    report has the texts of its columns."""
    return (_object(subject, sheet, line) for line in sheet.lines)


def _object(subject: Subject, sheet: Sheet, line: Line) -> dict[str, Any]:
    if line.row is None:
        return {column.key: cell for column, cell in zip(sheet.columns, line.cells, strict=True)}
    models = {"models": list(line.row.models)} if line.row.models else {}
    return {**line.row.dims, **figures_json(line.row.figures, subject.query.tz), **models}


def _csv(subject: Subject, sheet: Sheet) -> str:
    rows = list(_rows(subject, sheet))
    names = list(dict.fromkeys(name for row in rows for name in row))
    names = names or [column.key for column in sheet.columns]
    units = {name: _units(rows, name) for name in AMOUNTS if name in names}
    if "cost" in units and not units["cost"]:
        units["cost"] = [subject.query.currency or "USD"]
    cells = (flat_cells(row, names, units) for row in rows)
    return delimited_text([flat_names(names, units), *cells], ",")


def _units(rows: list[dict[str, Any]], name: str) -> list[str]:
    """The currencies of an amount in any of the rows."""
    return sorted({unit for row in rows for unit in row.get(name, ())})


def _markdown(sheet: Sheet) -> Iterator[str]:
    """The table as it is shown, with all its columns."""
    rows = [*(line.cells for line in sheet.lines), *([sheet.total] if sheet.total else [])]
    titles = [column.title for column in sheet.columns]
    yield f"**{literal(sheet.title)}**"
    yield ""
    yield from table(titles, [column.right for column in sheet.columns], rows)
    yield from (f"\n{literal(note)}" for note in sheet.notes)
