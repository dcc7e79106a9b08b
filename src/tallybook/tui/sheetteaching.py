"""What stands in the place of rows where there are none: why, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..clock import local
from ..format import plain, span
from ..periods import Frame
from ..query import DIMENSIONS
from .look import Look, question, span_name
from .sheetfilter import typed

if TYPE_CHECKING:
    from ..book import Book

_SIGN = re.compile(r"\w[<>=~]")
"""What looks like a condition."""


def teaching(book: Book, look: Look, frame: Frame) -> tuple[str, ...]:
    """Why a look has no rows. Asks the book a few more questions."""
    if book.latest() is None:
        return (
            "Nothing is recorded yet.",
            "What was looked for, and where: tally doctor",
            "To see how it looks, on sample histories: tally demo",
        )
    query = question(look, frame)
    if look.tab and book.latest(query.where[:1]) is None:
        return (
            f"Nothing is recorded of {plain(look.tab)}.",
            f"Where it is looked for: tally source explain {plain(look.tab)}",
            "[ and ] go to other agents.",
        )
    if look.text and book.ask(replace(query, by=()), estimate=False).totals.first_ms is not None:
        return (
            f"Nothing here fits {plain(look.text)}",
            *_parts(look, frame),
            *_words(look, frame),
            "Esc takes the filter away.",
        )
    last = book.latest(query.where)
    if last is None:
        return ("No call belongs to all of what was opened.", "Esc goes back.")
    ago = f"{span(frame.now_ms - last)} ago" if last < frame.now_ms else "which is still to come"
    return (
        f"No calls: {span_name(look.span)}.",
        f"The last one was on {local(last, frame.tz):%Y-%m-%d %H:%M}, {ago}.",
        "Esc goes back, a shows all time." if look.crumbs else "a shows all time.",
    )


def _words(look: Look, frame: Frame) -> Iterator[str]:
    """What the words that were typed are looked for in, and which conditions there are."""
    found = typed(look.text, frame)
    for word in (*found.words, *found.without):
        if look.view != "sessions":
            yield f"`{plain(word)}` is looked for in what these rows show; titles: 2 Sessions."
    if any(_SIGN.search(word) for word in found.words):
        names = " ".join(DIMENSIONS)
        yield f"Conditions have =, !=, == or ~ between a name and a value; the names: {names}"


def _parts(look: Look, frame: Frame) -> Iterator[str]:
    """How to look for parts of the names that were typed."""
    for each in typed(look.text, frame).where:
        if each.op == "=":
            for value in filter(None, each.values):
                part = f'"{value}"' if " " in value else value
                yield f"{each.dimension}~{plain(part)} looks for a part of a name."
