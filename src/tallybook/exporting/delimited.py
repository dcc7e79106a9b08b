"""Reports for other programs: JSON, JSON Lines, CSV and TSV.

JSON follows `tallybook.report/1`; the flat forms give one column a currency. Text that a
terminal or a spreadsheet would execute is made harmless here, once for all commands.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from ..errors import UsageMistake, nearest
from ..model import CLASSES
from ..query import AMOUNTS, MEASURES, Query, Report, report_json, session_label
from ..questions import SYNONYMS, named_fields

_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_CONTROLS = re.compile(f"[\x00-\x1f]|{_ESCAPED.pattern}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SKIPPED = " \ufeff\u200b"
"""What a spreadsheet may skip before it looks for a formula."""


def json_text(value: Mapping[str, Any], *, indent: int | None = 2, utf8: bool | None = None) -> str:
    """JSON in UTF-8 as people read it, but with what a terminal obeys written as escapes. Where
    nobody says whether it may be `utf8`, it is what stdout takes."""
    if utf8 is None:
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not utf8, indent=indent)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def field_names(query: Query) -> list[str]:
    """The fields of a row of this question's answer, in order."""
    names: list[str] = []
    for name in query.by:
        if name == "model" and "provider" not in query.by:
            names.append("provider")
        names.append(name)
    return [*names, *MEASURES, *(["models"] if "date" in query.by else [])]


def chosen_fields(words: Sequence[str], query: Query) -> tuple[str, ...]:
    """The fields that words mean, each once: names of fields, or what stands above a column.
    Raises `UsageMistake` with the nearest name if a word means none of the answer's."""
    return fields_among(words, field_names(query))


def fields_among(words: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The same among the fields of another answer."""
    chosen: list[str] = []
    for word in words:
        meant = named_fields(word, known)
        if not meant:
            close = nearest(word, (*known, *SYNONYMS))
            hint = f"did you mean {close}?" if close else f"use some of {', '.join(known)}"
            raise UsageMistake(f"unknown field {word!r}", hint=hint)
        chosen += meant
    return tuple(dict.fromkeys(chosen))


def report_object(report: Report, fields: Sequence[str] = ()) -> dict[str, Any]:
    """The report's JSON object, its rows and totals narrowed to `fields` if there are any."""
    whole = report_json(report)
    if fields:
        whole["rows"] = [{name: row[name] for name in fields} for row in whole["rows"]]
        totals: dict[str, Any] = whole["totals"]
        whole["totals"] = {name: totals[name] for name in fields if name in totals}
    return whole


def notes_json(report: Report) -> list[dict[str, Any]]:
    """The notes of a report, as its JSON has them."""
    notes: list[dict[str, Any]] = report_json(report)["notes"]
    return notes


def json_lines(report: Report, fields: Sequence[str] = ()) -> list[str]:
    """One JSON object a line and row."""
    return [json_text(row, indent=None) for row in report_object(report, fields)["rows"]]


def separated(report: Report, fields: Sequence[str], delimiter: str) -> str:
    """CSV or TSV with a heading: exact amounts, one column a currency, empty where unknown."""
    names = list(fields) or field_names(report.query)
    units = units_of([report])
    rows = cast("list[dict[str, Any]]", report_json(report)["rows"])
    cells = (flat_cells(row, names, units) for row in rows)
    return delimited_text([flat_names(names, units), *cells], delimiter)


def harmless(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula: an apostrophe goes before it."""
    flat = _CONTROLS.sub(" ", text)
    return f"'{flat}" if text.lstrip(_SKIPPED).startswith(_FORMULA) else flat


def cell(value: object) -> str | int:
    """A value as a cell: numbers as they are, truths in words, texts harmless, nothing where there
    is none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return value
    return "" if value is None else harmless(str(value))


_TOKENS = frozenset({*CLASSES, "total"})

Units = Mapping[str, Sequence[str]]
"""The currencies that have a column of their own, by the field of the amount."""


def units_of(reports: Sequence[Report]) -> Units:
    """The currencies of each amount in any of the totals; the cost has one in any case."""
    return {name: _met(name, reports) for name in AMOUNTS} | {"cost": shown_units("cost", reports)}


def shown_units(name: str, reports: Sequence[Report]) -> list[str]:
    """The currencies in which an amount is shown, that of the question first; one in any case."""
    return _met(name, reports) or [reports[0].query.currency or "USD"]


def _met(name: str, reports: Sequence[Report]) -> list[str]:
    asked = reports[0].query.currency
    met = {unit for each in reports for unit in getattr(each.totals, name)}
    return sorted(met, key=lambda unit: (unit != asked, unit))


def flat_names(names: Iterable[str], units: Units) -> list[str]:
    """The columns of the flat forms for these fields: an amount has one for each currency."""
    return [
        column
        for name in names
        for column in ([f"{name}_{unit}" for unit in units[name]] if name in units else [name])
    ]


def flat_cells(
    row: Mapping[str, Any],
    names: Iterable[str],
    units: Units,
    word: Callable[[object], str | int] = cell,
) -> list[str | int]:
    """The cells of a row of JSON below `flat_names`, empty where it says nothing, and where the
    tokens would be if nobody knows any. `word` makes a cell of a value that is neither an amount
    nor a list."""
    cells: list[str | int] = []
    uncounted = row.get("unmetered_requests") and not row.get("total")
    for name in names:
        value = None if uncounted and name in _TOKENS else row.get(name)
        if name in units:
            amounts = cast("Mapping[str, str]", value or {})
            cells += [amounts.get(unit, "") for unit in units[name]]
        elif isinstance(value, list):
            parts = cast("list[object]", value)
            cells.append(harmless("; ".join("" if each is None else str(each) for each in parts)))
        elif name == "session" and name in row:
            cells.append(word(session_label(None if value is None else str(value))))
        else:
            cells.append(word(value))
    return cells


def delimited_text(rows: Iterable[Sequence[str | int]], delimiter: str) -> str:
    """Rows of cells as CSV or TSV, the heading among them."""
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue().rstrip("\n")
