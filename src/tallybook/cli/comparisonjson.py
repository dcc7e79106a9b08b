"""Two periods side by side for other programs: JSON, JSON Lines, CSV and TSV.

The object is `tallybook.report/1` of the period that was asked for, with `compare` beside it.
The table is `comparisontable`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..comparison import COUNTED, PRICED, Comparison, Pair, amount_change, change, count_of
from ..exporting.delimited import (
    delimited_text,
    field_names,
    flat_cells,
    flat_names,
    notes_json,
    report_object,
    units_of,
)
from ..format import tenths
from ..model import decimal_text
from ..query import DIMENSIONS, Figures, Report, Row, amount_of, query_json, row_json

_BOUNDS = {"": "exact", "≥": "at-least", "≤": "at-most"}
_CHANGED = (*COUNTED, PRICED)


def comparison_json(found: Comparison, fields: Sequence[str] = ()) -> dict[str, Any]:
    """The whole answer. The first rows of `compare` stand beside the report's, each with its place
    there as `row`; those that only the other period has follow, with `row` null."""
    pairs = sorted(found.pairs, key=lambda pair: (pair.at is None, pair.at or 0))
    before = report_object(found.before, fields)
    compare = {
        "kind": found.plan.kind,
        "query": query_json(found.plan.other),
        "complete": found.before.complete,
        "rows": [_row(pair, found, fields) for pair in pairs],
        "totals": {**before["totals"], **_changes(found.totals, found, fields)},
        "notes": notes_json(found.before),
    }
    return {**report_object(found.report, fields), "compare": compare}


def comparison_objects(found: Comparison, fields: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """One object a row: the figures of this period, and those of the other one as `compare`."""
    for pair in found.pairs:
        row = _side(pair, pair.now, found.report)
        yield {**_narrowed(row, fields), "compare": _row(pair, found, fields)}


def comparison_text(found: Comparison, fields: Sequence[str], delimiter: str) -> str:
    """CSV or TSV: each field, then as `before_…`, `difference_…`, `percent_…` and `bounds_…`."""
    names = list(fields) or field_names(found.report.query)
    units = units_of([found.report, found.before])
    changed = [name for name in names if name in _CHANGED]
    sides = {
        "before": [name for name in names if name == "date" or name not in DIMENSIONS],
        "difference": changed,
        "percent": changed,
        "bounds": [name for name in changed if name == PRICED],
    }
    heading = flat_names(names, units)
    for side, kept in sides.items():
        heading += [f"{side}_{name}" for name in flat_names(kept, units)]
    rows: list[list[str | int]] = []
    for row in comparison_objects(found):
        other: Mapping[str, Any] = row["compare"]
        cells = [*flat_cells(row, names, units), *flat_cells(other, sides["before"], units)]
        for side in ("difference", "percent", "bounds"):
            cells += flat_cells(other.get(side, {}), sides[side], units, _as_number)
        rows.append(cells)
    return delimited_text([heading, *rows], delimiter)


def _as_number(value: object) -> str | int:
    """A number as a cell, also where it is a text: its sign makes no formula."""
    return value if isinstance(value, int | str) else ""


def _row(pair: Pair, found: Comparison, fields: Sequence[str]) -> dict[str, Any]:
    dims = {"date": pair.other_date} if "date" in pair.dims else {}
    row = {**_side(pair, pair.before, found.before), **dims}
    changed = {} if pair.ahead else _changes(pair, found, fields)
    return {"row": pair.at, **_narrowed(row, fields), **changed}


def _side(pair: Pair, row: Row | None, report: Report) -> dict[str, Any]:
    """One side of a pair as a row of its report, which used nothing where it has none."""
    return row_json(row or Row(dims=pair.dims, figures=Figures()), report.query)


def _changes(pair: Pair, found: Comparison, fields: Sequence[str]) -> dict[str, Any]:
    """What changed: integers and decimal texts; per cent are null where it grew from nothing.
    A difference of the cost that is not known is left out; `bounds` says whether it is exact."""
    difference: dict[str, Any] = {}
    percent: dict[str, Any] = {}
    for name in COUNTED:
        each = change(count_of(pair.figures, name), count_of(pair.old, name))
        difference[name], percent[name] = each.value, tenths(each.tenths)
    difference[PRICED], percent[PRICED], bounds = {}, {}, dict[str, str]()
    for unit in units_of([found.report, found.before])[PRICED]:
        now, old = (amount_of(side, PRICED, unit) for side in (pair.figures, pair.old))
        each = amount_change(now, old)
        if each.value is not None:
            difference[PRICED][unit] = decimal_text(each.value)
            percent[PRICED][unit] = tenths(each.tenths)
            bounds[unit] = _BOUNDS[each.bound]
    told = {"difference": difference, "percent": percent, "bounds": {PRICED: bounds}}
    return {key: _narrowed(each, fields) for key, each in told.items()}


def _narrowed(row: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in fields if name in row} if fields else dict(row)
