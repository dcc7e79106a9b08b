"""The tables of a page: each figure of a report, amounts whole where a pointer rests on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..buckets import date_text
from ..format import DASH, money, number
from ..model import CLASSES, decimal_text
from ..query import AMOUNTS, Figures, Report, Row, amount_of
from .drawing import safe

_ODD = (
    ("unpriced_tokens", "Unpriced"),
    ("partial_requests", "Partial"),
    ("failed_requests", "Failed"),
    ("unmetered_requests", "Unmetered"),
)
"""Counts that have a column only where there are any."""

_TITLES = dict(zip(AMOUNTS, ("Cost", "Reported", "Billed"), strict=True))


class Limited(NamedTuple):
    """A report and those of its rows that are shown."""

    report: Report
    rows: Sequence[Row]


def table(title: str, shown: Limited) -> str:
    """A report as a table with its total below."""
    report, rows = shown
    units = {name: _units(report, name) for name in AMOUNTS}
    odd = [(name, head) for name, head in _ODD if getattr(report.totals, name)]
    names = [
        name for name in report.query.by if name != "provider" or "model" not in report.query.by
    ]
    heads = ["Calls"]
    heads += [f"{_TITLES[name]} {unit}" for name in AMOUNTS for unit in units[name]]
    heads += ["Total", *_class_heads(), *(head for _, head in odd)]
    heads += [] if "session" in names else ["Sessions"]

    def cells(figures: Figures) -> Iterator[str]:
        yield f"<td>{number(figures.requests)}</td>"
        for name in AMOUNTS:
            yield from (_amount(figures, name, unit) for unit in units[name])
        counts = [figures.total, *figures.counts, *(getattr(figures, name) for name, _ in odd)]
        counts += [] if "session" in names else [figures.sessions]
        yield from (f"<td>{number(value)}</td>" for value in counts)

    def line(row: Row) -> str:
        labels = "".join(_label(name, row, report) for name in names)
        return f"<tr>{labels}{''.join(cells(row.figures))}</tr>\n"

    body = "".join(map(line, rows))
    left = len(report.rows) - len(rows)
    more = f"<p>{number(left)} more rows are in the total only.</p>" if left > 0 else ""
    head = "".join(
        f'<th scope="col" class="about">{safe(name.capitalize())}</th>' for name in names
    )
    head += "".join(f'<th scope="col">{safe(each)}</th>' for each in heads)
    span = f' colspan="{len(names)}"' if len(names) > 1 else ""
    total = f'<tr><th scope="row"{span}>Total</th>{"".join(cells(report.totals))}</tr>'
    return (
        f'<section><h2>{safe(title)}</h2><div class="scroll"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>\n<tfoot>{total}</tfoot></table></div>{more}</section>\n"
    )


def _class_heads() -> list[str]:
    return [name.replace("_", " ").capitalize() for name in CLASSES]


def _units(report: Report, name: str) -> list[str]:
    """The currencies of an amount; the cost has one in any case."""
    met: list[str] = sorted(getattr(report.totals, name))
    return met or ([report.query.currency or "USD"] if name == "cost" else [])


def _label(name: str, row: Row, report: Report) -> str:
    """What a row is about: a model with its provider, the whole name where it is cut."""
    value = row.dims.get(name)
    if name == "date" and value:
        value = date_text(value, report.query.bucket)
    if name == "model" and row.dims.get("provider"):
        value = f"{row.dims['provider']}/{value}"
    text = safe(value) if value else f"(no {name})" if name in ("session", "model") else DASH
    return f'<th scope="row" class="{name}" title="{text}">{text}</th>'


def _amount(figures: Figures, name: str, unit: str) -> str:
    """An amount, rounded; what is exact stands in its title. Empty where the row has amounts in
    other currencies only."""
    amounts: Mapping[str, int] = getattr(figures, name)
    if amounts and unit not in amounts:
        return "<td></td>"
    known = amount_of(figures, name, unit)
    if known.nanos is None:
        return f"<td>{DASH}</td>"
    whole = safe(f"{decimal_text(known.nanos)} {unit}")
    least = "≥ " if known.least else ""
    return f'<td title="{whole}">{least}{safe(money(known.nanos, unit, 4))}</td>'
