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

from tallybook.cli.initasking import Asking, _budgets
from tallybook.cli.initplans import PROBED, Used, budget, generous
from tallybook.cli.initwriting import write
from tallybook.cli.shell import Shell
from tallybook.model import NANOS
from tallybook.prices.fx import FxRate
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
    """What was written, but for the zone, which a machine that is not in UTC gets."""
    found = tomllib.loads((home / "config.toml").read_text())
    found.pop("tz", None)
    return found


def test_the_zone_of_the_shell_is_written_down(ask, used, home: Path, capsys) -> None:
    zone = {"TZ": "Pacific/Chatham"}
    assert ask("init", "--budget", "20usd/day", **zone) == 0
    assert "timers lack it: tally config set tz Pacific/Chatham" in capsys.readouterr().err
    assert ask("init", "--yes", "--dry-run", **zone) == 0
    assert "tz =" not in (home / "config.toml").read_text()
    capsys.readouterr()
    assert ask("init", "--yes", **zone) == 0
    assert "tz = Pacific/Chatham written to" in capsys.readouterr().err
    assert 'tz = "Pacific/Chatham"\n' in (home / "config.toml").read_text()
    assert ask("init", "--yes", **zone) == 0
    assert "Chatham" not in capsys.readouterr().err


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
            "since": "2026-11-22T12:00:00+00:00",
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
        (("--balance", "deepseak=100cny"), "did you mean deepseek?"),
        (("--plan", "nobody-at-all=5h"), "no provider or agent is called"),
        (("--balance", "deepseek=¥100"), "100cny or 100jpy"),
        (("--budget", "20uds/day"), "did you mean"),
    ],
)
def test_what_is_not_understood_writes_nothing(ask, used, home: Path, capsys, words, told) -> None:
    assert ask("init", *words, "--quiet") == 2
    assert told in capsys.readouterr().err
    assert not (home / "config.toml").exists()


@pytest.mark.parametrize(
    ("told", "table", "where"),
    [
        ("glm=200cny", "glm", ["provider=zhipuai", "provider=zai"]),
        ("GLM=200cny", "glm", ["provider=zhipuai", "provider=zai"]),
        ("智谱=200元", "zhipuai", ["provider=zhipuai", "provider=zai"]),
        ("zai=20usd", "zai", ["provider=zai"]),
        ("siliconflow=20rmb", "siliconflow", ["provider=siliconflow"]),
        ("anthropic=20usd", "anthropic", ["provider=anthropic"]),
    ],
)
def test_a_balance_is_known_by_what_people_call_it(
    ask, used, home: Path, capsys, told: str, table: str, where: list[str]
) -> None:
    assert ask("init", "--balance", told) == 0
    quotas = tables(home)["quota"]
    assert quotas[table]["where"] == where  # type: ignore[index] - a table
    told_so = "is recorded yet" in capsys.readouterr().err
    assert told_so == (table != "anthropic")
    assert ask("config", "check") == 0


def test_a_limit_in_another_currency_than_its_calls_is_told_at_once(ask, used, capsys) -> None:
    told = "deepseek: calls of it are priced in USD, and no rate leads to CNY"
    assert ask("init", "--balance", "deepseek=100cny") == 0
    assert told in (said := capsys.readouterr().err)
    assert '[[fx]] from = "USD", to = "CNY"' in said
    assert ask("init", "--budget", "100cny/day", "--dry-run") == 0
    assert "daily: calls of it are priced in USD" in capsys.readouterr().err
    used.fx = (FxRate(base="USD", to="CNY", numerator=7, denominator=1, valid_from_ms=0),)
    assert ask("init", "--balance", "deepseek=100cny", "--budget", "20usd/day") == 0
    assert "priced in" not in capsys.readouterr().err


def test_nothing_is_used_and_nothing_added(ask, home: Path, capsys) -> None:
    assert ask("init", "--yes") == 0
    said = capsys.readouterr()
    assert "nothing to add" in said.err
    assert said.out == ""
    assert not (home / "config.toml").exists()


def test_what_is_next_is_told_where_something_was_written(ask, used, home: Path, capsys) -> None:
    assert ask("init", "--budget", "20usd/day", "--dry-run") == 0
    assert "next:" not in capsys.readouterr().err
    assert ask("init", "--budget", "20usd/day") == 0
    assert "next: tally status, tally quota list, tally alert add\n" in capsys.readouterr().err
    with (home / "config.toml").open("a") as file:
        file.write('[alert.me]\non = ["quota:*"]\nto = ["command:true"]\n')
    assert ask("init", "--budget", "20usd/month") == 0
    assert "next: tally status, tally quota list\n" in capsys.readouterr().err


def test_what_the_last_days_cost_has_its_mark(capsys) -> None:
    for least, told in ((True, "Your last 30 days: ≥ $3.00 at"), (False, "days: $3.00 at")):
        used = Used(frozenset(), {"USD": 3 * NANOS}, least)
        budgets = frozenset({("quota", "daily"), ("quota", "monthly")})
        assert not list(_budgets(Asking(used, "2026-11-22", budgets, 100)))
        assert told in capsys.readouterr().err


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

        self.said, (self._ours, theirs), self._last = "", pty.openpty(), b""
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
        self._last = answer
        os.write(self._ours, answer)

    def ended(self) -> int:
        """How it ended, once all that it says was read. Python notes a Ctrl+C that comes just
        before it begins to read a line, and waits on: whoever sits there presses it once more."""
        until, again = time.monotonic() + 30, time.monotonic() + 1
        while self._run.poll() is None:
            assert time.monotonic() < until, self.said
            if self._last == b"\x03" and time.monotonic() > again:
                os.write(self._ours, self._last)
                again += 1
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
