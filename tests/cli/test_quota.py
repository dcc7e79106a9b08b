"""`tally quota`, `update` and `reset`: a real ledger with calls around a frozen noon, and a
settings file that is really written."""

from __future__ import annotations

import json
import os
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from tests.ledger.books import reading

from tallybook.appraising import Appraising
from tallybook.cli.boundary import run
from tallybook.clock import HOUR_MS
from tallybook.format import DASH
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.reading import Attribution, Batch

from .conftest import NOW
from .noon import fill, shell

GOLDENS = Path(__file__).with_name("goldens_quota")
WRITING = os.environ.get("TALLY_GOLDENS") == "write"
SETTINGS = """\
# mine
[quota.daily]
limit = "20usd"   # enough
per = "day"

[quota.copilot]
limit = "300 requests"
per = "month"
where = ["provider=github-copilot"]

[quota.deepseek]
limit = "300cny"
per = "prepaid"
since = "2026-11-01"
where = ["provider=deepseek"]

[quota.plan]
per = "5h"
where = ["source=claude-code"]

[quota.team]
limit = "50k tokens"
per = "week"
each = "project"
warn = [50, 90]
"""
Say = Callable[..., str]


class Home:
    """A home with a ledger and settings, in which command lines run."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.settings = folder / "config.toml"
        self.err = ""

    def say(self, *words: str, width: int = 100, now: int = NOW, code: int = 0) -> str:
        """Run a command line; its stdout. What stood on stderr is in `err`."""
        self._capsys.readouterr()
        reading = words[0] != "config" and words[:2] != ("quota", "rm")
        line = [*words, "--no-sync"] if reading else [*words]
        found = run(line, shell(self.folder, width=width, now_ms=now))
        printed = self._capsys.readouterr()
        self.err = printed.err
        assert found == code, printed.err
        return printed.out

    def json(self, *words: str, **more: Any) -> dict[str, Any]:
        """The same as JSON."""
        return json.loads(self.say(*words, "--json", **more))

    def tables(self) -> dict[str, Any]:
        """The quotas of the settings file."""
        return tomllib.loads(self.settings.read_text("utf-8")).get("quota", {})


@pytest.fixture
def bare(home: Path, capsys: pytest.CaptureFixture[str]) -> Home:
    """A ledger and no settings."""
    fill(home)
    return Home(home, capsys)


@pytest.fixture
def mine(bare: Home) -> Home:
    """The same with quotas."""
    bare.settings.write_text(SETTINGS, "utf-8")
    return bare


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_the_table_at_every_width(mine: Home, width: int) -> None:
    mine.say("update", "copilot", "252")
    drawn = mine.say("quota", "list", width=width)
    golden = GOLDENS / f"list-{width}.txt"
    if WRITING:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(drawn, "utf-8")
    assert drawn == golden.read_text("utf-8")
    assert max(map(cell_len, drawn.splitlines())) <= width


def test_none_is_no_error_and_says_how_to_begin(bare: Home) -> None:
    assert "tally quota set daily" in bare.say("quota", "list")
    assert bare.json("quota", "list")["rows"] == []
    assert bare.say("quota", "check").startswith("There is no quota to check")


def test_a_quota_is_set_shown_and_changed(bare: Home) -> None:
    words = ("quota", "set", "daily", "--limit", "20usd", "--per", "day", "--project", "/p")
    first = bare.say(*words, "--warn", "90,80", "--multiplier", "claude-opus=2.5")
    assert first.splitlines()[0] == (
        "daily: $20.00 per day, of project=/p, claude-opus × 2.5, told at 80%, 90%"
    )
    assert first.splitlines()[1].startswith("daily: $")
    assert "written to ~/config.toml" in bare.err
    table = {"limit": "20usd", "per": "day", "where": ["project=/p"], "warn": [90, 80]}
    assert bare.tables()["daily"] == {**table, "multipliers": {"claude-opus": "2.5"}}
    again = bare.say("quota", "set", "daily", "--limit", "30usd")
    assert "$30.00 per day" in again
    assert "(was $20.00 per day" in again
    assert bare.tables()["daily"]["per"] == "day"
    bare.say("quota", "set", "daily", "--limit", "30usd")
    assert "stands already in" in bare.err


def test_the_same_for_programs(bare: Home) -> None:
    told = bare.json("quota", "set", "five", "--limit", "5M", "--per", "5h", "--tz", "Asia/Tokyo")
    assert told["schema"] == "tallybook.quota-change/1"
    assert told["before"] is None
    assert told["after"] == {"limit": "5M", "per": "5h", "tz": "Asia/Tokyo"}
    assert told["standings"]["rows"][0]["window"]["tz"] == "Asia/Tokyo"
    gone = bare.json("quota", "rm", "five")
    assert (gone["before"]["per"], gone["after"]) == ("5h", None)


def test_what_is_prepaid_begins_today_unless_told(bare: Home) -> None:
    assert "prepaid since 2026-11-22" in bare.say(
        *("quota", "set", "deepseek", "--limit", "100cny", "--per", "prepaid")
    )
    bare.say("quota", "set", "deepseek", "--since", "2026-11-01")
    bare.say("quota", "set", "deepseek", "--per", "prepaid")
    assert bare.tables()["deepseek"]["since"] == "2026-11-01"


def test_an_empty_value_takes_a_key_out(bare: Home) -> None:
    words = ("quota", "set", "shop", "--per", "month", "--since", "2026-01-31")
    bare.say(*words, "--where", "project=shop", "--limit", "5usd")
    bare.say("quota", "set", "shop", "--per", "day", code=2)
    assert "leave since out" in bare.err
    bare.say("quota", "set", "shop", "--per", "day", "--since", "", "--where", "")
    assert bare.tables()["shop"] == {"per": "day", "limit": "5usd"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("daily", "--limit", "20usd"), "a new one needs a window"),
        (("daily", "--limit", "lots", "--per", "day"), "can't read the limit 'lots'"),
        (("daily", "--per", "fortnight"), "can't read the window 'fortnight'"),
        (("Daily", "--per", "day"), "a name is small letters"),
        (("daily", "--per", "day", "--where", "colour=red"), "unknown dimension 'colour'"),
        (("daily", "--per", "day", "--each", "colour"), "use one of"),
        (("daily", "--per", "day", "--warn", "many"), "per cent"),
        (("daily", "--per", "day", "--multiplier", "opus"), "can't read the multiplier"),
        (("daily", "--per", "day", "--tz", "Mars/Base"), "quota.daily.tz: use an IANA name"),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_written(
    bare: Home, words: tuple[str, ...], said: str
) -> None:
    bare.say("quota", "set", *words, code=2)
    assert said in bare.err
    assert "  try: " in bare.err
    assert not bare.settings.exists()


def test_a_quota_goes_with_the_way_back(mine: Home) -> None:
    told = mine.say("quota", "rm", "team")
    assert told.startswith("team is gone; it was 50,000 tokens per week")
    back = mine.err.partition("to undo: tally quota set team ")[2].splitlines()[0]
    assert back == "--limit '50k tokens' --per week --each project --warn 50,90"
    assert "team" not in mine.tables()
    assert "# enough" in mine.settings.read_text("utf-8")
    mine.say("quota", "rm", "dayly", code=2)
    assert "try: tally quota rm daily" in mine.err


@pytest.mark.parametrize(
    "words",
    [
        ("daily", "--limit", "30usd"),
        ("daily", "--provider", "anthropic", "--title", "It's mine", "--warn", "50"),
        ("copilot", "--where", "", "--per", "week", "--multiplier", "gpt-5=0.33"),
        ("team", "--each", "", "--warn", "", "--limit", ""),
        ("deepseek", "--per", "day", "--since", "", "--classes", "input,output"),
    ],
)
def test_every_change_names_the_command_that_takes_it_back(
    mine: Home, words: tuple[str, ...]
) -> None:
    before = mine.tables()
    mine.say("quota", "set", *words)
    assert mine.tables() != before
    back = next(line for line in mine.err.splitlines() if line.startswith("to undo: tally "))
    mine.say(*shlex.split(back)[3:])
    assert mine.tables() == before
    mine.say("quota", "set", words[0])
    assert "to undo" not in mine.err


def test_a_new_quota_is_taken_back_whole(bare: Home) -> None:
    bare.say("quota", "set", "weekly", "--limit", "5M", "--per", "week")
    assert "to undo: tally quota rm weekly\n" in bare.err
    assert "a number alone" not in bare.err


def test_a_quota_that_no_call_fits_is_set_and_that_is_said(bare: Home) -> None:
    def said(*words: str) -> str:
        bare.say("quota", "set", "mine", "--limit", "5usd", "--per", "day", *words)
        assert bare.tables()["mine"]["where"]
        found = [line for line in bare.err.splitlines() if line.startswith("no call")]
        return "".join(found)

    near = "no call so far fits provider=antropic; did you mean provider=anthropic?"
    assert said("--provider", "antropic") == near
    assert said("--provider", "deepseek") == "no call so far fits provider=deepseek"
    assert said("--source", "claud-code").endswith("did you mean source=claude-code?")
    assert said("--project", "shop") == "no call so far fits project=shop"
    assert said("--provider", "anthropic") == said("--source", "claude") == ""


def test_a_number_alone_is_one_of_tokens_and_a_huge_share_is_cut(bare: Home) -> None:
    printed = bare.say("quota", "set", "five", "--limit", "5", "--per", "month")
    assert "five: 5 tokens per month" in printed
    assert "a number alone is one of tokens; money has its currency with it" in bare.err
    assert "--limit 5usd" in bare.err
    assert "(>999%)" in printed
    assert ">999%" in bare.say("quota", "list")
    assert float(bare.json("quota", "list")["rows"][0]["percent"]) > 100_000


def test_at_least_says_what_is_lacking_and_what_to_do(mine: Home) -> None:
    assert "≥" not in mine.say("quota", "list")
    models = ("nobody-9", "nobody-8", "nobody-7")
    more = [reading(name, at=NOW - 60_000, model=name, provider="acme") for name in models]
    more.append(reading("lost", at=NOW - 60_000, status="unmetered", raw=b"{}"))
    ledger = SqliteLedger(str(mine.folder / "ledger.db"))
    ledger.record(Batch(readings=more), Appraising(open_price_book()))
    ledger.close()
    for words in (("quota", "list"), ("status",)):
        printed = mine.say(*words, width=160)
        assert "≥ at least so much: no price for acme/nobody-7, acme/nobody-8 and 1 more" in printed
        assert "tally price set acme/nobody-7 --input RATE --output RATE" in printed
        assert "≥ at least so much: calls that were not metered: their usage is unknown" in printed
    assert "price" not in mine.say("quota", "list", "copilot", width=160)


def test_a_project_is_named_by_the_end_of_its_folder(mine: Home) -> None:
    folders = ("/w/none-21", "/w/a/web", "/w/b/web")
    more = [
        reading(folder, at=NOW - 60_000, who=Attribution("codex", session="x", project=folder))
        for folder in folders
    ]
    ledger = SqliteLedger(str(mine.folder / "ledger.db"))
    ledger.record(Batch(readings=more), Appraising(open_price_book()))
    ledger.close()
    printed = mine.say("quota", "list", "team", width=160)
    for name in ("team: none-21 ", "team: p ", "team: /w/a/web ", "team: /w/b/web "):
        assert name in printed
    subjects = {row["subject"] for row in mine.json("quota", "list", "team")["rows"]}
    assert subjects == {*folders, "/p"}


def test_a_projects_quota_takes_the_place_of_none_and_is_not_taken_away(mine: Home) -> None:
    (mine.folder / "tally.toml").write_text('[quota.daily]\nlimit = "900usd"\nper = "day"\n')
    for words in (("list",), ("check", "daily"), ("set", "daily", "--limit", "30usd")):
        assert "$900" not in mine.say("quota", *words)
        assert "your own quota daily holds, not the one in ~/tally.toml" in mine.err
    mine.say("quota", "check", "copilot")
    assert "your own quota" not in mine.err
    mine.say("status")
    assert "your own quota daily holds" in mine.err
    (mine.folder / "p.toml").write_text("schema = 1\n")
    mine.say("config", "set", "--project", "prices", "p.toml")
    mine.say("quota", "check", "daily")
    assert "amounts are by the prices that ~/tally.toml names" in mine.err
    mine.say("quota", "rm", "daily")
    assert "~/tally.toml has a quota of that name, which holds now" in mine.err
    mine.say("quota", "rm", "daily", code=2)
    assert "which others may share" in mine.err


def test_check_ends_with_3_when_anything_is_used_up(mine: Home) -> None:
    told = mine.say("quota", "check", "daily", "copilot")
    assert [line.split()[0] for line in told.splitlines()] == ["fine", "fine"]
    mine.say("update", "copilot", "300")
    told = mine.say("quota", "check", code=3)
    assert "OVER     copilot: 300 of 300 requests (100.0%)" in told
    assert "resets in" in told
    assert "to go on: raise it: tally quota set copilot --limit MORE" in mine.err
    assert mine.say("quota", "check", "daily").startswith("fine")
    whole = mine.json("quota", "check", code=3)
    assert whole["schema"] == "tallybook.standing/1"
    assert whole["exceeded"] == ["copilot", "team"]
    assert whole["cures"][0] == "raise it: tally quota set copilot --limit MORE"


def test_each_kind_of_limit_has_its_cure(mine: Home) -> None:
    mine.say("update", "deepseek", "0")
    mine.say("quota", "check", "deepseek", code=3)
    assert "top up, then: tally update deepseek +AMOUNT" in mine.err
    (mine.folder / "tally.toml").write_text('[quota.ours]\nlimit = "0usd"\nper = "day"\n')
    mine.say("quota", "check", "ours", code=3)
    assert "raise the limit of [quota.ours] in ~/tally.toml" in mine.err


def test_check_takes_a_limit_of_its_own(bare: Home) -> None:
    limit = ("quota", "check", "--limit")
    assert bare.say(*limit, "500usd", "--per", "day", "--project", "/p").startswith("fine")
    assert bare.say(*limit, "1 request", "--per", "sliding 24h", code=3).startswith("OVER")
    assert bare.say(*limit, "1 request", "--session", "s", code=3).startswith("OVER")
    assert bare.say(*limit, "1 request", "--session", "nobody").startswith("fine")
    assert "limit: $0.00 of $0.00" in bare.say(*limit, "0usd", "--per", "2min", code=3)
    bare.say(*limit, "5usd", code=2)
    assert "a limit needs a window" in bare.err
    bare.say("quota", "check", "--where", "project=/p", code=2)
    assert "--where needs a --limit" in bare.err
    bare.say("quota", "check", "--project", "/p", code=2)
    assert "none is kept for each project" in bare.err
    bare.say("quota", "check", "--session", "s", code=2)
    assert "none is kept for each session" in bare.err


def test_a_check_of_one_person_is_not_stopped_by_another(mine: Home) -> None:
    people = ("--limit", "9 requests", "--per", "day", "--each", "user")
    mine.say("quota", "set", "people", *people)
    mine.say("update", "people", "9", "--for", "bob")
    mine.say("quota", "check", "people", code=3)
    for one in (("people", "--user"), ("people", "--for"), ("--user",)):
        assert "people (alice): 0 of 9" in mine.say("quota", "check", *one, "alice")
        mine.say("quota", "check", *one, "bob", code=3)
    assert "team" in mine.say("quota", "check", "--project", "p", code=3)
    mine.say("quota", "check", "daily", "--for", "alice", code=2)
    assert "daily is one quota for all" in mine.err
    mine.say("quota", "check", "daily", "--user", "alice", code=2)
    assert "none is kept for each user" in mine.err
    mine.say("quota", "check", "--for", "alice", code=2)
    assert "there are quotas for each project, each user" in mine.err
    mine.say("quota", "check", "--limit", "5usd", "--per", "day", "--for", "alice", code=2)


def test_a_prepaid_amount_begins_when_it_is_set(bare: Home) -> None:
    paid = ("quota", "set", "paid", "--limit", "20usd", "--per", "prepaid")
    assert "paid: $0.00 of $20.00" in bare.say(*paid, "--source", "claude-code")
    assert bare.tables()["paid"]["since"] == "2026-11-22T12:00:00+00:00"
    before = bare.json("quota", "list", "paid")["rows"][0]
    bare.say("config", "set", "tz", "Asia/Shanghai")
    after = bare.json("quota", "list", "paid")["rows"][0]
    assert (after["used"], before["used"]) == ("0", "0")
    assert "prepaid since 2026-11-22 20:00" in bare.say("quota", "list", "paid", width=160)


@pytest.mark.parametrize("width", [60, 100, 160])
def test_a_limit_to_which_no_rate_leads_shows_and_says_why(bare: Home, width: int) -> None:
    bare.say("quota", "set", "yuan", "--limit", "100元", "--per", "day")
    for verb in (("quota", "list"), ("status",)):
        shown = bare.say(*verb, width=width)
        row = next(line for line in shown.splitlines() if line.startswith("yuan"))
        assert DASH in row
        assert "– of 100.00 CNY" in row or width < 100
        assert "≥" not in shown
        flat = " ".join(shown.split())
        assert "no rate leads from USD to CNY" in flat
        assert '[[fx]] from = "USD", to = "CNY"' in flat
        assert "--currency CNY" in flat
    checked = bare.say("quota", "check", "yuan", code=5)
    assert "no rate from USD to CNY is declared" in checked
    assert "no price" not in checked


def test_what_was_said_of_a_quota_is_not_of_a_limit_at_hand(bare: Home) -> None:
    bare.say("quota", "set", "limit", "--limit", "9 requests", "--per", "day")
    bare.say("update", "limit", "9")
    found = bare.json("quota", "check", "--limit", "9000 requests", "--per", "day")["rows"][0]
    assert (found["quota"], found["corrected"], found["origin"]) == ("limit", False, "command line")
    assert float(found["used"]) < 9


def test_check_of_a_session_looks_at_what_is_kept_for_each(bare: Home) -> None:
    words = ("--limit", "1 request", "--per", "ever", "--each", "session")
    bare.say("quota", "set", "each", *words)
    assert "OVER" in bare.say("quota", "check", "--session", "s", code=3)
    assert "begin a new session" in bare.err
    assert "nothing was used" in bare.say("quota", "check", "--session", "new-one")
    current = bare.say("quota", "check", "--session", "current", code=3)
    assert len(current.splitlines()) == 1


def test_what_is_not_known_is_no_pass(bare: Home) -> None:
    bare.say("quota", "set", "billed", "--limit", "5usd", "--per", "day", "--basis", "billed")
    assert bare.say("quota", "check", code=5).startswith("unknown")


def test_update_says_what_it_is_and_was(mine: Home) -> None:
    assert mine.say("update", "copilot", "120") == (
        "copilot: 120 of 300 requests used (40.0%), entered by hand; it was 0 requests\n"
    )
    assert mine.say("update", "github-copilot", "+5").startswith("copilot: 125 of 300 requests")
    assert mine.say("update", "copilot", "-25").startswith("copilot: 100 of 300 requests")
    assert mine.say("update", "copilot", "60", "--left").startswith("copilot: 240 of 300")
    assert mine.say("update", "copilot", "400").endswith("; that is more than there is\n")
    assert "to undo: tally update copilot --undo" in mine.err
    assert mine.say("update", "copilot", "--undo").startswith("taken back: 400 requests, entered")
    assert "240 of 300" in mine.say("quota", "list", "copilot", width=160)
    assert "entered by hand" in mine.say("quota", "list", "copilot")


def test_a_part_of_a_providers_name_is_enough(mine: Home) -> None:
    assert mine.say("reset", "claude").startswith("plan: a window of 5 h")
    mine.say("quota", "rm", "copilot")
    mine.say("quota", "set", "premium", "--per", "month", "--provider", "github-copilot")
    assert mine.say("update", "copilot", "5k").startswith("premium: 5,000 tokens used")
    assert "it has no limit, so these are tokens; to count calls: tally quota set" in mine.err
    mine.say("update", "copilot", "5 requests", code=2)
    assert "premium has no limit, and is counted in tokens" in mine.err


def test_a_balance_is_what_is_left(mine: Home) -> None:
    assert mine.say("update", "deepseek", "¥120.50") == (
        "deepseek: 120.50 CNY left, entered by hand; it was 300.00 CNY\n"
    )
    assert mine.say("update", "deepseek", "+50").startswith("deepseek: 170.50 CNY left")
    assert mine.say("reset", "deepseek").startswith("deepseek: 300.00 CNY left, which is all of it")
    mine.say("update", "deepseek", "5usd", code=2)
    assert "the limit is one of CNY" in mine.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody", "5"), "there is no quota of 'nobody'"),
        (("copilto", "5"), "did you mean copilot?"),
        (("copilot", "-1"), "can't go below 0"),
        (("copilot", "many"), "can't read the amount 'many'"),
        (("copilot",), "either an amount or --undo"),
        (("copilot", "5", "--undo"), "either an amount or --undo"),
        (("copilot", "--undo"), "nothing was entered by hand of copilot"),
        (("copilot", "301", "--left"), "can't be left of it"),
        (("copilot", "5", "--for", "ada"), "is one quota for all"),
        (("team", "5"), "is kept for each project"),
    ],
)
def test_updates_that_can_not_be(mine: Home, words: tuple[str, ...], said: str) -> None:
    mine.say("update", *words, code=2)
    assert said in mine.err
    assert mine.json("quota", "list", "copilot")["rows"][0]["corrected"] is False


def test_a_provider_with_several_quotas_is_asked_which(mine: Home) -> None:
    mine.say("quota", "set", "copilot-day", "--per", "day", "--provider", "github-copilot")
    mine.say("update", "github-copilot", "5", code=2)
    assert "github-copilot has 2 quotas: copilot, copilot-day" in mine.err


def test_no_recorded_figure_moves(mine: Home) -> None:
    before = mine.json("usage", "--since", "all")
    mine.say("update", "daily", "19usd")
    mine.say("reset", "all")
    assert mine.json("usage", "--since", "all") == before


def test_a_window_of_hours_begins_now(mine: Home) -> None:
    said = mine.say("reset", "claude-code", now=NOW + 11_000)
    assert said.startswith("plan: a window of 5 h from first use begins now, resets in 5 h; it")
    row = mine.json("quota", "list", "plan", now=NOW + 11_000)["rows"][0]
    assert row["since"] == "2026-11-22T12:00:11+00:00"
    assert row["until"] == "2026-11-22T17:00:11+00:00"
    mine.say("reset", "plan", "--undo", now=NOW + 12_000)
    back = mine.json("quota", "list", "plan", now=NOW + 12_000)["rows"][0]
    assert back["since"] != row["since"]


def test_reset_all_says_each_and_json_both_sides(mine: Home) -> None:
    mine.say("update", "copilot", "252")
    told = mine.json("reset", "all", now=NOW + HOUR_MS)
    assert told["schema"] == "tallybook.correction/1"
    rows = {row["quota"]: row for row in told["rows"]}
    assert set(rows) == {"copilot", "deepseek", "plan"}
    assert "left alone, as budgets begin anew by name only: daily, team\n" in mine.err
    assert rows["copilot"]["before"]["used"] == "252"
    assert rows["copilot"]["after"]["used"] == "0"
    assert {row["kind"] for row in rows.values()} == {"reset"}
    assert "copilot: nothing used of 300 requests" in mine.say("reset", "copilot")
    mine.say("quota", "set", "people", "--limit", "9 requests", "--per", "day", "--each", "user")
    mine.say("quota", "set", "people", "--where", "user=nobody")
    assert mine.say("reset", "people").startswith("nobody has used anything of it yet")


def test_a_reset_of_many_is_taken_back_whole(mine: Home) -> None:
    """Also for calls of nobody, and when there is a quota of which nothing was entered."""
    people = ("--limit", "9 requests", "--per", "day", "--each", "user")
    mine.say("quota", "set", "people", *people, "--source", "claude-code")
    before = mine.json("quota", "list")["rows"]
    assert [row["subject"] for row in before if row["quota"] == "people"] == [None]
    mine.say("reset", "all")
    assert "to undo: tally reset people --for '' --undo" in mine.err
    assert mine.json("quota", "list")["rows"] != before
    mine.say("quota", "set", "new", "--per", "day")
    mine.say("reset", "all", "--undo")
    mine.say("quota", "rm", "new")
    assert mine.json("quota", "list")["rows"] == before
    mine.say("reset", "all", "--undo", code=2)
    assert "nothing was entered by hand of" in mine.err


def test_without_any_quota_reset_and_update_say_what_to_do(bare: Home) -> None:
    bare.say("reset", "all", code=2)
    assert "there is no quota" in bare.err
    bare.say("update", "copilot", "5", code=2)
    assert "try: tally init --plan copilot=300requests/month" in bare.err
    bare.say("update", "xai", "5", code=2)
    assert "try: tally quota set xai --limit '300 requests' --per month" in bare.err


def test_today_has_one_line_of_them(mine: Home) -> None:
    mine.say("update", "copilot", "252")
    line = next(each for each in mine.say("today").splitlines() if each.startswith("Quotas: "))
    assert "copilot 84.0% of 300 requests" in line
    mine.settings.unlink()
    assert "Quotas" not in mine.say("today")
