"""Tab: what is suggested, and that real shells take it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallybook.cli.completing import SHELLS
from tallybook.cli.demo import SAMPLES
from tallybook.sources import source_names

LINES = (
    ("tally us", ["usage"]),
    ("tally usage mo", ["month", "model"]),
    ("tally usage --by day,mo", ["day,month", "day,model"]),
    ("tally usage --sin", ["--since"]),
    ("tally --js", ["--json"]),
    ("tally --json --for", ["--format"]),
    ("tally daily mode", ["model"]),
    ("tally sync o", ["opencode"]),
    ("tally usage --format j", ["json", "jsonl"]),
    ("tally usage --model claude-h", ["claude-haiku-4-5-20251001"]),
    ("tally usage --source co", ["codex"]),
    ("tally session cur", ["current"]),
    ("tally session 66c8", ["66c827ad-e6d7-4463-a925-113d6aaad3ef"]),
    ("tally config set tz Europe/Berl", ["Europe/Berlin"]),
    ("tally config get ti", ["titles"]),
    ("tally help filt", ["filters"]),
    ("tally source explain clau", ["claude-code"]),
    ("tally completion f", ["fish"]),
    ("tally alert rm to-", ["to-me"]),
    ("tally alert test to-", ["to-me"]),
    ("tally alert mute unp", ["unpriced"]),
    ("tally alert add x --on sil", ["silent"]),
    ("tally nosuch x", []),
    ("tally ledger nosuch x", []),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample histories read into its ledger, and `tally` on its path."""
    home = tmp_path_factory.mktemp("tab")
    shutil.copytree(SAMPLES, home, dirs_exist_ok=True)
    program = home / "bin" / "tally"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tallybook "$@"\n')
    program.chmod(0o755)
    own = home / "own" / "config.toml"
    own.parent.mkdir()
    own.write_text(
        '[alert.to-me]\non = ["*"]\nto = ["command:true"]\n'
        '[quota.daily]\nlimit = "20usd"\nper = "day"\n'
    )
    subprocess.run([program, "sync", "--quiet"], env=environ(home), check=True, capture_output=True)
    return home


def environ(home: Path) -> dict[str, str]:
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    kept = {"HOME": str(home), "TALLY_HOME": str(home / "own"), "PATH": path, "TZ": "UTC"}
    return kept | {"XDG_CONFIG_HOME": str(home / "x"), "XDG_DATA_HOME": str(home / "y")}


def offered(home: Path, *words: str) -> list[list[str]]:
    """What a script printed, line of `==` by line."""
    done = subprocess.run(
        words, env=environ(home), capture_output=True, text=True, check=False, timeout=60, cwd=home
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    parts = done.stdout.split("==\n")[1:]
    return [[row for row in part.splitlines() if row] for part in parts]


def bash(home: Path, lines: list[str]) -> list[list[str]]:
    """What bash would offer for each line: words split as it does, its own function."""
    asked = "\n".join(f"t {line!r}" for line in lines)
    script = f"""
        source <(tally completion bash)
        t() {{
            COMPREPLY=()
            COMP_WORDS=($(sed -E 's/([=:])/ \\1 /g' <<< "$1"))
            [[ "$1" == *[' =:'] ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            _tally_completion tally
            echo ==
            printf '%s\n' "${{COMPREPLY[@]}}"
        }}
        {asked}
    """
    return offered(home, "bash", "--norc", "-c", script)


def fish(home: Path, lines: list[str]) -> list[list[str]]:
    """What fish offers, each without what it says of it."""
    asked = "".join(f"echo ==; complete -C {line!r};" for line in lines)
    found = offered(home, "fish", "-c", f"tally completion fish | source; {asked}")
    return [[row.split("\t")[0] for row in rows] for rows in found]


def zsh(home: Path, lines: list[str]) -> list[list[str]]:
    """What the function for zsh adds, its own way of adding put aside."""
    asked = "\n".join(f"t {line}" for line in lines)
    script = f"""
        compdef() {{ :; }}
        compadd() {{ print -l -- "${{completions[@]}}"; }}
        _describe() {{ print -l -- "${{completions_with_descriptions[@]%%:*}}"; }}
        source <(tally completion zsh)
        t() {{ words=("$@"); CURRENT=$#; print -- '=='; _tally_completion; true; }}
        {asked}
    """
    return offered(home, "zsh", "-f", "-c", script)


@pytest.mark.parametrize("shell", [bash, zsh, fish], ids=SHELLS)
def test_a_real_shell_completes(
    place: Path, shell: Callable[[Path, list[str]], list[list[str]]]
) -> None:
    if shutil.which(shell.__name__) is None:
        pytest.skip(f"there is no {shell.__name__} here")
    found = shell(place, [line for line, _ in LINES])
    wrong = [
        (line, got) for (line, want), got in zip(LINES, found, strict=True) if {*got} != {*want}
    ]
    assert wrong == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("tally usage --source=cod", ["codex"]),
        ("tally usage --where mod", ["model="]),
        ("tally usage --where model=gpt-5.6-s", ["gpt-5.6-sol"]),
        ("tally usage --where source=", list(source_names())),
    ],
)
def test_bash_breaks_words_at_its_own_signs(place: Path, line: str, wanted: list[str]) -> None:
    assert bash(place, [line]) == [wanted]


def test_fish_gets_whole_words(place: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("there is no fish here")
    lines = ["tally usage --source=cod", "tally usage --where source=cod"]
    assert fish(place, lines) == [["--source=codex"], ["source=codex"]]


def test_names_that_a_shell_would_take_apart_are_marked(tmp_path: Path) -> None:
    from click.shell_completion import CompletionItem

    from tallybook.cli.completing import _as_bash_has_it

    item = CompletionItem("/home/ada/my $project")
    assert _as_bash_has_it(item, "/ho") == r"/home/ada/my\\ \\$project"
    item = CompletionItem("C:\\work")  # of which bash has typed what stands before the colon
    assert _as_bash_has_it(item, "C:") == r"\\\\work"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize("name", ["\\work\\new", "/home/ada/my $project", 'it\'s "so"'])
def test_bash_reads_a_completed_name_as_it_is(name: str) -> None:
    from click.shell_completion import CompletionItem

    from tallybook.cli.completing import _as_bash_has_it

    inserted = _as_bash_has_it(CompletionItem(name), "")
    done = subprocess.run(
        ["bash", "-c", 'IFS=, read type value; eval "set -- $value"; printf %s "$1"'],
        input=f"plain,{inserted}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == name


def test_tab_brings_no_ledger_up_to_date(tally, home: Path) -> None:
    file = home / "tallybook" / "ledger.db"
    file.parent.mkdir()
    file.touch()  # the oldest schema that there is: none
    env = {"_TALLY_COMPLETE": "bash_complete", "COMP_CWORD": "3"}
    done = tally(env={**env, "COMP_WORDS": "tally\nusage\n--model\n"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.read_bytes() == b""


def test_tab_makes_no_ledger_and_tells_no_error(tally, home: Path) -> None:
    env = {"_TALLY_COMPLETE": "bash_complete", "COMP_CWORD": "3"}
    for line in ("tally\nusage\n--model\n", "tally\nsession\n\n"):
        done = tally(env={**env, "COMP_WORDS": line})
        assert (done.returncode, done.stderr) == (0, "")
    assert not list(home.iterdir())
    (home / "tallybook").mkdir()
    (home / "tallybook" / "ledger.db").write_bytes(b"no database at all" * 99)
    done = tally(env={**env, "COMP_WORDS": "tally\nusage\n--model\n"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert tally(env={"_TALLY_COMPLETE": "nosuch_complete"}).returncode == 1


def test_a_misspelt_shell_is_wrong_use(ask, capsys) -> None:
    assert ask("completion", "bsh") == 2
    assert "bash" in capsys.readouterr().err
    assert ask("completion") == 2
    assert "\n  try: " in capsys.readouterr().err
