"""The main screen: agents' tabs, six views, the way here, the figures, the keys.

It holds what is looked at, and has a question asked for it whenever that changes. Answers are made
in `answers`, when they are asked for is known to `viewasking`, ways between looks to `ways`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Static

from ..clock import local
from ..errors import TallyError
from ..query import row_json
from . import ways
from .answers import EVERY, Answer, Surveyed
from .bindings import bindings
from .frame import Head, Tab, crumb_parts, foot_parts, head_parts, view_parts
from .keys import Scope
from .livestate import Live
from .look import Look, View, question
from .partline import PartLine
from .sheet import Opening, Rows, SessionOf, Sheet
from .sheetfilter import typed
from .viewasking import ViewAsking
from .viewpane import ViewPane

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer

    from ..processes import Process
    from .app import TallyTop
    from .dialogs.filterline import FilterLine
    from .overviewcards import OverviewCards
    from .sheettable import SheetTable

_QUIET_S = 0.15
"""An answer that takes longer is told of by a mark."""

_AGAIN_S = 2.0
"""`y` once more within that time copies the whole row."""


class MainScreen(Screen[None], inherit_bindings=False):
    """The six views of each agent. `look` is what is looked at."""

    BINDINGS = bindings("main")
    scopes: tuple[Scope, ...] = ("table", "main", "everywhere")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-middle"), (100, "-wide"), (160, "-widest")]  # noqa: RUF012 - Textual's form of it
    DEFAULT_CSS = """
    MainScreen { layout: vertical; overflow: hidden; }
    MainScreen #crumbs { display: none; }
    MainScreen #crumbs.-told { display: block; }
    MainScreen #body { height: 1fr; }
    MainScreen #lesson { display: none; height: 1fr; padding: 1 2; overflow-y: auto; }
    MainScreen.-empty #lesson { display: block; }
    MainScreen.-empty #body { display: none; }
    """

    def __init__(self, desk: TallyTop, look: Look) -> None:
        super().__init__()
        self.look = look
        self.tabs: tuple[Tab, ...] = (EVERY,)
        self._desk = desk
        self._way = ways.Way()
        self.live = desk.live
        self._processes: tuple[Process, ...] = ()
        self._teaches: tuple[str, ...] = ()
        self._asking = ViewAsking(desk, self._told)
        self._copied = ("", 0.0)
        self._again: Timer | None = None

    def compose(self) -> ComposeResult:
        """Two lines above, the way here, the views, the keys."""
        for name in ("head", "views", "crumbs"):
            yield PartLine(id=name)
        with ContentSwitcher(id="body"):
            yield ViewPane(self.look.view, self._desk.glyphs)
        yield VerticalScroll(Static(markup=False), id="lesson")
        yield PartLine(id="foot")

    def on_mount(self) -> None:
        """The first question is asked at once."""
        self.query_one(ContentSwitcher).current = self.look.view
        self.show_frame()
        self._ask()

    # What is around the figures.

    def show_frame(self) -> None:
        """Draw the lines around the figures anew, where they have changed."""
        desk, frame, look = self._desk, self._desk.frame(), self.look
        head = Head(
            look=look,
            tabs=self.tabs,
            clock=f"{local(frame.now_ms, frame.tz):%H:%M}",
            live=self.live,
            pens=desk.pens,
            idle=typed(look.text, frame).words if look.view == "overview" else (),
        )
        makers = {"head": head_parts, "views": view_parts, "crumbs": crumb_parts}
        for name, make in makers.items():
            self.query_one(f"#{name}", PartLine).show(partial(make, head))
        inside = bool(self.look.crumbs or self.look.text)
        self.query_one("#crumbs").set_class(inside, "-told")
        keys = [key for key in desk.keys if key.scope in self.scopes]
        foot = self.query_one("#foot", PartLine)
        foot.show(lambda width: foot_parts(keys, width, inside=inside))

    def show_live(self, live: Live) -> None:
        """How live the figures are."""
        self.live = replace(live, asking=self.live.asking)
        self._pane(self.look.view).show_live(live)
        self.show_frame()

    def show_survey(self, found: Surveyed) -> None:
        """The agents' tabs; and, while the ledger has no call at all, what to do."""
        self.tabs, self._teaches = found.tabs, found.teaches
        self.query_one("#lesson Static", Static).update(Content("\n".join(found.teaches)))
        self._teach()
        self.show_frame()

    def _teach(self) -> None:
        """What to do stands in the place of figures; of processes, which need no ledger, it does
        not."""
        runs = self.look.view == "overview" and self._processes
        covers = bool(self._teaches) and not runs
        if covers != self.has_class("-empty"):
            self.set_class(covers, "-empty")
            if not covers:
                self.call_after_refresh(self._pane(self.look.view).take_focus)

    def show_processes(self, found: tuple[Process, ...]) -> None:
        """What runs now. Only where others run than before, the ledger is asked about them."""
        same = [*map(_identity, found)] == [*map(_identity, self._processes)]
        self._processes = found
        self._teach()
        if self.look.view != "overview":
            self._asking.outdate("overview")
        elif not same:
            self._ask()
        else:
            self._pane("overview").show_processes(found, self._desk)

    # Asking.

    def outdate(self) -> None:
        """The ledger has changed: everything is asked again when it is shown."""
        self._asking.outdate()

    def renew(self) -> None:
        """The ledger has changed: what is looked at is asked again, the rest when it is shown."""
        self.outdate()
        self.freshen()

    def age(self) -> None:
        """Time has passed: what tells how long ago something was is asked again, now and then."""
        self._asking.age()

    def freshen(self) -> None:
        """Ask what is looked at again, if it is stale; as soon as there was a rest."""
        rest_s = self._asking.freshen(self.look, self._processes)
        if rest_s and self._again is None:
            self._again = self.set_timer(rest_s, self._rested)

    def _rested(self) -> None:
        self._again = None
        if self.is_current:
            self.freshen()

    def on_screen_resume(self) -> None:
        """Back from another screen."""
        if self.is_mounted:
            self.freshen()

    def _ask(self) -> None:
        self._asking.ask(self.look, self._processes)
        self.set_timer(_QUIET_S, self._mark)

    def _told(self, look: Look, answer: Answer | TallyError) -> None:
        self._mark()
        if isinstance(answer, TallyError):
            self._pane(look.view).show_fault(answer)
        else:
            self._pane(look.view).show(answer, self.live)

    def _mark(self) -> None:
        """Show whether an answer takes long."""
        if self.live.asking != self._asking.waits:
            self.live = replace(self.live, asking=self._asking.waits)
            self.show_frame()

    def _pane(self, view: View) -> ViewPane:
        """The place of a view, made when it is first wanted."""
        body = self.query_one(ContentSwitcher)
        for pane in body.query(ViewPane):
            if pane.view == view:
                return pane
        pane = ViewPane(view, self._desk.glyphs)
        pane.display = False
        body.mount(pane)
        return pane

    def go(self, look: Look) -> None:
        """Look at something else. What stands there stays until its answer is here."""
        if look == self.look:
            return
        moved = look.view != self.look.view
        self.look = look
        pane = self._pane(look.view)
        if moved:
            self.query_one(ContentSwitcher).current = look.view
            pane.take_focus()
            self._teach()
        self.show_frame()
        if not self._asking.is_fresh(look):
            self._ask()

    # What is clicked or entered.

    def on_sheet_table_opened(self, event: SheetTable.Opened) -> None:
        """Enter, or a second click on a row."""
        self.opened(event.opens)

    def opened(self, opens: Opening) -> None:
        """Go to what a row stands for."""
        if isinstance(opens, SessionOf):
            from .sessionscreen import SessionScreen

            self._desk.push_screen(SessionScreen(self._desk, opens.source, opens.session))
        elif isinstance(opens, Rows):
            self.go(self._way.into(self.look, opens))

    def on_sheet_table_sorted(self, event: SheetTable.Sorted) -> None:
        """A click on the heading of a column."""
        self._reorder(lambda look, sheet: ways.sorted_by(look, sheet, event.column_key))

    def on_overview_cards_jump(self, event: OverviewCards.Jump) -> None:
        """A card leads to its view, to the tab of an agent, or to a session."""
        if event.opens is not None:
            self.opened(event.opens)
            return
        tab = self.look.tab if event.tab is None else event.tab
        self.go(replace(self.look, view=event.view, tab=tab))

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come."""
        return self._asking.waits

    @property
    def is_answered(self) -> bool:
        """Whether the view that is looked at shows anything yet."""
        return self._pane(self.look.view).is_answered

    # Keys.

    def action_view(self, view: View) -> None:
        """A view by its name."""
        self.go(replace(self.look, view=view))

    def action_next_view(self, step: int) -> None:
        """A view so many further on."""
        self.action_view(ways.next_view(self.look.view, step))

    def action_tab(self, source: str) -> None:
        """An agent by the name of its source."""
        self.go(replace(self.look, tab=source))

    def action_next_tab(self, step: int) -> None:
        """An agent so many further on."""
        self.go(ways.next_tab(self.look, [tab.source for tab in self.tabs], step))

    def action_span(self, span: str) -> None:
        """A time, as `Look` has it."""
        self.go(replace(self.look, span=span))

    def action_shown(self) -> None:
        """Tokens, cost, or both."""
        self.go(ways.next_shown(self.look))

    def action_classes(self) -> None:
        """All six token classes, or folded."""
        self.go(replace(self.look, six=not self.look.six))

    def action_range(self) -> None:
        """A time of one's own."""
        from .dialogs.spandialog import SpanDialog

        dialog = SpanDialog(self.look.span, self._desk.frame())
        self._desk.push_screen(dialog, lambda span: self.action_span(span) if span else None)

    async def action_filter(self) -> None:
        """The line in which rows are filtered."""
        from .dialogs.filterline import FilterLine

        for line in self.query(FilterLine):  # left by the mouse
            line.take_focus()
            return
        line = FilterLine(self.look.text, self._desk)
        await self.mount(line)
        line.take_focus()  # now: what is typed next is text

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        """Only rows that match, while one types."""
        self.go(replace(self.look, text=event.text))

    def on_filter_line_closed(self, event: FilterLine.Closed) -> None:
        """The text that stays."""
        self.go(replace(self.look, text=event.text))
        self._pane(self.look.view).take_focus()

    def action_export(self) -> None:
        """Write what is looked at into a file."""
        from .dialogs.exportdialog import export_view
        from .exportfile import Subject

        frame = self._desk.frame()
        subject = Subject(
            look=self.look,
            query=question(self.look, frame, self._desk.settings.currency),
            sheet=self._pane(self.look.view).sheet,
            now_ms=frame.now_ms,
        )
        export_view(self._desk, self._desk, subject)

    def action_compare(self) -> None:
        """Beside the period before, or alone."""
        self.go(replace(self.look, compare=not self.look.compare))

    def action_sort(self) -> None:
        """By the next column."""
        table = self._pane(self.look.view).table
        keys = table.shown if table is not None else ()
        self._reorder(lambda look, sheet: ways.sorted_next(look, sheet, keys))

    def action_reverse(self) -> None:
        """The other way round."""
        self._reorder(ways.reversed_order)

    def _reorder(self, order: Callable[[Look, Sheet], Look]) -> None:
        sheet = self._pane(self.look.view).sheet
        if sheet is None or not sheet.order:
            self._desk.mention("There is nothing to put in order here.")
        else:
            self.go(order(self.look, sheet))

    def back(self) -> None:
        """One level out, the filter first."""
        look = self._way.back(self.look)
        if look is not None:
            self.go(look)

    def action_out(self, group: int) -> None:
        """Out to before a level of the way."""
        self.go(self._way.out(self.look, group))

    def copied(self) -> tuple[str, str]:
        """The id of the row; pressed again at once, or where it has none, all of it as JSON."""
        line, now = self._pane(self.look.view).line, time.monotonic()
        if line is None:
            return "", ""
        before, self._copied = self._copied, (line.key, now)
        again = before[0] == line.key and now - before[1] < _AGAIN_S
        if isinstance(line.opens, SessionOf) and not again:
            return line.opens.session, "the id of the session; once more: the row as JSON"
        if line.row is None:
            return line.key, "the name of the row"
        query = question(self.look, self._desk.frame(), self._desk.settings.currency)
        row = row_json(line.row, replace(query, by=tuple(line.row.dims)))
        return json.dumps(row, ensure_ascii=False, indent=2), "the row as JSON"


def _identity(process: Process) -> tuple[int, int, str | None]:
    return process.pid, process.started_ms, process.session
