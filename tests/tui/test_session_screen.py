"""The screen of a session: what stands above its rounds, the rounds themselves, and the sessions
around; as values, and driven by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from tallybook.book import Book
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.periods import Frame
from tallybook.reading import Attribution, Batch, Reading, SessionFact
from tallybook.tui.desk import Keyed, Layered
from tallybook.tui.roundscreen import RoundScreen
from tallybook.tui.sessionpage import Asked, SessionPage, session_page
from tallybook.tui.sessionscreen import SessionScreen
from tallybook.tui.sheet import RoundOf, SessionOf, Sheet
from tallybook.tui.sheettable import SheetTable

from ..ledger.books import T0, appraiser, open_new, reading, usage
from .desks import DeskApp, heard, running, settings_in, text_of

HOSTILE = "修复 \x1b[31m[red]the parser[/red]\u202e\nof reports"
FRAME = Frame(T0)


def call(name: str, at: int, session: str = "main", **more: object) -> Reading:
    agent = more.pop("agent", None)
    assert agent is None or isinstance(agent, str)
    who = Attribution("claude-code", session=session, project="/home/ann/web", agent=agent)
    return reading(name, at=T0 + at * 1_000, who=who, **more)


def readings() -> list[Reading]:
    cached = usage(200, 100, cache_read_input_tokens=800, cache_creation_input_tokens=100)
    return [
        call("c1", 0, tools=(("Bash", 1), ("Read", 2))),
        call("c2", 60, raw=cached, first_token_ms=450),
        call("c3", 120, status="failed", raw=usage(0, 0)),
        call("k1", 30, "child", agent="explore", raw=usage(5_000)),
    ]


FACTS = (
    SessionFact(source="claude-code", session="main", title=HOSTILE, branch="fix"),
    SessionFact(source="claude-code", session="child", title="Look around", parent="main"),
)


def fill(ledger: SqliteLedger, *more: Reading) -> None:
    ledger.record(Batch(readings=[*readings(), *more], facts=list(FACTS)), appraiser())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ledger = open_new(tmp_path)
    fill(ledger)
    ledger.close()
    return tmp_path


def page(folder: Path, session: str = "main", source: str = "claude-code") -> SessionPage | None:
    with Book.open(settings_in(folder)) as book:
        return session_page(book, Asked(source, session, FRAME, "/home/ann"))


def column(sheet: Sheet, key: str) -> list[str]:
    at = [each.key for each in sheet.columns].index(key)
    return [line.cells[at] for line in sheet.lines]


def test_rounds_stand_in_the_order_of_time_with_all_that_is_known(folder: Path) -> None:
    found = page(folder)
    assert found is not None
    rounds = found.rounds
    assert column(rounds, "round") == ["1", "2", "3"]
    assert column(rounds, "input") == ["10", "100", "–"]
    assert column(rounds, "cache") == ["0", "900", "–"]
    assert column(rounds, "cost") == ["$0.0015", "$0.0039", "–"]
    assert column(rounds, "state") == ["", "", "failed"]
    assert column(rounds, "tools") == ["Bash, Read 2", "", ""]
    assert column(rounds, "first") == ["", "450 ms", ""]
    assert [line.opens for line in rounds.lines] == [RoundOf(1), RoundOf(2), RoundOf(3)]
    assert rounds.total[0] == "Total"
    assert "$0.0054" in rounds.total
    assert {"agent", "user", "reasoning"}.isdisjoint(each.key for each in rounds.columns)


def test_medians_stand_beside_averages(folder: Path) -> None:
    found = page(folder)
    assert found is not None
    assert found.rounds.notes[:2] == (
        "a round: median 655, average 655 tokens",
        "median $0.0027, average $0.0027",
    )


def test_the_head_tells_the_figures_first_and_names_the_family(folder: Path) -> None:
    found = page(folder)
    assert found is not None
    assert found.title == "修复 ·[31m[red]the parser[/red]· of reports"
    assert found.head[0].startswith("1,310 tokens · input 110 · output 300")
    assert "$0.0054" in found.head[1]
    assert "~/web · fix" in found.head[2]
    family = next(each for each in found.head if each.startswith("family: "))
    assert "6,320 tokens" in family
    assert "this session with 1 session below it" in family
    assert "tools: Read 2, Bash 1" in found.head
    assert any(section.title == "By model" for section in found.details)


def test_the_sessions_around_are_the_parent_and_the_children(folder: Path) -> None:
    found, child = page(folder), page(folder, "child")
    assert found is not None
    assert child is not None
    assert column(found.around, "title") == ["↳ Look around"]
    assert column(found.around, "tokens") == ["5.0k"]
    assert column(found.around, "agent") == ["explore"]
    assert [line.opens for line in child.around.lines] == [SessionOf("claude-code", "main")]
    assert column(child.around, "title")[0].startswith("↑ 修复")


def test_a_session_is_that_of_its_source(folder: Path) -> None:
    assert page(folder, "nobody") is None
    assert page(folder, "main", "opencode") is None


def test_a_copied_round_is_told_and_not_counted(folder: Path) -> None:
    """A fork shows the call of the session that it came from."""
    ledger = SqliteLedger(str(folder / "ledger.db"))
    fill(ledger, call("c1", 0, "fork", rank=3), call("f2", 200, "fork"))
    ledger.close()
    found = page(folder, "fork")
    assert found is not None
    assert column(found.rounds, "state") == ["copy of main", ""]
    assert found.head[0].startswith("110 tokens")
    assert "1 copy of calls that are counted in other sessions" in found.rounds.notes


@pytest.mark.parametrize("width", [60, 80, 100, 160, 220])
def test_every_width_shows_title_figures_rounds_and_keys(folder: Path, width: int) -> None:
    async def check() -> None:
        app = DeskApp(settings_in(folder), lambda desk: SessionScreen(desk, "claude-code", "main"))
        async with app.run_test(size=(width, 24)) as pilot:
            await heard(app, pilot)
            text = text_of(app)
            assert "[red]the parser[/red]" in text[0]
            assert "\x1b" not in "".join(text)
            assert text[1].strip().startswith("1,310 tokens")
            assert all(cell_len(line.rstrip()) <= width for line in text)
            assert any(line.split()[:2] == ["Round", "Time"] for line in text)
            assert any(line.startswith(">") and line[1:].split()[:1] == ["3"] for line in text)
            assert any(line.split()[:1] == ["Total"] for line in text)
            assert any("↳ Look around" in line for line in text)
            assert "q quit" in text[-1]

    running(check())


def test_keys_go_into_rounds_details_and_the_sessions_around(folder: Path) -> None:
    async def check() -> None:
        app = DeskApp(settings_in(folder), lambda desk: SessionScreen(desk, "claude-code", "main"))
        async with app.run_test(size=(100, 30)) as pilot:
            await heard(app, pilot)
            assert isinstance(app.screen, Keyed)
            assert app.screen.scopes == ("table", "session", "everywhere")
            await pilot.press("i")
            await pilot.pause()
            assert any("Growth" in line or "By model" in line for line in text_of(app))
            assert "esc back" in text_of(app)[-1]
            assert isinstance(app.screen, Layered)
            assert app.screen.back(), "from the details to the rounds"
            assert not app.screen.back()
            await pilot.press("g", "enter")
            await heard(app, pilot)
            assert isinstance(app.screen, RoundScreen)
            assert isinstance(app.screen, Keyed)
            assert app.screen.scopes == ("table", "round", "everywhere")
            assert text_of(app)[0].strip().startswith("Round 1 of 3")
            await app.pop_screen()
            await heard(app, pilot)
            await pilot.press("tab", "enter")
            await heard(app, pilot)
            assert isinstance(app.screen, SessionScreen)
            assert "Look around" in text_of(app)[0]
            assert app.screen.copied()[0] == "child"

    running(check())


def test_a_new_round_is_followed_from_the_last_line(folder: Path) -> None:
    async def check() -> None:
        app = DeskApp(settings_in(folder), lambda desk: SessionScreen(desk, "claude-code", "main"))
        async with app.run_test(size=(100, 30)) as pilot:
            await heard(app, pilot)
            screen, rounds = app.screen, app.screen.query_one("#rounds", SheetTable)
            assert isinstance(screen, SessionScreen)
            assert rounds.line is not None
            assert rounds.line.opens == RoundOf(3)
            ledger = SqliteLedger(str(folder / "ledger.db"))
            fill(ledger, call("c4", 300))
            ledger.close()
            while rounds.line is None or rounds.line.opens != RoundOf(4):
                screen.renew()
                await pilot.pause(0.05)
            assert any("1,420 tokens" in line for line in text_of(app))

    running(check())


def test_a_session_that_is_not_there_says_so(folder: Path) -> None:
    async def check() -> None:
        app = DeskApp(
            settings_in(folder), lambda desk: SessionScreen(desk, "claude-code", "nobody")
        )
        async with app.run_test(size=(80, 24)) as pilot:
            await heard(app, pilot)
            text = "\n".join(text_of(app))
            assert "error: this session is not in the ledger" in text
            assert "press Esc" in text

    running(check())


def test_of_a_very_long_session_the_latest_rounds_are_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallybook.tui.roundsheet.MOST", 2)
    found = page(folder)
    assert found is not None
    assert column(found.rounds, "round") == ["2", "3"]
    assert found.rounds.notes[0] == "the latest 2 of 3 rounds"
    assert "$0.0054" in found.rounds.total
