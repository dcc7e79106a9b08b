"""The projects of a look: the folders that were worked in, and what was done in none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..families import together
from ..format import count, plain, tilde
from ..query import Figures, Filter, Query, Report, Row
from ..running import GLOBAL
from .look import Crumb
from .sheet import Column, Opening, Rows, Sheet
from .sheetfields import Field, Found, Ranks, count_field, figures_fields, last_field
from .sheetmaking import Kind, Stand, asked, sheet_from


def projects_sheet(stand: Stand) -> Sheet:
    """One line a folder; what belongs to none, or to the user's folder itself, is the last one."""
    kind = Kind(
        title="Projects",
        noun="project",
        by=("project",),
        names=("project",),
        usual="-total",
        fields=partial(_fields, stand),
        opens=partial(_opens, stand.home),
        ask=_asked,
        last=lambda row: row.dims["project"] is None,
        whole=_whole,
    )
    return sheet_from(stand, kind)


def _asked(stand: Stand, query: Query) -> Report:
    """By folder, with all that is global in one row."""
    report = asked(stand, replace(query, limit=None))
    bare = [row for row in report.rows if row.dims["project"] in (None, stand.home)]
    if not bare:
        return report
    rows = [row for row in report.rows if row not in bare]
    figures = bare[0].figures if len(bare) == 1 else _whole(stand, query, bare)
    return replace(report, rows=(*rows, Row({"project": None}, figures)))


def _whole(stand: Stand, query: Query, rows: Sequence[Row]) -> Figures:
    """What some projects come to; a session may be in several of them."""
    folders = [row.dims["project"] or "" for row in rows]
    if "" in folders:
        folders.append(stand.home)
    only = Filter(dimension="project", op="==", values=tuple(folders))
    plain_query = replace(query, by=(), sort=None, limit=None, where=(*query.where, only))
    sessions = stand.book.ledger.ask(replace(plain_query, currency=None)).totals.sessions
    return replace(together([row.figures for row in rows]), sessions=sessions)


def _fields(stand: Stand, found: Found) -> Iterator[Field]:
    rows = found.report.rows
    projects = sum(row.dims["project"] is not None for row in rows)
    label = count(projects, "project") if projects or not rows else GLOBAL
    label += f" and {GLOBAL}" if 0 < projects < len(rows) else ""
    tip = "The folder that was worked in; (global) is none, or the home folder itself"
    column = Column("project", "Project", tip, 1, right=False, wide=True)
    yield Field(column, lambda row: _name(row, stand.home), label)
    yield from figures_fields(found, Ranks())
    yield count_field(found, "sessions", "Sessions", "Different sessions", 4)
    yield last_field(found, "Last used", 5)


def _name(row: Row, home: str) -> str:
    project = row.dims["project"]
    return GLOBAL if project is None else plain(tilde(project, home))


def _opens(home: str, row: Row, _query: Query) -> Opening:
    project = row.dims["project"]
    also = (home,) if project is None and home else ()
    return Rows("sessions", (Crumb("project", project or "", _name(row, home), also),))
