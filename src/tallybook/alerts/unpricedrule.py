"""Models without a price as alerts: one that appears is told once, and again only if it had a price
in between. What was there before anybody looked is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..clock import DAY_MS
from ..format import count, number, plain
from ..query import Query
from .sighting import RAISED, Look, Rule, Sight, Words, mark, memory_of

if TYPE_CHECKING:
    from ..query import Figures, Row

NAME = "unpriced"

_HINT = " Give it one: tally price set {} --input … --output …"
_RECENT_MS = DAY_MS
"""A model that was used longer ago does not appear: a history is read in which it stands."""


def rules(_look: Look) -> Iterator[Rule]:
    """The one rule of unpriced models."""
    yield Rule(NAME, sights)


def sights(look: Look) -> Iterator[Sight]:
    """Every model that has tokens without a price, or had: looked for when anything changed."""
    known = look.of(NAME)
    revision = look.book.ledger.revision()
    if memory_of(known.get("")).get("revision") == revision:
        return
    rows = look.book.ledger.ask(Query(by=("model",))).rows
    unpriced = {_named(row): row.figures for row in rows if row.figures.unpriced_tokens}
    for model, figures in unpriced.items():
        is_recent = (figures.last_ms or 0) > look.now_ms - _RECENT_MS
        if model in known or "" not in known or is_recent:
            yield _sight(model, figures, silent="" not in known)
    for model in known.keys() - unpriced.keys() - {""}:
        yield _sight(model, None)
    yield mark(NAME, {"revision": revision})


def _named(row: Row) -> str:
    return "/".join(filter(None, (row.dims["provider"], row.dims["model"]))) or "(unknown)"


def _sight(model: str, figures: Figures | None, *, silent: bool = False) -> Sight:
    def words(_level: int) -> Words:
        tokens = figures.unpriced_tokens if figures else 0
        calls = figures.requests if figures else 0
        return Words(
            "notice",
            f"no price is known for {plain(model)}",
            f"{number(tokens)} tokens of {plain(model)} in {count(calls, 'call')} are in no cost,"
            f" since no price is known for it.{_HINT.format(plain(model)) if '/' in model else ''}",
            {"model": model, "unpriced_tokens": tokens, "requests": calls},
        )

    return Sight(
        rule=NAME,
        subject=model,
        share=RAISED * 10 if figures else 0,
        words=words,
        silent=silent,
    )
