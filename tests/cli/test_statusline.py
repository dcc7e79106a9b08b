"""The status line: its pieces, forms and files; that it is quick, alone, and never fails."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import copytree

import pytest

from tallybook.book import Book
from tallybook.cli.demo import SAMPLES
from tallybook.cli.shell import Shell
from tallybook.cli.statuslinefiles import LACKING, Context, Files
from tallybook.cli.statuslineforms import FORMATS, SESSION, Line, filled, shown
from tallybook.cli.statuslinehanded import Handed, handed_by
from tallybook.cli.statuslinepieces import Answer, Piece, pieces_of, short_span
from tallybook.cli.statuslinequick import (
    Wanted,
    answered,
    context_of,
    is_behind,
    is_due,
    note_fault,
    understood,
)
from tallybook.cli.statuslinerefresh import refresh_all
from tallybook.query import Filter, Query
from tallybook.sources import open_source, source_names

NOW = 1_800_000_000_000
HANDED = {
    "session_id": "66c827ad",
    "transcript_path": "/home/ada/.claude/projects/x/66c827ad.jsonl",
    "cwd": "/home/ada/x",
    "model": {"id": "claude-opus-4-6", "display_name": "Opus"},
    "workspace": {"current_dir": "/home/ada/x", "project_dir": "/home/ada/x"},
    "cost": {"total_cost_usd": 1.2345},
    "context_window": {"used_percentage": 8},
    "rate_limits": {
        "five_hour": {"used_percentage": 23.5, "resets_at": NOW // 1000 + 7_800},
        "seven_day": {"used_percentage": 91.25, "resets_at": NOW // 1000 + 302_400},
    },
}


def handed(**more: object) -> Handed:
    """What Claude Code would hand over, with some of it changed."""
    return handed_by(json.dumps({**HANDED, **more}).encode())


def plain_line(answer: Answer, given: Handed, template: str = SESSION, form: str = "shell") -> str:
    """The line of a form, at `NOW`."""
    line = Line(pieces_of(answer, given, NOW, NOW), answer, given, template, colour=False)
    return shown(form, line)


def test_what_is_handed_over_is_kept_as_the_decimals_that_it_was() -> None:
    found = handed()
    assert (found.session, found.folder, found.model) == ("66c827ad", "/home/ada/x", "Opus")
    assert (found.cost, found.context) == ("1.2345", "8")
    assert found.windows[0] == ("five_hour", "23.5", NOW // 1000 + 7_800)
    assert json.loads(found.limits) == HANDED["rate_limits"]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"session_id": 3, "cost": [], "rate_limits": 1}'],
)
def test_what_is_no_session_hands_nothing_over(data: bytes) -> None:
    assert handed_by(data) == Handed()


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        (0, "$0.00 (agent's)"),
        (0.004, "<$0.01 (agent's)"),
        (1.005, "$1.01 (agent's)"),
        (12345.678, "$12,345.68 (agent's)"),
        (1e-7, "<$0.01 (agent's)"),
        (None, "–"),
        (-3, "–"),
        ("lots", "–"),
        (float("inf"), "–"),
    ],
)
def test_an_agents_estimate_is_labelled_and_unknown_is_a_dash(cost: object, told: str) -> None:
    given = handed(cost={"total_cost_usd": cost})
    assert plain_line(Answer(made_ms=NOW), given, "{session}") == told


def test_the_ledgers_cost_goes_before_the_agents() -> None:
    answer = Answer(made_ms=NOW, pieces={"session": Piece("$2.00")})
    assert plain_line(answer, handed(), "{session}") == "$2.00"


def test_a_line_has_what_there_is_and_nothing_else() -> None:
    answer = Answer(made_ms=NOW, pieces={"today": Piece("$9.02"), "quota": Piece("daily 45%")})
    line = plain_line(answer, handed())
    assert line == (
        "$1.23 (agent's) session · $9.02 today · 5h 23.5% 2h10m · 7d 91.2% 3d12h"
        " · ctx 8% · daily 45%"
    )
    assert plain_line(Answer(made_ms=NOW), Handed()) == "– session"


def test_what_has_ended_is_not_shown_any_more() -> None:
    old = Answer(
        made_ms=NOW - 1000,
        pieces={"today": Piece("$9.02", NOW), "block": Piece("$3.00", NOW + 60_000)},
        windows=(("5h", Piece("99%", NOW - 1, 99), NOW - 1000),),
    )
    line = plain_line(old, Handed(), "{today} {block} {block_left}{limits? %}")
    assert line == "– $3.00 1m"


def test_limits_of_long_ago_are_shown_with_their_age() -> None:
    seen = Answer(
        made_ms=NOW, windows=(("5h", Piece("11%", NOW + 3_600_000, 11), NOW - 7_200_000),)
    )
    assert plain_line(seen, Handed(), "{limits}") == "5h 11% 1h (seen 2h ago)"


def test_a_trouble_and_age_are_one_mark() -> None:
    assert plain_line(Answer(made_ms=NOW, trouble=True), Handed(), "x{mark? %}") == "x !"
    assert plain_line(Answer(made_ms=NOW - 3_600_000), Handed(), "x{mark? %}") == "x …"
    assert plain_line(Answer(made_ms=NOW), Handed(), "x{mark? %}") == "x"


def test_a_template_that_is_wrong_is_shown_as_far_as_it_goes() -> None:
    pieces = {"today": Piece("$1")}
    assert filled("{today} {todai} {today", pieces, lambda p: p.text) == "$1 {todai?} {today"


def test_each_form_escapes_what_is_dangerous_in_it() -> None:
    answer = Answer(
        made_ms=NOW, pieces={"quota": Piece("#[bg=red] <b>|&% 95%", level=95)}, lines=("a|b <i>",)
    )
    line = Line(pieces_of(answer, Handed(), NOW, NOW), answer, Handed(), "{quota}", colour=True)
    assert shown("tmux", line) == "#[fg=red]##[bg=red] <b>|&% 95%#[fg=default]"
    assert shown("claude", line) == "\x1b[31m#[bg=red] <b>|&% 95%\x1b[0m"
    bar = json.loads(shown("waybar", line))
    assert bar["text"] == "#[bg=red] &lt;b&gt;|&amp;% 95%"
    assert (bar["tooltip"], bar["class"], bar["percentage"]) == ("a|b &lt;i&gt;", "critical", 95)
    first, rule, below, *_ = shown("swiftbar", line).splitlines()
    assert (first, rule, below) == ("#[bg=red] <b>¦&% 95% | color=red", "---", "a¦b <i>")


def test_a_model_cannot_drive_the_terminal() -> None:
    given = handed(model={"display_name": "Opus\x1b[2J\n5"})
    assert plain_line(Answer(made_ms=NOW), given, "{model}") == "Opus·[2J·5"


@pytest.mark.parametrize(
    ("ms", "text"),
    [(-5, "0s"), (59_999, "59s"), (60_000, "1m"), (3_600_000, "1h"), (8_100_000, "2h15m")],
)
def test_a_span_is_short(ms: int, text: str) -> None:
    assert short_span(ms) == text


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], Wanted()),
        (["--format", "tmux", "--quota=daily"], Wanted("tmux", "", "daily")),
        (["--template", "{today}"], Wanted("claude", "{today}", "")),
        (["--format", "html"], None),
        (["--format"], None),
        (["--print", "tmux"], None),
        (["--help"], None),
    ],
)
def test_only_what_bars_say_is_answered_the_short_way(
    words: list[str], wanted: Wanted | None
) -> None:
    assert understood(words) == wanted


def test_an_answer_holds_longer_while_the_session_is_idle(tmp_path: Path) -> None:
    transcript = tmp_path / "t.jsonl"
    transcript.write_text("")
    os.utime(transcript, (NOW / 1000 + 1, NOW / 1000 + 1))
    written = Context("s", "", str(transcript))
    answer = Answer(made_ms=NOW)
    assert not is_due(answer, written, NOW + 4_999)
    assert is_due(answer, written, NOW + 5_000)
    assert not is_due(answer, Context("s"), NOW + 59_000)
    assert is_due(answer, Context("s"), NOW + 60_000)
    assert not is_due(answer._replace(wait_ms=90_000), written, NOW + 89_000)
    assert is_due(answer, Context("s"), NOW - 1)  # the clock was set back


def test_what_a_session_wrote_and_nobody_read_is_marked(tmp_path: Path) -> None:
    transcript = tmp_path / "t.jsonl"
    transcript.write_text("")
    os.utime(transcript, (NOW / 1000 + 1, NOW / 1000 + 1))
    context, answer = Context("s", "", str(transcript)), Answer(made_ms=NOW, wait_ms=20_000)
    assert not is_behind(answer, context, NOW + 34_999)
    assert is_behind(answer, context, NOW + 35_000)
    assert not is_behind(answer._replace(made_ms=NOW + 2_000), context, NOW + 90_000)


def test_an_idle_session_shows_the_age_of_its_limits() -> None:
    given = handed()
    told = pieces_of(Answer(), given, NOW, NOW - 3_600_000)["limits"].text
    assert told == "5h 23.5% 2h10m (seen 1h ago) · 7d 91.2% 3d12h (seen 1h ago)"
    assert "seen" not in pieces_of(Answer(), given, NOW, NOW - 60_000)["limits"].text


def test_bars_that_may_read_other_histories_have_their_own_answers(tmp_path: Path) -> None:
    variables = {name for each in source_names() for name in open_source(each).variables}
    assert "CLAUDE_CONFIG_DIR" in variables
    Files(tmp_path, {}).ask(Context("s"))
    assert Files(tmp_path, {"XDG_SESSION_ID": "5"}).asked() == [Context("s")]
    for name in variables:
        assert Files(tmp_path, {name: "/elsewhere"}).asked() == []


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"cost": {"total_cost_usd": 1e999999999}, "context_window": {"used_percentage": "none"}}',
        b'{"rate_limits": {"five_hour": {"used_percentage": "1e-999999999", "resets_at": 1e99}}}',
    ],
)
def test_a_hostile_input_hands_nothing_over_and_costs_nothing(data: bytes) -> None:
    begun = time.process_time()
    found = handed_by(data)
    assert time.process_time() - begun < 0.3
    assert (found.cost, found.context, found.windows) == ("", "", ())


def test_a_reset_that_no_clock_has_is_none() -> None:
    limits = {"five_hour": {"used_percentage": 5, "resets_at": 10**25}}
    assert handed(rate_limits=limits).windows == (("five_hour", "5", 0),)


@pytest.mark.parametrize("form", FORMATS)
def test_whatever_happens_the_line_is_in_its_form(
    form: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_given: object) -> bytes:
        raise ArithmeticError("nobody thought of that")

    monkeypatch.setattr("tallybook.cli.statuslinequick.read_stdin", broken)
    assert answered(["--format", form])
    out, err = capfd.readouterr()
    assert ("tally !" in out, err) == (True, "")
    if form in ("waybar", "json"):
        assert isinstance(json.loads(out), dict)


def test_folders_share_an_answer_unless_a_project_has_settings(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "a" / "b"
    deep.mkdir(parents=True)

    def at(folder: Path) -> str:
        return context_of(Handed(), Wanted(), str(folder)).folder

    assert at(deep) == ""
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "repo" / "tally.toml").write_text("")
    assert at(deep) == str(tmp_path / "repo")
    (tmp_path / "tally.toml").write_text("")  # above the repository: none of ours
    (tmp_path / "repo" / "tally.toml").unlink()
    assert at(deep) == ""
    assert at(tmp_path) == str(tmp_path)


def test_a_sight_is_kept_once_until_it_changes(tmp_path: Path) -> None:
    files = Files(tmp_path, {})
    for limits in ("a", "a", "b", "b", "a"):
        files.hand("s", limits, NOW)
    files.hand("other", "a", NOW + 1)
    found = sorted(files.sights(), key=lambda each: (each.seen_ms, each.end))
    assert [(each.limits, each.seen_ms) for each in found] == [
        ("a", NOW),
        ("b", NOW),
        ("a", NOW),
        ("a", NOW + 1),
    ]
    files.recorded(found)
    assert list(files.sights()) == []
    assert files.hand("s", "a", NOW + 2) == NOW  # an idle session repeats itself
    assert list(files.sights()) == []
    assert files.hand("s", "c", NOW + 3) == NOW + 3
    assert [each.limits for each in files.sights()] == ["c"]


def test_a_long_file_of_sights_is_begun_anew_and_nothing_comes_twice(tmp_path: Path) -> None:
    files = Files(tmp_path, {})
    for number in range(1500):
        files.hand("s", f"{number:050}", NOW + number)
    found = list(files.sights())
    assert len(found) == 1500
    files.recorded(found)
    [file] = files.folder.glob("*.sights")
    assert file.stat().st_size < 200
    files.hand("s", f"{1499:050}", NOW)
    assert list(files.sights()) == []
    files.hand("s", "new", NOW)
    assert [each.limits for each in files.sights()] == ["new"]


def test_files_are_for_their_owner_alone_and_damaged_ones_are_none(tmp_path: Path) -> None:
    files, context = Files(tmp_path, {}), Context("s", "/x")
    files.ask(context)
    files.keep(context, Answer(made_ms=NOW, pieces={"today": Piece("$1", 5, 6)}).kept())
    kept = Answer.of(files.answer(context))
    assert (kept.made_ms, kept.pieces) == (NOW, {"today": Piece("$1", 5, 6)})
    assert files.asked() == [context]
    assert Files(tmp_path, {"TALLY_LEDGER": "/other.db"}).asked() == []
    if os.name == "posix":
        assert {file.stat().st_mode & 0o777 for file in files.folder.iterdir()} == {0o600}
        assert files.folder.stat().st_mode & 0o777 == 0o700
    for file in files.folder.iterdir():
        file.write_bytes(b'{"version": 1')
    assert files.answer(context) == {}
    assert files.asked() == []


def test_the_right_to_find_out_is_given_once_and_not_too_often(tmp_path: Path) -> None:
    files = Files(tmp_path, {})
    lock = files.lock(5.0)
    assert lock is not None
    assert files.lock(0.0) is None  # another has it
    os.close(lock)
    assert files.lock(5.0) is None  # it was begun a moment ago
    again = files.lock(0.0)
    assert again is not None
    os.close(again)


@pytest.fixture
def shell(home: Path) -> Shell:
    """A shell in a home with the sample histories."""
    copytree(SAMPLES, home, dirs_exist_ok=True)
    (home / "tallybook").mkdir()
    (home / "tallybook" / "config.toml").write_text(
        '[quota.daily]\nlimit = "20usd"\nper = "day"\n'
        '[quota.talk]\nlimit = "0.01usd"\nper = "ever"\neach = "session"\n'
    )
    return Shell.real()


OF_CLAUDE = Query(by=("session",), where=(Filter(dimension="source", values=("claude-code",)),))


def some_session(shell: Shell) -> tuple[str, str]:
    """A session of Claude Code in the samples, and what it cost by the ledger."""
    with Book.open(shell.settings()) as book:
        book.sync()
        for row in book.sessions(OF_CLAUDE).rows:
            name = row.dims["session"] or ""
            found = book.session(name)
            if found is not None and found.figures.cost:
                nanos = (found.family or found.figures).cost["USD"]
                return name, f"{(nanos + 5_000_000) // 10_000_000 / 100:.2f}"
    raise AssertionError("the samples have a session of Claude Code")


def test_finding_out_reads_records_and_answers(shell: Shell, home: Path) -> None:
    session, cost = some_session(shell)
    files = Files(home / "tallybook", shell.surroundings.environ)
    given = handed(session_id=session)
    context = context_of(given, Wanted(), str(home))
    files.hand(session, given.limits, shell.now_ms)
    refresh_all(shell, files, [context, Context()])
    answer = Answer.of(files.answer(context))
    assert not answer.trouble
    assert answer.pieces["session"].text == f"${cost}"
    assert answer.told["session"]["found_by"] == "hook"
    assert answer.pieces["quota"].text.startswith("talk ")  # over, and of this session
    assert [each["quota"] for each in answer.told["quotas"]].count("talk") == 1
    bare = Answer.of(files.answer(Context()))
    assert bare.told["session"] is None
    assert [each["quota"] for each in bare.told["quotas"]] == ["daily"]
    with Book.open(shell.settings()) as book:
        windows = {each.name: each.used for each in book.ledger.limits()}
    assert (windows["five_hour"], windows["seven_day"]) == (2350, 9125)
    assert list(files.sights()) == []


def test_a_balance_is_what_is_left_and_others_have_their_names(shell: Shell, home: Path) -> None:
    (home / "tallybook" / "config.toml").write_text(
        '[quota.cash]\ntitle = "DeepSeek"\nlimit = "1000000usd"\nper = "prepaid"\n'
        'since = "2026-11-01"\n'
        '[quota.g]\nlimit = "0.01usd"\nper = "ever"\neach = "project"\n'
    )
    files = Files(home / "tallybook", shell.surroundings.environ)
    with Book.open(shell.settings()) as book:
        book.sync()
        paths = [row.dims["project"] or "" for row in book.ask(Query(by=("project",))).rows]
    shown: dict[str, str] = {}
    for name in ("cash", "g"):
        context = Context(quota=name)
        refresh_all(shell, files, [context])
        shown[name] = Answer.of(files.answer(context)).pieces["quota"].text
    assert re.fullmatch(r"DeepSeek \W*\$[\d,]+\.\d{2,9} left", shown["cash"])
    name, end, percent = shown["g"].split(" ", 2)
    assert (name, percent[-1]) == ("g", "%")
    assert end in {path.rpartition("/")[2] for path in paths if "/" in path}


def test_a_quota_that_is_not_there_is_marked_and_told_by_the_doctor(
    shell: Shell, home: Path, tally: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    files = Files(home / "tallybook", shell.surroundings.environ)
    context = Context(quota="dialy")
    refresh_all(shell, files, [context])
    assert Answer.of(files.answer(context)).pieces["quota"].text == "dialy ?"
    said = tally("doctor", "--names")
    assert "--quota dialy (did you mean daily?)" in said.stdout + said.stderr
    refresh_all(shell, files, [Context(quota="daily")])
    assert files.noted(LACKING) == ""


def test_what_a_busy_ledger_does_not_know_yet_is_marked(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallybook.cli.statuslinerefresh.LIMIT_S", 0.3)
    session, _ = some_session(shell)
    files = Files(home / "tallybook", shell.surroundings.environ)
    given = handed(session_id=session)
    context = context_of(given, Wanted(), str(home))
    files.hand(session, given.limits, shell.now_ms)
    other = sqlite3.connect(home / "tallybook" / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    refresh_all(shell, files, [context])
    assert time.monotonic() - begun < 10
    other.execute("ROLLBACK")
    other.close()
    answer = Answer.of(files.answer(context))
    assert (answer.behind, answer.trouble) == (True, False)
    assert pieces_of(answer, given, shell.now_ms, shell.now_ms)["mark"].text == "…"
    assert "busy" in files.trouble()
    assert len(list(files.sights())) == 1  # kept for the next time
    monkeypatch.undo()
    refresh_all(shell, files, [context])
    assert not Answer.of(files.answer(context)).behind
    assert (files.trouble(), list(files.sights())) == ("", [])


def test_a_trouble_keeps_what_was_known_and_is_told_by_the_doctor(
    shell: Shell, home: Path, tally: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    files = Files(home / "tallybook", shell.surroundings.environ)
    refresh_all(shell, files, [Context()])
    (home / "tallybook" / "config.toml").write_text("nonsense = 1\n")
    refresh_all(shell, files, [Context()])
    answer = Answer.of(files.answer(Context()))
    assert answer.trouble
    assert "today" in answer.pieces
    (home / "tallybook" / "config.toml").write_text("")
    assert "nonsense" in files.trouble()
    said = tally("doctor")
    assert "status lines show what they knew" in said.stdout + said.stderr
    refresh_all(shell, files, [Context()])
    assert files.trouble() == ""
    assert not Answer.of(files.answer(Context())).trouble


def environment(home: Path) -> Mapping[str, str]:
    """Bytecode is written for a bar as it is for everybody."""
    return {**os.environ, "HOME": str(home), "TALLY_HOME": str(home / "tallybook")}


def asked(home: Path, *words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command as a bar runs it."""
    program = "import sys; from tallybook.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "statusline", *words]
    return subprocess.run(
        command, input=data, capture_output=True, env=environment(home), timeout=60, check=False
    )


def finders(home: Path) -> list[int]:
    """The processes that find out for this home now."""
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            ours = f"TALLY_HOME={home / 'tallybook'}".encode() in (folder / "environ").read_bytes()
            if ours and b"left_behind" in words:
                found.append(int(folder.name))
    return found


@pytest.fixture
def quiet_after(home: Path) -> Iterator[None]:
    """No process is left behind when a test is over."""
    yield
    until = time.monotonic() + 30
    while finders(home) and time.monotonic() < until:
        time.sleep(0.05)
    assert finders(home) == []


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


@needs_proc
@pytest.mark.usefixtures("quiet_after")
def test_a_bar_is_answered_at_once_and_knows_more_a_moment_later(home: Path, shell: Shell) -> None:
    session, cost = some_session(shell)
    data = json.dumps({**HANDED, "session_id": session}).encode()
    first = asked(home, data=data)
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout.decode().startswith("$1.23 (agent's) session")
    until = time.monotonic() + 30
    while not list((home / "tallybook" / "statusline").glob("*.json")):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert asked(home, data=data).stdout.decode().startswith(f"${cost} session · ")


@needs_proc
@pytest.mark.usefixtures("quiet_after")
@pytest.mark.parametrize("bars", [40, pytest.param(500, marks=pytest.mark.long)])
def test_many_bars_at_once_leave_one_process_behind(home: Path, shell: Shell, bars: int) -> None:
    program = "import sys; from tallybook.cli import main; sys.exit(main())"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, "statusline", "--format", "tmux"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(home),
        )
        for _ in range(bars)
    ]
    most = 0
    while any(each.poll() is None for each in running):
        most = max(most, len(finders(home)))
        time.sleep(0.02)
    said = [each.communicate() for each in running]
    assert all(err == b"" and b"today" in out for out, err in said)
    assert most <= 1
    assert finders(home) != [] or (home / "tallybook" / "ledger.db").exists()


@needs_proc
@pytest.mark.usefixtures("quiet_after")
def test_stdin_that_never_ends_is_not_waited_for(home: Path, shell: Shell) -> None:
    reads, writes = os.pipe()
    program = "import sys; from tallybook.cli import main; sys.exit(main())"
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program, "statusline"],
        stdin=reads,
        capture_output=True,
        env=environment(home),
        timeout=20,
        check=False,
    )
    os.close(reads)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, b"")
    assert time.monotonic() - begun < 10


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_is_a_mark(home: Path) -> None:
    (home / "tallybook").mkdir()
    (home / "tallybook").chmod(0o500)
    done = asked(home)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().rstrip().endswith("!")


def test_a_folder_that_is_a_file_is_a_mark(home: Path) -> None:
    (home / "tallybook").write_text("")
    done = asked(home)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().rstrip().endswith("!")


def test_a_bar_loads_neither_click_nor_the_ledger(home: Path) -> None:
    program = (
        "import sys; sys.argv = ['tally', 'statusline', '--format', 'tmux']\n"
        "from tallybook.cli import main\nmain()\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
        "print(*sorted(n for n in sys.modules if n.startswith('tallybook')), file=sys.stderr)\n"
    )
    folder = home / "tallybook" / "statusline"
    folder.mkdir(parents=True)
    (folder / "began").write_text("")  # somebody finds out already
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(home),
        timeout=60,
        check=False,
    )
    loaded, ours = done.stderr.splitlines()
    heavy = {"click", "sqlite3", "rich", "msgspec", "decimal", "zoneinfo", "dataclasses", "tomllib"}
    assert {*loaded.split()} & {*heavy, "subprocess", "datetime", "hashlib"} == set()
    assert len(ours.split()) <= 9


def test_a_fault_of_ours_is_kept_for_the_doctor_without_what_was_handed_over(home: Path) -> None:
    try:
        int("a secret prompt")
    except ValueError as problem:
        note_fault(problem)
    told = Files(home / "tallybook", os.environ).trouble()
    assert told.startswith("a line could not be drawn: ValueError in test_statusline.py:")
    assert "secret" not in told
