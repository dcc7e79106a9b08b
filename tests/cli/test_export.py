"""`tally export`, on a real ledger: what is written, and where it is not."""

from __future__ import annotations

import csv
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tallybook.errors import UsageMistake
from tallybook.exporting.place import outlet

from .conftest import Tell

EVIL = '=HYPERLINK("x")'


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(text.splitlines()))


def report(tell: Tell, *words: str) -> dict:
    """What a reading command says."""
    return json.loads(tell(*words, "--no-sync", "--json"))


def test_without_a_file_it_is_csv_of_all_time_on_stdout(tell: Tell) -> None:
    rows = rows_of(tell("export"))
    said = report(tell, "usage", "--by", "day,source,model", "--since", "all")["rows"]
    assert [row["date"] for row in rows] == [row["date"] for row in said]
    assert [int(row["total"]) for row in rows] == [row["total"] for row in said]
    assert [row["cost_USD"] for row in rows] == [row["cost"].get("USD", "") for row in said]


def test_words_filters_and_fields_are_those_of_usage(tell: Tell) -> None:
    words = (
        "model",
        "--since",
        "all",
        "--source",
        "claude",
        "--fields",
        "model,cost",
        "--limit",
        "1",
    )
    assert tell("export", *words) == tell("usage", *words, "--format", "csv")
    assert tell("export", *words, "--format", "jsonl") == tell("usage", *words, "--format", "jsonl")
    assert "model" in tell("export", "model", "--fields", "help").splitlines()


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.md", "a.html", "focus.csv"])
def test_a_file_is_known_by_its_ending(tell: Tell, tmp_path: Path, name: str) -> None:
    assert tell("export", name).startswith(f"{tmp_path / name}: ")
    text = (tmp_path / name).read_text("utf-8")
    begun = {"a.csv": "date,", "a.jsonl": '{"date"', "a.json": "{\n", "a.md": "**Usage"}
    begun |= {"a.html": "<!doctype html>", "focus.csv": "BilledCost,"}
    assert text.startswith(begun[name])
    assert text.endswith("\n")
    assert not list(tmp_path.glob(".*part"))


def test_a_finance_report_holds_every_view_of_the_same_calls(tell: Tell, tmp_path: Path) -> None:
    tell("export", "finops-report.json")
    told = json.loads((tmp_path / "finops-report.json").read_text("utf-8"))
    whole = report(tell, "usage", "--by", "source", "--since", "all")
    assert (told["schema"], told["totals"]) == ("tallybook.export/1", whole["totals"])
    for name in ("date", "model", "project", "session", "user"):
        each = told["reports"][name]
        assert each["totals"] == whole["totals"]
        assert sum(row["total"] for row in each["rows"]) == whole["totals"]["total"]


def test_focus_rows_are_grouped_as_they_are(tell: Tell, tmp_path: Path) -> None:
    tell("export", "user", "model", "by.focus.csv")
    assert (tmp_path / "by.focus.csv").read_text("utf-8") == tell("export", "--format", "focus")


def test_a_finance_report_in_another_currency_agrees_with_itself(
    tell: Tell, home: Path, tmp_path: Path
) -> None:
    rate = 'from = "USD"\nto = "CNY"\nrate = "7.123456789"\nvalid_from = 2020-01-01\n'
    (home / "my-prices.toml").write_text(f"schema = 1\n[[fx]]\n{rate}")
    tell("config", "set", "prices", str(home / "my-prices.toml"))
    tell("export", "report.json", "--currency", "CNY")
    told = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert set(told["totals"]["cost"]) == {"CNY"}
    for name, each in told["reports"].items():
        assert each["totals"]["cost"] == told["totals"]["cost"], name
        rows = (Decimal(row["cost"].get("CNY", 0)) for row in each["rows"])
        assert sum(rows) == Decimal(told["totals"]["cost"]["CNY"])


@pytest.mark.parametrize("form", ["csv", "focus"])
def test_a_table_for_excel_begins_with_the_mark_of_utf8(
    tell: Tell, tmp_path: Path, form: str
) -> None:
    assert tell("export", "--bom", "--format", form) == "\ufeff" + tell("export", "--format", form)
    tell("export", "--bom", "--format", form, "-o", "a.csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_json_of_a_grouping_is_a_report(tell: Tell) -> None:
    told = json.loads(tell("export", "model", "--format", "json"))
    assert told == report(tell, "usage", "model", "--since", "all")


def test_sessions_are_those_of_the_list(tell: Tell, tmp_path: Path) -> None:
    told = json.loads(tell("export", "sessions", "--format", "json"))
    assert told == report(tell, "sessions", "--since", "all", "--limit", "0")
    rows = rows_of(tell("export", "sessions", "--fields", "session,active,models,total"))
    assert [row["session"] for row in rows] == [row["session"] for row in told["rows"]]
    assert [int(row["total"]) for row in rows] == [row["total"] for row in told["rows"]]
    tell("export", "sessions", "a.md")
    assert (tmp_path / "a.md").read_text("utf-8").startswith("**Sessions, all time")


def test_events_add_up_to_the_report(tell: Tell) -> None:
    tell("sync")
    totals = report(tell, "usage", "--since", "all")["totals"]
    lines = tell("export", "events", "--format", "jsonl").splitlines()
    events = [json.loads(line) for line in lines]
    assert sum(each["total"] for each in events) == totals["total"]
    cost = sum(Decimal(each["cost"].get("USD", "0")) for each in events)
    assert cost == Decimal(totals["cost"]["USD"])
    assert len({key for each in events for key in each["keys"]}) >= len(events)
    whole = json.loads(tell("export", "events", "--format", "json"))
    assert (whole["schema"], whole["events"]) == ("tallybook.events/1", events)
    rows = rows_of(tell("export", "events"))
    assert [row["keys"].split() for row in rows] == [each["keys"] for each in events]
    assert [row["cost"] for row in rows] == [each["cost"].get("USD", "") for each in events]


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_a_reader_that_goes_away_ends_it_quietly(tell: Tell, home: Path, form: str) -> None:
    assert len(tell("export", "events", "--format", form)) > 10_000
    with subprocess.Popen(
        [sys.executable, "-m", "tallybook", "export", "events", "--no-sync", "--format", form],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        assert run.stderr.read() == ""


def test_events_take_filters_time_and_a_limit(tell: Tell) -> None:
    events = rows_of(tell("export", "events"))
    assert rows_of(tell("export", "events", "--limit", "2")) == events[:2]
    assert rows_of(tell("export", "events", "--since", "2030")) == []
    session = events[0]["session"]
    some = [row for row in events if row["session"] == session]
    assert rows_of(tell("export", "events", "--session", session)) == some
    assert 0 < len(some) < len(events)


def test_focus_leaves_out_what_has_no_price_and_says_so(tell: Tell) -> None:
    tell("record", "--model", "no-such-model", "--provider", "nobody", "--tokens", "input=1234")
    said = tell("export", "--format", "focus", code=5)
    assert said == (
        "1.2k tokens have no price, so they are in no row: nobody/no-such-model. "
        "To price them: tally help prices\n"
    )
    assert "no-such-model" not in tell("export", "--format", "focus", "--source", "claude")


def test_a_spreadsheet_runs_nothing(tell: Tell) -> None:
    words = ("--model", f"anthropic/{EVIL}", "--project", "@x", "--session", "-1", "--user", "+1")
    tell("record", *words, "--tokens", "input=5")
    tell("record", "--model", "claude-sonnet-4-5", "--tokens", "input=5", "--project", EVIL)
    wanted = {f"'{EVIL}", "'@x", "'-1", "'+1"}
    events = tell("export", "events", "--source", "manual")
    assert wanted <= {cell for row in csv.reader(events.splitlines()) for cell in row}
    usage = tell("export", "--by", "model,project,session,user", "--source", "manual")
    assert wanted <= {cell for row in csv.reader(usage.splitlines()) for cell in row}
    focus = rows_of(tell("export", "--format", "focus", "--source", "manual", "--project", EVIL))
    assert {row["SubAccountId"] for row in focus} == {f"'{EVIL}"}


def test_a_page_shows_a_hostile_name_as_text(tell: Tell, tmp_path: Path) -> None:
    tell(
        "record",
        "--model",
        "<script>alert(1)</script>",
        "--provider",
        "x",
        "--tokens",
        "input=5",
        "--session",
        "<b>",
    )
    tell("export", "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_nothing_is_overwritten_unasked(tell: Tell, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("mine")
    said = tell("export", "a.csv", code=2)
    assert "a.csv exists" in said
    assert "--force" in said
    assert file.read_text() == "mine"
    file.chmod(0o600)
    tell("export", "a.csv", "--force")
    assert file.read_text().startswith("date,")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_new_file_has_the_mode_that_the_mask_leaves(tell: Tell, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        tell("export", "a.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o640


def test_what_a_link_leads_to_is_written(tell: Tell, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "there.csv")
    tell("export", "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "there.csv").read_text().startswith("date,")


def test_the_ledger_is_no_target(tell: Tell, ledger_file: Path, tmp_path: Path) -> None:
    before = ledger_file.read_bytes() if ledger_file.exists() else b""
    for name in (ledger_file, ledger_file.with_name(f"{ledger_file.name}-wal")):
        words = ("export", "-o", str(name), "--format", "csv", "--force")
        assert "is the ledger itself" in tell(*words, code=2)
    assert "is a folder" in tell("export", "-o", str(tmp_path), "--format", "csv", code=2)
    assert (ledger_file.read_bytes() if ledger_file.exists() else b"") == before


def test_a_place_that_takes_nothing_is_an_error(tell: Tell) -> None:
    said = tell("export", "-o", "/dev/full", "--format", "csv", code=1)
    assert "can't write /dev/full" in said
    assert "can't write" in tell("export", "-o", "/no/such/folder/a.csv", code=1)
    assert tell("export", "-o", "/dev/null", "--format", "csv").startswith("/dev/null: ")


def test_a_pipe_is_written_to(tell: Tell, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        tell("export", "pipe.csv")
        assert reader.stdout is not None
        assert reader.stdout.read() == tell("export")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_file_that_can_not_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    old = tmp_path / "a.csv"
    old.write_text("old")
    program = (
        "from pathlib import Path; from tallybook.exporting.place import outlet\n"
        "with outlet(Path('a.csv'), force=True) as place:\n"
        "    for line in range(10_000): place.write('a line of an export\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000)),
    )
    assert "can't write a.csv" in done.stderr
    assert old.read_text() == "old"
    assert not list(tmp_path.glob(".*part"))


def test_one_that_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from tallybook.exporting.place import outlet\n"
        "with outlet(Path('a.csv')) as place:\n"
        "    place.write('half')\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False, timeout=60)
    assert done.returncode == 128 + signal.SIGTERM
    assert not [*tmp_path.glob("a.csv"), *tmp_path.glob(".*part")]


def test_a_long_name_in_chinese_is_a_name(tmp_path: Path) -> None:
    target = tmp_path / f"{'会' * 80}.csv"
    with outlet(target) as place:
        place.write("all")
    assert target.read_text() == "all"


def test_links_in_a_circle_are_refused(tell: Tell, tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "b.csv")
    (tmp_path / "b.csv").symlink_to(tmp_path / "a.csv")
    assert "error: " in tell("export", "a.csv", code=2)
    assert (tmp_path / "a.csv").is_symlink()


def test_who_was_faster_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"

    def race() -> None:
        with outlet(target) as place:
            place.write("ours")
            target.write_text("theirs")

    with pytest.raises(UsageMistake, match="exists"):
        race()
    assert target.read_text() == "theirs"
    assert not list(tmp_path.glob(".*part"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("events", "a.html"), "events can't be exported as html"),
        (("sessions", "--format", "focus"), "sessions can't be exported as focus"),
        (("events", "model"), "can't be grouped by"),
        (("session", "focus.csv"), "one day, price, account, key, model, project,"),
        (("month", "user", "focus.csv"), "can't be grouped by month, user"),
        (("sessions", "model"), "can't be grouped by"),
        (("a.csv", "b.csv"), "are two files"),
        (("events", "sessions"), "are two exports"),
        (("-o", "a.xyz"), "does not tell what to write"),
        (("a.xyz",), "try: --output a.xyz --format csv|"),
        (("--format", "parquet"), "Parquet is no text"),
        (("events", "--sort", "total"), "--sort has no meaning"),
        (("a.html", "--limit", "5"), "--limit has no meaning"),
        (("a.json", "--bom"), "--bom has no meaning for usage as json"),
        (("focus.csv", "--fields", "total"), "--fields has no meaning"),
        (("events", "--fields", "modle"), "did you mean model"),
        (("events", "--fields", "cost_currency"), "unknown field"),
        (("focus.csv", "--currency", "EUR"), "--currency has no meaning"),
        (("--fields", "costt"), "unknown field"),
        (("modle",), "can't place the word 'modle'"),
    ],
)
def test_what_can_not_be_exported_is_refused_with_a_way_out(tell: Tell, words, said: str) -> None:
    told = tell("export", *words, code=2)
    assert said in told
    assert "try:" in told


def test_remarks_that_a_table_has_no_room_for_are_said_beside_it(tell: Tell) -> None:
    tell("record", "--model", "no-such-model", "--provider", "nobody", "--tokens", "input=1234")
    assert "No price for nobody/no-such-model" in tell("export", err=True)
    assert tell("export", "-q", err=True) == ""
    assert tell("export", "--format", "json", err=True) == ""


def test_a_ledger_without_calls_gives_empty_tables(tell: Tell, tmp_path: Path) -> None:
    words = ("--source", "codex")
    assert rows_of(tell("export", *words)) == []
    assert rows_of(tell("export", "events", *words)) == []
    assert rows_of(tell("export", "--format", "focus", *words)) == []
    tell("export", "a.html", *words)
    assert json.loads(tell("export", "events", "--format", "json", *words))["events"] == []


def test_fields_of_events_are_chosen_and_put_in_order(tell: Tell, tmp_path: Path) -> None:
    words = ("events", "--fields", "model,cost,session,tokens", "--limit", "3")
    whole = json.loads(tell("export", "events", "--format", "json"))["events"][:3]
    some = [{name: each[name] for name in ("model", "cost", "session", "total")} for each in whole]
    told = json.loads(tell("export", *words, "--format", "json"))
    assert told["events"] == some
    assert list(told["events"][0]) == ["model", "cost", "session", "total"]
    lines = tell("export", *words, "--format", "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == some
    rows = rows_of(tell("export", *words))
    assert list(rows[0]) == ["model", "cost", "cost_currency", "session", "total"]
    assert [{row["cost_currency"]: row["cost"]} for row in rows] == [each["cost"] for each in some]
    known = tell("export", "events", "--fields", "help").split()
    assert {*known} == {*whole[0]}


def test_parquet_has_the_chosen_fields_of_events(tell: Tell, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    tell("export", "events", "e.parquet", "--fields", "model,cost", "--limit", "2")
    table = parquet.read_table(tmp_path / "e.parquet")
    assert (table.column_names, table.num_rows) == (["model", "cost", "cost_currency"], 2)


def test_parquet_has_the_same_numbers(tell: Tell, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    tell("export", "events", "e.parquet")
    events = parquet.read_table(tmp_path / "e.parquet")
    told = rows_of(tell("export", "events"))
    assert events.column("keys").to_pylist() == [row["keys"] for row in told]
    assert sum(events.column("total").to_pylist()) == sum(int(row["total"]) for row in told)
    costs = [
        None if cost is None else cost.normalize() for cost in events.column("cost").to_pylist()
    ]
    assert costs == [Decimal(row["cost"]).normalize() if row["cost"] else None for row in told]
    kinds = Counter(str(field.type) for field in events.schema)
    assert kinds["decimal128(38, 9)"] == 3
    assert kinds["timestamp[ms, tz=UTC]"] == 2
    assert not {kind for kind in kinds if "float" in kind or "double" in kind}
    tell("export", "u.parquet")
    usage = parquet.read_table(tmp_path / "u.parquet")
    assert usage.column("total").to_pylist() == [
        int(row["total"]) for row in rows_of(tell("export"))
    ]
    tell("export", "sessions", "s.parquet")
    assert str(parquet.read_schema(tmp_path / "s.parquet").field("active").type) == "bool"


def test_without_pyarrow_parquet_says_what_to_install(
    tell: Tell, home: Path, tmp_path: Path
) -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from tallybook.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "export", "--no-sync", "a.parquet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "pip install 'tallybook[parquet]'" in done.stderr
    assert list(tmp_path.glob("*.parquet")) == []


def test_other_words_for_it(tell: Tell) -> None:
    assert rows_of(tell("claude", "export", "model"))
    assert tell("export", "usage", "model") == tell("export", "model")
