"""A list of sessions as a table, flat or as a tree: which columns, and what stands in them.

In a tree two figures stand side by side, a session's own and its family's. Only its own ones have
a total, in which each session is counted once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..clock import iso
from ..exporting.delimited import shown_units
from ..format import DASH, compact, count, number, plain, span
from ..query import Report, Row
from .footnotes import footnotes
from .options import Asked
from .output import COARSE_NOTE, asked_manner, below_lines
from .reportcolumns import CLASS, MODELS, Manner, columns_of, cost_text, has_total
from .sessionrows import Listing
from .shell import Shell
from .tables import LISTED, Column, Ink, draw, folded, markdown, no_room, room

if TYPE_CHECKING:
    from ..families import Member

_CLASSES = ("input", "cache_write", "cache_read", "output", "reasoning")
_COARSE = ("input", "cache", "generated")
_RANKS = {"Project": 4, "Messages": 4, "Msgs": 4}
_LAST = 8
"""The rank of what goes before anything else does."""
_LEAST = {"Title": 32, "Project": 12}
_BRANCH, _LAST_BRANCH = "├ ", "└ "
_BAR, _NO_BAR = "│ ", "  "
FAMILY_NOTE = (
    "Family: a session with all sessions below it. It is no part of the total, which counts each"
    " session once."
)


def listing_lines(shell: Shell, asked: Asked, listing: Listing, title: str) -> list[str]:
    """The heading, the table and what has to be known beside it."""
    ink = Ink(on=shell.colour and asked.colour)
    shown = _shown(listing)
    columns, coarse = _suited(listing, shown, asked_manner(shell, asked), shell.now_ms)
    lines = [*folded(title, shell.width), ""]
    lines += draw(columns, shell.width, ink, total=has_total(shown))
    notes = [*no_room(columns, shell.width), *([COARSE_NOTE] if coarse else [])]
    notes += [*_notes(shell, listing), *footnotes(shown)]
    return [*lines, *below_lines(notes, shell.width, ink)]


def listing_markdown(listing: Listing, title: str) -> list[str]:
    """The table in Markdown, nothing shortened."""
    shown = _shown(listing)
    columns = _columns(listing, shown, Manner(), None)
    lines = [f"**{title}**", "", *markdown(columns)]
    return [*lines, *(f"\n{note}" for note in footnotes(shown))]


def _shown(listing: Listing) -> Report:
    """The report with the rows in the order in which they are listed."""
    rows = listing.rows()
    if listing.members is None:
        return listing.report
    whole = len(rows) == len(listing.report.rows)
    query = replace(listing.report.query, limit=None if whole else len(rows) + 1)
    return replace(listing.report, rows=rows, query=query)


def _suited(
    listing: Listing, shown: Report, manner: Manner, now_ms: int
) -> tuple[list[Column], bool]:
    """The columns in the fullest wording in which the models and all classes fit, else in which
    the classes do, and whether that is the one with the classes joined."""
    fuller = ((not manner.wide, False), (True, False))
    wordings = list(dict.fromkeys((*(() if manner.coarse else fuller), (True, True))))
    drawn = [
        _columns(listing, shown, manner._replace(brief=brief, coarse=coarse), now_ms)
        for brief, coarse in wordings
    ]
    for rank in (MODELS, CLASS):
        for columns, (_, coarse) in zip(drawn, wordings, strict=True):
            if room(columns, rank) <= (manner.width or 0):
                return columns, coarse
    return drawn[-1], False


def _columns(listing: Listing, shown: Report, manner: Manner, now_ms: int | None) -> list[Column]:
    names = ("session", "last_at", "title", "project", "models", "messages")
    classes = _COARSE if manner.coarse else tuple(_used(shown))
    worded = manner._replace(names=(*names, *classes, "total", "cost"))
    columns = [_placed(each) for each in columns_of(shown, worded)]
    at = {each.name: place for place, each in enumerate(columns)}
    if now_ms is not None:
        moments, folders = columns[at["last_at"]], columns[at["project"]]
        columns[at["last_at"]] = moments._replace(cells=tuple(_moments(shown, now_ms)))
        columns[at["project"]] = folders._replace(cells=_folders(folders.cells))
    if any(row.users for row in shown.rows):
        columns.insert(at["project"] + 1, _users(shown))
    if listing.members is not None:
        stem = at.get("title", at["session"])
        columns[stem] = columns[stem]._replace(cells=_branched(columns[stem], listing.members))
        columns = [*map(_own, columns), *_family(listing.members, shown, manner)]
    active = [listing.is_active(row) for row in shown.rows]
    if any(active):
        marks = tuple("*" if each else "" for each in active)
        marks += ("",) * (len(columns[0].cells) - len(marks))
        columns.insert(0, Column(title="", cells=marks, text=True, least=1, tight=1))
    return columns


def _users(shown: Report) -> Column:
    """In whose name the calls of sessions were made, which only a gateway tells as a rule."""
    cells = [LISTED.join(map(plain, row.users)) for row in shown.rows]
    cells += [""] * has_total(shown)
    return Column("Consumer", tuple(cells), rank=_LAST, text=True, listed=True, name="users")


def _used(report: Report) -> Iterator[str]:
    """The classes of which there are any tokens; input and output always."""
    fresh, _, reasoning, read, short, long = report.totals.counts
    there = {"cache_write": short + long, "cache_read": read, "reasoning": reasoning}
    there |= {"input": fresh or 1, "output": 1}
    return (name for name in _CLASSES if there[name])


def _placed(column: Column) -> Column:
    rank = _RANKS.get(column.title, column.rank)
    return column._replace(rank=rank, least=_LEAST.get(column.title, column.least))


def _moments(report: Report, now_ms: int) -> Iterator[str]:
    """Times as short as they can be understood: of today only the time, of this year without
    the year."""
    zone = report.query.tz
    now = iso(now_ms, zone)
    for row in report.rows:
        at = DASH if row.figures.last_ms is None else iso(row.figures.last_ms, zone)
        if at[:10] == now[:10]:
            yield at[11:16]
        else:
            yield at[5:16].replace("T", " ") if at[:4] == now[:4] else at[:10]
    if has_total(report):
        yield ""


def _folders(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Projects by their last folder; those that share it also by the first folder above it in
    which they differ."""
    paths = {cell: tuple(re.split(r"[/\\]", cell)) for cell in cells}
    ends = Counter(parts[-n:] for parts in paths.values() for n in range(1, len(parts) + 1))
    return tuple(_ending(paths[cell], ends) for cell in cells)


def _ending(parts: tuple[str, ...], ends: Mapping[tuple[str, ...], int]) -> str:
    for n in range(1, len(parts) + 1):
        if ends[parts[-n:]] == 1:
            kept = parts[-n:]
            return "/".join(kept) if n < _LONG else f"{kept[-1]} ({kept[0]})"
    return "/".join(parts)


_LONG = 3
"""Folders of a project that are too many to be shown one by one."""


def _branched(titles: Column, members: Sequence[Member]) -> tuple[str, ...]:
    """Titles behind the lines of the tree."""
    cells = [_twig(members, at) + cell for at, cell in enumerate(titles.cells[: len(members)])]
    return (*cells, *titles.cells[len(cells) :])


def _twig(members: Sequence[Member], at: int) -> str:
    """The lines before a title: a bar for each session above it that has another one below it."""
    depth = members[at].depth
    bars = [_BAR if _goes_on(members, at, level) else _NO_BAR for level in range(1, depth)]
    if not depth:
        return ""
    return "".join(bars) + (_BRANCH if _goes_on(members, at, depth) else _LAST_BRANCH)


def _goes_on(members: Sequence[Member], at: int, level: int) -> bool:
    """Whether a further session of that depth follows below the same one."""
    later = (each.depth for each in members[at + 1 :])
    return next((depth == level for depth in later if depth <= level), False)


def _own(column: Column) -> Column:
    if column.title == "Total":
        return column._replace(title="Own")
    if column.title.startswith("Cost"):
        return column._replace(title=f"Own cost{column.title.removeprefix('Cost')}")
    return column


def _family(members: Sequence[Member], shown: Report, manner: Manner) -> Iterator[Column]:
    """The figures of families, empty where a session has none below it; no column where none
    has."""
    heads = [each.family if each.below else None for each in members]
    if not any(heads):
        return
    word = number if manner.wide else compact
    last = ("",) if has_total(shown) else ()
    totals = (word(each.total) if each else "" for each in heads)
    yield Column(title="Family", cells=(*totals, *last), rank=2)
    currencies = shown_units("cost", [shown])
    for unit in currencies:
        name = "Family cost" if len(currencies) == 1 else f"Family cost {unit}"
        costs = (cost_text(each, "cost", unit, manner) if each else "" for each in heads)
        yield Column(title=name, cells=(*costs, *last), rank=1)


def _notes(shell: Shell, listing: Listing) -> Iterator[str]:
    rows: Sequence[Row] = listing.rows()
    if any(listing.is_active(row) for row in rows):
        yield f"* active: a call in the last {span(shell.now_ms - listing.active_ms)}"
    if listing.members is None:
        return
    if any(each.below for each in listing.members):
        yield FAMILY_NOTE
    if len(rows) < len(listing.report.rows):
        heads = (each.row for each in listing.members if each.depth == 0)
        families = sum(row.dims["session"] is not None for row in heads)
        more = count(families, "family", "families")
        yield f"The first {more}; the total counts all sessions. More: --limit 0"
