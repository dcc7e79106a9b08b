"""What a re-rating changes as tables: amounts by model and currency, tokens by class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..format import DASH, compact, count, money, number, plain, signed
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
        was, becomes = (
            sum(each.get(units[0], 0) for each in amounts) if any(amounts) else None
            for amounts in ([s.was for s in shifts], [s.becomes for s in shifts])
        )
        calls = number(sum(shift.events for shift in shifts))
        rows.append(("Total", calls, *_amounts(units[0], was, becomes, shifts)))
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
        was, becomes = shift.was.get(unit), shift.becomes.get(unit)
        yield name, number(shift.events), *_amounts(unit, was, becomes, (shift,))


def _amounts(
    unit: str, was: int | None, becomes: int | None, shifts: Sequence[Shift]
) -> tuple[str, str, str]:
    """Old and new amount of some shifts, and the difference, each as a bound where something has
    no price. To an unknown amount there is no difference, nor between bounds that leave out other
    things."""
    part_was = any(shift.unpriced_were or shift.rates_found for shift in shifts)
    part_becomes = any(shift.unpriced_become or shift.rates_lost for shift in shifts)
    moved = any(
        shift.unpriced_were != shift.unpriced_become or shift.rates_lost or shift.rates_found
        for shift in shifts
    )
    told = _told(was, unit, part=part_was), _told(becomes, unit, part=part_becomes)
    if was is None or becomes is None or (part_was and part_becomes and moved):
        return *told, DASH
    bound = ("≥ " if part_becomes else "≤ ") if moved else ""
    return *told, bound + signed(becomes - was, lambda nanos: money(nanos, unit))


def _told(nanos: int | None, unit: str, *, part: bool) -> str:
    return DASH if nanos is None else f"{'≥ ' if part else ''}{money(nanos, unit)}"


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
    )
    every = tuple(shifts)
    yield from rate_lines(every)
    told = [(sum(getattr(shift, name) for shift in every), words) for name, words in kinds]
    yield from (f"{count(calls, 'call')} {words}" for calls, words in told if calls)
    same = sum(shift.relabelled for shift in every)
    if same:
        change = "change" if same > 1 else "changes"
        yield f"{number(same)} of these {change} only by another card or assumption, not in amount"


def rate_lines(shifts: Iterable[Shift]) -> Iterator[str]:
    """What loses its rate and what gets one, of calls that have a price for the rest."""
    for shift in shifts:
        name = plain(f"{shift.provider or DASH}/{shift.model}")
        for tokens, names, loses in (
            (shift.lost, shift.rates_lost, True),
            (shift.found, shift.rates_found, False),
        ):
            if not names:
                continue
            one = tokens == 1 or (not tokens and len(names) == 1)
            verb = ("loses its" if one else "lose their") if loses else f"get{'s' * one} a"
            rates = plain(", ".join(names))
            what = f"{compact(tokens)} token{'s' * (not one)}" if tokens else rates
            yield f"{what} of {name} {verb} rate" + (f" ({rates})" if tokens else "")
