"""The other commands: sync, config, ledger, price, source, doctor, help, demo; and
whole processes for what only a process can show."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest

from tallybook import __version__
from tallybook.appraising import Appraising
from tallybook.cli import progress
from tallybook.cli.app import COMMANDS, arrange
from tallybook.cli.demo import SAMPLES
from tallybook.cli.help import TOPICS
from tallybook.cli.ledger import Holdings, held
from tallybook.cli.progress import ProgressLine, progress_text
from tallybook.flow import Progress
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.limits import limit_json, limit_text
from tallybook.prices import open_price_book
from tallybook.query import Figures
from tallybook.reading import Batch, Complaint, LimitSnapshot

from .conftest import NOW

COMPLAINT = Complaint(
    source="claude-code",
    place="/home/ada/x.jsonl",
    position=12,
    reason="not JSON",
    sample="{",
    hint="look at it",
)


def test_the_receipt_in_json(ask, tome, capsys) -> None:
    tome.received = replace(tome.received, complaints=(COMPLAINT,), complete=False)
    assert ask("sync", "claude", "--full", "--json") == 5
    assert tome.synced == [(("claude-code",), True)]
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "tallybook.sync/1"
    assert found["places"] == {"found": 12, "read": 3, "unchanged": 9}
    assert found["tokens"]["total"] == 489
    assert (found["new_events"], found["joined"], found["sessions"]) == (14, 6, 2)
    assert found["by_provider"][0]["cost"] == {"USD": "59.25925872"}
    assert found["complaints"][0]["hint"] == "look at it"
    assert "sample" not in found["complaints"][0]


def test_complaints_are_told_beside_a_report_and_in_the_receipt(ask, tome, capsys) -> None:
    tome.received = replace(tome.received, complaints=(COMPLAINT,))
    assert ask("usage") == 0
    assert "1 complaint while reading" in capsys.readouterr().err
    assert ask("usage", "--quiet") == 0
    assert capsys.readouterr().err == ""
    assert ask("sync") == 0
    assert "not JSON" in capsys.readouterr().out


def test_what_the_receipt_says_of_complaints_and_healed_calls(ask, tome, capsys) -> None:
    assert ask("sync") == 0
    out = capsys.readouterr().out
    assert "complaints   none\n" in out
    assert "priced now" not in out
    tome.standing = (COMPLAINT, COMPLAINT)
    tome.received = replace(tome.received, healed=3)
    assert ask("sync") == 0
    out = capsys.readouterr().out
    assert "none new (2 known: tally doctor)" in out
    assert "priced now   3 calls that had no price" in out
    assert ask("sync", "--json") == 0
    assert json.loads(capsys.readouterr().out)["healed"] == 3


def test_the_ledger_is_described_in_plain_words(tally) -> None:
    assert "none yet" in tally("ledger", "info").stdout
    found = held(Holdings(totals=SESSION_TOTALS, days=3, tz="Asia/Shanghai"))
    assert dict(found) == {
        "calls": "1,234",
        "tokens": "21",
        "sessions": "5",
        "days with calls": "3",
        "first call": "2023-11-15 06:13 (Asia/Shanghai)",
        "last call": "2023-11-15 06:14 (Asia/Shanghai)",
    }


SESSION_TOTALS = Figures(
    requests=1234,
    counts=(1, 2, 3, 4, 5, 6),
    sessions=5,
    first_ms=1_700_000_000_000,
    last_ms=1_700_000_060_000,
)


def test_config_shows_each_value_with_its_origin(ask, home: Path, capsys) -> None:
    (home / "config.toml").write_text(
        'week_start = "sunday"\n[source.claude-code]\npaths = ["x"]\n'
    )
    assert ask("config", "show", "--json", TALLY_LEDGER="/tmp/l.db") == 0
    rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["ledger"] == {"key": "ledger", "value": "/tmp/l.db", "origin": "TALLY_LEDGER"}
    assert rows["week_start"]["value"] == "sunday"
    assert rows["week_start"]["origin"] == str(home / "config.toml")
    assert rows["source.claude-code.paths"]["value"] == [str(home / "x")]
    assert rows["titles"]["origin"] == "default"
    assert ask("config", "show") == 0
    assert "~/config.toml" in capsys.readouterr().out


def test_a_wrong_settings_file_stops_every_command(ask, home: Path, capsys) -> None:
    (home / "config.toml").write_text("weekstart = 1\n")
    assert ask("usage") == 2
    assert "did you mean week_start?" in capsys.readouterr().err


def test_sources_in_settings_are_known_ones(ask, tome, home: Path, capsys) -> None:
    (home / "config.toml").write_text('[source.claude]\npaths = ["x"]\n')
    assert ask("usage") == 0
    assert list(tome.settings.paths) == ["claude-code"]
    (home / "config.toml").write_text('[source.claud-cod]\npaths = ["x"]\n')
    assert ask("usage") == 2
    err = capsys.readouterr().err
    assert "config.toml" in err
    assert "claude-code" in err


@pytest.mark.parametrize("topic", TOPICS)
def test_topics_fit_a_screen(ask, capsys, topic: str) -> None:
    assert ask("help", topic) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 30


def test_help_lists_every_command_and_none_that_is_not_there(ask, capsys) -> None:
    assert ask("help") == 0
    out = capsys.readouterr().out
    context = click.Context(click.Command("x"))
    from tallybook.cli.app import tally

    for name in COMMANDS:
        assert f"\n  {name} " in out
        assert tally.get_command(context, name) is not None
        assert ask("help", name) == 0


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], ["today"]),
        (["--json"], ["today", "--json"]),
        (["--model", "x"], ["today", "--model", "x"]),
        (["usage", "--json"], ["usage", "--json"]),
        (["-v", "usage"], ["usage", "-v"]),
        (["--no-sync", "weekly", "--json"], ["weekly", "--no-sync", "--json"]),
        (["--help"], ["--help"]),
        (["--model", "usage"], ["today", "--model", "usage"]),
    ],
)
def test_command_lines_are_arranged(given: list[str], wanted: list[str]) -> None:
    assert arrange(given) == wanted


def test_progress_is_patient_and_wiped_away(capsys, monkeypatch) -> None:
    step = Progress(
        source="claude-code", places_done=3, places_total=9, bytes_done=10**6, bytes_total=10**7
    )
    assert progress_text(step) == "reading claude-code  3 of 9 places, 1.0 MB of 10.0 MB"
    with ProgressLine(live=True, width=80) as line:
        line(step)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "PATIENCE_NS", 0)
    with ProgressLine(live=True, width=20) as line:
        line(step)
    assert capsys.readouterr().err == "\r\x1b[Kreading claude-code\r\x1b[K"
    with ProgressLine(live=False, width=80) as line:
        line(step)
    assert capsys.readouterr().err == ""


def loaded(*words: str) -> tuple[str, set[str]]:
    """Output of a command line in a fresh interpreter, and the packages that it loaded."""
    code = (
        "import sys; from tallybook.cli import main; main(sys.argv[1:]);"
        "print(','.join(sorted({n.split('.')[0] for n in sys.modules})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
    )
    return done.stdout, set(done.stderr.strip().splitlines()[-1].split(","))


def test_the_version_loads_nothing() -> None:
    out, packages = loaded("--version")
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*{n.split('.')[0] for n in sys.modules})"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert out == f"tally {__version__}\n"
    heavy = {"click", "rich", "msgspec", "sqlite3", "json", "datetime", "dataclasses", "re"}
    assert packages.isdisjoint(heavy - set(bare.stdout.split()))


def test_a_report_for_programs_loads_neither_rich_nor_msgspec() -> None:
    out, packages = loaded("usage", "--no-sync", "--json")
    assert json.loads(out)["rows"] == []
    assert packages.isdisjoint({"rich", "msgspec", "decimal", "tomllib", "difflib"})
    assert "click" in packages


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m tallybook price list | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def test_the_first_screen_of_an_empty_machine(tally) -> None:
    done = tally()
    assert done.returncode == 0
    assert "No history" in done.stdout
    assert "tally demo" in done.stdout
    assert "~/.claude" in done.stdout


def test_damaged_histories_are_not_called_absent(tally, home: Path) -> None:
    folder = home / ".claude" / "projects" / "a"
    folder.mkdir(parents=True)
    (folder / "x.jsonl").write_bytes(b"\x00\xff\xfe" * 100)
    done = tally()
    assert done.returncode in (0, 5)
    assert "1 file found, but no call could be read" in done.stdout
    assert "complaint while reading" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("doctor",),
        ("doctor", "--json"),
        ("source", "list"),
        ("source", "list", "--json"),
        ("source", "explain", "claude"),
        ("price", "list", "opus"),
        ("price", "show", "claude-sonnet-4-5"),
        ("price", "show", "claude-sonnet-4-5", "--json"),
        ("ledger", "path"),
        ("ledger", "info"),
        ("ledger", "verify", "--json"),
        ("config", "path"),
        ("sync",),
        ("sessions",),
    ],
)
def test_commands_work_on_an_empty_machine(tally, home: Path, words: tuple[str, ...]) -> None:
    done = tally(*words)
    assert (done.returncode, done.stderr.replace("\n", "")[:6]) in ((0, ""), (0, done.stderr[1:7]))
    assert done.stdout.strip()
    if words[-1] == "--json":
        assert json.loads(done.stdout)
    if words[0] == "doctor":
        assert str(home) not in done.stdout


def test_the_demo_keeps_nothing(tally, home: Path) -> None:
    done = tally("demo")
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout.splitlines()[0]
    assert "claude-sonnet-4-5" in done.stdout
    assert "≥" not in done.stdout
    assert [path.name for path in home.rglob("*") if path.is_file()] == []


def test_a_single_file_is_read_beside_the_usual_places(tally, tmp_path: Path) -> None:
    samples = sorted((SAMPLES / ".claude").rglob("*.jsonl"), key=lambda path: path.stat().st_size)
    copy = tmp_path / "saved.jsonl"
    copy.write_bytes(samples[-1].read_bytes())
    first = json.loads(tally("sync", "--path", str(copy), "--json").stdout)
    assert (first["places"]["read"], first["complete"]) == (1, True)
    assert first["new_events"] > 0
    again = json.loads(tally("sync", "claude", "--path", "saved.jsonl", "--json").stdout)
    assert (again["places"]["unchanged"], again["new_events"]) == (1, 0)
    known = ("sync", "--path", str(samples[-1]), "--path", str(SAMPLES / ".claude"), "--json")
    assert json.loads(tally(*known).stdout)["places"]["found"] == len(samples)


@pytest.mark.parametrize("sample_home", ["gemini_cli/home_0_24_5", "pi/home_0_73_1"])
def test_a_single_file_is_read_by_the_agent_that_wrote_it(
    tally, tmp_path: Path, sample_home: str
) -> None:
    samples = Path(__file__).parents[1] / "sources" / sample_home
    sample = next(path for path in sorted(samples.glob(".*/**/*20??-*T*")) if path.is_file())
    copy = tmp_path / f"saved{sample.suffix}"
    copy.write_bytes(sample.read_bytes())
    told = json.loads(tally("sync", "--path", str(copy), "--json").stdout)
    assert (told["places"]["found"], told["places"]["read"]) == (1, 1)
    assert told["new_events"] > 0


def test_the_price_file_of_the_help_topic_is_a_valid_one(tally, home: Path) -> None:
    _, _, example = TOPICS["prices"].partition("  schema = 1")
    path = home / "prices.toml"
    path.write_text("schema = 1" + example)
    done = tally("price", "show", "zai-coding-plan/glm-4.7", env={"TALLY_PRICES": str(path)})
    assert done.returncode == 0, done.stderr
    assert "0.6 USD per million tokens" in done.stdout


OPENCODE = Path(__file__).parents[1] / "sources" / "opencode" / "home_1_18_33"


def test_a_database_and_a_copied_home_are_read_beside_the_usual_places(tally) -> None:
    database = OPENCODE / ".local" / "share" / "opencode" / "opencode.db"
    first = json.loads(tally("sync", "--path", str(database), "--json").stdout)
    assert (first["places"]["read"], first["complete"]) == (1, True)
    assert first["new_events"] > 0
    again = json.loads(tally("sync", "--path", str(OPENCODE), "--json").stdout)
    assert (again["places"]["found"], again["new_events"]) == (1, 0)


def test_another_file_is_no_history(tally, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("nothing")
    done = tally("sync", "--path", str(text))
    assert done.returncode == 2
    assert "no SQLite database" in done.stderr
    assert tally("sync", "--path", str(text.with_name("gone.db"))).returncode == 2


def test_the_doctor_counts_what_reports_count_and_tells_official_limits(tally, home: Path) -> None:
    tally("sync", "--path", str(SAMPLES))
    ledger = SqliteLedger(str(next(home.rglob("ledger.db"))))
    seen = 1_795_339_662_773
    limits = [
        LimitSnapshot("codex", "primary", used, 300, resets, at, "team")
        for used, resets, at in ((9_900, 0, seen - 9_000_000), (1_150, 4_000_000_000_000, seen))
    ]
    ledger.record(Batch(limits=limits), Appraising(open_price_book()))
    assert [each.used for each in ledger.limits() if each.plan == "team"] == [1_150]
    ledger.close()
    out = tally("doctor").stdout
    totals = json.loads(tally("usage", "--since", "all", "--json").stdout)["totals"]
    assert re.search(rf"calls +{totals['requests']}\n +sessions +{totals['sessions']}\n", out)
    assert "limit of 5 h (primary, team): 11.5% used, seen " in out
    told = json.loads(tally("doctor", "--json").stdout)["ledger"]["limits"]
    ours = [each for each in told if each["plan"] == "team"]
    assert [(each["used_percent"], each["window_minutes"]) for each in ours] == [("11.5", 300)]


@pytest.mark.parametrize(
    ("resets", "said"),
    [
        (NOW + 60_000, "100% used, seen 2 min ago, resets 2026-11-22 12:01"),
        (
            NOW - 60_000,
            "has begun anew since 2026-11-22 11:59, 100% used when seen 2 min ago",
        ),
        (0, "100% used, seen 2 min ago"),
    ],
)
def test_a_limit_in_words(resets: int, said: str) -> None:
    limit = LimitSnapshot("codex", "5h", 10_000, 300, resets, NOW - 120_000)
    assert limit_text(limit_json(limit, "UTC"), NOW) == f"limit of 5 h (5h): {said}"
