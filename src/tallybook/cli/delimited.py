"""Reports for other programs: JSON, JSON Lines, CSV and TSV.

JSON follows `tallybook.report/1`; the flat forms give one column a currency. Text that a
terminal or a spreadsheet would execute is made harmless here, once for all commands.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ..errors import UsageMistake, nearest
from ..query import MEASURES, Query, Report, report_json
from ..questions import SYNONYMS, named_fields

_AMOUNTS = ("cost", "reported_cost", "billed_cost")
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def json_text(value: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """JSON in UTF-8 as people read it, but with what a terminal obeys written as escapes."""
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
    known = field_names(query)
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
    import csv

    names = list(fields) or field_names(report.query)
    rows = cast("list[dict[str, Any]]", report_json(report)["rows"])
    heading = [column for name in names for column in _headings(name, report)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(heading)
    for row in rows:
        writer.writerow([cell for name in names for cell in _cells(name, row, report)])
    return out.getvalue().rstrip("\n")


def harmless(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula: an apostrophe goes before it."""
    flat = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)
    return f"'{flat}" if text.startswith(_FORMULA) else flat


def _headings(name: str, report: Report) -> list[str]:
    return [f"{name}_{c}" for c in _currencies(name, report)] if name in _AMOUNTS else [name]


def _cells(name: str, row: dict[str, Any], report: Report) -> Iterable[str | int]:
    value = row[name]
    if name in _AMOUNTS:
        return [value.get(currency, "") for currency in _currencies(name, report)]
    if isinstance(value, list):
        return [harmless("; ".join(map(str, cast("list[object]", value))))]
    return [harmless(value) if isinstance(value, str) else "" if value is None else value]


def _currencies(name: str, report: Report) -> list[str]:
    amounts: Mapping[str, int] = getattr(report.totals, name)
    return sorted(amounts) or (["USD"] if name == "cost" else [])
