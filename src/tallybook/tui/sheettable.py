"""The table that draws a `Sheet`: heading, rows with a cursor, a fixed total, notes.

Only the lines in sight are ever drawn, straight from the sheet, so that new figures cost what is
seen of them. What stands in the cells is made elsewhere; how texts are brought to a width is
`tablefit`, what becomes of rows and cursor when figures change is `tablediff`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from ..model import CLASSES
from .linelist import EDGE, POINTER, LineList
from .sheet import Line, Mark, Opening, Sheet
from .tablediff import changed, cursor_at, held, same_order
from .tablefit import (
    GAP,
    Plan,
    bare_name,
    calm,
    cell,
    folded,
    natural,
    notes_in,
    planned,
    short_number,
    title_width,
)

_EMPTY = Sheet(title="", columns=(), lines=())

_STILL, _FLASH = 2.0, 1.0
"""Seconds without a move after which rows may change their places, and for which a new row is
shown as such."""

_FEW = 5
"""Up to so many new rows are news; more of them are another answer."""

_LOW, _MIDDLE = 6, 16
"""Lines below which a table has no notes, and only one line of them: rows matter more."""

_UP, _DOWN = "▲", "▼"


_NO_PLAN = Plan()


class _Seen(NamedTuple):
    """What a sheet was drawn as: the lines in the order on the screen, widths, places, and the
    columns of which providers are left out."""

    lines: tuple[Line, ...] = ()
    naturals: tuple[int, ...] = ()
    plan: Plan = _NO_PLAN
    bare: frozenset[int] = frozenset()


class SheetTable(LineList):
    """A table with a cursor on one of its rows. `follow` keeps the cursor on the last row, where
    it stands there, when rows are added below it."""

    class Opened(Message):
        """A row was opened."""

        def __init__(self, table: SheetTable, opens: Opening) -> None:
            super().__init__()
            self.table = table
            self.opens = opens

        @property
        def control(self) -> SheetTable:
            """The table of the row."""
            return self.table

    class Sorted(Message):
        """The heading of a column was clicked."""

        def __init__(self, table: SheetTable, column_key: str) -> None:
            super().__init__()
            self.table = table
            self.column_key = column_key

        @property
        def control(self) -> SheetTable:
            """The table of the column."""
            return self.table

    def __init__(
        self,
        *,
        follow: bool = False,
        id: str | None = None,  # noqa: A002 - as every widget of Textual takes it
    ) -> None:
        super().__init__(id)
        self._sheet = _EMPTY
        self._seen = _Seen()
        self._notes: tuple[str, ...] = ()
        self._is_led = False
        self._follow = follow
        self._fresh: frozenset[str] = frozenset()
        self._fading: Timer | None = None
        self._settling: Timer | None = None

    @property
    def sheet(self) -> Sheet:
        """What is shown."""
        return self._sheet

    @property
    def line(self) -> Line | None:
        """The line under the cursor; None in an empty table."""
        lines = self._seen.lines
        return lines[self._cursor] if self._cursor < len(lines) else None

    @property
    def shown(self) -> tuple[str, ...]:
        """The keys of the columns for which there is room, from the left."""
        return tuple(self._sheet.columns[place.column].key for place in self._seen.plan.places)

    def show(self, sheet: Sheet) -> None:
        """Show new figures. What is drawn alike is not drawn again; the cursor stays on its line
        and that line where it is on the screen."""
        before, old, below = self._sheet, self._seen, self.lines_below
        another = before.title != sheet.title or before.columns != sheet.columns
        sorted_anew = before.title == sheet.title and before.order != sheet.order
        if not another and old.lines:
            self._flash(before, sheet)
        moving = not (another or sorted_anew) and self.still_for() < _STILL
        lines = held(old.lines, sheet.lines) if moving else sheet.lines
        self._sheet = sheet
        self._settle_later(lines)
        naturals = self._widths(sheet, () if another else old.naturals)
        self._seen = old._replace(lines=lines, naturals=naturals)
        self._lay_out()
        if sorted_anew and not self._follow:
            self._seek(old.lines)
        else:
            self._keep_place(old.lines, steady=moving, anew=another)
        laid_out_alike = (
            not another
            and (old.plan, old.bare) == (self._seen.plan, self._seen.bare)
            and (before.order, before.teaches) == (sheet.order, sheet.teaches)
            and (len(old.lines), below) == (len(lines), self.lines_below)
        )
        if laid_out_alike:
            self._redraw(old.lines)
            if (before.total, before.notes) != (sheet.total, sheet.notes):
                self.refresh(Region(0, self.size.height - below, self.size.width, below))
        else:
            self.refresh()

    # What is where.

    def move_to(self, at: int) -> None:
        """Put the cursor on a line: whoever leads it off the first one wants to stay with it."""
        super().move_to(at)
        self._is_led = self._cursor > 0

    def go_to(self, key: str) -> None:
        """Put the cursor on the row of a key, if there is one."""
        at = next((at for at, line in enumerate(self._seen.lines) if line.key == key), None)
        if at is not None:
            self.move_to(at)

    @property
    def lines_in_all(self) -> int:
        """How many rows there are."""
        return len(self._seen.lines)

    @property
    def lines_above(self) -> int:
        """The heading."""
        return 1

    @property
    def lines_below(self) -> int:
        """The total and the notes."""
        return (1 if self._sheet.total else 0) + len(self._notes)

    def _widths(self, sheet: Sheet, known: Sequence[int]) -> tuple[int, ...]:
        """The width that each column needs. It never shrinks as long as the question is the same:
        a table that breathes is no calm one. Lines that were measured are not measured again."""
        old = {line.key: line for line in self._seen.lines} if known else {}
        fresh = [
            line.cells
            for line in sheet.lines
            if (had := old.get(line.key)) is None or had.cells != line.cells
        ]
        columns = list(zip(*fresh, strict=True)) or [()] * len(sheet.columns)
        return tuple(
            max(
                known[at] if known else 0,
                title_width(column),
                natural(columns[at]),
                natural(sheet.total[at : at + 1]),
            )
            for at, column in enumerate(sheet.columns)
        )

    def _lay_out(self) -> None:
        """Find the columns and notes that fit, and how far there is to scroll."""
        sheet, room = self._sheet, self.room
        if not room:
            self._measure()  # it was not on the screen so far
            return
        plan = planned(sheet.columns, self._seen.naturals, room, sheet.order.lstrip("-"))
        self._seen = self._seen._replace(plan=plan, bare=self._bare_columns(plan))
        notes = (*self._order_note(), *self._class_note(), *sheet.notes)
        high = self.size.height
        most = 0 if high < _LOW else 1 if high < _MIDDLE else 2
        self._notes = tuple(notes_in(notes, room, most))
        self._measure()

    def _order_note(self) -> Iterator[str]:
        """The order of the rows where the column that tells it has no room."""
        order = self._sheet.order
        key = order.lstrip("-")
        hidden = (each.title for each in self._sheet.columns if each.key == key)
        if key not in self.shown:
            yield from (f"by {title} {_arrow(order)}" for title in hidden if title)

    def _class_note(self) -> Iterator[str]:
        """The token classes that were asked for and have no room."""
        columns = self._sheet.columns
        if {each.key for each in columns}.issuperset(CLASSES):
            hidden = [each.title for each in columns if each.key in {*CLASSES} - {*self.shown}]
            yield from ([f"No room for {', '.join(hidden)}"] if hidden else [])

    def _bare_columns(self, plan: Plan) -> frozenset[int]:
        """The columns whose names have no room with their providers, and differ without them."""
        tight = (
            place.column
            for place in plan.places
            if self._sheet.columns[place.column].provider
            and place.width < self._seen.naturals[place.column]
        )
        return frozenset(at for at in tight if self._differ_bare(at))

    def _differ_bare(self, at: int) -> bool:
        names = {line.cells[at] for line in self._sheet.lines}
        return len({*map(bare_name, names)}) == len(names)

    def _measure(self) -> None:
        """Tell how much there is to scroll, and how high the table would like to be."""
        self.virtual_size = Size(self.size.width, self.lines_in_all + 1 + self.lines_below)

    def _keep_place(self, old: Sequence[Line], *, steady: bool, anew: bool) -> None:
        """Put the cursor back on its line. At the top of the table new rows are let in from
        above, unless somebody is moving."""
        lines, at, top = self._seen.lines, self._cursor, self.first_in_sight
        if self._follow and at >= len(old) - 1:
            self._cursor = max(len(lines) - 1, 0)
            self.bring_in_sight()
            return
        key = old[at].key if at < len(old) else None
        self._cursor = cursor_at(lines, key, 0 if anew else at)
        in_sight = top <= at < top + self.in_sight
        if in_sight and (top or steady):
            self.scroll_to(y=max(top + self._cursor - at, 0), animate=False)
        if in_sight or anew:
            self.bring_in_sight()

    def _seek(self, old: Sequence[Line]) -> None:
        """After another order: on the line that somebody went to, if it is still there, else on
        the first one."""
        lines = self._seen.lines
        key = old[self._cursor].key if self._is_led and self._cursor < len(old) else None
        self._cursor = cursor_at(lines, key, 0)
        self._is_led = self._cursor > 0
        if self._is_led:
            self.bring_in_sight()
        else:
            self.scroll_to(y=0, animate=False)

    def _redraw(self, old: Sequence[Line]) -> None:
        """Draw again the lines in sight that look different now."""
        top = self.first_in_sight
        for at in changed(old, self._seen.lines, top, top + self.in_sight):
            self.refresh_at(at)

    def _flash(self, before: Sheet, sheet: Sheet) -> None:
        known = {line.key for line in before.lines}
        fresh = frozenset(line.key for line in sheet.lines if line.key not in known)
        if 0 < len(fresh) <= _FEW:
            self._fresh |= fresh
            if self._fading is not None:
                self._fading.stop()
            self._fading = self.set_timer(_FLASH, self._fade)

    def _fade(self) -> None:
        self._fresh = frozenset()
        self.refresh()

    def _settle_later(self, lines: Sequence[Line]) -> None:
        """Bring the rows into their own order once nobody moves any more."""
        if self._settling is None and not same_order(lines, self._sheet.lines):
            self._settling = self.set_timer(_STILL, self._settle)

    def _settle(self) -> None:
        self._settling = None
        self.show(self._sheet)

    def on_resize(self) -> None:
        """Other columns fit."""
        self._lay_out()
        self.bring_in_sight()
        self.refresh()

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        sheet = self._sheet
        if not sheet.lines:
            return self._lesson(y)
        if y == 0:
            return self._drawn(self._titles(), self.ink("head"))
        below = y - (self.size.height - self.lines_below)
        if below >= 0:
            if sheet.total and below == 0:
                return self._drawn(sheet.total, self.ink("total"))
            return self.text_strip(self._notes[below - (1 if sheet.total else 0)], self.ink("note"))
        at = y - 1 + self.first_in_sight
        if at >= len(self._seen.lines):
            return Strip.blank(self.size.width, self.rich_style)
        return self._row(at)

    def _row(self, at: int) -> Strip:
        line = self._seen.lines[at]
        if at == self._cursor:
            return self._drawn(line.cells, self.ink("cursor"), edge=POINTER)
        base = self.ink("fresh") if line.key in self._fresh else self.rich_style
        return self._drawn(line.cells, base, line.marks)

    def _drawn(
        self, texts: Sequence[str], base: Style, marks: Sequence[Mark] = (), edge: str = " "
    ) -> Strip:
        """A line of cells."""
        columns, width, end = self._sheet.columns, self.size.width, EDGE
        plan, bare = self._seen.plan, self._seen.bare
        parts = [Segment(edge, base)]
        for number, (at, _, room) in enumerate(plan.places):
            gap = " " * GAP if number else ""
            text = texts[at] if at < len(texts) else ""
            text = short_number(text) if plan.compact and columns[at].compact else text
            text = cell(bare_name(text) if at in bare else text, room, right=columns[at].right)
            mark = marks[at] if at < len(marks) else ""
            if mark:
                style = base + self.ink(mark, partial=True)
                parts += (Segment(gap, base), Segment(text, style))
            else:
                parts.append(Segment(gap + text, base))
            end += len(gap) + room
        parts.append(Segment(" " * (width - end), base))
        return Strip(parts, max(width, end)).crop(0, width)

    def _titles(self) -> list[str]:
        """The titles, that of the order with an arrow: beside the digits, where they end."""
        order = self._sheet.order
        arrow = _arrow(order)
        return [
            each.title
            if each.key != order.lstrip("-")
            else f"{arrow} {each.title}"
            if each.right
            else f"{each.title} {arrow}"
            for each in self._sheet.columns
        ]

    def _lesson(self, y: int) -> Strip:
        """A line of what a table without rows has to say."""
        room = self.room - 1
        lines = ["", *(part for text in self._sheet.teaches for part in folded(text, room))]
        return self.text_strip(f" {lines[y]}" if 0 < y < len(lines) else "")

    def open_line(self) -> None:
        """What the row stands for."""
        line = self.line
        if line is not None and line.opens is not None:
            self.post_message(self.Opened(self, line.opens))

    # The mouse.

    def on_click(self, event: events.Click) -> None:
        """A click on a title orders by its column; one on a row goes there, and a second one on
        the same row opens it."""
        column, at = self._column_at(event.x), self.line_at(event.y)
        if event.y == 0 and column is not None and self._sheet.columns[column].title:
            self.post_message(self.Sorted(self, self._sheet.columns[column].key))
        elif at is not None:
            self.click_at(at)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Over a title: what its column tells."""
        column = self._column_at(event.x) if event.y == 0 else None
        tip = None if column is None else calm(self._sheet.columns[column].tip) or None
        if self.tooltip != tip:
            self.tooltip = tip

    def _column_at(self, x: int) -> int | None:
        if not self._sheet.lines:
            return None
        x -= EDGE
        found = (at for at, left, width in self._seen.plan.places if left <= x < left + width + GAP)
        return next(found, None)


def _arrow(order: str) -> str:
    return _DOWN if order.startswith("-") else _UP
