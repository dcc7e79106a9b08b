"""The chart above the timeline. How it is drawn is `chart`; this one gives it its size, and shows
the figures of the column that is pointed at.
"""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from .chart import Chart, Pieces, columns_in, rows
from .glyphs import Glyphs
from .marks import STYLES


class TimelineChart(Widget):
    """The chart of a timeline: as high as a third of the screen, from 5 to 15 rows."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TimelineChart { height: 35%; min-height: 5; max-height: 15; padding: 0 1; }
    """

    class Picked(Message):
        """A column was clicked: the date of its first step with a call."""

        def __init__(self, date: str) -> None:
            super().__init__()
            self.date = date

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._chart = Chart()
        self._row: range | None = None
        self._hover: range | None = None

    def show(self, chart: Chart) -> None:
        """Show new figures; what is pointed at stays the same date."""
        if chart == self._chart:
            return
        date = None if self._row is None else self._chart.dates[self._row.start]
        self._chart, self._hover = chart, None
        self._row = _place(chart, date)
        self.refresh()

    def point(self, date: str | None) -> None:
        """Point at the column of a date, as a report writes it, such as that of the row under the
        cursor; at none if it has none."""
        place = _place(self._chart, date)
        if place != self._row:
            self._row = place
            self.refresh()

    def render(self) -> Content:
        """The rows that fit."""
        width, height = self.size
        at = self._row if self._hover is None else self._hover
        lines = rows(self._chart, width, height, self._glyphs, at)
        if not lines:
            return Content("No call in this time", spans=[])
        return Content("\n").join(map(_drawn, lines))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show the figures of the column below the pointer."""
        self._hover_at(self._steps_at(event))

    def on_leave(self, _event: events.Leave) -> None:
        """The pointer is elsewhere."""
        self._hover_at(None)

    def on_click(self, event: events.Click) -> None:
        """Pick the column below the pointer."""
        steps = self._steps_at(event)
        if steps is not None:
            used = (step for step in steps if self._chart.values[step] != 0)
            self.post_message(self.Picked(self._chart.dates[next(used, steps.start)]))

    def _steps_at(self, event: events.MouseEvent) -> range | None:
        x = event.get_content_offset(self)
        if x is None or not self._chart.values:
            return None
        return columns_in(self._chart, self.size.width, self._glyphs).steps_at(x.x)

    def _hover_at(self, steps: range | None) -> None:
        if steps != self._hover:
            self._hover = steps
            self.refresh()


def _place(chart: Chart, date: str | None) -> range | None:
    if date not in chart.dates:
        return None
    place = chart.dates.index(date)
    return range(place, place + 1)


def _drawn(line: Pieces) -> Content:
    return Content.assemble(*((text, STYLES[mark]) for text, mark in line))
