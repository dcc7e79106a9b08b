"""A shell with a frozen moment and a book held in memory, for tests of the command line.

The book's figures are written by hand, so that what is printed can be checked by eye.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tallybook.book import Book
from tallybook.cli.boundary import run
from tallybook.cli.shell import Shell
from tallybook.errors import ContentError
from tallybook.flow import SyncReceipt
from tallybook.growth import Growth
from tallybook.ledger import Ledger, open_ledger
from tallybook.ledger.orders import Void
from tallybook.prices import open_price_book
from tallybook.prices.book import PriceBook
from tallybook.prices.fx import FxRate
from tallybook.query import Figures, Filter, Note, Query, Report, Row
from tallybook.reading import Complaint
from tallybook.recalling import Recalled
from tallybook.sessions import SessionAnswer
from tallybook.settings import Settings, Surroundings
from tallybook.sources import Source, open_source

NOW = int(datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp() * 1000)
"""A Sunday at noon, UTC."""

BEGUN = NOW - 6 * 86_400_000 - 43_200_000
"""The Monday before, at its beginning: the last seven days begin here."""

SONNET, OPUS = "claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101"


def figures(scale: int, *, cost: Mapping[str, int] | None = None, **more: int) -> Figures:
    """Figures of a plausible shape, as large as `scale`."""
    amounts = {"USD": 1_234_567_890 * scale} if cost is None else cost
    return Figures(
        requests=7 * scale,
        messages=7 * scale,
        counts=(1_234 * scale, 5_678 * scale, 90 * scale, 99_876 * scale, 4_321 * scale, 0),
        cost=amounts,
        sessions=scale,
        first_ms=NOW - 3_600_000 * scale,
        last_ms=NOW - 60_000,
        **more,
    )


DAYS = tuple(
    Row(dims={"date": day}, figures=figures(scale), models=models)
    for day, scale, models in (
        ("2026-11-20", 1, (SONNET,)),
        ("2026-11-21", 44, (SONNET, OPUS)),
        ("2026-11-22", 3, (OPUS,)),
    )
)
MODELS = (
    Row(dims={"provider": "anthropic", "model": SONNET}, figures=figures(40)),
    Row(
        dims={"provider": "zai-coding-plan", "model": "glm-4.7"},
        figures=figures(8, cost={}, unpriced_tokens=889_592),
    ),
)
SESSIONS = (
    Row(
        dims={"session": "8c1f22d0-aaaa-4bbb-8ccc-0123456789ab", "title": "修复登录页面的时区错误"},
        figures=figures(3),
    ),
    Row(
        dims={
            "session": "8c1f22d1-aaaa-4bbb-8ccc-0123456789ab",
            "title": "Find out why the nightly import is slower since the index was added",
        },
        figures=figures(2),
    ),
    Row(dims={"session": "f00d0000-1", "title": "=1+1\x1b[31m red"}, figures=figures(1)),
)
PROJECTS = (
    Row(dims={"project": "/home/ada/代码/支付网关"}, figures=figures(30)),
    Row(dims={"project": "/home/ada/code/harbour-map-with-a-long-name"}, figures=figures(18)),
)
DAYS_BEFORE = (
    Row(dims={"date": "2026-11-13"}, figures=figures(2), models=(SONNET,)),
    Row(dims={"date": "2026-11-15"}, figures=figures(3), models=(OPUS,)),
    Row(dims={"date": "2026-11-11"}, figures=figures(7), models=(OPUS,)),
)
MODELS_BEFORE = (
    Row(dims={"provider": "anthropic", "model": SONNET}, figures=figures(10)),
    Row(dims={"provider": "anthropic", "model": OPUS}, figures=figures(2)),
)
PROVIDERS = (Row(dims={"provider": "anthropic"}, figures=figures(48)),)


@dataclass
class Tome:
    """A book that answers by what is asked for; it remembers the questions."""

    rows: dict[tuple[str, ...], tuple[Row, ...]] = field(default_factory=dict)
    totals: Figures = field(default_factory=Figures)
    before: Tome | None = None
    notes: tuple[Note, ...] = ()
    whole: bool = True
    received: SyncReceipt | None = None
    found: SessionAnswer | None = None
    recalled: tuple[Recalled, ...] = ()
    standing: tuple[Complaint, ...] = ()
    asked: list[Query] = field(default_factory=list)
    synced: list[tuple[Sequence[str], bool]] = field(default_factory=list)
    settings: Settings | None = None
    unread: ContentError | None = None
    fx: tuple[FxRate, ...] = ()
    prices: PriceBook = field(default_factory=open_price_book)

    def __enter__(self) -> Tome:
        return self

    def __exit__(self, *_ended: object) -> None:
        return None

    def ask(self, query: Query, **_how: bool) -> Report:
        """The prepared rows of the grouping; those of `before` for times that are over."""
        self.asked.append(query)
        if self.before and query.until_ms is not None and query.until_ms <= BEGUN:
            return self.before.ask(query)
        rows = self.rows.get(query.by, ())
        return Report(
            query=query,
            revision="r1",
            rows=rows,
            totals=self.totals,
            complete=self.whole,
            notes=self.notes,
        )

    def latest(self, where: Sequence[Filter] = ()) -> int | None:
        """When the last call was that answers the same question."""
        return self.ask(Query(where=tuple(where))).totals.last_ms

    def sync(
        self, names: Sequence[str] = (), *, full: bool = False, **_more: object
    ) -> SyncReceipt:
        """The prepared receipt."""
        self.synced.append((names, full))
        assert self.received is not None
        return self.received

    def session(self, _session_id: str) -> SessionAnswer | None:
        """The prepared session."""
        return self.found

    def sessions(self, query: Query) -> Report:
        """The prepared rows, with a project and models."""
        report = self.ask(query)
        rows = (
            Row(dims={**row.dims, "project": "/srv/web"}, figures=row.figures, models=(SONNET,))
            for row in report.rows
        )
        return replace(report, rows=tuple(rows))

    def current_session(self, _folder: Path) -> str | None:
        """The prepared session's id."""
        return self.found.session_id if self.found else None

    def rounds(self, _found: SessionAnswer, _first: int = 1, **_how: bool) -> tuple[Recalled, ...]:
        """The prepared rounds."""
        return self.recalled

    def growth(self, _found: SessionAnswer) -> Growth:
        """Nothing is told of it."""
        return Growth()

    def reads(self, _name: str) -> bool:
        """It reads all that it has sessions of."""
        return True

    def source(self, name: str) -> Source:
        """The real one, which finds nothing in the home of a test."""
        return open_source(name)

    def complaints(self) -> list[Complaint]:
        """The prepared complaints."""
        return list(self.standing)

    @property
    def ledger(self) -> Tome:
        """The book is its own ledger."""
        return self

    begun = False

    aside: Path | None = None
    _empty: Ledger | None = None

    def __getattr__(self, name: str) -> object:
        """What is not prepared is that of an empty ledger."""
        if name.startswith("_") or self.aside is None:
            raise AttributeError(name)
        self._empty = self._empty or open_ledger(str(self.aside))
        return getattr(self._empty, name)

    def close(self) -> None:
        """Close that one, if anything was asked of it."""
        if self._empty is not None:
            self._empty.close()
            self._empty = None

    def voids(self) -> tuple[Void, ...]:
        """Nothing is voided."""
        return ()

    def find_sessions(self, name: str) -> tuple[tuple[str, str], ...]:
        """The prepared sessions that begin like that."""
        found = [row.dims["session"] or "" for row in self.rows.get(("session", "title"), ())]
        return tuple(("claude-code", each) for each in found if each.startswith(name))


def receipt(*complaints: Complaint, complete: bool = True) -> SyncReceipt:
    """What a sync of one source says."""
    return SyncReceipt(
        sources=("claude-code",),
        places_found=12,
        places_read=3,
        places_unchanged=9,
        bytes_read=1_234_567,
        sessions=2,
        messages=14,
        new_events=14,
        joined=6,
        counts=(10, 20, 3, 400, 50, 6),
        healed=0,
        complaints=complaints,
        ledger="/home/ada/ledger.db",
        seconds=0.256,
        complete=complete,
    )


@pytest.fixture
def tome() -> Tome:
    """A book with three days, two models (one without a price) and three sessions."""
    return Tome(
        rows={
            ("date",): DAYS,
            ("model",): MODELS,
            ("session", "title"): SESSIONS,
            ("provider",): PROVIDERS,
            ("session",): tuple(
                row._replace(dims={"session": row.dims["session"]}) for row in SESSIONS
            ),
            ("title",): tuple(row._replace(dims={"title": row.dims["title"]}) for row in SESSIONS),
            ("project",): PROJECTS,
        },
        totals=figures(48),
        received=receipt(),
        before=Tome(rows={("date",): DAYS_BEFORE, ("model",): MODELS_BEFORE}, totals=figures(12)),
    )


Ask = Callable[..., int]


@pytest.fixture
def ask(tome: Tome, tmp_path: Path, home: Path) -> Ask:
    """Run a command line on the book: `ask("usage", "day", width=80)`; gives the exit code."""

    def go(*words: str, width: int = 100, **environ: str) -> int:
        def open_book(settings: Settings) -> Tome:
            tome.settings = settings
            tome.aside = tmp_path / "aside.db"
            return tome

        shell = Shell(
            surroundings=Surroundings(
                environ={"TZ": "UTC", **environ},
                home=home,
                cwd=tmp_path,
                config_file=home / "config.toml",
                ledger_file=home / "ledger.db",
            ),
            now_ms=NOW,
            width=width,
            colour=False,
            live=False,
            open_book=open_book,
        )
        with closing(tome):
            return run(words, shell)

    return go


@pytest.fixture
def unpriced(tome: Tome) -> Tome:
    """The same book, with its unpriced model in the totals and a note that names it."""
    tome.totals = replace(figures(48), unpriced_tokens=889_592, partial_requests=2)
    tome.notes = (Note(code="unpriced-model", text="no price", items=("zai-coding-plan/glm-4.7",)),)
    return tome


HOMES = Path(__file__).parents[1] / "sources" / "claude_code"
FORKS = HOMES / "home_2_1_330_forks"

Tell = Callable[..., str]


@pytest.fixture
def ledger_file(home: Path) -> Path:
    """Where the ledger of these tests is."""
    return home / "ledger.db"


@pytest.fixture
def tell(home: Path, ledger_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run a command line on the histories of forked sessions: `tell("sessions", width=80)`
    gives what it prints; `code` is the exit code that is expected, with which it is what
    it says on stderr, if it does; with `err` it is only that."""
    shutil.copytree(FORKS, home, dirs_exist_ok=True)

    def go(
        *words: str, width: int = 100, cwd: Path = tmp_path, code: int = 0, err: bool = False
    ) -> str:
        shell = Shell(
            surroundings=Surroundings(
                environ={"TZ": "UTC"},
                home=home,
                cwd=cwd,
                config_file=home / "config.toml",
                ledger_file=ledger_file,
            ),
            now_ms=NOW,
            width=width,
            colour=False,
            live=False,
            open_book=Book.open,
        )
        capsys.readouterr()
        assert run(words, shell) == code
        printed = capsys.readouterr()
        if err:
            return printed.err
        return printed.err or printed.out if code else printed.out

    return go
