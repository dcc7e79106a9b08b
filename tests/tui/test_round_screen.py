"""The screen of a round: figures, price, words out of an agent's own files and out of a gateway's
log, folded and bounded; driven by keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tallybook.book import Book
from tallybook.query import Query
from tallybook.settings import Settings, Surroundings, load_settings
from tallybook.tui.reader import Reader
from tallybook.tui.roundpage import RoundPage, Wanted, round_page
from tallybook.tui.roundscreen import RoundScreen
from tallybook.tui.section import LONG, Section, text_section

from .desks import DeskApp, heard, running, text_of

SOURCES = Path(__file__).parent.parent / "sources"


def read_home(tmp_path: Path, history: str) -> Settings:
    """Settings whose ledger holds a history, which may be changed."""
    home = tmp_path / "home"
    shutil.copytree(SOURCES / history, home, dirs_exist_ok=True)
    surroundings = Surroundings(
        environ={"TZ": "UTC"},
        home=home,
        cwd=home,
        config_file=home / "config.toml",
        ledger_file=home / "ledger.db",
    )
    settings = load_settings(surroundings)
    with Book.open(settings) as book:
        book.sync()
    return settings


def longest(settings: Settings) -> tuple[str, str]:
    """The session with the most messages: its source and its id."""
    with Book.open(settings) as book:
        rows = book.ask(Query(by=("source", "session"))).rows
    row = max(rows, key=lambda row: (row.figures.messages, row.dims["session"] or ""))
    return row.dims["source"] or "", row.dims["session"] or ""


def page(settings: Settings, number: int) -> RoundPage | None:
    with Book.open(settings) as book:
        return round_page(book, Wanted(*longest(settings), number, "UTC", "/home/ann"))


def section(found: RoundPage | None, title: str) -> Section:
    assert found is not None
    return next(each for each in found.sections if each.title.startswith(title))


def test_a_round_of_an_agent_tells_its_words_and_each_line_of_its_price(tmp_path: Path) -> None:
    found = page(read_home(tmp_path, "claude_code/home_2_1_330"), 1)
    assert found is not None
    assert found.number == 1
    assert found.last >= found.number
    cost = section(found, "What it cost")
    assert cost.table[0] == ("class", "tokens", "rate", "amount")
    assert cost.table[-1][0] == "total"
    amounts = [row[3].removeprefix("$") for row in cost.table[1:]]
    nanos = [int(each.replace(".", "")) for each in amounts]
    assert sum(nanos[:-1]) == nanos[-1] > 0
    assert ("by", "the rates of its own model") in cost.facts
    assert section(found, "Answer").text
    assert not section(found, "Answer").folded


def test_the_rounds_are_those_of_the_command_line(tmp_path: Path) -> None:
    """Every call of a session is found again in the agent's own files."""
    settings = read_home(tmp_path, "opencode/home_1_18_33")
    first = page(settings, 1)
    assert first is not None
    with Book.open(settings) as book:
        source, session = longest(settings)
        found = book.session(session, source)
        assert found is not None
        told = {each.call: each.round for each in book.rounds(found) if each.call}
        for number in range(1, first.last + 1):
            each = book.round(found, number)
            assert each is not None
            assert each.call is not None
            assert each.round.answer == told[each.call].answer
        assert book.round(found, first.last + 1) is None
        assert book.round(found, 0) is None


def test_a_call_without_a_price_says_why(tmp_path: Path) -> None:
    cost = section(page(read_home(tmp_path, "opencode/home_1_18_33"), 1), "What it cost")
    assert cost.table[0] == ("class", "tokens", "amount")
    assert cost.table[-1][-1] == "–"
    assert dict(cost.facts)["no rates"].startswith("no rate card for ")


def test_words_that_are_gone_are_told_to_be_gone(tmp_path: Path) -> None:
    settings = read_home(tmp_path, "claude_code/home_2_1_330")
    shutil.rmtree(tmp_path / "home" / ".claude")
    found = page(settings, 1)
    facts = dict(section(found, "Round 1").facts)
    assert facts["words"].startswith("gone: the agent's own file is no longer there")
    assert "stood in" in facts
    assert found is not None
    assert not any(each.folds for each in found.sections)
    assert section(found, "What it cost").table[-1][0] == "total"


def test_a_long_text_is_bounded_and_says_how_much_is_left() -> None:
    made = text_section("Answer", "文" * LONG + "字" * 400_000)
    assert made.text == "文" * LONG
    assert made.more == "… 1.2 MB more"
    assert text_section("Answer", "short").more == ""


@pytest.mark.parametrize("width", [60, 100, 220])
def test_keys_go_from_round_to_round_and_fold(tmp_path: Path, width: int) -> None:
    settings = read_home(tmp_path, "claude_code/home_2_1_330_forks")
    source, session = longest(settings)

    async def check() -> None:
        app = DeskApp(settings, lambda desk: RoundScreen(desk, source, session, 1))
        async with app.run_test(size=(width, 60)) as pilot:
            await heard(app, pilot)
            folded = text_of(app)
            assert folded[0].strip().startswith("Round 1 of 7")
            assert any(line.startswith(" ▸ Thoughts") for line in folded)
            assert all(line[width - 1] in " ▁▂▃▄▅▆▇█" for line in folded[1:-1])
            await pilot.press("z")
            await pilot.pause()
            assert any(line.startswith(" ▾ Thoughts") for line in text_of(app))
            await pilot.press("z")
            await pilot.pause()
            assert not any(line.startswith(" ▾") for line in text_of(app))
            await pilot.press("]")
            await heard(app, pilot)
            assert text_of(app)[0].strip().startswith("Round 2 of 7")
            await pilot.press("[", "[")
            await heard(app, pilot)
            assert text_of(app)[0].strip().startswith("Round 1 of 7")
            assert text_of(app)[-1].startswith(" The first round.")
            assert "esc back" in text_of(app)[-1]
            for _ in range(7):
                await pilot.press("n")
                await heard(app, pilot)
            assert text_of(app)[0].strip().startswith("Round 7 of 7")
            assert text_of(app)[-1].startswith(" The last round.")
            assert app.said == [], "nothing lies over the text"

    running(check())


def test_enter_folds_the_section_under_the_cursor(tmp_path: Path) -> None:
    settings = read_home(tmp_path, "claude_code/home_2_1_330_forks")
    source, session = longest(settings)

    async def check() -> None:
        app = DeskApp(settings, lambda desk: RoundScreen(desk, source, session, 1))
        async with app.run_test(size=(100, 60)) as pilot:
            await heard(app, pilot)
            at = next(y for y, line in enumerate(text_of(app)) if "▸ Thoughts" in line)
            reader = app.screen.query_one(Reader)
            reader.move_to(at - 1)
            await pilot.press("enter")
            await pilot.pause()
            assert "▾ Thoughts" in text_of(app)[at]
            assert text_of(app)[at + 1].strip()
            await pilot.press("j", "enter")
            await pilot.pause()
            assert "▸ Thoughts" in text_of(app)[at]

    running(check())


def test_a_page_of_hostile_and_endless_text_stays_in_its_lines() -> None:
    """Tens of thousands of characters without a blank, Chinese, escape sequences, tabs."""

    async def check() -> None:
        from textual.app import App

        app = App[None]()
        async with app.run_test(size=(60, 24)) as pilot:
            reader = Reader()
            await app.mount(reader)
            text = "x" * 30_000 + "\n\t\x1b[2J[bold]\u202e" + "修复" * 9_000
            reader.show((text_section("Answer", text), Section("Facts", (("a", "文" * 200),))))
            await pilot.pause()
            assert all(line.isprintable() for line in text_of(app))
            reader.focus()
            reader.action_bottom()
            await pilot.pause()
            assert "文" in "".join(text_of(app)[-4:])
            assert reader.lines_in_all > LONG // 58

    running(check())


def test_a_round_of_a_gateways_log_has_the_messages_folded(tmp_path: Path) -> None:
    settings = read_home(tmp_path, "higress/home_gateway")
    log = next((tmp_path / "home" / "log").iterdir())
    config = tmp_path / "home" / "config.toml"
    config.write_text(f'[source.higress]\npaths = ["{log}"]\n', encoding="utf-8")
    settings = read_home(tmp_path, "higress/home_gateway")
    with Book.open(settings) as book:
        found = book.session(longest(settings)[1])
        assert found is not None
        told = [(each.round.number, each.round.answer) for each in book.rounds(found)]
    assert any(answer for _, answer in told)
    for number, answer in told:
        shown = page(settings, number)
        assert shown is not None
        assert shown.last == len(told)
        answers = [each.text for each in shown.sections if each.title == "Answer"]
        assert answers == ([answer] if answer else [])
        messages = [each for each in shown.sections if each.title.startswith("Message ")]
        assert all(each.folded for each in messages)
