"""The palette: everything that can be gone to or done, found by a few letters of its name. Views,
agents, times, themes and the actions of keys are known here; sessions, projects and models are
asked of the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Provider
from textual.content import Content
from textual.markup import escape
from textual.widgets import Input

from ..errors import TallyError
from ..format import plain
from ..query import Filter, Query, Row, exact_time
from .keys import KEYS, key_names
from .look import SPANS, USUAL, VIEWS, Crumb, span_name
from .sheet import Rows, SessionOf
from .themes import theme_names

if TYPE_CHECKING:
    from ..book import Book
    from .desk import Desk
    from .mainscreen import MainScreen

T = TypeVar("T")

_SESSIONS = 20
_NAMES = 2_000
"""So many projects or models are looked through."""

_PATIENCE_S = 3
_LEAST = 2
"""Letters from which on the ledger is asked."""

_TIMES = ("yesterday", "7d", USUAL, "90d", "year")


class Find(NamedTuple):
    """Something that can be found: its name, what it is, and what choosing it does."""

    text: str
    told: str
    deed: Callable[[], object]


class Name(NamedTuple):
    """A name of the ledger, and the dimension that has it."""

    dimension: str
    value: str


class Palette(CommandPalette):
    """The line to type in, and below it what was found. It is as wide as is read with ease."""

    DEFAULT_CSS = """
    Palette > Vertical { max-width: 90; margin-top: 1; }
    Palette #--input { border: round $border; background: $surface; }
    Palette #--input.--list-visible { border: round $border; }
    Palette #--input SearchIcon { display: none; }
    Palette CommandInput, Palette CommandInput:focus { border: none; height: 1; padding: 0 1; }
    Palette CommandList { border: none; background: $surface; }
    """

    def __init__(self) -> None:
        super().__init__(
            [Places, Recorded], placeholder="a view, an agent, a time, a theme, a session …"
        )

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.query_one(Input).cursor_blink = False


class _Finder(Provider):
    """What both providers know: the application, and its main screen below all others."""

    @property
    def desk(self) -> Desk:
        """The application."""
        return cast("Desk", self.app)

    @property
    def main(self) -> MainScreen:
        """The main screen."""
        return cast("MainScreen", self.app.screen_stack[0])

    def on_main(self, deed: Callable[[], object]) -> None:
        """Do something on the main screen, after leaving those above it."""
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        deed()

    def hit(self, query: str, find: Find) -> Hit | None:
        """A find that has the letters of each word, with those marked. Names from outside are never
        markup."""
        matcher = self.matcher(query)
        matches = [matcher.fuzzy_search.match(word, find.text) for word in query.split()]
        if not all(score for score, _ in matches):
            return None
        shown = Content(find.text)
        for at in {at for _, offsets in matches for at in offsets}:
            shown = shown.stylize(matcher.match_style, at, at + 1)
        score = sum(score for score, _ in matches) / max(len(matches), 1)
        return Hit(score, shown, find.deed, text=find.text, help=escape(find.told))


class Places(_Finder):
    """What is known without the ledger."""

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """What is offered before anything is typed."""
        for find in self._finds():
            shown = Content(find.text)
            yield DiscoveryHit(shown, find.deed, text=find.text, help=escape(find.told))

    async def search(self, query: str) -> AsyncIterator[Hit]:
        """What matches."""
        for find in self._finds():
            if (hit := self.hit(query, find)) is not None:
                yield hit

    def _finds(self) -> Iterator[Find]:
        yield from self._views()
        yield from self._spans()
        yield from self._keys()
        for name in theme_names():
            now = " (now)" if name == self.app.theme else ""
            yield Find(f"Theme: {name}", f"for this run{now}", partial(self._theme, name))

    def _views(self) -> Iterator[Find]:
        main = self.main
        tips = {key.id: key.tip for key in KEYS}
        for view in VIEWS:
            go = partial(self.on_main, partial(main.action_view, view))
            yield Find(f"View: {view.title()}", tips.get(view, ""), go)
        for tab in main.tabs:
            go = partial(self.on_main, partial(main.action_tab, tab.source))
            told = "all agents together" if not tab.source else f"only {plain(tab.title)}"
            yield Find(f"Agent: {plain(tab.title)}", told, go)

    def _spans(self) -> Iterator[Find]:
        for span in (*SPANS, *_TIMES):
            go = partial(self.on_main, partial(self.main.action_span, span))
            yield Find(f"Time: {span_name(span)}", f"the words: {span}", go)

    def _keys(self) -> Iterator[Find]:
        """The actions of the keys that work where the palette was opened."""
        own = {*VIEWS, *SPANS, "palette", "interrupt"}
        for key in self.desk.keys:
            if key.id in own or key.scope not in ("main", "everywhere"):
                continue
            target = self.screen if key.scope == "main" else self.app
            if hasattr(target, f"action_{key.action.partition('(')[0]}"):
                run = partial(self.app.run_action, key.action, target)
                name = key.id.replace("-", " ").capitalize()
                yield Find(f"{name}: {key.tip}", f"key {' '.join(key_names(key.keys))}", run)

    def _theme(self, name: str) -> None:
        self.app.theme = name
        self.desk.mention(f"Theme {name} for this run; to keep it: tally config set theme {name}")


class Recorded(_Finder):
    """What the ledger has: projects, models, and sessions by title."""

    _names: Sequence[Name] | None = None

    async def search(self, query: str) -> AsyncIterator[Hit]:
        """Projects and models that match, then sessions whose titles have all words."""
        if len(query.strip()) < _LEAST:
            return
        if self._names is None:
            self._names = await self._asked("palette-names", _known_names)
        for name in self._names:
            if (hit := self.hit(query, self._of_name(name))) is not None:
                yield hit
        for row in await self._asked("palette-sessions", partial(_sessions, query.split())):
            if (hit := self.hit(query, self._of_session(row))) is not None:
                yield hit

    def _of_name(self, name: Name) -> Find:
        shown = plain(name.value)
        if name.dimension == "project" and f"{shown}/".startswith(f"{self.desk.home}/"):
            shown = f"~{shown.removeprefix(self.desk.home)}"
        opens = Rows("sessions", (Crumb(name.dimension, name.value, shown),))
        text = f"{name.dimension.title()}: {shown}"
        return Find(text, "its sessions", partial(self.on_main, partial(self._into, opens)))

    def _into(self, opens: Rows) -> None:
        """What a name stands for, whatever was opened before."""
        self.main.go(replace(self.main.look, crumbs=(), text=""))
        self.main.opened(opens)

    def _of_session(self, row: Row) -> Find:
        source, session = row.dims["source"] or "", row.dims["session"] or ""
        opens = SessionOf(source, session)
        title = plain(row.dims["title"] or session)
        day = exact_time(row.figures.last_ms or 0, self.desk.frame().tz)[:10]
        deed = partial(self.on_main, partial(self.main.opened, opens))
        return Find(f"Session: {title}", f"{plain(source)} · {day}", deed)

    async def _asked(self, name: str, question: Callable[[Book], Sequence[T]]) -> Sequence[T]:
        """The answer to a question; nothing where there is none in time."""
        answer: asyncio.Future[Sequence[T]] = asyncio.get_running_loop().create_future()

        def tell(found: Sequence[T] | TallyError) -> None:
            if not answer.done():
                answer.set_result(() if isinstance(found, TallyError) else found)

        self.desk.ask(name, question, tell)
        try:
            return await asyncio.wait_for(answer, _PATIENCE_S)
        except TimeoutError:  # a newer question took its place, or the ledger is busy
            return ()


def _known_names(book: Book) -> Sequence[Name]:
    return [
        Name(dimension, value)
        for dimension in ("project", "model")
        for value in book.ledger.names(dimension, "", _NAMES)
    ]


def _sessions(words: Sequence[str], book: Book) -> Sequence[Row]:
    """The latest sessions whose titles have a word, narrowed to those that have all of them."""
    longest = max(words, key=len)
    asked = Query(
        by=("source", "session", "title"),
        where=(Filter(dimension="title", op="~", values=(longest,)),),
        sort="-last_at",
        limit=_SESSIONS * 5,
    )
    rows = book.ledger.ask(asked).rows
    titles = ((row, (row.dims["title"] or "").casefold()) for row in rows)
    fitting = (row for row, title in titles if all(word.casefold() in title for word in words))
    return [row for row, _ in zip(fitting, range(_SESSIONS), strict=False)]
