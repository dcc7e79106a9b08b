"""`tally init`: what it proposes, adds, leaves out and leaves alone, and what it asks."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tallybook.cli.initplans import PROBED, budget, generous
from tallybook.cli.initwriting import write
from tallybook.cli.shell import Shell
from tallybook.model import NANOS
from tallybook.probes import PROBES
from tallybook.query import Row

from .conftest import figures


@pytest.fixture
def used(tome):
    """A book with calls of agents and providers that have plans."""
    pairs = (
        ("claude-code", "anthropic"),
        ("opencode", "github-copilot"),
        ("opencode", "deepseek"),
    )
    tome.rows[("source", "provider")] = tuple(
        Row(dims={"source": source, "provider": provider}, figures=figures(1))
        for source, provider in pairs
    )
    return tome


def tables(home: Path) -> dict[str, object]:
    return tomllib.loads((home / "config.toml").read_text())


def test_without_questions_no_amount_is_made_up(ask, used, home: Path, capsys) -> None:
    assert ask("init", "--yes") == 0
    said = capsys.readouterr()
    assert tables(home) == {
        "quota": {
            "claude": {"per": "5h", "where": ["source=claude-code"], "title": "Claude plan"},
            "copilot": {
                "per": "month",
                "where": ["provider=github-copilot"],
                "title": "GitHub Copilot",
            },
        }
    }
    assert "+ [quota.claude]" in said.out
    assert "GitHub Copilot: what your plan holds is not known" in said.err
    assert "DeepSeek: your balance is not known" in said.err
    assert "no budget is set" in said.err
    assert "next: tally status" in said.err


def test_everything_can_be_said_by_options(ask, used, home: Path, capsys) -> None:
    words = ("init", "--plan", "claude=5h", "--plan", "copilot=300requests/month")
    words += ("--balance", "deepseek=100cny", "--balance", "openrouter=20usd@2026-11-01")
    words += ("--budget", "20usd/day", "--budget", "5M/week", "--probe", "claude")
    assert ask(*words, "--dry-run") == 0
    assert not (home / "config.toml").exists()
    shown = capsys.readouterr().out
    assert ask(*words) == 0
    assert capsys.readouterr().out == shown
    found = tables(home)
    assert found["quota"] == {
        "claude": {"per": "5h", "where": ["source=claude-code"], "title": "Claude plan"},
        "copilot": {
            "limit": "300requests",
            "per": "month",
            "where": ["provider=github-copilot"],
            "title": "GitHub Copilot",
        },
        "deepseek": {
            "limit": "100cny",
            "per": "prepaid",
            "since": "2026-11-22",
            "where": ["provider=deepseek"],
            "title": "DeepSeek balance",
        },
        "openrouter": {
            "limit": "20usd",
            "per": "prepaid",
            "since": "2026-11-01",
            "where": ["provider=openrouter"],
            "title": "OpenRouter balance",
        },
        "daily": {"limit": "20usd", "per": "day"},
        "weekly": {"limit": "5M", "per": "week"},
    }
    assert found["probe"] == {"claude": {"consent": True}}
    assert ask("config", "check") == 0


def test_what_is_there_stays_and_the_difference_is_shown(ask, used, home: Path, capsys) -> None:
    old = '[quota.daily]\nlimit = "10usd"  # enough\nper = "day"\n'
    (home / "config.toml").write_text(old)
    assert ask("init", "--budget", "20usd/day") == 0
    said = capsys.readouterr()
    assert '  - limit = "10usd"\n  + limit = "20usd"\n' in said.err
    assert "nothing to add" in said.err
    assert (home / "config.toml").read_text() == old
    assert ask("init", "--budget", "10usd/day", "--budget", "50usd/week") == 0
    assert "[quota.daily] is there already\n" in capsys.readouterr().err
    assert (home / "config.toml").read_text().startswith(old)
    assert tables(home)["quota"].keys() == {"daily", "weekly"}  # type: ignore[attr-defined] - a table


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "there is no terminal"),
        (("--plan", "claude"), "--plan"),
        (("--plan", "claude=fortnight"), "fortnight"),
        (("--balance", "deepseek=100"), "--balance deepseek=100cny"),
        (("--plan", "copilot=300/month"), "--plan copilot=300requests/month"),
        (("--budget", "20/day"), "--budget 20usd/day"),
        (("--budget", "1,000.50/day"), "a number alone"),
        (("--balance", "deepseek=100cny@soon"), "since"),
        (("--budget", "20usd"), "--budget 20usd/day"),
        (("--budget", "20bananas/day"), "20bananas"),
        (("--probe", "clod"), "claude"),
    ],
)
def test_what_is_not_understood_writes_nothing(ask, used, home: Path, capsys, words, told) -> None:
    assert ask("init", *words, "--quiet") == 2
    assert told in capsys.readouterr().err
    assert not (home / "config.toml").exists()


def test_nothing_is_used_and_nothing_added(ask, home: Path, capsys) -> None:
    assert ask("init", "--yes") == 0
    said = capsys.readouterr()
    assert "nothing to add" in said.err
    assert said.out == ""
    assert not (home / "config.toml").exists()


def test_what_came_there_while_somebody_was_asked_stays(home: Path) -> None:
    shell, file = replace(Shell.real(), width=80), home / "config.toml"
    wanted = [budget("20usd/day"), budget("5M/week")]
    file.write_text('[quota.daily]\nlimit = "3usd"\nper = "day"\n')
    assert write(shell, wanted, file) == 1
    assert tables(home)["quota"] == {
        "daily": {"limit": "3usd", "per": "day"},
        "weekly": {"limit": "5M", "per": "week"},
    }


ANSWERS = (
    ("Another plan", b"kimi\n"),
    ("can't read the plan 'kimi'; such as claude=5h", b"kimi=5h\n"),
    ("Another plan", b"\n"),
    ("Another balance", b"\n"),
    ("Budget a day", b"20\n"),
    ("a number alone does not say of what", b"20usd\n"),
    ("Budget a month", b"\n"),
)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize(("last", "code"), [(b"\n", 0), (b"n\n", 0), (b"\x03", 130)])
def test_questions_on_a_terminal(tmp_path: Path, last: bytes, code: int) -> None:
    with Terminal(tmp_path, "init") as there:
        for question, answer in (*ANSWERS, ("config.toml? [Y/n]: ", last)):
            there.answer(question, answer)
        assert there.ended() == code
    file = tmp_path / "tally" / "config.toml"
    assert file.exists() == (last == b"\n")
    if file.exists():
        quotas = tomllib.loads(file.read_text())["quota"]
        assert quotas["daily"] == {"limit": "20usd", "per": "day"}
        assert quotas["kimi"]["where"] == ["provider=kimi-for-coding"]
        assert file.stat().st_mode & 0o777 == 0o600


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, home: Path, *words: str) -> None:
        import pty

        self.said, (self._ours, theirs) = "", pty.openpty()
        places = {"HOME": str(home), "TALLY_HOME": str(home / "tally"), "TERM": "xterm"}
        self._run = subprocess.Popen(
            [sys.executable, "-m", "tallybook", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=home,
            env={"PATH": os.environ["PATH"], **places},
            preexec_fn=lambda: _own_terminal(theirs),  # Ctrl+C is a signal to whose it is
        )
        os.close(theirs)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_problem: object) -> None:
        self._run.kill()
        self._run.wait()
        os.close(self._ours)

    def answer(self, question: str, answer: bytes) -> None:
        """Wait for a question, and answer it."""
        until = time.monotonic() + 30
        while question not in self.said:
            assert time.monotonic() < until, self.said
            if select.select([self._ours], [], [], 0.1)[0]:
                self.said += os.read(self._ours, 4096).decode()
        self.said = self.said.partition(question)[2]
        os.write(self._ours, answer)

    def ended(self) -> int:
        """How it ended, once all that it says was read."""
        until = time.monotonic() + 30
        while self._run.poll() is None:
            assert time.monotonic() < until, self.said
            if select.select([self._ours], [], [], 0.1)[0]:
                with suppress(OSError):  # it has just ended
                    self.said += os.read(self._ours, 4096).decode()
        return self._run.returncode


def _own_terminal(theirs: int) -> None:
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)


def test_every_probe_may_be_asked_for() -> None:
    assert set(PROBED) == set(PROBES)


@pytest.mark.parametrize(
    ("units", "round_number"), [(1, 1), (3, 5), (11, 20), (50, 50), (51, 100), (1234, 2000)]
)
def test_a_budget_is_suggested_in_round_numbers(units: int, round_number: int) -> None:
    assert generous(units * NANOS) == round_number
