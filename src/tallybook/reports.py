"""Answers with what they have to admit: models without a price, tokens that only an agent's own
counters show. Every question of the book goes through `answer`.

How such notes are worded below a table is the business of whoever shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .query import Answering, Note, Query, Report

UNPRICED = "unpriced-model"
PARTLY_PRICED = "partly-priced"
RECOVERED = "recovered"
COMPLAINTS = "complaints"


def answer(ledger: Answering, query: Query) -> Report:
    """The ledger's answer, with a note for each thing that a reader of it has to know."""
    report = ledger.ask(query)
    lost, closed = ledger.standing()
    notes = [*report.notes, *_notes(ledger, report)]
    if lost:
        notes.append(_complaints(lost))
    return replace(report, notes=tuple(notes), complete=report.complete and not closed)


def _complaints(lost: int) -> Note:
    what = "1 place" if lost == 1 else f"{lost:,} places"
    text = f"{what} in the histories could not be read, so something may be missing: tally doctor"
    return Note(code=COMPLAINTS, text=text)


def _notes(ledger: Answering, report: Report) -> Iterator[Note]:
    if report.totals.unpriced_tokens:
        models = list(_unpriced(ledger, report.query))
        yield Note(
            code=UNPRICED,
            text="no price is known for these models, so costs are at least what is shown",
            items=tuple(name for name, _ in models),
        )
        if in_part := tuple(name for name, priced in models if priced):
            yield Note(
                code=PARTLY_PRICED,
                text="of these models only some kinds of tokens have a rate",
                items=in_part,
            )
    if report.totals.recovered_tokens:
        yield Note(
            code=RECOVERED,
            text=f"{report.totals.recovered_tokens:,} tokens were recovered from the agents' own "
            "running totals: tally help notes",
        )


def _unpriced(ledger: Answering, query: Query) -> Iterator[tuple[str, bool]]:
    """Every model of the same calls that has tokens without a price, and whether others of its
    tokens have one."""
    same = replace(query, by=("model",), bucket=None, sort=None, limit=None, currency=None)
    for row in ledger.ask(same).rows:
        if row.figures.unpriced_tokens:
            name = f"{row.dims['provider'] or '?'}/{row.dims['model'] or '?'}"
            yield name, row.figures.total > row.figures.unpriced_tokens
