"""Answers with what they have to admit: models without a price, tokens that only an agent's own
counters show. Every question of the book goes through `answer`.

How such notes are worded below a table is the business of whoever shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .query import Answering, Note, Query, Report, Standing

UNPRICED = "unpriced-model"
PARTLY_PRICED = "partly-priced"
RECOVERED = "recovered"
COMPLAINTS = "complaints"


def answer(ledger: Answering, query: Query) -> Report:
    """The ledger's answer, with a note for each thing that a reader of it has to know."""
    report = ledger.ask(query)
    standing = ledger.standing(_sources(query))
    notes = [*report.notes, *_notes(ledger, report)]
    if standing.lost:
        notes.append(_complaints(standing))
    return replace(report, notes=tuple(notes), complete=report.complete and not standing.closed)


def _sources(query: Query) -> tuple[str, ...]:
    """The only sources that a question is about; empty if it names none."""
    named = (each.values for each in query.where if (each.dimension, each.op) == ("source", "="))
    return next(named, ())


def _complaints(standing: Standing) -> Note:
    """What is missing for certain, which makes the answer a part of what there is, what may be
    missing, and calls of which a part may be."""
    parts: list[str] = []
    closed, partly, places = standing.closed, standing.partly, standing.places
    inside = standing.lost - closed - partly
    if closed:
        what = "1 file or folder" if closed == 1 else f"{closed:,} files or folders"
        parts.append(f"{what} could not be read, so this is a part")
    if inside:
        where = "1 place" if places == 1 else f"{places:,} places"
        what = f"{inside:,} entries in {where}" if inside > places else where
        parts.append(f"{what} inside the histories could not be counted; calls may be missing")
    if partly:
        calls, them = ("1 call is", "it") if partly == 1 else (f"{partly:,} calls are", "them")
        parts.append(f"{calls} counted with what could be read of {them}")
    whose = ", ".join(standing.sources)
    return Note(code=COMPLAINTS, text=f"{', and '.join(parts)} ({whose}): tally doctor")


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
