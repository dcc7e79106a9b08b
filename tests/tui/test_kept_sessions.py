"""Sessions that are kept are those that would be asked for: after any change of the ledger, the
sheet of what was kept is the one that is made of nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tallybook.appraising import Appraising
from tallybook.book import Book
from tallybook.clock import DAY_MS, HOUR_MS
from tallybook.ledger.orders import ForgetOrder, RerateNote, RerateOrder, VoidOrder
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.periods import Frame
from tallybook.prices import open_price_book
from tallybook.query import Filter, Query
from tallybook.reading import Batch, Reading, SessionFact, key_of
from tallybook.settings import Settings
from tallybook.tui.keptsessions import KeptSessions
from tallybook.tui.look import Crumb, Look
from tallybook.tui.sheet import Sheet
from tallybook.tui.sheetfields import Scene
from tallybook.tui.sheetmaking import Stand
from tallybook.tui.sheets import sheet_of

from ..ledger.books import T0, appraiser, open_new, record, usage
from .sheetbooks import HOME, call

APPRAISER = appraiser()
PRICES = """
schema = 1
[[price]]
provider = "anthropic"
model = "claude-opus-4-5"
currency = "EUR"
rates = {{ input = "{rate}", output = "{rate}", cache_read = "1", cache_write = "2" }}
"""
MODELS = (
    {"model": "claude-opus-4-5"},
    {"model": "claude-sonnet-4-5-20250929"},
    {"provider": "openai", "model": "gpt-nobody-knows"},
)
LOOKS = (
    Look(view="sessions", span="all"),
    Look(view="sessions", span="7d"),
    Look(view="sessions", span="2025-11-20..2025-11-23", orders={"sessions": "title"}),
    Look(view="sessions", span="24h", six=True, shown="tokens"),
    Look(view="sessions", span="30d", tab="opencode", orders={"sessions": "-cost"}),
    Look(view="sessions", crumbs=(Crumb("project", "/p1", "p1"),), orders={"sessions": "total"}),
    Look(view="sessions", span="all", orders={"sessions": "models"}, shown="cost"),
    Look(view="sessions", span="30d", compare=True, text="session"),
)


def sheet(book: Book, look: Look, now_ms: int, kept: KeptSessions | None = None) -> Sheet:
    """What is looked at, with a session that a process writes."""
    scene = Scene(frozenset({("opencode", f"s{now_ms // HOUR_MS % 4}")}))
    return sheet_of(Stand(book, look, Frame(now_ms), HOME, scene, kept))


class Changes:
    """Everything that can happen to a ledger, by chance."""

    def __init__(self, ledger: SqliteLedger, seed: int) -> None:
        self.ledger, self.chance = ledger, random.Random(seed)
        self.folder = Path(ledger.path).parent
        self.now_ms, self.named = T0, 0

    def turn(self) -> str:
        """One change; what it was."""
        self.now_ms += self.chance.choice((1_000, 60_000, HOUR_MS, 7 * HOUR_MS, 3 * DAY_MS))
        kinds: tuple[tuple[Callable[[], None], int], ...] = (
            (self.calls, 8), (self.grown, 4), (self.moved, 3), (self.joined, 3),
            (self.titled, 2), (self.untitled, 1), (self.voided, 2), (self.unvoided, 2),
            (self.priced, 2),
            (self.forgotten, 1), (self.nothing, 1),
        )  # fmt: skip
        each = self.chance.choices([kind for kind, _ in kinds], [often for _, often in kinds])[0]
        each()
        return each.__name__

    def one(self, name: int, **more: object) -> Reading:
        """A call of a name, of one of few sessions, mostly a late one."""
        chance = self.chance
        at = self.now_ms - int(chance.expovariate(1 / DAY_MS))
        session = chance.choice([None, *(f"s{n}" for n in range(9))])
        project = chance.choice((None, "/p1", "/p2"))
        source = chance.choice(("claude-code", "opencode"))
        raw = usage(chance.randrange(9_000), cache_read_input_tokens=chance.randrange(9))
        values = {**chance.choice(MODELS), "source": source, "raw": raw, **more}
        return call(f"c{name}", session, project, at, agent=chance.choice(("a", "b")), **values)

    def calls(self) -> None:
        """New ones."""
        count = self.chance.randrange(1, 4)
        batch = [self.one(self.named + n) for n in range(count)]
        self.named += count
        record(self.ledger, batch, by=APPRAISER)

    def grown(self) -> None:
        """A known call comes to more, or began earlier."""
        record(self.ledger, [self.one(self.chance.randrange(self.named + 1))], by=APPRAISER)

    def moved(self) -> None:
        """A known call is that of another session: no total changes."""
        name = self.chance.randrange(self.named + 1)
        rank = self.chance.randrange(6, 9)
        known = self.ledger.calls([key_of("test", f"c{name}")])
        at = next((each.started_ms for each in known.values()), self.now_ms)
        one = self.one(name, rank=rank, raw=usage(1, 1), model=MODELS[0]["model"])
        record(self.ledger, [one._replace(started_ms=at, ended_ms=at + 900)], by=APPRAISER)

    def joined(self) -> None:
        """Two calls turn out to be one."""
        names = [self.chance.randrange(self.named + 1) for _ in range(2)]
        keys = tuple(dict.fromkeys(key_of("test", f"c{name}") for name in names))
        record(self.ledger, [self.one(names[0], keys=keys)], by=APPRAISER)

    def priced(self) -> None:
        """What is recorded is worth something else."""
        file = self.folder / "prices.toml"
        file.write_text(PRICES.format(rate=self.chance.randrange(1, 9)))
        order = RerateOrder(Query())
        note = RerateNote(self.now_ms, "ann", "new prices")
        self.ledger.rerate(order, Appraising(open_price_book(file)), note)

    def titled(self) -> None:
        """Sessions are called something else."""
        name = f"s{self.chance.randrange(9)}"
        title = self.chance.choice(("Short", "A longer title", "会话"))
        source = self.chance.choice(("claude-code", "opencode"))
        fact = SessionFact(source=source, session=name, title=title)
        self.ledger.record(Batch(facts=[fact]), APPRAISER)

    def untitled(self) -> None:
        """No session has a title."""
        self.ledger.forget_titles()

    def voided(self) -> None:
        """The calls of a session do not count."""
        where = (Filter(dimension="session", values=(f"s{self.chance.randrange(9)}",)),)
        self.ledger.void(VoidOrder(Query(where=where)), "a test", self.now_ms)

    def unvoided(self) -> None:
        """Such calls count again."""
        for each in self.ledger.voids()[:1]:
            self.ledger.unvoid(each.id, APPRAISER)

    def forgotten(self) -> None:
        """A project is called otherwise."""
        known = self.ledger.names("project", "/", 9)
        if known:
            self.ledger.forget(ForgetOrder(names=(("project", self.chance.choice(known)),)))

    def nothing(self) -> None:
        """Only time passes."""


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), open_new(tmp_path)) as book:
        yield book


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_what_would_be_asked_for(book: Book, seed: int) -> None:
    assert isinstance(book.ledger, SqliteLedger)
    changes = Changes(book.ledger, seed)
    kept = [KeptSessions() for _ in LOOKS]
    for turn in range(60):
        what = changes.turn()
        for look, each in zip(LOOKS, kept, strict=True):
            if look is LOOKS[0]:
                look = look.in_order(changes.chance.choice((None, "title", "-cost", "total")))
            now = sheet(book, look, changes.now_ms, each)
            assert now == sheet(book, look, changes.now_ms), (turn, what, look)


def test_a_session_without_news_keeps_its_line(book: Book) -> None:
    record(book.ledger, [call(f"c{n}", f"s{n}", "/p1", T0 + n) for n in range(50)], by=APPRAISER)  # pyright: ignore[reportArgumentType] - it is one in SQLite
    kept, now_ms = KeptSessions(), T0 + HOUR_MS
    sheet(book, LOOKS[0], now_ms, kept)
    before = sheet(book, LOOKS[0], now_ms, kept)
    record(book.ledger, [call("more", "s7", "/p1", now_ms)], by=APPRAISER)  # pyright: ignore[reportArgumentType] - as above
    after = sheet(book, LOOKS[0], now_ms, kept)
    known = {id(line) for line in before.lines}
    assert [line.key for line in after.lines if id(line) not in known] == ["claude-code\ts7"]
    assert after.lines[0].key == "claude-code\ts7"
