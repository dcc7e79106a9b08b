"""The remarks below a table: what the numbers leave out, and what to do about it.

Unknown is not zero: whatever is missing from a figure is named here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..format import compact, count, plain
from ..query import Report

_OWN_WORDS = frozenset(
    {"unpriced-model", "unpriced", "partial", "failed", "unmetered", "incomplete"}
)
_NAMED = 4


def footnotes(report: Report) -> list[str]:
    """One line for each thing that a reader of the figures has to know."""
    return [*_unpriced(report), *_states(report), *_notes(report)]


def _unpriced(report: Report) -> Iterator[str]:
    tokens = report.totals.unpriced_tokens
    if not tokens:
        return
    models = [item for note in report.notes if note.code == "unpriced-model" for item in note.items]
    named = f" for {_list(models)}" if models else ""
    yield (
        f"No price is known{named}: {compact(tokens)} tokens are counted but in no cost, so "
        "costs are at least (≥) what is shown. To add a price: tally help prices"
    )


def _states(report: Report) -> Iterator[str]:
    totals = report.totals
    if totals.partial_requests:
        yield (
            f"{count(totals.partial_requests, 'partial call')}: the answer broke off or its end "
            "was not written down; what was written is counted."
        )
    if totals.failed_requests:
        yield f"{count(totals.failed_requests, 'failed call')}, without usage."
    if totals.unmetered_requests:
        yield (
            f"{count(totals.unmetered_requests, 'unmetered call')}: known to have happened, "
            "usage unknown, in no figure."
        )
    if not report.complete:
        yield "Some histories could not be read, so this is a part. To see which: tally doctor"


def _notes(report: Report) -> Iterator[str]:
    for note in report.notes:
        if note.code not in _OWN_WORDS:
            items = f": {_list(list(note.items))}" if note.items else ""
            yield plain(note.text.rstrip(".") + items)
    if report.query.limit is not None and len(report.rows) == report.query.limit:
        yield f"The first {report.query.limit} rows; the total counts all. More: --limit 0"


def _list(items: list[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(map(plain, items[:_NAMED])) + more
