"""Exports for which each call is looked at: events one by one, and the rows of a FOCUS file.

Calls are taken from the ledger as they are written, so that a million of them need no memory.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from ..exporting.delimited import cell
from ..exporting.place import Outlet
from ..format import compact, count, plain
from ..query import Query, query_json

if TYPE_CHECKING:
    from ..book import Book
    from ..exporting.events import Value
    from ..exporting.portions import Portions
    from ..ledger.evidence import Call

_NAMED = 5
"""Models without a price that are named."""


def write_events(book: Book, query: Query, form: str, place: Outlet, names: Sequence[str]) -> int:
    """Write these fields of each call of a question's conditions and time, up to its limit, and
    say how many calls they were."""
    from ..exporting.events import event_cells, event_json, flat_fields

    calls = islice(_calls(book, query), query.limit)
    if form not in ("parquet", "csv"):
        events = (event_json(call, query.tz) for call in calls)
        return _write_json(query, form, ({n: each[n] for n in names} for each in events), place)
    fields = flat_fields(names)
    rows = (event_cells(call, query.tz, fields) for call in calls)
    if form == "csv":
        return _write_csv(place, [field.name for field in fields], (map(cell, row) for row in rows))
    from ..exporting.parquet import write_table

    return write_table(place.file, fields, rows)


def write_focus(book: Book, query: Query, place: Outlet) -> tuple[int, Portions]:
    """Write the rows of a FOCUS file, and say how many they are and what is in none."""
    from ..exporting.focus import COLUMNS, row_of
    from ..exporting.portions import Portions

    portions = Portions(book.prices)
    for call in book.ledger.calls_in(query):
        portions.add(call)
    rows = (row_of(portion, total) for portion, total in portions.sums())
    cells = (
        [cell(row.get(name)) if kind == "text" else row[name] for name, kind, _ in COLUMNS]
        for row in rows
    )
    return _write_csv(place, [column.name for column in COLUMNS], cells), portions


def focus_notes(portions: Portions) -> Iterator[str]:
    """What is in no row of a FOCUS file."""
    if missing := portions.left_out:
        tokens = sum(missing.values())
        models = [plain(name) for name, _ in sorted(missing.items(), key=lambda each: -each[1])]
        more = f" and {len(models) - _NAMED} more" if len(models) > _NAMED else ""
        yield (
            f"{compact(tokens)} tokens have no price, so they are in no row: "
            f"{', '.join(models[:_NAMED])}{more}. To price them: tally help prices"
        )
    if portions.unmetered:
        yield (
            f"{count(portions.unmetered, 'unmetered call')} (usage unknown) "
            f"{'is' if portions.unmetered == 1 else 'are'} in no row"
        )


def _calls(book: Book, query: Query) -> Iterator[Call]:
    calls = book.ledger.calls_in(query)
    if query.currency is None:
        return calls
    from ..conversion import converted_call

    unit, rates = query.currency, book.fx
    return (converted_call(call, unit, rates) for call in calls)


def _write_json(
    query: Query, form: str, events: Iterable[Mapping[str, Value]], place: Outlet
) -> int:
    """JSON Lines, or one object in which the events are a list; either a line for each."""
    from ..exporting.events import SCHEMA

    whole, written = form == "json", 0
    if whole:
        head = {"schema": SCHEMA, "query": query_json(query)}
        place.write(json.dumps(head)[:-1] + ', "events": [')
    for event in events:
        mark = (",\n" if written else "\n") if whole else ""
        place.write(mark + json.dumps(event) + ("" if whole else "\n"))
        written += 1
    if whole:
        place.write("\n]}\n")
    return written


def _write_csv(place: Outlet, heads: Iterable[str], rows: Iterable[Iterable[str | int]]) -> int:
    writer = csv.writer(place, lineterminator="\n")
    writer.writerow(heads)
    written = 0
    for row in rows:
        writer.writerow(row)
        written += 1
    return written
