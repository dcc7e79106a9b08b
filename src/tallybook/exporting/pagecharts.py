"""The chart of a page that needs some thought: what was used over time, by model, without gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ..buckets import date_of, date_text, place_of
from ..format import compact, money
from ..query import Figures, Report, Row
from .drawing import SHADES, Stack, columns, safe

_OTHERS = "others"


def currencies(figures: Figures) -> list[str]:
    """The currencies of the cost, the one with most of it first; dollars where there is none."""
    return sorted(figures.cost, key=lambda unit: (-figures.cost[unit], unit)) or ["USD"]


def over_time(report: Report) -> Iterator[str]:
    """A chart for each currency that costs are in, of tokens where nothing has a price. The report
    is by date and model."""
    step = report.query.bucket or "day"
    units = [unit for unit in currencies(report.totals) if report.totals.cost.get(unit)]
    for unit in units:
        yield _chart(report, f"Cost by {step}, in {unit}", unit)
    if not units and report.totals.total:
        yield _chart(report, f"Tokens by {step}", "")


def _chart(report: Report, title: str, unit: str) -> str:
    def value(row: Row) -> int:
        return row.figures.cost.get(unit, 0) if unit else row.figures.total

    def word(number: int) -> str:
        return money(number, unit, 2) if unit else compact(number)

    sums = Counter[str]()
    for row in report.rows:
        sums[_name(row)] += value(row)
    names = [name for name, total in sums.most_common(SHADES - 1) if total]
    places = {name: at for at, name in enumerate(names)}
    shown = [*names, _OTHERS] if len(+sums) > len(names) else names
    by_date: dict[str, Counter[int]] = {}
    for row in report.rows:
        place = places.get(_name(row), SHADES - 1)
        by_date.setdefault(row.dims["date"] or "", Counter())[place] += value(row)
    told = [*names, *[_OTHERS] * (SHADES - len(names))]
    bucket = report.query.bucket
    stacks = [
        Stack(date_text(date, bucket), +by_date.get(date, Counter[int]()))
        for date in _dates(report)
    ]
    keys = "".join(
        f'<li><span class="key s{at if name != _OTHERS else SHADES - 1}"></span>{safe(name)}</li>'
        for at, name in enumerate(shown)
    )
    drawn = columns(stacks, told, word, title)
    return (
        f'<section><h2>{safe(title)}</h2><div class="scroll">{drawn}</div>'
        f'<ul class="keys">{keys}</ul></section>\n'
    )


def _name(row: Row) -> str:
    return f"{row.dims['provider'] or '?'}/{row.dims['model'] or '?'}"


def _dates(report: Report) -> list[str]:
    """Every date between the first and the last one, those without a call among them."""
    begun = report.totals.first_ms
    if begun is None:
        return []
    query = replace(report.query, since_ms=begun)
    places = [place_of(row.dims["date"] or "", query) for row in report.rows]
    dates = (date_of(place, query) for place in range(min(places), max(places) + 1))
    return [date for date in dates if date]
