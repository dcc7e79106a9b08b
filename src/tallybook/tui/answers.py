"""The answer that each view shows: which questions are asked of the book for it, in the thread of
the asker. The figures themselves are made by the makers of sheets and of the overview. No Textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..format import plain, tilde
from ..strokes import FINE, Pens
from .frame import Tab
from .look import Look

if TYPE_CHECKING:
    from ..book import Book
    from ..periods import Frame
    from ..processes import Process
    from ..running import Running
    from .chart import Chart
    from .keptsessions import KeptSessions
    from .livestate import Live
    from .overview import Overview
    from .sheet import Sheet

EVERY = Tab("", "All")

_FIRST = (
    "The histories on this machine are being read for the first time.",
    "",
    "What they hold appears here by itself; how far it is stands at the right of the first line.",
)

_BY_ITSELF = "What they hold appears here by itself."

_HELD_UP = (
    "Nothing is recorded yet, and nothing can be at the moment:",
    "",
    "It is tried again by itself. What else is wrong, and what to do about it: tally doctor",
)


class Answer(NamedTuple):
    """What a view shows of a look: cards on the overview, else a table, with a chart above it or
    a second table beside it on some. `running` are the processes with what they do."""

    look: Look
    overview: Overview | None = None
    sheet: Sheet | None = None
    beside: Sheet | None = None
    chart: Chart | None = None
    running: tuple[Running, ...] = ()


class Around(NamedTuple):
    """What an answer depends on beside the look: the moment, the user's folder, what runs, and
    the characters that bars are drawn with; `kept` is what makes the next one cheaper."""

    frame: Frame
    home: str
    processes: Sequence[Process] = ()
    pens: Pens = FINE
    kept: KeptSessions | None = None


class Surveyed(NamedTuple):
    """What the frame shows of the ledger as a whole: the agents' tabs, and what to do where it
    has no call at all."""

    tabs: tuple[Tab, ...] = (EVERY,)
    teaches: tuple[str, ...] = ()


def so_far(answer: Answer, live: Live) -> Answer:
    """An answer as it is shown while not all histories are read: none is no last word then."""
    if live.trouble or not (live.starting or live.permille is not None):
        return answer
    share = "" if live.permille is None else f", {live.permille // 10} %"
    teaches = (f"Nothing so far: the histories are being read{share}.", _BY_ITSELF)
    if answer.overview is not None and answer.overview.teaches:
        return answer._replace(overview=answer.overview._replace(teaches=teaches))
    if answer.sheet is not None and answer.sheet.teaches:
        return answer._replace(sheet=answer.sheet._replace(teaches=teaches))
    return answer


def answer_of(book: Book, look: Look, around: Around) -> Answer:
    """The answer for the view that is looked at. Raises `UsageMistake` for a time that nobody
    understands."""
    if look.view == "overview":
        return _overview(book, look, around)
    from .sheetfields import Scene
    from .sheetmaking import Stand
    from .sheets import sheet_of

    frame, home = around.frame, around.home
    writing = frozenset((each.source, each.session) for each in around.processes if each.session)
    scene = Scene(writing, around.pens)
    stand = Stand(book, look, frame, home, scene, around.kept)
    if look.view == "timeline":
        from .chart import chart_of
        from .timelinesheet import timeline_of

        sheet, steps = timeline_of(stand)
        return Answer(look, sheet=sheet, chart=chart_of(steps, look.shown) if sheet.lines else None)
    sheet = sheet_of(stand)
    if look.view == "agents":
        from .agentsheet import tools_sheet

        return Answer(look, sheet=sheet, beside=tools_sheet(book, look, frame, scene))
    return Answer(look, sheet=sheet)


def _overview(book: Book, look: Look, around: Around) -> Answer:
    from ..running import running
    from .overview import overview_of

    frame, home = around.frame, around.home
    ask = book.view(book.settings.currency).ask
    found = running(book.ledger, around.processes, frame.now_ms, home=home, ask=ask)
    return Answer(look, overview=overview_of(book, look, frame, found, home), running=found)


def surveyed(book: Book, running: frozenset[str], home: str, live: Live | None = None) -> Surveyed:
    """The tabs: each source that has calls or runs, by title; and, without any call, what was
    looked for, unless histories are only just being read, or can't be recorded."""
    named = {*book.ledger.names("source", "", 1_000), *running}
    tabs = sorted((Tab(name, book.title(name)) for name in named), key=lambda tab: tab.title)
    if book.latest() is not None:
        return Surveyed((EVERY, *tabs))
    if live is not None and live.trouble:
        return Surveyed((EVERY, *tabs), (_HELD_UP[0], f"  {plain(live.trouble)}", *_HELD_UP[1:]))
    if live is not None and live.starting:
        return Surveyed((EVERY, *tabs), _FIRST)
    from ..whereabouts import known_sources, no_history_lines, source_json

    found = [source_json(each) for each in known_sources(book.settings)]
    return Surveyed(
        (EVERY, *tabs), tuple(no_history_lines(found, lambda path: plain(tilde(path, home))))
    )
