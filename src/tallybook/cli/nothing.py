"""What is said instead of an empty table: why it is empty, and what to do about it.

The first screen of a machine without any history is in `today`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..clock import local
from ..format import count, plain
from ..query import Filter, Query, Report
from .output import title_of

if TYPE_CHECKING:
    from ..book import Book

_NAMED = 3
_ALIKE = 0.55
"""How alike two names must be to be taken for one another, from 0 to 1."""


def nothing_lines(book: Book, report: Report, what: str = "usage") -> list[str]:
    """Why a report has no rows: an empty ledger, a filter that matches nothing, or a time
    without calls. Asks the book a few more questions."""
    lines = [title_of(replace(report.query, currency=None), f"No {what}") + "."]
    return [*lines, *_reasons(book, report), *_voided(book, report.query)]


def _reasons(book: Book, report: Report) -> list[str]:
    query, lines = report.query, list[str]()
    ever = book.latest()
    if ever is None:
        return _empty(report)
    strangers = [each for each in query.where if _matches_nothing(book, each)]
    if strangers:
        return [line for each in strangers for line in _stranger(book, each)]
    last = book.latest(query.where)
    if last is None:
        return ["Each of the filters matches some calls, but no call matches all of them."]
    which = "call that matches" if query.where else "recorded call"
    lines.append(f"The last {which} was on {local(last, query.tz):%Y-%m-%d %H:%M}.")
    if query.since_ms is not None or query.until_ms is not None:
        lines.append("For all time, give --since all and no other time.")
    return lines


def _voided(book: Book, query: Query) -> list[str]:
    """That voids hold calls of the sources that were asked for, if any do."""
    sources = {
        name
        for each in query.where
        if each.dimension == "source" and each.op == "="
        for name in each.values
    }
    held: dict[str, int] = {}
    for share in (share for void in book.ledger.voids() for share in void.shares):
        if not sources or share.source in sources:
            held[share.source] = held.get(share.source, 0) + share.events
    if not held:
        return []
    told = ", ".join(f"{count(events, 'event')} of {name}" for name, events in held.items())
    return [f"Voided, and in no figure: {plain(told)}. See: tally ledger void --list"]


def _empty(report: Report) -> list[str]:
    if not report.complete:
        return ["Some histories could not be read. Which, and why: tally doctor"]
    return [
        "The ledger is empty. What was looked for, and where: tally doctor",
        "To see how it looks, on sample histories: tally demo",
    ]


def _matches_nothing(book: Book, condition: Filter) -> bool:
    return book.latest((condition,)) is None


def _stranger(book: Book, condition: Filter) -> Iterator[str]:
    """A filter that no call in the ledger fits, and the names that were probably meant."""
    dimension = condition.dimension
    said = " or ".join(plain(f"{dimension}{condition.op}{value}") for value in condition.values)
    rows = book.ask(Query(by=(dimension,))).rows
    known = list(dict.fromkeys(name for row in rows if (name := row.dims.get(dimension))))
    near = list(dict.fromkeys(name for v in condition.values for name in _near(v, known)))
    yield f"No call in the ledger fits {said}."
    if not known:
        yield f"  In this ledger nothing has a value for {dimension}."
        return
    if condition.op != "!=":
        yield f"  Like it: {_list(near)}" if near else f"  There are: {_list(known)}"
    part = condition.values[0]
    if condition.op == "=" and part and any(part.lower() in name.lower() for name in near):
        yield f"  Or by a part of the name: --where {plain(f'{dimension}~{part}')}"
    yield f"  All of them: tally usage {dimension} --since all"


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(plain, names[:_NAMED])) + more


def _near(value: str, known: Iterable[str]) -> list[str]:
    """The names that were probably meant, the likeliest first: those with the value in them or
    the other way round, then those that look like it, as a whole, in their last part or in one
    of its words. Only letters and digits count."""
    from difflib import SequenceMatcher

    word = _bare(value.replace("\\", "/").rsplit("/", 1)[-1])
    scored: list[tuple[float, str]] = []
    for name in known if word else ():
        last = name.replace("\\", "/").rsplit("/", 1)[-1]
        parts = {_bare(name), _bare(last)} - {""}
        inside = any(word in part or part in word for part in parts)
        parts |= {each for each in re.split(r"[\W_]+", last.lower()) if len(each) > 2}
        alike = [SequenceMatcher(None, word, part[: len(word) + 4]).ratio() for part in parts]
        score = 2.0 if inside else max(alike, default=0.0)
        scored += [(score, name)] if score >= _ALIKE else []
    return [name for _, name in sorted(scored, key=lambda pair: -pair[0])]


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
