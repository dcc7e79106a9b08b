"""One export, from the question to what is written: which of the ways of writing it takes, and what
has to be said beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..book import Book
from ..exporting.delimited import chosen_fields, field_names, fields_among, json_text
from ..exporting.place import Outlet
from ..query import Bucket, Query, Report
from .exportorder import EVENTS, SESSIONS, Order
from .options import Asked
from .output import title_of
from .shell import Shell

_SILENT = ("csv", "jsonl", "parquet")
"""Forms in which there is no room for remarks: they are said on stderr."""


class Face(NamedTuple):
    """How a page for a browser looks where it is the page of a report: its title, the step of its
    dates, and whether it lists sessions with their titles."""

    title: str
    step: Bucket
    sessions: bool


class Written(NamedTuple):
    """What was written: how many rows (0 where it is no table), what is to be said beside it, and
    whether something that was asked for has no place in it."""

    rows: int = 0
    notes: Sequence[str] = ()
    lacking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One export. `total` answers the question without a grouping, `grouped` is whether the rows
    of the question were chosen; `face` is that of a report's own page."""

    shell: Shell
    asked: Asked
    order: Order
    book: Book
    query: Query
    total: Report
    grouped: bool
    face: Face | None = None

    def write(self, place: Outlet) -> Written:
        """Write it."""
        form = self.order.form
        if form == "focus":
            return self._focus(place)
        if self.order.kind == EVENTS:
            from .exportcalls import write_events

            rows = write_events(self.book, self.query, form, place, self._fields)
        elif self.order.is_overview(grouped=self.grouped):
            rows = self._overview(place)
        else:
            rows = self._sheet(place)
        return Written(rows, self._remarks() if form in _SILENT else ())

    def _focus(self, place: Outlet) -> Written:
        from .exportcalls import focus_notes, write_focus

        rows, portions = write_focus(self.book, self.query, place)
        return Written(rows, list(focus_notes(portions)), bool(portions.left_out))

    @property
    def _fields(self) -> tuple[str, ...]:
        return fields_of(self.asked, self.query, self.order)

    def _sheet(self, place: Outlet) -> int:
        from ..query import report_json
        from .exporttables import Sheet, write_sheet

        ask = self.book.sessions if self.order.kind == SESSIONS else self.book.ask
        report = self._whole(ask(self.query))
        envelope, title = report_json(report), title_of(self.query, self.order.kind.capitalize())
        if self.order.kind == SESSIONS:
            from .sessionrows import Listing, listing_json

            since = self.shell.now_ms - 1000 * self.book.settings.active_within
            envelope = listing_json(Listing(report, None, since))
        names = self._fields
        if self.order.form == "md" and not self.asked.fields:
            names = ()  # those that a table of the terminal has: the others tell people little
        return write_sheet(Sheet(envelope, names, report, title), self.order.form, place)

    def _overview(self, place: Outlet) -> int:
        from ..exporting.overview import overview, overview_json

        face = self.face
        step = face.step if face else None
        found = overview(lambda query: self._whole(self.book.ask(query)), self.query, step)
        if self.order.form == "json":
            place.write(json_text(overview_json(found, self.shell.now_ms)) + "\n")
            return 0
        from ..exporting.page import Leaf, page

        asked = None
        if self.grouped:
            report = self._whole(self.book.ask(self.query))
            names = (
                self.query.bucket or name if name == "date" else name for name in report.query.by
            )
            asked = (f"Usage by {', '.join(names)}", report)
        leaf = Leaf(notes=self._remarks(), made_ms=self.shell.now_ms, asked=asked)
        if face:
            leaf = replace(leaf, title=face.title, sessions=face.sessions)
        for part in page(found, leaf):
            place.write(part)
        return 0

    def _whole(self, report: Report) -> Report:
        """A report that is complete only if the histories could be read before it, too."""
        return replace(report, complete=report.complete and self.total.complete)

    def _remarks(self) -> list[str]:
        from .footnotes import footnotes

        return footnotes(self.total)


def fields_of(asked: Asked, query: Query, order: Order) -> tuple[str, ...]:
    """The fields of a table's rows: those that were chosen, else all. Raises `UsageMistake` for
    one that is none."""
    if order.kind == EVENTS:
        from ..exporting.events import NAMES

        return fields_among(asked.fields, NAMES) or NAMES
    if order.kind != SESSIONS:
        return chosen_fields(asked.fields, query) or tuple(field_names(query))
    from .sessionrows import extra_fields, session_fields

    measures = field_names(replace(query, by=()))
    every = ("session", "title", "project", *extra_fields(tree=False), *measures)
    return session_fields(asked.fields, query, tree=False) or every
