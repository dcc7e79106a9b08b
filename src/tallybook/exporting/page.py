"""One page for a browser that needs nothing beside it: figures, charts, tables, notes. It runs no
script, fetches nothing, and shows what stands in the ledger as text only.

The charts are `drawing`, its style is `pagestyle`, what is shown was asked for by `overview`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .. import __version__
from ..clock import local
from ..format import compact, money, number
from ..model import CLASSES
from ..periods import period_text
from ..query import Figures, Report, Row, amount_of
from .drawing import bar, safe
from .overview import Overview
from .pagecharts import currencies, over_time
from .pagestyle import STYLE
from .pagetables import Limited, table

_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_LISTED = 50
"""Sessions in the table; the total counts all."""

_DRAWN = 10
"""Sessions that have a bar."""

_TABLES = (
    ("model", "By model"),
    ("source", "By source"),
    ("project", "By project"),
    ("user", "By user (consumer)"),
    ("account", "By account"),
    ("session", "Sessions by cost"),
    ("date", "By day"),
)
_OPTIONAL = ("user", "account")
"""Tables that are left out where no call has such a thing."""

_COUNTED = (
    "Every call is counted once, however many files show it, in six classes of tokens that do not "
    "overlap; the total is their sum. Cost is the list price of the price book at the time of the "
    "call, exact to a billionth of the currency's unit; it is shown rounded, and whole where the "
    "pointer rests on it. It is what the use is worth, not what somebody was billed. What has no "
    "price is in no cost: ≥ means at least that much. Sessions are counted once in each row and "
    "once in the total."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What a page is made of beside the overview: its title, another report that was asked for with
    its title, remarks on the figures, when it was made (epoch milliseconds), and whether sessions
    are listed, whose titles tell what somebody worked on."""

    title: str = "Usage and cost"
    sessions: bool = True
    notes: Sequence[str] = ()
    made_ms: int = 0
    asked: tuple[str, Report] | None = None


def page(found: Overview, leaf: Leaf) -> Iterator[str]:
    """The parts of the page, in their order."""
    query = found.whole.query
    when = period_text(query.since_ms, query.until_ms, query.tz)
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{safe(leaf.title)}, {safe(when)}</title>\n"
        f"<style>\n{STYLE}</style>\n</head>\n<body>\n"
    )
    subject = safe(_subject(found, when))
    yield f"<header><h1>{safe(leaf.title)}</h1><p>{subject}</p></header>\n<main>\n"
    yield _cards(found.whole.totals)
    if found.whole.totals.requests or found.whole.totals.total:
        yield from over_time(found.over_time)
        yield _classes(found.whole.totals)
        yield from _sessions(found.reports["session"]) if leaf.sessions else ()
    yield from _tables(found, leaf)
    yield from _remarks(found, leaf)
    yield "</main>\n</body>\n</html>\n"


def _subject(found: Overview, when: str) -> str:
    """Which calls the page is about: the time that was asked for, when there were any, filters."""
    query, totals = found.whole.query, found.whole.totals
    parts = [f"{when} ({query.tz})"]
    if totals.first_ms is not None and totals.last_ms is not None:
        first, last = (
            f"{local(ms, query.tz):%Y-%m-%d}" for ms in (totals.first_ms, totals.last_ms)
        )
        parts.append(f"calls from {first} to {last}")
    parts += (f"{each.dimension} {each.op} {' or '.join(each.values)}" for each in query.where)
    return " · ".join(parts)


def _cards(totals: Figures) -> str:
    cards = [
        *((f"Cost in {unit}", cost_text(totals, unit)) for unit in currencies(totals)),
        ("Tokens", compact(totals.total)),
        ("Calls", number(totals.requests)),
        ("Sessions", number(totals.sessions)),
    ]
    odd = (
        ("Unpriced tokens", totals.unpriced_tokens),
        ("Unmetered calls", totals.unmetered_requests),
    )
    cards += [(name, compact(value)) for name, value in odd if value]
    inner = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in cards)
    return f'<dl class="cards">{inner}</dl>\n'


def cost_text(figures: Figures, unit: str) -> str:
    """The cost in words, `–` where nothing is known of it and `≥` where a part is not."""
    known = amount_of(figures, "cost", unit)
    if known.nanos is None:
        return "–"
    return safe(f"{'≥ ' if known.least else ''}{money(known.nanos, unit, 2)}")


def _classes(totals: Figures) -> str:
    rows = [
        (name.replace("_", " "), compact(value), bar(value, max(totals.counts), at))
        for at, (name, value) in enumerate(zip(CLASSES, totals.counts, strict=True))
    ]
    return _bars("Tokens by class", rows)


def _sessions(report: Report) -> Iterator[str]:
    """The dearest sessions as bars; by tokens where nothing has a price. Calls without a session
    are none."""
    unit = next(iter(currencies(report.totals)))
    costs = bool(report.totals.cost)

    def value(row: Row) -> int:
        return row.figures.cost.get(unit, 0) if costs else row.figures.total

    sessions = (row for row in report.rows if row.dims["session"])
    rows = sorted(sessions, key=value, reverse=True)[:_DRAWN]
    highest = max(map(value, rows), default=0)
    if highest:
        bars = [
            (
                safe(row.dims["title"] or row.dims["session"] or ""),
                cost_text(row.figures, unit) if costs else compact(value(row)),
                bar(value(row), highest),
            )
            for row in rows
        ]
        yield _bars(f"Top sessions by {f'cost in {unit}' if costs else 'tokens'}", bars)


def _bars(title: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """Names, values and bars below each other; the names are safe already."""
    inner = "".join(
        f'<li><span class="name">{name}</span><span class="value">{value}</span>{drawn}</li>'
        for name, value, drawn in rows
    )
    return f'<section><h2>{safe(title)}</h2><ol class="bars">{inner}</ol></section>\n'


def _tables(found: Overview, leaf: Leaf) -> Iterator[str]:
    if leaf.asked is not None:
        yield table(leaf.asked[0], Limited(leaf.asked[1], leaf.asked[1].rows))
    for name, title in _TABLES:
        report = found.reports[name]
        rows = report.rows
        if name in _OPTIONAL and not any(row.dims[name] for row in rows):
            continue
        if name == "date" and report.query.bucket:
            title = f"By {report.query.bucket}"
        if name == "session" and not leaf.sessions:
            continue
        if name == "session":
            unit = next(iter(currencies(report.totals)))
            rows = tuple(sorted(rows, key=lambda row: -row.figures.cost.get(unit, 0))[:_LISTED])
        yield table(title, Limited(report, rows))


def _remarks(found: Overview, leaf: Leaf) -> Iterator[str]:
    if leaf.notes:
        items = "".join(f"<li>{safe(note)}</li>" for note in leaf.notes)
        yield f"<section><h2>Notes</h2><ul>{items}</ul></section>\n"
    yield f"<section><h2>How it was counted</h2><p>{_COUNTED}</p></section>\n"
    made = f"{local(leaf.made_ms, found.whole.query.tz):%Y-%m-%d %H:%M}"
    yield (
        f"<footer>Made {made} ({safe(found.whole.query.tz)}) by Tallybook {__version__}, "
        f"ledger revision {safe(found.whole.revision)}.</footer>\n"
    )
