"""The sheets of the interface: what stands in them, what opens, what a filter and an order do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallybook.appraising import Appraising
from tallybook.book import Book
from tallybook.clock import DAY_MS, HOUR_MS
from tallybook.comparison import change
from tallybook.format import percent
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import CLASSES
from tallybook.periods import Frame
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.reading import Batch
from tallybook.settings import Settings
from tallybook.tui.look import Look, View, question
from tallybook.tui.middles import mean, median
from tallybook.tui.sessionsheet import ACTIVE
from tallybook.tui.sheet import Rows, SessionOf
from tallybook.tui.sheetfields import Scene, ago
from tallybook.tui.sheetmaking import LIMIT, Stand
from tallybook.tui.sheets import sheet_of

from ..ledger.books import T0, appraiser, open_new, usage
from .sheetbooks import (
    FACTS,
    FRAME,
    HOME,
    NOW,
    below,
    call,
    column,
    line_of,
    open_book,
    readings,
    sheet,
)

VIEWS: tuple[View, ...] = ("sessions", "projects", "models", "agents", "timeline")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(tmp_path) as book:
        yield book


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("look", [{}, {"six": True, "compare": True, "span": "7d"}])
def test_every_line_has_all_cells_and_drives_nothing(
    book: Book, view: View, look: dict[str, object]
) -> None:
    found = sheet(book, view, **look)
    keys = [line.key for line in found.lines]
    assert len(set(keys)) == len(keys) > 1
    columns = [each.key for each in found.columns]
    assert len(set(columns)) == len(columns) == len(found.total)
    for line in found.lines:
        assert len(line.cells) == len(columns)
        assert len(line.marks) in (0, len(columns))
        assert not [c for cell in line.cells for c in cell if unicodedata.category(c)[0] == "C"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_total_is_that_of_the_report(book: Book, view: View) -> None:
    totals = book.ledger.ask(Query()).totals
    found = sheet(book, view)
    assert below(found, "total") == f"{totals.total:,}"
    assert below(found, "cost").startswith("≥ $0.13")
    shown = sum(line.row.figures.total for line in found.lines if line.row)
    assert shown == totals.total


def test_sessions_stand_with_what_they_are_known_by(book: Book) -> None:
    found = sheet(book, "sessions")
    assert found.order == "-last_at"
    assert column(found, "title") == [
        "·[31mred[/b] ·evil line",
        "修复解析器 of the parser",
        "(no title) delta-4",
        "Global chat",
        "(no session)",
    ]
    assert column(found, "last_at")[:2] == ["just now", "5 h ago"]
    assert column(found, "project") == ["/srv/api", "/srv/web", "~", "~", ""]
    assert column(found, "agent")[:2] == ["plan", "build"]
    assert column(found, "cost")[3] == "no price"
    assert below(found, "title") == "4 sessions and calls of none"
    assert found.lines[0].opens == SessionOf("claude-code", "beta-22")
    assert found.lines[0].key == "claude-code\tbeta-22"
    tokens, cost = found.notes[-2:]
    assert tokens == "A session: median 765, average 1,690 tokens"
    assert cost.startswith("A session: median $")
    assert cost.endswith(" of the 3 with a price"), "of the other one nobody knows what it cost"


def test_a_session_goes_on_by_a_call_or_by_the_process_that_writes_it(book: Book) -> None:
    assert column(sheet(book, "sessions"), "state") == [ACTIVE, "", "", "", ""]
    scene = Scene(writing=frozenset({("opencode", "gamma-3"), ("codex", "alpha-1")}))
    found = sheet(book, "sessions", scene)
    assert [line.key for line in found.lines if line.cells[0]] == [
        "claude-code\tbeta-22",
        "opencode\tgamma-3",
    ]
    assert any("active" in note for note in found.notes)


def test_the_tool_stands_in_a_column_only_among_several(book: Book) -> None:
    keys = [each.key for each in sheet(book, "sessions", tab="opencode").columns]
    assert "source" not in keys
    assert "source" in [each.key for each in sheet(book, "sessions").columns]


def test_what_is_in_no_folder_is_global_and_last(book: Book) -> None:
    found = sheet(book, "projects", orders={"projects": "total"})
    assert column(found, "project") == ["/srv/web", "/srv/api", "(global)"]
    assert column(found, "sessions") == ["2", "1", "2"]
    assert below(found, "sessions") == "4"
    assert below(found, "project") == "2 projects and (global)"
    opens = found.lines[-1].opens
    assert isinstance(opens, Rows)
    inside = sheet(book, "sessions", crumbs=opens.crumbs)
    assert {line.key for line in inside.lines} == {"opencode\tgamma-3", "opencode\tdelta-4"}
    assert below(inside, "total") == column(found, "total")[-1]


@pytest.mark.parametrize("view", ["projects", "models", "agents", "timeline"])
def test_enter_opens_the_sessions_of_a_row(book: Book, view: View) -> None:
    found = sheet(book, view)
    for line in found.lines:
        assert isinstance(line.opens, Rows)
        assert line.row
        assert line.opens.view == "sessions"
        inside = sheet(book, "sessions", crumbs=line.opens.crumbs)
        assert below(inside, "total") == f"{line.row.figures.total:,}", line.opens


def test_calls_without_a_session_open_their_models(book: Book) -> None:
    opens = sheet(book, "sessions").lines[-1].opens
    assert isinstance(opens, Rows)
    assert below(sheet(book, opens.view, crumbs=opens.crumbs), "total") == "17"


def test_models_have_shares_bars_and_what_came_from_a_cache(book: Book) -> None:
    found = sheet(book, "models")
    assert column(found, "model")[-1] == "openai/gpt-nobody-knows"
    assert column(found, "share") == ["75.6 %", "22.8 %", "1.6 %"]
    assert column(found, "bar")[0] == "█" * 12
    assert column(found, "cache_hit") == ["0.0 %", "76.9 %", "0.0 %"]
    assert column(found, "cost")[-1] == "no price"
    by_cost = sheet(book, "models", shown="cost")
    assert by_cost.order == "-cost"
    assert column(by_cost, "share")[-1] == "–", "what has no price is no part that is known"


def test_a_model_and_an_agent_open_what_their_row_counts(tmp_path: Path) -> None:
    """Whatever else is named alike: by a date, in other letters, by the folders behind."""
    ledger = open_new(tmp_path)
    names = ["claude-opus-4-5", "claude-opus-4-5-20251101", "Claude-Opus-4-5"]
    folders = ["/srv/web", "/srv/Web", "web"]
    seller = {"provider": "openrouter", "model": f"anthropic/{names[0]}", "raw": usage(7_777)}
    calls = [call("or", "s-or", folders[0], T0, agent="build", **seller)]
    calls += [
        call(f"c{at}", f"s{at}", folder, T0, model=name, agent=agent, raw=usage(10**at))
        for at, (name, folder, agent) in enumerate(
            zip(names, folders, ("build", "Build", None), strict=True)
        )
    ]
    ledger.record(Batch(readings=calls), appraiser())
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), ledger) as book:
        for view in ("models", "agents", "projects"):
            found = sheet(book, view)
            assert len(found.lines) == (4 if view == "models" else 3)
            for line in found.lines:
                assert line.row is not None
                assert isinstance(line.opens, Rows)
                inside = sheet(book, line.opens.view, crumbs=line.opens.crumbs)
                assert below(inside, "total") == f"{line.row.figures.total:,}", line.key


def test_calls_of_no_agent_stand_last_whatever_they_come_to(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    calls = [
        call("a", "s", "/x", T0, raw=usage(9_000)),
        call("b", "s", "/x", T0, agent="plan", raw=usage(1)),
    ]
    ledger.record(Batch(readings=calls), appraiser())
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), ledger) as book:
        assert column(sheet(book, "agents"), "agent") == ["plan", "(no agent)"]
        assert (
            column(sheet(book, "agents", orders={"agents": "agent"}), "agent")[-1] == "(no agent)"
        )


def test_agents_have_their_average_and_the_models_that_ran(book: Book) -> None:
    found = sheet(book, "agents")
    assert column(found, "agent") == ["plan", "build", "(no agent)"]
    assert column(found, "average") == ["2,560", "473", "79"]
    assert column(found, "models")[0] == "anthropic/claude-opus-4-5"
    assert below(found, "agent") == "2 agents and calls of none"
    assert below(sheet(book, "agents", text="session=delta-4"), "agent") == "calls of no agent"
    assert "configured" not in [each.key for each in found.columns]


def test_another_model_than_the_configured_one_is_marked(book: Book, home: Path) -> None:
    folder = home / ".config" / "opencode"
    folder.mkdir(parents=True)
    wanted = '{"agents": {"build": {"model": "anthropic/claude-opus-4-5"}}}'
    (folder / "oh-my-opencode.json").write_text(wanted)
    found = sheet(book, "agents")
    assert column(found, "configured") == ["", "≠ anthropic/claude-opus-4-5", ""]
    assert line_of(found, "≠").marks[-1] == "warn"
    assert any(note.startswith("≠") for note in found.notes)
    asked = wanted.replace("anthropic/claude-opus-4-5", "openai/gpt-nobody-knows-20251101")
    (folder / "oh-my-opencode.json").write_text(asked)
    found = sheet(book, "agents")
    assert column(found, "configured") == ["", "openai/gpt-nobody-knows-20251101", ""]
    assert not any(note.startswith("≠") for note in found.notes)


@pytest.mark.parametrize(
    ("span", "bucket", "dates"),
    [
        ("today", "Hour", ["2025-11-24 21:00", "2025-11-24 16:00", "2025-11-24 15:00"]),
        ("30d", "Day", ["2025-11-24", "2025-11-23", "2025-11-22"]),
        ("12mo", "Week of", ["2025-11-24", "2025-11-17"]),
        ("5y", "Month", ["2025-11"]),
        ("all", "Day", ["2025-11-24", "2025-11-23", "2025-11-22"]),
    ],
)
def test_time_is_cut_as_its_length_suits(
    book: Book, span: str, bucket: str, dates: list[str]
) -> None:
    found = sheet(book, "timeline", span=span)
    assert (found.columns[0].title, column(found, "date")) == (bucket, dates)
    turned = sheet(book, "timeline", span=span, orders={"timeline": "date"})
    assert column(turned, "date") == dates[::-1]


def test_classes_are_folded_until_all_six_are_wanted(book: Book) -> None:
    folded = sheet(book, "timeline", span="30d")
    assert column(folded, "cache") == ["0", "0", "900"]
    whole = sheet(book, "timeline", span="30d", six=True)
    assert column(whole, "cache_read") == ["0", "0", "800"]
    assert column(whole, "cache_write_5m") == ["0", "0", "100"]
    assert "cache" not in [each.key for each in whole.columns]


@pytest.mark.parametrize("view", VIEWS)
def test_tokens_or_costs_alone(book: Book, view: View) -> None:
    tokens = {each.key for each in sheet(book, view, shown="tokens", six=True).columns}
    costs = {each.key for each in sheet(book, view, shown="cost", six=True).columns}
    assert {"total", "cost"} & tokens == {"total"}
    assert {"total", "cost", "input", "cache", "cache_read"} & costs == {"cost"}


@pytest.mark.parametrize("view", VIEWS)
def test_every_column_orders_the_rows_both_ways(book: Book, view: View) -> None:
    span = "today" if view == "timeline" else "week"
    for each in sheet(book, view, compare=True, span=span).columns:
        up, down = (
            sheet(book, view, compare=True, span=span, orders={view: order})
            for order in (each.key, f"-{each.key}")
        )
        assert (up.order, down.order) == (each.key, f"-{each.key}")
        assert {line.key for line in up.lines} == {line.key for line in down.lines}


def test_an_order_that_is_no_column_is_the_usual_one(book: Book) -> None:
    found = sheet(book, "sessions", orders={"sessions": "-input"})
    assert found.order == "-last_at"
    with_classes = sheet(book, "sessions", orders={"sessions": "-input"}, six=True)
    assert with_classes.order == "-input"


def test_the_period_before_stands_beside(book: Book) -> None:
    found = sheet(book, "projects", span="today", compare=True)
    at = dict(zip(column(found, "project"), column(found, "total_change"), strict=True))
    assert at == {"/srv/web": "new", "(global)": "new", "/srv/api": "-99.7%"}
    assert below(found, "total_change") == "-88.7%"
    assert "against 2025-11-23; this period is not over yet" in found.notes[0]
    hours = sheet(book, "timeline", span="today", compare=True)
    assert column(hours, "total_change") == ["", "-95.3%", ""]
    sessions = sheet(book, "sessions", span="today", compare=True)
    assert column(sessions, "total_change") == ["-97.8%", "", "", "", ""]


def test_where_nothing_was_there_before_only_the_total_tells_of_it(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    calls = [call("n", "new", "/srv", T0), call("o", "old", "/opt", T0 - DAY_MS)]
    ledger.record(Batch(readings=calls), appraiser())
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), ledger) as book:
        found = sheet(book, "projects", span="2025-11-24", compare=True)
        assert not [each.key for each in found.columns if each.key.endswith("_change")]
        assert "No row was there before; in all tokens 0.0%, cost 0.0%" in found.notes
        models = sheet(book, "models", span="2025-11-24", compare=True)
        assert column(models, "total_change") == ["0.0%"]
        assert not any("No row" in note for note in models.notes)


def test_the_six_classes_go_after_all_but_the_name_and_the_sum(book: Book) -> None:
    for view in ("sessions", "projects", "models", "agents", "timeline"):
        ranks = {each.key: each.rank for each in sheet(book, view, six=True).columns}
        worst = max(ranks[name] for name in CLASSES)
        assert {key for key, rank in ranks.items() if rank <= worst} - {*CLASSES, "state"} == {
            sheet(book, view).columns[view == "sessions"].key, "total",
        }  # fmt: skip


def test_words_and_conditions_that_there_are_not_are_explained(book: Book) -> None:
    taught = "\n".join(sheet(book, "models", text="parser").teaches)
    assert "`parser` is looked for in what these rows show; titles: 2 Sessions." in taught
    assert "the names" not in taught
    taught = "\n".join(sheet(book, "sessions", text="cost>50").teaches)
    assert "the names: date source" in taught
    assert "titles: 2" not in taught


def test_days_are_held_against_the_days_in_their_places(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    calls = [
        call(f"n{n}", "s", "/srv", T0 - n * DAY_MS, raw=usage(1_000 + n * n * 100))
        for n in range(8)
        if n != 5
    ]
    ledger.record(Batch(readings=calls), appraiser())
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), ledger) as book:
        now = sheet(book, "timeline", span="4d", compare=True)
        before = sheet(book, "timeline", span="2025-11-17..2025-11-20")
    assert "against 2025-11-17 to 2025-11-20" in now.notes[0]
    old = dict(zip(column(before, "date"), column(before, "total"), strict=True))
    days = [f"2025-11-{day}" for day in (20, 19, 18, 17)]
    assert column(now, "total_change") == [
        percent(change(_whole(total), _whole(old[day])).tenths) if day in old else ""
        for day, total in zip(days, column(now, "total"), strict=True)
    ]
    assert [each == "" for each in column(now, "total_change")] == [False, True, False, False]


def _whole(text: str) -> int:
    return int(text.replace(",", ""))


def test_all_time_has_nothing_before_it(book: Book) -> None:
    found = sheet(book, "models", compare=True)
    assert "total_change" not in [each.key for each in found.columns]
    assert found.notes[0].startswith("Nothing is compared: all time")


def test_conditions_and_words_narrow_the_rows(book: Book) -> None:
    found = sheet(book, "sessions", text="source=opencode global")
    assert column(found, "title") == ["Global chat"]
    assert (below(found, "title"), below(found, "total")) == ("1 session", "110")
    others = sheet(book, "sessions", text="source=opencode !global")
    assert column(others, "title") == ["(no title) delta-4"]
    assert not any("No price" in note for note in others.notes)


def test_a_choice_of_projects_counts_sessions_once(book: Book) -> None:
    found = sheet(book, "projects", text="srv")
    assert column(found, "sessions") == ["1", "2"]
    assert below(found, "sessions") == "2"
    assert below(found, "total") == "6,447"


def test_while_a_condition_is_typed_nothing_is_hidden(book: Book) -> None:
    every = sheet(book, "sessions")
    assert sheet(book, "sessions", text="model~").lines == every.lines
    wrong = sheet(book, "sessions", text="modle~x")
    assert wrong.lines == every.lines
    assert "did you mean model?" in wrong.notes[0]


@pytest.mark.parametrize(
    ("look", "why", "next_step"),
    [
        ({"text": "nowhere"}, "Nothing here fits nowhere", "Esc"),
        ({"text": "model=opus"}, "Nothing here fits model=opus", "model~opus looks for a part"),
        (
            {"text": 'project="my shop"'},
            'Nothing here fits project="my shop"',
            'project~"my shop" looks for a part',
        ),
        ({"tab": "codex"}, "Nothing is recorded of codex.", "tally source explain codex"),
        ({"span": "2020-01..2020-02"}, "No calls: 2020-01 to 2020-02.", "a shows all time."),
    ],
)
@pytest.mark.parametrize("view", VIEWS)
def test_no_rows_teach_why(
    book: Book, view: View, look: dict[str, object], why: str, next_step: str
) -> None:
    found = sheet(book, view, **look)
    assert (found.lines, found.total) == ((), ())
    assert found.teaches[0] == why
    assert any(next_step in line for line in found.teaches)


@pytest.mark.parametrize("view", VIEWS)
def test_an_empty_ledger_says_where_it_looked(tmp_path: Path, view: View) -> None:
    ledger = open_new(tmp_path, "empty.db")
    with Book(Settings(ledger=str(tmp_path / "empty.db")), ledger) as book:
        found = sheet(book, view, compare=True)
        assert found.teaches[0] == "Nothing is recorded yet."
        assert any("tally doctor" in line for line in found.teaches)


def test_of_very_many_sessions_the_first_are_shown(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    many = [call(f"n{n}", f"many-{n:04}", "/srv", T0 + n * 1_000) for n in range(LIMIT + 50)]
    ledger.record(Batch(readings=many), appraiser())
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), ledger) as book:
        found = sheet(book, "sessions")
        assert len(found.lines) == LIMIT
        assert found.lines[0].key == f"claude-code\tmany-{LIMIT + 49}"
        assert "1,000 of 1,050 sessions shown: narrow by / or t w m a" in found.notes
        assert below(found, "title") == "1,050 sessions"
        assert below(found, "messages") == "1,050"
        few = sheet(book, "sessions", text="many-0007")
        assert [line.key for line in few.lines] == ["claude-code\tmany-0007"]
        by_model = sheet(book, "sessions", orders={"sessions": "models"})
        assert len(by_model.lines) == LIMIT
        assert found.notes[0].startswith("1,000 of 1,050"), "what is left out is told first"
        assert "A session: median" in found.notes[-1]
        other = sheet(book, "sessions", orders={"sessions": "last_at"})
        assert other.notes == by_model.notes == found.notes, "in any order of all of them"


def test_what_was_before_is_found_however_many_there_were(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    many = range(LIMIT + 50)
    calls = [call(f"n{n}", f"many-{n}", "/srv", T0 + n * 1_000) for n in many]
    calls += [call(f"o{n}", f"many-{n}", "/srv", T0 - DAY_MS - n * 1_000) for n in many]
    ledger.record(Batch(readings=calls), appraiser())
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), ledger) as book:
        found = sheet(book, "sessions", span="2025-11-24", compare=True)
        assert set(column(found, "total_change")) == {"0.0%"}


def test_unmetered_calls_are_unknown_and_not_zero(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    calls = [
        call("u", "quiet", "/srv", T0, status="unmetered", raw=b"{}"),
        call("v", "loud", "/srv", T0, raw=usage(50)),
    ]
    ledger.record(Batch(readings=calls), appraiser())
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), ledger) as book:
        found = sheet(book, "sessions")
        assert line_of(found, "quiet").cells[2] == "–"
        assert any("1 unmetered call" in note for note in found.notes)


def test_an_hour_that_comes_twice_is_one_line_with_both(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    twice = 1_761_438_600_000  # 2025-10-26T00:30:00Z: 02:30 in Berlin, and 02:30 an hour later
    at = (twice, twice + HOUR_MS, twice + 2 * HOUR_MS)
    calls = [call(f"h{n}", f"h{n}", "/srv", each) for n, each in enumerate(at)]
    ledger.record(Batch(readings=calls), appraiser())
    frame = Frame(twice + DAY_MS // 2, "Europe/Berlin")
    with Book(Settings(ledger=str(tmp_path / "ledger.db")), ledger) as book:
        look = Look(span="today", view="timeline")
        found = sheet_of(Stand(book, look, frame, HOME))
        assert column(found, "date") == ["2025-10-26 03:00", "2025-10-26 02:00"]
        opens = found.lines[1].opens
        assert isinstance(opens, Rows)
        inside = sheet_of(Stand(book, look.into(opens.view, *opens.crumbs), frame, HOME))
        assert {line.key[-2:] for line in inside.lines} == {"h0", "h1"}


def test_a_bucket_that_is_opened_stays_inside_the_time_that_is_looked_at(book: Book) -> None:
    week = sheet(book, "timeline", span="12mo")
    opens = week.lines[0].opens
    assert isinstance(opens, Rows)
    query = question(Look(span="today", crumbs=opens.crumbs), FRAME)
    assert query.since_ms == question(Look(span="today"), FRAME).since_ms
    wider = question(Look(span="all", crumbs=opens.crumbs), FRAME)
    assert (wider.since_ms, wider.until_ms) == (1_763_942_400_000, 1_764_547_200_000)


def test_several_currencies_have_columns_of_their_own(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        'schema = 1\n[[price]]\nprovider = "openai"\nmodel = "gpt-nobody-knows"\n'
        'currency = "CNY"\nrates = { input = "2", output = "8" }\n'
    )
    ledger: SqliteLedger = open_new(tmp_path)
    ledger.record(Batch(readings=readings(), facts=list(FACTS)), Appraising(open_price_book(own)))
    with Book(Settings(ledger=str(tmp_path / "ledger.db"), prices=own), ledger) as book:
        found = sheet(book, "models")
        assert [each.title for each in found.columns][2:4] == ["Cost CNY", "Cost USD"]
        assert column(found, "cost") == ["", "", "0.0008 CNY"]
        falling = sheet(book, "models", orders={"models": "-cost:USD"})
        assert falling.order == "-cost:USD"
        assert column(falling, "model")[0] == "anthropic/claude-opus-4-5"


@pytest.mark.parametrize(
    ("past", "told"),
    [
        (0, "just now"),
        (59_999, "just now"),
        (60_000, "1 min ago"),
        (HOUR_MS - 1, "59 min ago"),
        (DAY_MS - 1, "23 h ago"),
        (DAY_MS, "11-23 22:00"),
        (400 * DAY_MS, "2024-10-20"),
        (-60_000, "just now"),
    ],
)
def test_moments_are_told_as_people_do(past: int, told: str) -> None:
    assert ago(NOW - past, FRAME) == told


@pytest.mark.parametrize(
    ("values", "middle"), [([5], 5), ([9, 1, 5], 5), ([1, 2, 4, 10], 3), ([2, 3], 3)]
)
def test_the_median(values: list[int], middle: int) -> None:
    assert median(values) == middle


def test_the_average_is_rounded_as_everywhere() -> None:
    assert (mean([1, 2]), mean([1, 1, 2]), mean([1, 2, 2])) == (2, 1, 2)
