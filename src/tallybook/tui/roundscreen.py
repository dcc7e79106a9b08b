"""The screen of one round: its figures and price, and what was said in it.

What stands there is made in `roundpage`; what the application is asked for is `Desk`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from ..errors import TallyError
from ..format import number
from .bindings import bindings
from .frame import Part, foot_parts
from .keys import Scope, inner_keys
from .partline import PartLine
from .reader import Reader
from .roundpage import RoundPage, Wanted, round_page
from .section import fault_section
from .tablefit import cell

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ..book import Book
    from .app import TallyTop

_EASE = 10
"""A round that still grows is read again, but so many times as long as that takes lies between."""

_NONE = TallyError("there is no such round", hint="press Esc to leave")


class RoundScreen(Screen[None], inherit_bindings=False):
    """A round by its session and its place there, the first being 1."""

    BINDINGS = bindings("round")
    scopes: tuple[Scope, ...] = ("table", "round", "everywhere")
    CSS = """
    RoundScreen { layout: vertical; overflow: hidden; }
    RoundScreen #title { height: 1; text-style: bold; padding: 0 1; }
    """

    def __init__(self, desk: TallyTop, source: str, session: str, at: int) -> None:
        super().__init__()
        self._desk = desk
        self._source = source
        self._session = session
        self._at = at
        self._page: RoundPage | None = None
        self._asked_at = self._told_at = self._took_s = 0.0

    def compose(self) -> ComposeResult:
        """Title, page, keys."""
        yield Static(f"Round {number(self._at)} …", id="title", markup=False)
        yield Reader(id="page")
        yield PartLine(id="foot")

    def on_mount(self) -> None:
        """The keys of this place, and the first question."""
        self._say("")
        self.query_one(Reader).focus()
        self._ask(self._at)

    def renew(self) -> None:
        """The last round may still grow; the others stand as they are."""
        page, now = self._page, time.monotonic()
        if page is None or page.number < page.last or now - self._told_at < _EASE * self._took_s:
            return
        self._ask(page.number)

    def _ask(self, at: int) -> None:
        desk = self._desk
        wanted = Wanted(self._source, self._session, at, desk.frame().tz, desk.home)
        self._at = at
        self._asked_at = time.monotonic()

        def ask(book: Book) -> RoundPage | None:
            return round_page(book, wanted)

        desk.ask("round", ask, self._told)

    def _told(self, answer: RoundPage | TallyError | None) -> None:
        if not self.is_attached:
            return
        self._told_at = time.monotonic()
        self._took_s = self._told_at - self._asked_at
        before = self._page
        if isinstance(answer, RoundPage):
            self._page = answer
            self._at = answer.number
            anew = before is None or before.number != answer.number
            self.query_one(Reader).show(answer.sections, anew=anew)
            self._show_title(answer)
        elif before is None or isinstance(answer, TallyError):
            self.query_one(Reader).show((fault_section(answer or _NONE),), anew=True)
        else:
            self._at = before.number
            self._say("The last round.")

    def _say(self, text: str) -> None:
        """A word in the last line, before the keys."""
        keys = inner_keys(self._desk.keys, self.scopes)
        said = [Part(f" {text} ", "warn")] if text else []

        def parts(width: int) -> list[Part]:
            return [*said, *foot_parts(keys, width - len(text) - 2 * len(said))]

        self.query_one("#foot", PartLine).show(parts)

    def _show_title(self, page: RoundPage) -> None:
        told = f"Round {number(page.number)} of {number(page.last)}"
        title = f"{told} · {page.title}" if page.title else told
        self.query_one("#title", Static).update(Content(cell(title, max(self.size.width - 2, 1))))

    def on_resize(self) -> None:
        """The title is cut elsewhere."""
        if self._page is not None:
            self._show_title(self._page)

    def action_next_round(self, step: int) -> None:
        """The next round, or the one before."""
        if self._at + step < 1:
            self._say("The first round.")
        else:
            self._say("")
            self._ask(self._at + step)

    def action_fold_all(self) -> None:
        """Unfold all, or fold all again."""
        self.query_one(Reader).fold_all()

    def copied(self) -> tuple[str, str]:
        """The id of the session: rounds have none of their own."""
        return self._session, "the id of the session"
