"""What a re-rating changes as tables: amounts by model and currency, tokens by class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..format import DASH, count, money, number, plain, signed
from ..model import CLASSES
from .options import Asked
from .shell import Shell
from .tables import Column, Ink, draw, folded

if TYPE_CHECKING:
    from ..ledger.orders import ReratePlan, Shift


def change_lines(shell: Shell, asked: Asked, plan: ReratePlan, *, tokens: bool) -> list[str]:
    """The tables of a plan, with the tokens by class if these may change, and what there is to
    remark."""
    ink = Ink(on=shell.colour and asked.colour)
    lines = [*draw(_token_columns(plan.shifts), shell.width, ink), ""] if tokens else []
    columns, summed = _columns(plan.shifts)
    lines += draw(columns, shell.width, ink, total=summed)
    remarks = [part for said in _remarks(plan.shifts) for part in folded(said, shell.width)]
    return [*lines, *([""] if remarks else []), *remarks]


def _columns(shifts: Sequence[Shift]) -> tuple[list[Column], bool]:
    """A row a model and currency, then one a currency if that says more; whether it is there."""
    rows = [row for shift in shifts for row in change_rows(shift)]
    units = sorted({unit for shift in shifts for unit in shift.units})
    several = len(rows) > 1 and len(units) == 1
    if several:
        calls = sum(shift.events for shift in shifts)
        was, becomes = (
            sum(each.get(units[0], 0) for each in amounts) if any(amounts) else None
            for amounts in ([s.was for s in shifts], [s.becomes for s in shifts])
        )
        rows.append(_row("Total", calls, units[0], was, becomes))
    titles = ("Model", "Calls", "Was", "Becomes", "Difference")
    columns = [
        Column(title, cells) for title, cells in zip(titles, zip(*rows, strict=True), strict=True)
    ]
    columns[0] = columns[0]._replace(text=True, least=20)
    columns[1] = columns[1]._replace(rank=3)
    return columns, several


def change_rows(shift: Shift) -> Iterator[tuple[str, ...]]:
    """Model, calls, old and new amount, difference: a row a currency."""
    name = plain(f"{shift.provider or DASH}/{shift.model}")
    units = shift.units
    if not units:
        yield name, number(shift.events), DASH, DASH, DASH
    for unit in units:
        yield _row(name, shift.events, unit, shift.was.get(unit), shift.becomes.get(unit))


def _row(name: str, calls: int, unit: str, was: int | None, becomes: int | None) -> tuple[str, ...]:
    def said(nanos: int | None) -> str:
        return DASH if nanos is None else money(nanos, unit)

    difference = signed((becomes or 0) - (was or 0), lambda nanos: money(nanos, unit))
    return name, number(calls), said(was), said(becomes), difference


def _token_columns(shifts: Iterable[Shift]) -> list[Column]:
    """The classes that change, a row each."""
    rows = [
        (
            plain(f"{shift.provider or DASH}/{shift.model}"),
            name.replace("_", " "),
            number(was),
            number(becomes),
            signed(becomes - was),
        )
        for shift in shifts
        for name, was, becomes in zip(CLASSES, shift.counts_were, shift.counts_become, strict=True)
        if was != becomes
    ] or [("no count of tokens", "", "", "", "")]
    titles = ("Model", "Class", "Was", "Becomes", "Difference")
    columns = [
        Column(title, cells) for title, cells in zip(titles, zip(*rows, strict=True), strict=True)
    ]
    return [columns[0]._replace(text=True, least=20), columns[1]._replace(text=True), *columns[2:]]


def _remarks(shifts: Iterable[Shift]) -> Iterator[str]:
    kinds = (
        ("priced", "had no price and get one"),
        ("unpriced", "lose their price: none is known any more"),
        ("billed", "are billed otherwise, since a plan covers them or does not any more"),
        ("relabelled", "keep their amount: only the card or an assumption is another"),
    )
    every = tuple(shifts)
    told = [(sum(getattr(shift, name) for shift in every), words) for name, words in kinds]
    yield from (f"{count(calls, 'call')} {words}" for calls, words in told if calls)
