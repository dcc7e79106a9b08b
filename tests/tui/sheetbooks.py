"""A small book for the tests of sheets: two agents, three days, every kind of gap."""

from __future__ import annotations

from pathlib import Path

from tallybook.book import Book
from tallybook.clock import DAY_MS, HOUR_MS
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.periods import Frame
from tallybook.reading import Attribution, Batch, Reading, SessionFact
from tallybook.settings import Settings
from tallybook.tui.look import Look, View
from tallybook.tui.sheet import Line, Sheet
from tallybook.tui.sheetfields import Scene
from tallybook.tui.sheetmaking import Stand
from tallybook.tui.sheets import sheet_of

from ..ledger.books import T0, appraiser, open_new, reading, usage

HOME = "/home/ann"
NOW = T0 + 6 * HOUR_MS
"""2025-11-24T22:00:00Z, six hours after the last calls but one."""

FRAME = Frame(NOW)
HOSTILE = "\x1b[31mred[/b] \u202eevil\nline"


def call(name: str, session: str | None, project: str | None, at: int, **more: object) -> Reading:
    """A call of Claude Code, or of the `source` that is named."""
    source, agent = str(more.pop("source", "claude-code")), more.pop("agent", None)
    raw = more.pop("raw", b"")
    assert agent is None or isinstance(agent, str)
    assert isinstance(raw, bytes)
    who = Attribution(source, session=session, project=project, agent=agent)
    return reading(name, at=at, who=who, raw=raw, **more)


def readings() -> list[Reading]:
    """The calls of the book."""
    opus, gpt = {"model": "claude-opus-4-5"}, {"provider": "openai", "model": "gpt-nobody-knows"}
    cached = usage(200, 100, cache_read_input_tokens=800, cache_creation_input_tokens=100)
    return [
        call("a1", "alpha-1", "/srv/web", T0 - 2 * DAY_MS, agent="build", raw=cached),
        call("a2", "alpha-1", "/srv/web", T0, agent="build", tools=(("Read", 2), ("Bash", 1))),
        call("b1", "beta-22", "/srv/api", T0 - DAY_MS, agent="plan", raw=usage(5_000), **opus),
        call("b2", "beta-22", "/srv/web", NOW - 60_000, agent="plan", tools=(("Read", 1),), **opus),
        call("c1", "gamma-3", HOME, T0 - HOUR_MS, source="opencode", agent="build", **gpt),
        call("d1", "delta-4", None, T0 - HOUR_MS, source="opencode"),
        call("d2", "delta-4", HOME, T0, source="opencode"),
        call("e1", None, "/srv/api", T0, raw=usage(7)),
    ]


FACTS = [
    SessionFact(source="claude-code", session="alpha-1", title="修复解析器 of the parser"),
    SessionFact(source="claude-code", session="beta-22", title=HOSTILE),
    SessionFact(source="opencode", session="gamma-3", title="Global chat"),
]


def fill(ledger: SqliteLedger) -> None:
    """Record the calls of the book."""
    ledger.record(Batch(readings=readings(), facts=list(FACTS)), appraiser())


def open_book(folder: Path, **settings: object) -> Book:
    """The book, opened."""
    ledger = open_new(folder)
    fill(ledger)
    return Book(Settings(ledger=str(folder / "ledger.db"), **settings), ledger)  # pyright: ignore[reportArgumentType]  # settings of any type


def sheet(book: Book, view: View, scene: Scene | None = None, /, **look: object) -> Sheet:
    """The sheet of a view, for all time unless told."""
    wanted = Look(**{"span": "all", "view": view, **look})  # pyright: ignore[reportArgumentType]  # fields of any type
    return sheet_of(Stand(book, wanted, FRAME, HOME, scene or Scene()))


def column(found: Sheet, key: str) -> list[str]:
    """The cells of a column."""
    at = [each.key for each in found.columns].index(key)
    return [line.cells[at] for line in found.lines]


def below(found: Sheet, key: str) -> str:
    """The total of a column."""
    return found.total[[each.key for each in found.columns].index(key)]


def line_of(found: Sheet, text: str) -> Line:
    """The one line that shows a text."""
    (line,) = [each for each in found.lines if any(text in cell for cell in each.cells)]
    return line
