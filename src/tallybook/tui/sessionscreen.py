"""The screen of one session: what is known of it, its rounds, the sessions around it.

What stands there is made in `sessionpage`; what the application is asked for is `Desk`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from ..errors import TallyError
from .bindings import bindings
from .frame import foot_parts
from .keys import Scope, inner_keys
from .partline import PartLine
from .reader import Reader
from .section import fault_section
from .sessionpage import Asked, SessionPage, session_page
from .sheet import RoundOf, SessionOf
from .sheettable import SheetTable
from .tablefit import cell, told_in

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ..book import Book
    from .app import TallyTop

_GONE = TallyError(
    "this session is not in the ledger",
    because="it was forgotten or taken out, or another source has it now",
    hint="press Esc to leave",
)
_EASE = 5
"""Between two answers lies so many times as long as the last one took."""

_LINES_OF_ONE = 2
"""Lines that one fact may take above the rounds: all of it stands in the details."""


class SessionScreen(Screen[None], inherit_bindings=False):
    """A session by its source and its id."""

    BINDINGS = bindings("session")
    scopes: tuple[Scope, ...] = ("table", "session", "everywhere")
    CSS = """
    SessionScreen { layout: vertical; overflow: hidden; }
    SessionScreen #title { height: 1; text-style: bold; padding: 0 1; }
    SessionScreen #known { height: auto; padding: 0 1; color: $text-muted; }
    SessionScreen #details { display: none; }
    SessionScreen #around { height: auto; max-height: 6; border-top: solid $border-blurred; }
    SessionScreen #around.-empty { display: none; }
    SessionScreen.-detailed #details { display: block; }
    SessionScreen.-detailed #rounds, SessionScreen.-detailed #known { display: none; }
    """

    def __init__(self, desk: TallyTop, source: str, session: str) -> None:
        super().__init__()
        self._desk = desk
        self._source = source
        self._session = session
        self._page: SessionPage | None = None
        self._asked_at = self._told_at = self._took_s = 0.0
        self._later: Timer | None = None

    def compose(self) -> ComposeResult:
        """Title, what is known, the rounds or the details, the sessions around, the keys."""
        yield Static("…", id="title", markup=False)
        yield Static(id="known", markup=False)
        yield SheetTable(follow=True, id="rounds")
        yield Reader(id="details")
        yield SheetTable(id="around")
        yield PartLine(id="foot")

    def on_mount(self) -> None:
        """The keys of this place."""
        keys = inner_keys(self._desk.keys, self.scopes)
        self.query_one("#foot", PartLine).show(lambda width: foot_parts(keys, width))
        self.query_one("#around").add_class("-empty")
        self.query_one("#rounds").focus()

    def on_screen_resume(self) -> None:
        """Seen for the first time, or again."""
        self._ask()

    def renew(self) -> None:
        """Ask for the session again, but so that most of the time nothing is asked: there may be
        thousands of rounds."""
        wait = self._told_at + _EASE * self._took_s - time.monotonic()
        if wait <= 0:
            self._ask()
        elif self._later is None:
            self._later = self.set_timer(wait, self._ask)

    def _ask(self) -> None:
        self._later, self._asked_at = None, time.monotonic()
        desk = self._desk
        asked = Asked(self._source, self._session, desk.frame(), desk.home)

        def ask(book: Book) -> SessionPage | None:
            return session_page(book, asked)

        desk.ask("session", ask, self._told)

    def _told(self, answer: SessionPage | TallyError | None) -> None:
        if not self.is_attached:
            return
        self._told_at = time.monotonic()
        self._took_s = self._told_at - self._asked_at
        if isinstance(answer, SessionPage):
            self._page = answer
            self._show(answer)
        elif self._page is None:
            self.query_one(Reader).show((fault_section(answer or _GONE),))
            self.set_class(True, "-detailed")

    def _show(self, page: SessionPage) -> None:
        self.query_one("#rounds", SheetTable).show(page.rounds)
        around = self.query_one("#around", SheetTable)
        around.set_class(not page.around.lines, "-empty")
        around.show(page.around)
        self.query_one(Reader).show(page.details)
        self._show_head()

    def _show_head(self) -> None:
        """As much above the rounds as leaves them two thirds of the screen."""
        page, width = self._page, self.size.width - 2
        if page is None or width <= 0:
            return
        lines = [part for text in page.head for part in told_in(text, width, _LINES_OF_ONE)]
        most = max(self.size.height // 3 - 2, 2)
        self.query_one("#title", Static).update(Content(cell(page.title, width)))
        self.query_one("#known", Static).update(Content("\n".join(lines[:most])))

    def on_resize(self) -> None:
        """Other lines fit above the rounds."""
        self.call_after_refresh(self._show_head)

    def action_details(self) -> None:
        """All that is known, or the rounds again."""
        detailed = not self.has_class("-detailed")
        self.set_class(detailed, "-detailed")
        self.query_one("#details" if detailed else "#rounds").focus()

    def back(self) -> bool:
        """From the details to the rounds; tells whether that was a way out."""
        inside = self._page is not None and self.has_class("-detailed")
        if inside:
            self.action_details()
        return inside

    def action_other_list(self) -> None:
        """From one list to the other, where there are two."""
        around = self.query_one("#around")
        main = "#details" if self.has_class("-detailed") else "#rounds"
        if around.has_focus or around.has_class("-empty"):
            self.query_one(main).focus()
        else:
            around.focus()

    def on_sheet_table_opened(self, event: SheetTable.Opened) -> None:
        """A round, or a session around."""
        event.stop()
        opens = event.opens
        if isinstance(opens, RoundOf):
            from .roundscreen import RoundScreen

            self._desk.push_screen(
                RoundScreen(self._desk, self._source, self._session, opens.number)
            )
        elif isinstance(opens, SessionOf):
            self._desk.push_screen(SessionScreen(self._desk, opens.source, opens.session))

    def on_sheet_table_sorted(self, event: SheetTable.Sorted) -> None:
        """These lists have one order."""
        event.stop()
        self._desk.mention("Rounds stand in the order of time.")

    def copied(self) -> tuple[str, str]:
        """The id of the session, or of the one that the cursor is on."""
        around = self.query_one("#around", SheetTable)
        line = around.line if around.has_focus else None
        return (self._session if line is None else line.key), "the id of the session"
