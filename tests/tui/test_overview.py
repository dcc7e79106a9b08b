"""What the overview tells of a ledger, and in which lines that is said at each width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from tallybook.book import Book
from tallybook.model import NANOS
from tallybook.periods import Frame
from tallybook.processes import Process
from tallybook.query import Figures
from tallybook.quota import Limit, Quota, Window
from tallybook.reading import Attribution, Batch, LimitSnapshot, Reading, SessionFact
from tallybook.running import Running
from tallybook.settings import Settings
from tallybook.tui.cardlines import Card
from tallybook.tui.glyphs import ASCII, BLOCK
from tallybook.tui.look import Crumb, Look
from tallybook.tui.overview import Overview, clock_span, overview_of, processes_of
from tallybook.tui.overviewlines import cards
from tallybook.tui.tokenlines import cost_text

from ..ledger.books import T0, appraiser, reading, record, usage

MINUTE = 60_000
NOW = T0 + 60 * MINUTE
FRAME = Frame(now_ms=NOW, tz="UTC")
HOSTILE = "\x1b[31m[bold]\u202e给项目添加监控面板\x07\nnext"


def call(
    name: str, session: str, minute: int, fresh: int = 900, source: str = "opencode", **more: object
) -> Reading:
    """A call of `fresh` + 100 tokens so many minutes after the beginning."""
    who = Attribution(source, session=session, project="/srv/web")
    raw = usage(output=100, fresh=fresh)
    return reading(name, at=T0 + minute * MINUTE, who=who, raw=raw, **more)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(Settings(ledger=str(tmp_path / "ledger.db"))) as opened:
        yield opened


@pytest.fixture
def busy(book: Book) -> Book:
    """Two active sessions, one that is not, and calls of three days before."""
    record(
        book.ledger,  # pyright: ignore[reportArgumentType] - the book's own is that of SQLite
        [
            call("a", "old", -3 * 24 * 60),
            call("b", "quiet", 10),
            call("c", "new", 20, fresh=49_900),
            call("d", "new", 58, fresh=61_900),
            call("e", "other", 57, source="codex", model="no-such-model", provider="nobody"),
        ],
    )
    facts = [SessionFact("opencode", "new", title=HOSTILE, title_rank=1)]
    limits = [
        LimitSnapshot("codex", "primary", 6_200, 300, NOW + 125 * MINUTE, NOW - 20 * MINUTE, "pro"),
        LimitSnapshot("codex", "secondary", 9_350, 10_080, NOW - MINUTE, NOW - 30 * MINUTE, "pro"),
    ]
    book.ledger.record(Batch(facts=facts, limits=limits), appraiser())
    return book


def process(pid: int, **more: object) -> Process:
    told: dict[str, object] = {"source": "opencode", "mode": "cli", **more}
    return Process(pid=pid, started_ms=NOW - 39_000, **told)  # pyright: ignore[reportArgumentType]


def texts(card: Card) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for _, line in card.lines]


def card(overview: Overview, key: str, width: int = 76) -> Card:
    return next(each for each in cards(overview, width, BLOCK) if each.key == key)


def test_today_stands_beside_the_range(busy: Book) -> None:
    found = overview_of(busy, Look(span="7d"), FRAME)
    assert found.today.totals.total == 1_000 + 50_000 + 62_000 + 1_000
    assert found.ranged is not None
    assert found.ranged.totals.total == found.today.totals.total + 1_000
    assert len(found.ranged.steps.dates) == 7
    told = texts(card(found, "tokens"))
    assert told[0].split() == ["today", "last", "7d"]
    assert told[1].split()[:3] == ["Input", "113,600", "114,500"]
    assert [line.split()[0] for line in told[1:]] == [
        *("Input", "Output", "Reasoning", "Cache", "Cache", "Total", "Cost"),
    ]
    assert "≥ $" in told[-1]


def test_the_range_alone_where_it_is_today(busy: Book) -> None:
    found = overview_of(busy, Look(span="today"), FRAME)
    assert found.ranged is None
    assert card(found, "tokens").title == "Tokens · today"
    assert len(found.today.steps.dates) == 17  # it is 17:00, and that hour has just begun


def test_the_line_of_all_time_says_of_what_it_is(book: Book, busy: Book) -> None:
    found = overview_of(busy, Look(span="all"), FRAME)
    assert found.ranged is not None
    assert found.ranged.part == ""  # there is nothing before
    early = call("z", "first", -90 * 24 * 60)
    record(book.ledger, [early])  # pyright: ignore[reportArgumentType] - as above
    found = overview_of(busy, Look(span="all"), FRAME)
    assert texts(card(found, "tokens"))[0].split(maxsplit=3)[3] == "last 30d"
    # Where the words have no room, the line would be taken for one of all time.
    narrow = texts(card(found, "tokens", 38))
    assert not any("█" in line for line in narrow)
    assert any("█" in line for line in texts(card(found, "tokens", 42)))
    much_later = Frame(now_ms=NOW + 60 * 24 * 60 * MINUTE, tz="UTC")
    found = overview_of(busy, Look(span="all"), much_later)
    assert texts(card(found, "tokens"))[0].endswith("30d to 2025-11-24")
    assert "30d" not in texts(card(found, "tokens", 38))[0]
    december = Frame(now_ms=NOW + 35 * 24 * 60 * MINUTE, tz="UTC")
    assert overview_of(busy, Look(span="all"), december).ranged.part == "30d to 11-24"  # pyright: ignore[reportOptionalMemberAccess]  # there is one


def test_the_line_of_all_time_is_that_of_its_last_month(busy: Book) -> None:
    much_later = Frame(now_ms=NOW + 60 * 24 * 60 * MINUTE, tz="UTC")
    found = overview_of(busy, Look(span="all"), much_later)
    assert found.ranged is not None
    assert found.ranged.totals.total == 115_000
    assert 0 < found.ranged.steps.totals.total <= 115_000
    assert found.ranged.steps.figures[-1].total > 0
    assert len(found.ranged.steps.dates) == 30
    assert texts(card(found, "tokens"))[1].endswith("█")
    assert found.today.totals == Figures()
    assert [line.split()[1] for line in texts(card(found, "tokens"))[-2:]] == ["0", "0"]


def test_the_active_sessions_and_how_full_they_are(busy: Book) -> None:
    found = overview_of(busy, Look(), FRAME)
    assert found.active == 2
    new, other = found.sessions  # as they began; each has one call of the last five minutes
    assert (new.session, new.figures.total, new.per_minute) == ("new", 112_000, 31_000)
    assert (other.figures.total, other.per_minute) == (1_000, 333)
    assert new.context == (61_900, 200_000)
    assert (other.session, other.context) == ("other", (900, None))
    told = texts(card(found, "sessions"))
    assert card(found, "sessions").title == "Active sessions · 2"
    assert told[1].startswith("opencode · 112,000 tok · 31.0k tok/min · $")
    assert told[4].startswith("codex · 1,000 tok · 333 tok/min")
    (mine,) = overview_of(busy, Look(tab="codex"), FRAME).sessions
    assert mine.session == "other"
    alone = texts(card(overview_of(busy, Look(tab="codex"), FRAME), "sessions"))
    assert not any("codex" in line for line in alone)
    assert told[2].startswith("context 61.9k of 200k, 31 % ")
    assert told[-1] == "context 900 tokens"


def test_active_sessions_keep_their_places(book: Book, busy: Book) -> None:
    calls = [call("f", "other", 59, source="codex"), call("g", "third", 59)]
    record(book.ledger, calls)  # pyright: ignore[reportArgumentType] - as above
    assert [each.session for each in overview_of(busy, Look(), FRAME).sessions] == [
        *("new", "other", "third"),
    ]
    many = [call(f"m{at}", f"m{at}", 59 - at) for at in range(4)]
    record(book.ledger, many)  # pyright: ignore[reportArgumentType] - as above
    found = overview_of(busy, Look(), FRAME)
    assert found.active == 7
    assert {"m0", "m1"} <= {each.session for each in found.sessions}


def test_a_window_that_was_exceeded_is_not_the_one_in_use(book: Book) -> None:
    """A prompt of 350,000 tokens shows that there was room for more than the usual 200,000."""
    calls = [call("a", "large", 30, fresh=350_000), call("b", "large", 58, fresh=150_000)]
    record(book.ledger, calls)  # pyright: ignore[reportArgumentType] - as above
    (part,) = overview_of(book, Look(), FRAME).sessions
    assert part.context == (150_000, None)


def test_titles_drive_nothing_and_stay_in_line(busy: Book) -> None:
    for width in (30, 52, 76, 140):
        found = overview_of(busy, Look(), FRAME)
        for each in cards(found, width, BLOCK):
            for line in texts(each):
                assert line.isprintable()
                assert cell_len(line) <= width
        title, _ = card(found, "sessions", width).lines[0][1][0], None
        assert "\x1b" not in title[0]


def test_the_last_session_where_none_is_active(busy: Book) -> None:
    later = replace_now(FRAME, NOW + 3 * 60 * MINUTE)
    found = overview_of(busy, Look(), later)
    assert found.active == 0
    assert [each.session for each in found.sessions] == ["new"]
    assert card(found, "sessions").title == "Last session · 3 h 1 min ago"
    assert "tok/min" not in "".join(texts(card(found, "sessions")))


def replace_now(frame: Frame, now_ms: int) -> Frame:
    return frame._replace(now_ms=now_ms)


def test_a_process_keeps_its_session_active(busy: Book) -> None:
    later = replace_now(FRAME, NOW + 3 * 60 * MINUTE)
    certain = Running(process=process(1), session="quiet", certain=True)
    likely = Running(process=process(2), session="old")
    found = overview_of(busy, Look(), later, [certain, likely])
    assert [(each.session, each.guessed) for each in found.sessions] == [
        ("old", True),
        ("quiet", False),
    ]
    assert any(line.startswith("opencode · likely · ") for line in texts(card(found, "sessions")))


def test_an_agent_s_tab_shows_that_agent(busy: Book) -> None:
    found = overview_of(busy, Look(tab="codex"), FRAME)
    assert [each.session for each in found.sessions] == ["other"]
    assert [each.name for each in found.models] == ["no-such-model"]
    assert card(found, "models").lines[0][1][-1][0].strip() == "no price"
    assert overview_of(busy, Look(tab="pi"), FRAME).limits == ()


def test_conditions_choose_and_words_say_that_they_do_not(busy: Book) -> None:
    found = overview_of(busy, Look(span="7d", text="model~no-such"), FRAME)
    assert found.today.totals.total == 1_000
    assert not found.remark
    found = overview_of(busy, Look(span="7d", text="clock"), FRAME)
    assert "words that were typed" in " ".join(texts(card(found, "tokens")))
    project = Crumb("project", "/nowhere", "/nowhere")
    found = overview_of(busy, Look(crumbs=(project,)), FRAME)
    assert (found.sessions, found.models) == ((), ())
    assert texts(card(found, "models")) == [
        "No call belongs to all of what was opened.",
        "Esc goes back.",
    ]


def test_a_range_without_a_call_says_when_the_last_one_was(busy: Book) -> None:
    later = Frame(now_ms=NOW + 145 * 24 * 60 * MINUTE, tz="UTC")
    lines = texts(card(overview_of(busy, Look(), later), "models"))
    assert lines[0] == "No calls: last 30d."
    assert lines[1].endswith("145 d ago.")
    assert lines[2] == "a shows all time."


def test_limits_with_what_became_of_them(busy: Book) -> None:
    found = overview_of(busy, Look(), FRAME)
    first, second = texts(card(found, "limits", 110))
    assert first.split("  ")[0] == "codex"
    assert "62 %" in first
    assert "resets in 2 h 5 min" in first
    assert "at 19:05" in first
    assert first.endswith("seen 20 min ago")
    assert "was 93.5 %" in second
    assert "has begun anew" in second
    narrow = texts(card(found, "limits", 50))
    assert "resets in 2 h 5 min" in narrow[0]


def test_balances_and_windows_of_single_models(busy: Book) -> None:
    seen = LimitSnapshot(
        "codex", "credits", 0, 0, 0, NOW - MINUTE, "pro", unit="USD", left=5 * 10**9
    )
    spark = LimitSnapshot(
        "codex", "spark/primary", 100, 300, NOW + MINUTE, NOW - 31 * MINUTE, "pro"
    )
    busy.ledger.keep_limits([seen, spark])
    made = card(overview_of(busy, Look(), FRAME), "limits", 110)
    balance = next(line for line in texts(made) if "credits" in line)
    assert "$5.00 left" in balance
    assert "%" not in balance
    marks = {text.strip(): mark for _, line in made.lines for text, mark in line}
    assert any("5 h spark pro" in text for text in marks)
    assert marks["seen 31 min ago"] == "warn"  # a tenth of its window is over
    assert marks["seen 20 min ago"] == "dim"


def test_quotas_of_ones_own_stand_above_official_limits(busy: Book) -> None:
    day = Window("day", tz="UTC")
    quotas = {
        "calls": Quota(name="calls", title="调用", window=day, limit=Limit(8 * NANOS, "requests")),
        "money": Quota(name="money", window=day, limit=Limit(NANOS, "USD")),
    }
    busy.settings = replace(busy.settings, quotas=quotas)
    lines = texts(card(overview_of(busy, Look(), FRAME), "limits", 110))
    assert "调用" in lines[0]
    assert "50.0 %" in lines[0]
    assert "resets in 7 h" in lines[0]
    assert "seen" not in lines[0]
    assert "≥ " in lines[1]  # a model of today has no price
    assert lines[2].startswith("codex")
    assert [each.source for each in overview_of(busy, Look(tab="codex"), FRAME).limits] == [
        "codex",
        "codex",
    ]


def test_an_empty_ledger_says_so(book: Book) -> None:
    found = overview_of(book, Look(), FRAME)
    made = {each.key: texts(each) for each in cards(found, 76, BLOCK)}
    assert made["processes"][0] == "No agent is running."
    assert made["processes"][1].startswith("Looked for: processes of any agent")
    assert made["sessions"] == ["No call of a session is recorded yet."]
    assert made["models"][0] == "Nothing is recorded yet."
    assert "limits" not in made


def test_processes_in_words(book: Book) -> None:
    found = [
        Running(process=process(17, cpu=185, memory=607_000_000), project="/home/ada/web"),
        Running(process=process(18, mode="lsp", helper=True, agent=17), project="/home/ada/web"),
        Running(process=process(19, source="codex", mode="run"), project="(global)"),
    ]
    told = processes_of(found, Look(), NOW, "/home/ada")
    assert told.summary == "2 agents + 1 helper"
    overview = overview_of(book, Look(), FRAME, found, "/home/ada")
    assert overview.processes == told
    assert texts(card(overview, "processes")) == [
        "PID  Agent       Mode    CPU   Mem  Uptime  Where",
        " 17  opencode    CLI   18.5%  607M    0:39  ~/web",
        " 18    opencode  LSP       –     –    0:39  ~/web",
        " 19  codex       Run       –     –    0:39  (global)",
    ]
    only = processes_of(found, Look(tab="codex"), NOW)
    assert [line.pid for line in only.lines] == ["19"]
    tab = overview_of(book, Look(tab="codex"), FRAME, found)
    assert "Agent" not in texts(card(tab, "processes"))[0]
    # The head and helpers go first where there is little room.
    fitting = card(overview, "processes").fitting
    short = [["".join(text for text, _ in line) for line in fitting(height)] for height in (2, 3)]
    assert [line.split()[0] for line in short[1]] == ["17", "18", "19"]
    assert short[0][0].split()[0] == "17"
    assert short[0][1:] == ["2 more: tally ps"]


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (36, "PID Mode CPU Mem Uptime"),
        (45, "PID Agent Mode CPU Mem Uptime"),
        (55, "PID Agent Mode CPU Mem Uptime Where"),
        (76, "PID Agent Mode CPU Mem Uptime Where"),
    ],
)
def test_a_process_keeps_its_figures_longest(book: Book, width: int, titles: str) -> None:
    told = {"source": "claude-code", "cpu": 185, "memory": 607_000_000}
    found = [
        Running(process=process(123_456, **told), project="/home/ada/my shop/web-front"),
        Running(process=process(123_457, mode="server", cpu=1), project="/srv/my shop"),
    ]
    overview = overview_of(book, Look(), FRAME, found, "/home/ada")
    head, first, second = texts(card(overview, "processes", width))
    assert head.split() == titles.split()
    assert first.startswith("123456")
    assert all(word in first for word in ("CLI", "18.5%", "607M", "0:39"))
    if "Where" in titles:
        assert second.endswith("my shop")
        assert ("web-front" in first) == (width > 55)


def test_a_helper_stands_below_the_agent_that_is_seen(book: Book) -> None:
    found = [
        Running(process=process(1)),
        Running(process=process(2, mode="lsp", helper=True, agent=1)),
        Running(process=process(3, mode="helper", helper=True)),
        Running(process=process(4, mode="helper", helper=True, agent=77)),
    ]
    told = processes_of(found, Look(), NOW)
    assert [line.depth for line in told.lines] == [0, 1, 0, 0]


def test_names_of_models_lose_their_date_first(book: Book) -> None:
    models = ("claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001")
    record(
        book.ledger,  # pyright: ignore[reportArgumentType] - the book's own is that of SQLite
        [call(each, "s", 58, model=each) for each in models],
    )
    found = overview_of(book, Look(), FRAME)
    for width in (30, 36):
        shown = {line.split()[0] for line in texts(card(found, "models", width))}
        assert shown == {"claude-sonnet-4-5…", "claude-haiku-4-5…"}
    assert "█" in "".join(texts(card(found, "models", 55)))
    assert texts(card(found, "sessions", 33))[0].endswith("-4-5…")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (-5, "0:00"),
        (39_000, "0:39"),
        (989_000, "16:29"),
        (7_500_000, "2:05:00"),
        (273_600_000, "3d 04h"),
    ],
)
def test_uptimes(ms: int, text: str) -> None:
    assert clock_span(ms) == text


def test_costs_are_never_less_than_they_are() -> None:
    assert cost_text(Figures()) == "0"
    assert cost_text(Figures(unmetered_requests=1)) == "–"
    assert cost_text(Figures(requests=1, unpriced_tokens=5)) == "no price"
    dollars = {"USD": 1_230_000_000}
    assert cost_text(Figures(cost=dollars)) == "$1.23"
    assert cost_text(Figures(cost=dollars, unpriced_tokens=5)) == "≥ $1.23"
    both = cost_text(Figures(cost={**dollars, "CNY": 2_000_000_000}))
    assert both == "2.00 CNY + 1.23 USD"


def test_what_is_shown(busy: Book) -> None:
    tokens = overview_of(busy, Look(shown="tokens"), FRAME)
    assert "$" not in "".join("".join(texts(each)) for each in cards(tokens, 90, BLOCK))
    cost = overview_of(busy, Look(shown="cost"), FRAME)
    assert [line.split()[0] for line in texts(card(cost, "tokens"))[1:]] == ["Cost"]
    six = overview_of(busy, Look(six=True), FRAME)
    names = [line[:14].strip() for line in texts(card(six, "tokens"))[1:]]
    assert names[3:6] == ["Cache read", "Cache write 5m", "Cache write 1h"]


def test_plain_characters_for_plain_terminals(busy: Book) -> None:
    found = overview_of(busy, Look(span="7d"), FRAME)
    for each in cards(found, 100, ASCII):
        if each.key in ("tokens", "models", "limits"):
            drawn = "".join(texts(each)).replace("≥", "").replace("–", "").replace("…", "")
            assert drawn.isascii(), each.key


def test_others_are_one_line(book: Book) -> None:
    record(
        book.ledger,  # pyright: ignore[reportArgumentType] - the book's own is that of SQLite
        [call(f"m{n}", "s", 50, fresh=1000 + n, model=f"model-{n:02}") for n in range(12)],
    )
    found = overview_of(book, Look(), FRAME)
    assert len(found.models) == 9
    assert found.models[-1].name == "4 others"
    conditions = " ".join(f"model!=model-{n:02}" for n in range(3))
    assert overview_of(book, Look(text=conditions), FRAME).models[-1].name == "1 other"
    assert sum(each.figures.total for each in found.models) == found.totals.total
    same = replace(Look(), tab="opencode")
    assert overview_of(book, same, FRAME).models == found.models


def test_agents_stand_side_by_side_where_all_are_looked_at(busy: Book) -> None:
    found = overview_of(busy, Look(), FRAME)
    assert [(each.name, each.tab) for each in found.agents] == [
        ("OpenCode", "opencode"),
        ("Codex", "codex"),
    ]
    assert sum(each.figures.total for each in found.agents) == found.totals.total
    told = card(found, "agents")
    assert told.tabs == ("opencode", "codex")
    assert texts(told)[1].split()[0] == "Codex"
    assert "no price" in texts(told)[1]
    assert overview_of(busy, Look(tab="codex"), FRAME).agents == ()
    alone = overview_of(busy, Look(text="source=codex"), FRAME)
    assert "agents" not in {each.key for each in cards(alone, 76, BLOCK)}


def test_a_process_tells_its_session_beside_or_below(busy: Book) -> None:
    used = Figures(requests=1, cost={"USD": 1_500_000_000})
    found = [
        Running(process=process(17), session="new", title=HOSTILE, per_minute=12_400, figures=used),
        Running(
            process=process(18, mode="lsp", helper=True, agent=17, program="/opt/go/bin/gopls")
        ),
        Running(process=process(19)),
    ]
    overview = overview_of(busy, Look(), FRAME, found)
    told = card(overview, "processes", 100)
    head, first, helper, last = texts(told)
    assert head.split()[-3:] == ["Session", "Tok/min", "Cost"]
    assert first.endswith("12.4k  $1.50")
    assert "? " in first
    assert "\x1b" not in first
    assert helper.split()[1:3] == ["gopls", "LSP"]
    assert last.endswith("–")
    assert told.extras == 0
    told = card(overview, "processes", 60)
    assert texts(told)[2].strip().endswith(" · 12.4k tok/min · $1.50")
    assert cell_len(texts(told)[2]) <= 60
    assert (told.extras, len(told.lines)) == (1, 5)
    # What is below goes before any process.
    assert not any("tok/min" in piece[0] for line in told.fitting(4) for piece in line)
    tab = overview_of(busy, Look(tab="opencode", shown="tokens"), FRAME, found)
    assert "gopls" in texts(card(tab, "processes", 90))[2]
    assert "$" not in "".join(texts(card(tab, "processes", 90)))


def test_with_few_lines_tokens_still_add_up(busy: Book) -> None:
    found = card(overview_of(busy, Look(span="7d"), FRAME), "tokens")
    names = {
        height: ["".join(text for text, _ in line).split()[0] for line in found.fitting(height)]
        for height in range(1, 9)
    }
    assert names[1] == ["Total"]
    assert names[2] == ["Total", "Cost"]
    assert names[5] == names[3] == ["today", "Total", "Cost"]
    assert names[7] == names[6] == ["today", "Input", "Output", "Cache", "Total", "Cost"]
    assert names[8].count("Cache") == 2
    assert found.title == "Tokens · today, last 7d"
