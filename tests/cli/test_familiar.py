"""Command lines as users of other tools type them: understood, or answered with what takes
their place; never a traceback, never "no such option" without a word on what to do."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tallybook.cli.app import COMMANDS, tally
from tallybook.cli.boundary import run
from tallybook.cli.familiar import OWN, SWITCHES, Switch

from .noon import fill, shell

DOCS = Path(__file__).parents[2] / "docs"

GENERAL = (
    *("--json", "-j", "--since 2026-11-20", "-s 20261120", "--until 2026-11-22", "-u 20261122"),
    *("--timezone UTC", "-z Asia/Tokyo", "--all", "--sections daily,weekly", "--by-agent"),
    *("--offline", "-O", "--no-offline", "--compact", "--no-cost", "--color", "--no-color"),
    *("--config ccusage.json", "--help", "-h", "--last 3", "--mode auto", "-m calculate"),
    *("--mode display", "--debug", "-d", "--debug-samples 5", "--order asc", "-o desc"),
    *("--breakdown", "-b", "--single-thread", "--instances", "--project p", "-p p"),
    *("--project-aliases a=b", "--speed fast", "--speed auto", "--locale en-US"),
    *("--start-of-week sunday", "-w monday", "--live", "--refresh-interval 5"),
)
"""Every switch of `ccusage daily`, `weekly`, `monthly`, `session`, `blocks` and of the commands
of single agents, of version 20 and, where they were taken out, of 16 to 18. `--jq` has tests of
its own below."""

SESSIONS = (*GENERAL, "--id s1", "-i s1")
BLOCKS = (
    *(*GENERAL, "-i", "--active", "-a", "--recent", "-r", "--token-limit 500000", "-t max"),
    *("--session-length 5", "-n 5"),
)
DAYS = (*GENERAL, "-i")
TYPED = {
    **dict.fromkeys(("daily", "weekly", "monthly", "claude daily", "usage", ""), ("usage", DAYS)),
    **dict.fromkeys(("session", "sessions", "codex session"), ("sessions", SESSIONS)),
    **dict.fromkeys(("blocks", "claude blocks"), ("blocks", BLOCKS)),
    "today": ("today", DAYS),
    "session s1": ("session", GENERAL),
}
"""Beginnings of command lines, the command that is meant, and what is typed behind them."""

BOTH = "tally usage --amounts list,reported"
WATCHED = "watch -n 5 tally blocks --active"
ALL = {"usage", "sessions", "blocks", "today", "session"}
REFUSED = {
    **dict.fromkeys(("--since", "-s"), ({"today", "session"}, "tally usage --since")),
    **dict.fromkeys(("--until", "-u"), ({"today", "session"}, "tally usage --until")),
    "--last": ({"today", "session"}, "tally usage --last"),
    **dict.fromkeys(("--order", "-o"), ({"today", "session"}, "tally usage --sort")),
    **dict.fromkeys(
        ("--start-of-week", "-w"), ({"today", "session"}, "tally usage week --week-start")
    ),
    **dict.fromkeys(
        ("--breakdown", "-b"), ({"today", "session", "sessions"}, "tally usage day model")
    ),
    **dict.fromkeys(("--mode", "-m"), ({"today", "session", "sessions"}, BOTH)),
    "--no-cost": ({"today", "session", "sessions"}, "tally usage --fields total"),
    **dict.fromkeys(("--instances", "-i"), (ALL - {"usage"}, "tally usage day project")),
    "--by-agent": (ALL - {"usage"}, "tally usage source"),
    "--compact": ({"session"}, "tally sessions --compact"),
    "--project": ({"session"}, "tally sessions --project"),
    "-p": ({"session"}, "tally usage --project"),
    "--sections": (
        ALL,
        "tally daily --json, tally weekly --json, …: the ledger is read once anyway",
    ),
    "--config": (ALL, "TALLY_CONFIG=FILE tally …, or tally config path"),
    **dict.fromkeys(("-d", "--debug-samples"), (ALL, BOTH)),
    "--project-aliases": (ALL, "tally usage project --where project~PART"),
    "--speed": (ALL, "tally help prices"),
    **dict.fromkeys(("--live", "--refresh-interval"), (ALL, WATCHED)),
}
"""The commands that don't understand a switch, and what they answer; all others do."""

Type = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(home: Path, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command line: exit code, stdout, stderr."""
    fill(home)

    def go(line: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(line.split(), shell(home))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return go


@pytest.mark.parametrize("place", TYPED)
def test_every_switch_is_understood_or_answered(typed: Type, place: str) -> None:
    command, switches = TYPED[place]
    for switch in switches:
        code, out, err = typed(f"{place} {switch}".strip())
        said = f"tally {place} {switch}: {code}\n{err}"
        commands, hint = REFUSED.get(switch.split()[0], (set[str](), ""))
        if command in commands and switch != "-i s1":
            assert (code, out) == (2, ""), said
            assert " has no option " in err, said
            assert err.splitlines()[-1] == f"  try: {hint}", said
        else:
            assert (code, err) == (0, ""), said
            assert out, said


def test_a_missing_value_is_missed(typed: Type) -> None:
    for switch in (*SWITCHES.values(), *OWN.values(), Switch(("--jq",), "EXPR")):
        command = next(iter(switch.understood), "today")
        for flag in switch.flags if switch.takes else ():
            code, out, err = typed(f"{command} {flag}")
            assert (code, out) == (2, ""), flag
            assert f"option '{flag}' requires an argument" in err, flag


@pytest.mark.parametrize(
    "line",
    [
        "daily --since 20261120 -s 20261121",
        "daily --days 3 --last 5",
        "daily --tz UTC -z Asia/Tokyo",
        "weekly --week-start monday -w sunday",
        "usage --sort cost --order desc",
        "sessions --sort-by cost --order desc",
        "usage --format csv --json",
        "usage --format jsonl --jq .",
        "usage --fields help --jq .",
        "usage --no-cost --mode display",
        "usage --no-cost --amounts list",
        "usage --no-cost --fields cost",
        "blocks --no-cost --fields cost",
        "usage --mode display --fields cost",
        "blocks --length 5 --session-length 6",
    ],
)
def test_what_contradicts_is_refused_by_its_names(typed: Type, line: str) -> None:
    code, out, err = typed(line)
    assert (code, out) == (2, "")
    first, second = re.findall(r"(?<=\s)--?[a-z-]+", err.partition("\n")[0])
    spelled = line.replace("-z", "--timezone").replace("-w ", "--start-of-week ").split()
    assert {first, second} < {*spelled}
    assert "exclude each other" in err


def test_saying_the_same_twice_is_no_contradiction(typed: Type) -> None:
    assert typed("daily --last 3 --days 3 --json -j")[0] == 0


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("daily -s 20261121 -u 20261121", "usage day --since 2026-11-21 --until 2026-11-21"),
        ("daily -b", "usage day,model"),
        ("usage -b", "usage day,model"),
        ("daily --breakdown --instances", "usage --by day,model,project"),
        ("daily -i", "usage day project"),
        ("daily --by-agent", "usage day source"),
        ("daily --order desc", "usage day --sort -date"),
        ("usage model -o asc", "usage model --sort +total"),
        ("daily -z Asia/Tokyo", "usage day --tz Asia/Tokyo"),
        ("weekly -w sunday", "usage week --week-start sunday"),
        ("daily --last 3", "usage day --last 3d"),
        ("weekly --last 2", "usage week --last 2w"),
        ("monthly --last 2", "usage month --last 2mo"),
        ("--last 2", "usage day --last 2d"),
        ("--since 20261121", "usage --since 2026-11-21"),
        ("daily -p /p", "usage day --project /p"),
        ("claude daily", "usage day --source claude-code"),
        ("codex monthly", "usage month --source codex"),
        ("claude", "today --source claude-code"),
        ("claude --last 3", "usage --source claude-code --last 3d"),
        ("session", "sessions"),
        ("session --since 20261122", "sessions --since 2026-11-22"),
        ("session --limit 1 --sort cost", "sessions --sort cost --limit 1"),
        ("session --tree", "sessions --tree"),
        ("session --id s1", "sessions --session s1"),
        ("session -i s1", "sessions --session s1"),
        ("claude session", "sessions --source claude-code"),
        ("claude session s1", "session s1"),
        ("-j -O daily", "usage day"),
        ("--json codex daily", "usage day --source codex"),
        ("--since 2026-11-21 daily", "usage day --since 2026-11-21"),
        ("-z Asia/Tokyo -O daily", "usage day --tz Asia/Tokyo"),
        ("--last 3 claude daily", "usage day --source claude-code --last 3d"),
        ("--since 2026-11-21 blocks", "blocks --since 2026-11-21"),
        ("--by model today", "usage model today"),
        ("--last 3 session", "usage session --last 3d"),
        ("--project daily", "today --project daily"),
        ("show s1", "session s1"),
        ("list --sort-by cost --limit 1", "sessions --sort -cost --limit 1"),
        ("list --sort-by tokens", "sessions --sort -total"),
        ("list --sort-by date", "sessions --sort -last_at"),
        ("stats-model", "usage model --since all"),
        ("stats-model --last 90d", "usage model --last 90d"),
        ("stats-date --days 2", "usage day --last 2d"),
        ("dashboard", "today"),
        ("daily --offline --all --single-thread --locale de", "usage day"),
        ("blocks -p /p", "blocks --project /p"),
        ("blocks --session-length 3", "blocks --length 3"),
    ],
)
def test_theirs_gives_the_answer_of_ours(typed: Type, theirs: str, ours: str) -> None:
    first, second = typed(f"{theirs} --json"), typed(f"{ours} --json")
    assert first[0] == 0, first[2]
    assert first == second


def test_no_cost_is_told_beside_a_table_either(typed: Type) -> None:
    for line in ("blocks", "blocks --active"):
        assert "$" in typed(line)[1]
        for switch in ("--no-cost", "--mode display"):
            told = typed(f"{line} {switch}")[1]
            assert "$" not in told
            assert "tokens a minute" in told


def test_amounts_follow_the_mode(typed: Type) -> None:
    head = typed("daily --mode display")[1].splitlines()[2]
    assert "Reported" in head
    assert "Cost" not in head
    assert "Cost" in typed("daily --mode calculate")[1]
    assert "Cost" not in typed("daily --no-cost")[1]
    assert "Cost" not in typed("blocks --no-cost")[1]


def test_what_changes_nothing_is_told_only_to_who_asks(typed: Type) -> None:
    assert typed("daily -O")[2] == ""
    assert "--offline changes nothing" in typed("daily -O -v")[2]


def test_colour_may_be_forced(typed: Type) -> None:
    assert "\x1b[1m" in typed("daily --color")[1]
    assert "\x1b[" not in typed("daily")[1]


def test_no_help_shows_what_is_familiar(typed: Type) -> None:
    for command in ("usage", "sessions", "blocks", "session", "today"):
        told = typed(f"{command} --help")[1]
        for flag in ("--offline", "--instances", "--mode ", "--jq", "--timezone", "--config"):
            assert flag not in told, command
    assert "--session-length" not in typed("blocks --help")[1]


def test_every_familiar_switch_is_in_the_document() -> None:
    pages = ("from-ccusage.md", "from-other-tools.md", "from-agent-session-monitor.md")
    page = "".join((DOCS / name).read_text("utf-8") for name in pages)
    known = [
        *(flag for switch in SWITCHES.values() for flag in switch.flags),
        *("--color", "--jq", "--session-length"),
    ]
    assert [flag for flag in known if not re.search(rf"`[^`]*{flag}(?![\w-])", page)] == []


def fake_jq(folder: Path, body: str) -> str:
    """A folder with a program called jq."""
    folder.mkdir()
    program = folder / "jq"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_json_goes_through_jq(typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", fake_jq(tmp_path / "bin", 'echo "[$1]"; cat'))
    code, out, _ = typed("daily --jq .totals")
    first, _, rest = out.partition("\n")
    assert (code, first) == (0, "[ .totals]")
    assert json.loads(rest)["schema"] == "tallybook.report/1"


def test_what_jq_refuses_is_a_mistake(
    typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", fake_jq(tmp_path / "bin", "echo 'no good' >&2; exit 3"))
    code, out, err = typed("daily --jq .[")
    assert (code, out) == (2, "")
    assert "because: no good" in err


def test_without_jq_it_says_what_to_do(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    code, out, err = typed("daily --jq .")
    assert (code, out) == (2, "")
    assert "the program jq is not installed" in err


@pytest.mark.parametrize(
    ("typo", "hint"),
    [
        ("usgae", "tally usage"),
        ("blocsk", "tally blocks"),
        ("monthlly", "tally monthly"),
        ("--sicne 2026", "--since"),
        ("usage --sicne 2026", "--since"),
        ("usage --sorce x", "--source"),
        ("usage modle", "did you mean model?"),
        ("sessions --limt 3", "--limit"),
        ("blocks --activ", "--active"),
        ("session s1 --ruonds", "--rounds"),
        ("daily --brekdown", "--breakdown"),
        ("qwen daily", "tally source list"),
        ("today --since 20261120", "tally usage --since"),
        ("session s1 --last 3d", "tally usage --last"),
        ("blocks --sort cost", "tally usage --sort"),
        ("blocks --sort -total", "tally usage --sort"),
        ("blocks --chart", "tally usage --chart"),
        ("sessions --chart", "tally usage --chart"),
        ("blocks --compare year", "tally usage --compare"),
        ("today --compare previous", "tally usage --compare"),
        ("blocks --amounts list", "tally usage --amounts"),
        ("session s1 --id s2", "tally session s2"),
        ("session s1 --source codex", "tally sessions --source"),
        ("source lst", "tally source list"),
    ],
)
def test_a_near_miss_is_named(typed: Type, typo: str, hint: str) -> None:
    code, out, err = typed(typo)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].strip().startswith(f"try: {hint}"), err


def test_teaching_twice_changes_nothing() -> None:
    import click

    context = click.Context(tally)
    for name in COMMANDS:
        first = tally.get_command(context, name)
        assert first is not None
        flags = [flag for each in first.params for flag in each.opts]
        again = tally.get_command(context, name)
        assert again is first
        assert [flag for each in again.params for flag in each.opts] == flags
        assert len(flags) == len(set(flags)), name
