"""What a report has to admit, found by asking the ledger a little more: the names of models
without a price, and tokens that only an agent's own counters show.

How such notes are worded below a table is `footnotes`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..query import Filter, Note, Query, Report

if TYPE_CHECKING:
    from ..book import Book


def remarked(book: Book, report: Report) -> Report:
    """The report with a note for each thing that it should admit and does not yet."""
    if not report.totals.total:
        return report
    known = {note.code for note in report.notes}
    found: list[Note] = []
    if report.totals.unpriced_tokens and "unpriced-model" not in known:
        found.append(_unpriced(book, report.query))
    if "recovered" not in known:
        found += _recovered(book, report.query)
    return replace(report, notes=(*report.notes, *found)) if found else report


def _unpriced(book: Book, query: Query) -> Note:
    by_model = book.ask(_same_calls(query, by=("model",)))
    names = [
        f"{row.dims.get('provider') or '?'}/{row.dims.get('model') or '?'}"
        for row in by_model.rows
        if row.figures.unpriced_tokens
    ]
    text = "no price is known for these models, so costs are at least what is shown"
    return Note(code="unpriced-model", text=text, items=tuple(names))


def _recovered(book: Book, query: Query) -> list[Note]:
    only = Filter(dimension="status", values=("recovered",))
    same = _same_calls(query)
    tokens = book.ask(replace(same, where=(*same.where, only))).totals.total
    text = (
        f"{tokens:,} tokens were recovered from the agents' own running totals: "
        "the calls themselves are in no history"
    )
    return [Note(code="recovered", text=text)] if tokens else []


def _same_calls(query: Query, by: tuple[str, ...] = ()) -> Query:
    """The same calls, whatever the question groups and limits."""
    return Query(
        by=by, where=query.where, since_ms=query.since_ms, until_ms=query.until_ms, tz=query.tz
    )
