"""What stands in the place of one view: cards, or a table with what belongs to it, or in their
place why there is no answer. The widgets are made when the view is first shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ..errors import TallyError
from ..format import plain
from .answers import Answer, so_far
from .livestate import Live
from .look import View

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ..processes import Process
    from .desk import Desk
    from .glyphs import Glyphs
    from .sheet import Line, Sheet
    from .sheettable import SheetTable
    from .timelinechart import TimelineChart


class ViewPane(Vertical):
    """One of the six views."""

    DEFAULT_CSS = """
    ViewPane { height: 1fr; }
    ViewPane > .fault { display: none; padding: 1 2; height: auto; }
    ViewPane.-faulty > .fault { display: block; }
    ViewPane.-faulty > .answer { display: none; }
    ViewPane > .beside { height: auto; max-height: 10; border-top: solid $border-blurred; }
    ViewPane > .beside.-empty { display: none; }
    """

    def __init__(self, view: View, glyphs: Glyphs) -> None:
        super().__init__(id=view)
        self.view: View = view
        self.answer: Answer | None = None
        self._glyphs = glyphs
        self._is_made = self._wants_focus = False
        self._fault: TallyError | None = None
        self._live = Live()

    def compose(self) -> ComposeResult:
        """The widgets of this view."""
        yield Static(classes="fault", markup=False)
        for widget in self._widgets():
            widget.add_class("answer")
            yield widget

    def _widgets(self) -> Iterator[Widget]:
        if self.view == "overview":
            from .overviewcards import OverviewCards

            yield OverviewCards(self._glyphs)
            return
        from .sheettable import SheetTable

        if self.view == "timeline":
            from .timelinechart import TimelineChart

            yield TimelineChart(self._glyphs)
        yield SheetTable(id=f"{self.view}-rows")
        if self.view == "agents":
            beside = SheetTable(id="tools-rows")
            beside.add_class("beside", "-empty")
            yield beside

    @property
    def table(self) -> SheetTable | None:
        """The main table; None on the overview, and before it is made."""
        if self.view == "overview" or not self._is_made:
            return None
        from .sheettable import SheetTable

        return self.query_one(f"#{self.view}-rows", SheetTable)

    @property
    def is_answered(self) -> bool:
        """Whether an answer, or why there is none, stands here."""
        return self._is_made and (self.answer is not None or self._fault is not None)

    @property
    def line(self) -> Line | None:
        """The row under the cursor."""
        return self.table.line if self.table is not None else None

    @property
    def sheet(self) -> Sheet | None:
        """The table that is shown."""
        return self.answer.sheet if self.answer is not None else None

    def on_mount(self) -> None:
        """What was to be shown before there was anything to show it is shown now."""
        self.call_after_refresh(self._made)

    def _made(self) -> None:
        self._is_made = True
        if self._wants_focus:
            self.take_focus()
        if self._fault is not None:
            self.show_fault(self._fault)
        elif self.answer is not None:
            self.show(self.answer)

    def show(self, answer: Answer, live: Live | None = None) -> None:
        """Show an answer; what stood there stays until now. How live the figures are has a word in
        it where there are none."""
        self.answer, self._fault = answer, None
        self._live = live or self._live
        if not self._is_made:
            return
        answer = so_far(answer, self._live)
        self.remove_class("-faulty")
        if answer.overview is not None:
            from .overviewcards import OverviewCards

            self.query_one(OverviewCards).show(answer.overview)
        if self.view == "timeline":
            self._show_chart(answer)
        if self.table is not None and answer.sheet is not None:
            self.table.show(answer.sheet)
        if answer.beside is not None:
            from .sheettable import SheetTable

            beside = self.query_one("#tools-rows", SheetTable)
            beside.set_class(not answer.beside.lines, "-empty")
            beside.show(answer.beside)

    def show_live(self, live: Live) -> None:
        """While histories are read, an empty view tells how far that is."""
        before, self._live = self._live, live
        if self.answer is None or self._fault is not None:
            return
        if so_far(self.answer, before) != so_far(self.answer, live):
            self.show(self.answer)

    def show_processes(self, found: Sequence[Process], desk: Desk) -> None:
        """The same processes at a later moment: nobody has to be asked about them."""
        from .overview import processes_of
        from .overviewcards import OverviewCards

        if self.answer is None or self.answer.overview is None:
            return
        now = {_identity(each): each for each in found}
        known = [(each, now.get(_identity(each.process))) for each in self.answer.running]
        running = [replace(each, process=process) for each, process in known if process]
        look, frame = self.answer.look, desk.frame()
        part = processes_of(running, look, frame.now_ms, desk.home)
        overview = self.answer.overview._replace(processes=part)
        self.answer = self.answer._replace(overview=overview)
        if self._is_made:
            self.query_one(OverviewCards).show_processes(part)

    def _show_chart(self, answer: Answer) -> None:
        from .timelinechart import TimelineChart

        chart = self.query_one(TimelineChart)
        chart.display = answer.chart is not None
        if answer.chart is not None:
            chart.show(answer.chart)

    def on_line_list_moved(self) -> None:
        """The chart shows the figures of the row under the cursor."""
        from .timelinechart import TimelineChart

        if self.view == "timeline" and self.line is not None and self.line.row is not None:
            self.query_one(TimelineChart).point(self.line.row.dims["date"])

    def on_timeline_chart_picked(self, event: TimelineChart.Picked) -> None:
        """A column of the chart was clicked: the cursor goes to its row."""
        rows = self.sheet.lines if self.sheet is not None else ()
        dated = {line.row.dims["date"]: line.key for line in rows if line.row is not None}
        if self.table is not None and event.date in dated:
            self.table.go_to(dated[event.date])

    def show_fault(self, problem: TallyError) -> None:
        """Say why there is no answer, where it would stand."""
        self._fault = problem
        if not self._is_made:
            return
        told = [f"error: {problem}"]
        told += [f"  because: {problem.because}"] if problem.because else []
        told += [f"  try: {problem.hint}"] if problem.hint else []
        lines = [plain(line) for text in told for line in text.splitlines()]
        self.query_one(".fault", Static).update(Content("\n".join(lines)))
        self.add_class("-faulty")

    def take_focus(self) -> None:
        """Let the keys of rows work here."""
        self._wants_focus = not self._is_made
        if self._wants_focus:
            return
        found: Widget | None = self.table
        if found is None:
            from .overviewcards import OverviewCards

            found = self.query_one(OverviewCards)
        found.focus(scroll_visible=False)


def _identity(process: Process) -> tuple[int, int]:
    return process.pid, process.started_ms
