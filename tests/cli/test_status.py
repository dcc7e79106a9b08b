"""`tally status`: the board at every width and as JSON, and what it advises, on a real ledger
around a frozen noon."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tallybook.appraising import Appraising
from tallybook.cli.boundary import run
from tallybook.cli.quotaboard import pace_cell
from tallybook.clock import DAY_MS, HOUR_MS
from tallybook.lastread import NAME
from tallybook.ledger.notices import Alert, AlertState
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import NANOS
from tallybook.prices import open_price_book
from tallybook.quota import Limit, Quota, Window
from tallybook.quotas import Forecast, QuotaStanding
from tallybook.reading import Batch, LimitSnapshot

from .conftest import NOW
from .noon import MINUTE, fill, shell
from .test_quota import SETTINGS, Home

GOLDENS = Path(__file__).with_name("goldens_status")
WRITING = os.environ.get("TALLY_GOLDENS") == "write"
AT_NOON = NOW - 6 * MINUTE
"""A moment at which the last session is still live."""


def read_an_hour_ago(home: Path) -> None:
    mark = home / NAME
    mark.touch()
    os.utime(mark, ns=((NOW - HOUR_MS) * 10**6,) * 2)


@pytest.fixture
def bare(home: Path, capsys: pytest.CaptureFixture[str]) -> Home:
    """A ledger and no settings."""
    fill(home)
    read_an_hour_ago(home)
    return Home(home, capsys)


@pytest.fixture
def mine(bare: Home) -> Home:
    """With quotas, of which two are well used."""
    bare.settings.write_text(SETTINGS, "utf-8")
    bare.say("update", "copilot", "252", now=AT_NOON - MINUTE)
    bare.say("update", "deepseek", "30", now=AT_NOON - MINUTE)
    return bare


def told_of(home: Path, *limits: LimitSnapshot) -> None:
    """Let an agent tell of official limits."""
    ledger = SqliteLedger(str(home / "ledger.db"))
    ledger.record(Batch(readings=[], limits=list(limits)), Appraising(open_price_book()))
    ledger.close()


def alerted(home: Path, *ages_ms: int, rule: str = "quota:daily") -> None:
    """Record alerts of so long ago."""
    ledger = SqliteLedger(str(home / "ledger.db"))
    for age in ages_ms:
        facts = ("90", 90, "warning", NOW - age, "daily: 90% of $20.00", "all of it")
        state = AlertState(f"quota:{age}", "")
        ledger.notices.move(None, state, Alert(0, rule, "", *facts), ())
    ledger.close()


def advice(home: Home, **more: Any) -> Sequence[str]:
    """The lines that begin with an arrow."""
    lines = home.say("status", width=160, **more).splitlines()
    return [line.removeprefix("→ ") for line in lines if line.startswith("→")]


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_the_board_at_every_width(mine: Home, width: int) -> None:
    alerted(mine.folder, 2 * HOUR_MS, 2 * DAY_MS)
    drawn = mine.say("status", width=width, now=AT_NOON)
    golden = GOLDENS / f"status-{width}.txt"
    if WRITING:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(drawn, "utf-8")
    assert drawn == golden.read_text("utf-8")
    assert max(map(cell_len, drawn.splitlines())) <= width


def test_an_empty_home_has_an_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"], shell(home)) == 0
    printed = capsys.readouterr().out
    assert "no call is recorded yet" in printed
    assert "no quota yet: tally init" in printed


def test_everything_for_programs(mine: Home) -> None:
    alerted(mine.folder, HOUR_MS)
    told = mine.json("status", now=AT_NOON)
    assert told["schema"] == "tallybook.status/1"
    assert (told["time"], told["synced"]) == ("2026-11-22T11:54:00+00:00", False)
    kinds = {each["quota"]: each["kind"] for each in told["quotas"]}
    assert kinds == {
        "daily": "budget",
        "copilot": "plan",
        "deepseek": "balance",
        "plan": "plan",
        "team": "budget",
    }
    assert told["limits"][0]["used_percent"] == "12.5"
    assert told["limits"][0]["seen_at"] == "2026-11-22T11:00:00+00:00"
    assert [each["source"] for each in told["sessions"]] == ["claude-code"]
    assert told["sessions"][0]["requests"] == 8
    assert told["processes"] is None
    assert [each["title"] for each in told["alerts"]] == ["daily: 90% of $20.00"]
    assert told["latest_call_at"] == "2026-11-22T11:50:00+00:00"
    assert told["suggestions"]


def test_agents_are_counted_where_they_are_asked_for(bare: Home) -> None:
    told = bare.json("status", "--processes")["processes"]
    assert set(told) == {"agents", "helpers", "by_source"}
    assert told["agents"] == sum(told["by_source"].values())


def test_it_tells_what_to_do(mine: Home) -> None:
    found = advice(mine)
    assert "copilot 84.0% used on day 22 of 30" in found
    assert "deepseek: 30.00 CNY left; when you top it up: tally update deepseek +AMOUNT" in found
    assert "team: p is used up until 2026-11-23 00:00" in found
    assert not any(line.startswith(("daily", "no quota")) for line in found)


def test_it_says_to_wait_for_a_window_that_ends_soon(mine: Home) -> None:
    soon = NOW + 80 * MINUTE - 20 * MINUTE
    assert "plan: resets in 20 min: hold the long job" in advice(mine, now=soon)
    after = NOW + 6 * HOUR_MS
    assert any(line.startswith("plan: already reset") for line in advice(mine, now=after))


def test_of_a_plan_that_was_never_used_nothing_is_told(bare: Home) -> None:
    bare.settings.write_text('[quota.kimi]\nper = "5h"\nwhere = ["provider=kimi-for-coding"]\n')
    assert not any("kimi" in line for line in advice(bare))
    bare.settings.write_text('[quota.plan]\nper = "5h"\nwhere = ["source=claude-code"]\n')
    after = NOW + 6 * HOUR_MS
    assert any(line.startswith("plan: already reset") for line in advice(bare, now=after))


def test_a_digest_is_no_alert_of_the_board(bare: Home) -> None:
    alerted(bare.folder, HOUR_MS, rule="digest:monday")
    assert bare.json("status")["alerts"] == []


def test_a_pace_is_worded_by_what_it_is_of() -> None:
    def cell(window: Window, reached: int | None, *, least: bool) -> str:
        quota = Quota(name="q", window=window, limit=Limit(20 * NANOS, "USD"))
        ahead = Forecast(reached, 620, "")
        return pace_cell(
            QuotaStanding(
                quota=quota, used=NANOS, least=least, limit_nanos=20 * NANOS, forecast=ahead
            ),
            NOW,
        )

    day, paid = Window("day"), Window("prepaid", anchor_ms=0)
    assert cell(day, NOW, least=False) == "100% at 12:00"
    assert cell(day, NOW, least=True) == "≥ 100% at 12:00"
    assert cell(day, None, least=True) == "≥ 62.0% at its end"
    assert cell(paid, NOW + DAY_MS, least=False) == "lasts until 2026-11-23 12:00"


def test_official_limits_are_told_with_their_age_and_never_guessed(bare: Home) -> None:
    told_of(
        bare.folder,
        LimitSnapshot("codex", "weekly", 9_100, 10_080, NOW + DAY_MS, NOW - 5 * MINUTE, "plus"),
        LimitSnapshot("gone", "primary", 9_900, 300, NOW - 41 * DAY_MS, NOW - 40 * DAY_MS),
    )
    lines = bare.say("status", width=160).splitlines()
    weekly = next(line for line in lines if line.startswith("codex 7 d"))
    assert "91%" in weekly
    assert weekly.endswith("5 min ago")
    assert not any("gone" in line for line in lines)
    assert "codex 7 d: 91% used when last seen, resets in 1 d" in advice(bare)
    over = bare.say("status", width=160, now=NOW + 2 * HOUR_MS)
    primary = next(line for line in over.splitlines() if line.startswith("codex 5 h"))
    assert "12.5%" not in primary
    assert "has begun anew" in primary
    assert "codex 5 h: already reset since 13:00" in over


CLAUDE = LimitSnapshot("claude-code", "five_hour", 8_150, 300, NOW + HOUR_MS, NOW - 3 * MINUTE)


def plan_line(home: Home, **more: Any) -> str:
    """The row of the quota `plan`, whose window is that of Claude Code's plan."""
    lines = home.say("status", width=160, **more).splitlines()
    return next(line for line in lines if line.startswith("plan "))


def test_a_plan_has_the_reset_that_its_provider_tells(mine: Home) -> None:
    assert "13:20" in plan_line(mine)
    told_of(mine.folder, CLAUDE)
    line = plan_line(mine)
    for part in ("81.5%", "official, seen 3 min ago", "81,030 tokens", "in 1 h", "13:00"):
        assert part in line
    assert "13:20" not in line
    assert not any(each.startswith("plan") for each in advice(mine))
    lines = mine.say("status", width=60).splitlines()
    at = {line.split("  ")[0]: n for n, line in enumerate(lines)}
    assert at["Official limit"] < at["Plan"] < at["Budget"]
    assert any(line.startswith("plan") and "official" in line for line in lines)
    rows = {row["quota"]: row for row in mine.json("status")["quotas"]}
    assert rows["plan"]["until"] == "2026-11-22T13:20:00+00:00"
    official = rows["plan"]["official"]
    assert (official["used_percent"], official["resets_at"]) == (
        "81.5",
        "2026-11-22T13:00:00+00:00",
    )
    assert rows["daily"]["official"] is None


@pytest.mark.parametrize(
    ("seen", "later"),
    [
        (CLAUDE._replace(source="codex"), 0),
        (CLAUDE._replace(name="five_hour_fable"), 0),
        (CLAUDE._replace(window_minutes=10_080), 0),
        (CLAUDE, 40 * MINUTE),  # seen too long ago
        (CLAUDE._replace(resets_ms=NOW + MINUTE), 2 * MINUTE),  # over
    ],
)
def test_no_other_official_window_takes_the_place_of_a_plan(
    mine: Home, seen: LimitSnapshot, later: int
) -> None:
    told_of(mine.folder, seen)
    assert "official" not in plan_line(mine, now=NOW + later)


def test_a_month_of_requests_is_that_of_copilot(mine: Home) -> None:
    ends, unit = NOW + 8 * DAY_MS, 10**9
    seen = LimitSnapshot("copilot", "premium_interactions", 4_000, 0, ends, NOW)
    told_of(mine.folder, seen._replace(most=300 * unit, unit="requests", left=180 * unit))
    lines = mine.say("status", width=160).splitlines()
    line = next(line for line in lines if line.startswith("copilot  "))
    for part in ("40%", "official, seen just now", "180 requests", "in 8 d", "252 of 300"):
        assert part in line


def test_a_limit_of_ones_own_is_told_beside_the_official_window(mine: Home) -> None:
    mine.say("quota", "set", "plan", "--limit", "50k tokens")
    told_of(mine.folder, CLAUDE)
    assert "plan: your own limit is used up, 81,030 of 50,000 tokens" in advice(mine)


def test_what_is_near_its_end_is_told_before_it_resets(bare: Home) -> None:
    told_of(bare.folder, LimitSnapshot("codex", "s", 6_000, 300, NOW + 20 * MINUTE, NOW, "plus"))
    assert "codex 5 h s: resets in 20 min: hold the long job" in advice(bare)


def test_a_balance_without_a_share_has_none(bare: Home) -> None:
    only = LimitSnapshot("openrouter", "credits", 0, 0, 0, NOW, unit="USD", left=12 * 10**9)
    told_of(bare.folder, only)
    line = next(x for x in bare.say("status").splitlines() if x.startswith("openrouter"))
    assert "0%" not in line
    assert "$12.00" in line


def test_the_same_moment_twice_is_the_same_answer(mine: Home) -> None:
    first, second = (json.dumps(mine.json("status")) for _ in range(2))
    assert first == second
