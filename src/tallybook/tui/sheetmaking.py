"""How a sheet comes about, whatever its rows are: the question, the period before, the rows that
are looked for in their order, the total, and what a reader has to know.

What the rows of a view are is said in a `Kind`; the columns are made of `sheetfields`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ..clock import local
from ..comparison import compared, planned
from ..errors import UsageMistake
from ..exporting.delimited import shown_units
from ..families import together
from ..format import count, number
from ..periods import WORDS, Frame, period_text
from ..query import MEASURES, Figures, Query, Report, Row
from ..remarks import remarks
from ..reports import PARTLY_PRICED, RECOVERED, UNPRICED
from .look import Look, span_name
from .sheet import Line, Mark, Opening, Sheet
from .sheetfields import Field, Found, Rank, Scene, identity, places_for, whole_changes
from .sheetfilter import Typed, narrowed, typed
from .sheetteaching import teaching

if TYPE_CHECKING:
    from ..book import Book
    from .keptsessions import KeptSessions

LIMIT = 1_000
"""Rows that a sheet has at most; its total is that of all."""


_OF_ALL = frozenset({UNPRICED, PARTLY_PRICED, RECOVERED})
"""Notes that count what all rows have, and so say nothing of a choice of them."""


class Stand(NamedTuple):
    """From where a sheet is made: the book, what is looked at and when, the user's own folder, what
    is known beside the book, and what was kept of an earlier answer."""

    book: Book
    look: Look
    frame: Frame
    home: str
    scene: Scene = Scene()
    kept: KeptSessions | None = None


def asked(stand: Stand, query: Query) -> Report:
    """The answer with what a reader of it has to know, but for an estimate, which costs more than
    all the rest."""
    return stand.book.ask(query, estimate=False)


def _as_they_are(_stand: Stand, report: Report) -> Report:
    return report


def _none(_row: Row) -> bool:
    return False


def _added(_stand: Stand, _query: Query, rows: Sequence[Row]) -> Figures:
    return together([row.figures for row in rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the rows of a view are. The dimensions in `names` tell them apart; `usual` is their
    order unless another is wanted, and those that are `last` come last in any; `suit` makes the
    question ready, `dress` tells rows what reports don't group by, `whole` sums up a choice of
    rows, `notes` are remarks of this view alone. A line that was kept stays that of its row while
    the day and what is known beside the rows are the same, unless the row `stirs` with time."""

    title: str
    noun: str
    by: tuple[str, ...]
    names: tuple[str, ...]
    usual: str
    fields: Callable[[Found], Iterable[Field]]
    opens: Callable[[Row, Query], Opening]
    suit: Callable[[Stand, Query], Query] = lambda _stand, query: query
    ask: Callable[[Stand, Query], Report] = asked
    dress: Callable[[Stand, Report], Report] = _as_they_are
    last: Callable[[Row], bool] = _none
    whole: Callable[[Stand, Query, Sequence[Row]], Figures] = _added
    notes: Callable[[Found], Iterable[str]] = lambda _found: ()
    stirs: Callable[[Row], bool] = lambda _row: True


def sheet_from(stand: Stand, kind: Kind) -> Sheet:
    """The sheet of a view. Raises `UsageMistake` for a time that nobody understands."""
    look = stand.look
    words = typed(look.text, stand.frame)
    order = look.order or _usual(kind, look)
    query = _question(stand, kind, words, order)
    report = kind.ask(stand, query)
    before, compare_notes = _before(stand, kind, report)
    dressed = kind.dress(stand, report)
    found = Found(look, stand.frame, dressed, report.totals, stand.scene, kind.names)
    found = _chosen(stand, kind, words, _held_against(found, before))
    fields = list(kind.fields(found))
    columns = tuple(each.column for each in fields)
    if order.removeprefix("-") not in {each.key for each in columns} and look.order:
        return sheet_from(stand._replace(look=look.in_order(None)), kind)
    rows = _in_order(found.report.rows, fields, order, kind)
    lines = tuple(_lines(stand, kind, found, rows[:LIMIT], fields))
    notes = [*words.notes, *_cut(found, rows, kind), *compare_notes, *_alone(found)]
    return Sheet(
        title=f"{kind.title} · {span_name(look.span)}",
        columns=columns,
        lines=lines,
        total=tuple(each.total for each in fields) if lines else (),
        order=order,
        notes=(*notes, *_remarks(found), *kind.notes(found)),
        teaches=() if lines else teaching(stand.book, look, stand.frame),
    )


def _usual(kind: Kind, look: Look) -> str:
    """The usual order; by cost where tokens are not shown."""
    return "-cost" if look.shown == "cost" and kind.usual == "-total" else kind.usual


def _question(stand: Stand, kind: Kind, words: Typed, order: str) -> Query:
    """The question of a view. It has no limit where rows have yet to be chosen or ordered."""
    query = narrowed(stand.look, stand.frame, stand.book.settings.currency)
    sort = order if order.removeprefix("-") in (*MEASURES, *kind.by) else None
    limit = LIMIT if sort and not words.picks else None
    return kind.suit(stand, replace(query, by=kind.by, sort=sort, limit=limit))


class _Before(NamedTuple):
    """The figures of the period before by what tells the rows apart, and those of all."""

    rows: Mapping[Rank, Figures]
    totals: Figures


def _before(stand: Stand, kind: Kind, report: Report) -> tuple[_Before | None, list[str]]:
    """The period before, if it is wanted, and what has to be known of it."""
    look = stand.look
    if not look.compare:
        return None, []
    try:
        unit = look.span if look.span in WORDS else ""
        plan = planned(report.query, "previous", stand.frame, unit)
    except UsageMistake as problem:
        return None, [f"Nothing is compared: {problem}"]
    # Without a limit: what is among the first rows now need not have been among them then.
    other = kind.ask(stand, replace(plan.other, limit=None))
    pairs = compared(report, other, plan).pairs
    rows = {identity(pair.now, kind.names): pair.old for pair in pairs if pair.now}
    span = period_text(plan.other.since_ms, plan.other.until_ms, plan.other.tz)
    running = "; this period is not over yet" if plan.running else ""
    return _Before(rows, other.totals), [f"+/- is against {span}{running}"]


def _held_against(found: Found, before: _Before | None) -> Found:
    return found if before is None else found._replace(before=before.rows, old=before.totals)


def _chosen(stand: Stand, kind: Kind, words: Typed, found: Found) -> Found:
    """The rows that show the words which were typed, and what they come to."""
    if not words.picks:
        return found
    fields = list(kind.fields(found))
    rows = [row for row in found.report.rows if words.fits([field.cell(row) for field in fields])]
    old = found.old
    if found.before is not None:
        met = (found.before.get(identity(row, kind.names)) for row in rows)
        old = together([each for each in met if each])
    query = found.report.query
    totals = kind.whole(stand, query, rows) if rows else Figures()
    notes = tuple(each for each in found.report.notes if each.code not in _OF_ALL)
    report = replace(found.report, rows=tuple(rows), totals=totals, notes=notes)
    return found._replace(report=report, totals=totals, old=old)


def _in_order(
    rows: Sequence[Row], fields: Sequence[Field], order: str, kind: Kind
) -> Sequence[Row]:
    """Rows in an order that the ledger does not know; those that are to be the last one last."""
    rank = next((each.rank for each in fields if each.column.key == order.removeprefix("-")), None)
    if rank is not None:
        rows = sorted(rows, key=rank, reverse=order.startswith("-"))
    return sorted(rows, key=kind.last)


def _lines(
    stand: Stand, kind: Kind, found: Found, rows: Sequence[Row], fields: Sequence[Field]
) -> Iterable[Line]:
    def make(row: Row) -> Line:
        return _line(row, fields, kind, found.report.query)

    if stand.kept is None or found.before is not None:
        return map(make, rows)
    columns = [each.column for each in fields]
    day = local(stand.frame.now_ms, stand.frame.tz).date()
    units = [(unit, places_for(found.totals, unit)) for unit in shown_units("cost", [found.report])]
    drawn_as = (stand.look, stand.home, stand.scene, day, columns, units)
    return stand.kept.lines(rows, drawn_as, make, kind.stirs)


def _line(row: Row, fields: Sequence[Field], kind: Kind, query: Query) -> Line:
    marks: tuple[Mark, ...] = tuple(each.mark(row) if each.mark else "" for each in fields)
    return Line(
        key="\t".join(map(str, identity(row, kind.names))),
        cells=tuple(each.cell(row) for each in fields),
        marks=marks if any(marks) else (),
        opens=kind.opens(row, query),
        row=row,
    )


def _alone(found: Found) -> Iterable[str]:
    """By how much all of it grew, where no row was there before: there are no columns for that."""
    if found.before is not None and not found.has_partners:
        yield f"No row was there before; in all {', '.join(whole_changes(found))}"


def _cut(found: Found, rows: Sequence[Row], kind: Kind) -> Iterable[str]:
    """How much of all is shown, if it is not all. Of sessions it is known how many there are."""
    every = max(len(rows), found.totals.sessions if "session" in kind.names else 0)
    shown = min(len(rows), LIMIT)
    if every > LIMIT:
        yield f"{number(shown)} of {count(every, kind.noun)} shown: narrow by / or t w m a"


def _remarks(found: Found) -> list[str]:
    """What has to be known of the figures that are shown."""
    query = replace(found.report.query, limit=None)
    report = replace(found.report, query=query, totals=found.totals)
    return remarks(report, fields=() if found.look.shown == "tokens" else ("cost",))
