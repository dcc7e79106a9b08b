"""Two periods side by side as a table: which columns, and what stands in them.

What belongs together is decided in `tallybook.comparison`; other forms are `comparisonjson`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..comparison import COUNTED, PRICED, Change, Comparison, Pair, amount_change, change, count_of
from ..exporting.delimited import shown_units
from ..figurewords import change_text
from ..format import DASH, compact, money, number, signed
from ..periods import period_text
from ..query import AMOUNTS, Amount, Figures, Report, Row, amount_of
from .footnotes import footnotes
from .labels import date_label
from .options import Asked
from .output import asked_in_full, asked_manner, below_lines, title_of
from .reportcolumns import (
    AMOUNT_TITLES,
    CALLS,
    Manner,
    columns_of,
    dimensions_of,
    has_total,
    is_unknown,
    title_of_count,
)
from .shell import Shell
from .tables import Column, Ink, draw, folded, markdown, no_room, room

_OTHER = {"previous": "the period before", "year": "a year earlier"}


class _Ranks(NamedTuple):
    """Of a figure: what it is now, what it was, by how much it grew, and that in per cent."""

    now: int
    before: int
    grown: int
    share: int


_TOLD = 3
"""Ranks up to this one are what is compared: that one of them had to go is said."""

_FIRST, _NEXT = _Ranks(1, _TOLD, 6, 1), _Ranks(2, _TOLD, 6, 2)
_USUAL = {"total": _Ranks(4, 5, 6, 5), "requests": _Ranks(8, 8, 8, 8)}
"""The counts that are held against each other unless others are named."""


def comparison_lines(shell: Shell, asked: Asked, found: Comparison, what: str) -> list[str]:
    """Heading, table and remarks."""
    ink = Ink(on=shell.colour and asked.colour)
    manner = asked_manner(shell, asked)
    columns = list[Column]()
    for brief in dict.fromkeys((not manner.wide, True)):
        columns = _columns(found, manner._replace(brief=brief))
        if room(columns, CALLS) <= shell.width:
            break
    lines = [line for part in _titles(found, what) for line in folded(part, shell.width)]
    lines += ["", *draw(columns, shell.width, ink, total=has_total(_shown(found)))]
    notes = [*no_room(columns, shell.width, _TOLD), *_notes(found, asked)]
    return [*lines, *below_lines(notes, shell.width, ink)]


def comparison_markdown(found: Comparison, what: str, asked: Asked) -> list[str]:
    """The table in Markdown, nothing shortened."""
    first, second = _titles(found, what)
    columns = _columns(found, asked_in_full(asked))
    lines = [f"**{first}**", "", second, "", *markdown(columns)]
    return [*lines, *(f"\n{note}" for note in _notes(found, asked))]


def _titles(found: Comparison, what: str) -> tuple[str, str]:
    plan = found.plan
    other = period_text(plan.other.since_ms, plan.other.until_ms, plan.other.tz)
    return title_of(plan.query, what), f"compared with {_OTHER[plan.kind]}, {other}"


def _shown(found: Comparison) -> Report:
    """The rows that are shown as a report of this period, for what names them."""
    rows = (
        Row(pair.dims, pair.figures, pair.now.models if pair.now else ()) for pair in found.pairs
    )
    return replace(found.report, rows=tuple(rows))


def _columns(found: Comparison, manner: Manner) -> list[Column]:
    """What the rows are and their figures, or the fields that were asked for in their order, of
    which none goes; what is not compared is that of this period."""
    shown = _shown(found)
    names = manner.names or (*dimensions_of(shown), *_USUAL, *manner.amounts)
    figures = [name for name in names if name in (*AMOUNTS, *COUNTED)]
    leading = min(figures, key=lambda name: name not in AMOUNTS, default="")
    columns: list[Column] = []
    for name in names:
        ranks = _FIRST if name == leading else _NEXT
        if not manner.fixed and name != leading:
            ranks = _USUAL.get(name, ranks)
        if manner.fixed:
            ranks = ranks._replace(now=0)
        if name in AMOUNTS:
            columns += _priced(found, manner, name, ranks)
        elif name in COUNTED:
            columns += _counted(found, manner, name, ranks)
        else:
            columns += columns_of(shown, manner._replace(names=(name,)))
        if name == "date":
            columns.append(_other_dates(found, shown))
    return columns


def _other_dates(found: Comparison, shown: Report) -> Column:
    cells = [date_label(pair.other_date, shown.query.bucket) for pair in found.pairs]
    cells += [""] if has_total(shown) else []
    return Column("Against", tuple(cells), rank=4, text=True, least=16)


def _counted(found: Comparison, manner: Manner, name: str, ranks: _Ranks) -> Iterator[Column]:
    """A count now, before, by how much it grew, and in per cent."""
    word = number if manner.wide else compact
    sides = [
        (None if pair.ahead else _known(pair.figures, name), _known(pair.old, name))
        for pair in _all(found)
    ]
    now, before = zip(*sides, strict=True)
    for title, each, rank in (
        (title_of_count(name), now, ranks.now),
        ("before", before, ranks.before),
    ):
        cells = tuple(DASH if value is None else word(value) for value in each)
        yield Column(title, cells, rank=rank)
    changes = [None if now is None or old is None else change(now, old) for now, old in sides]
    yield from _changes(changes, word, ranks)


def _known(figures: Figures, name: str) -> int | None:
    """A count; None where it is of tokens and nobody knows any."""
    return None if is_unknown(figures, name) else count_of(figures, name)


def _priced(found: Comparison, manner: Manner, name: str, ranks: _Ranks) -> Iterator[Column]:
    """An amount now and before, in columns for each currency; of the list amount by how much it
    grew, too."""
    units = shown_units(name, [found.report, found.before])
    for unit in units:
        if unit != units[0]:
            ranks = _NEXT._replace(now=min(ranks.now * 2, _NEXT.now))
        sides = [
            (pair.ahead, amount_of(pair.figures, name, unit), amount_of(pair.old, name, unit))
            for pair in _all(found)
        ]
        word = _money(unit, 4 if manner.wide else 2)
        now = tuple(DASH if ahead else _told(each, word) for ahead, each, _ in sides)
        title = AMOUNT_TITLES[name] + (f" {unit}" if len(units) > 1 else "")
        yield Column(title, now, rank=ranks.now)
        yield Column("before", tuple(_told(old, word) for _, _, old in sides), rank=ranks.before)
        if name == PRICED:
            changes = [None if ahead else amount_change(now, old) for ahead, now, old in sides]
            yield from _changes(changes, word, ranks)


Word = Callable[[int], str]


def _money(unit: str, places: int) -> Word:
    return lambda nanos: money(nanos, unit, places)


def _changes(changes: Sequence[Change | None], word: Word, ranks: _Ranks) -> Iterator[Column]:
    yield Column("+/-", tuple(_grown(each, word) for each in changes), rank=ranks.grown)
    yield Column("%", tuple(map(change_text, changes)), rank=ranks.share)


def _all(found: Comparison) -> list[Pair]:
    """The rows that are shown, with the totals as the last one if there is to be a total."""
    return [*found.pairs, *([found.totals] if has_total(_shown(found)) else [])]


def _told(known: Amount, word: Word) -> str:
    if known.nanos is None:
        return DASH
    return f"{'≥ ' if known.least else ''}{word(known.nanos)}"


def _grown(each: Change | None, word: Word) -> str:
    if each is None or each.value is None:
        return DASH
    return f"{each.bound} {signed(each.value, word)}".strip()


def _notes(found: Comparison, asked: Asked) -> Iterator[str]:
    """The remarks on this period, then those on the other one that say something else."""
    if found.plan.running:
        yield "This period is not over yet; the other one is whole."
    fields = (*asked.fields, *asked.amounts)
    told = footnotes(_shown(found), fields=fields)
    yield from told
    before = footnotes(found.before, fields=fields)
    yield from (f"Before: {note}" for note in before if note not in told)
