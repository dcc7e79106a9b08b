"""`tally init` as a person answers it, in a real terminal."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from tallybook.cli.demo import SAMPLES

from .driving import TALLY, Terminal, needs_tmux

pytestmark = needs_tmux

CLAUDE = "Claude plan: watch its window of 5h?"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the sample histories, of which nothing is read yet."""
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    return tmp_path


def answer(terminal: Terminal, question: str, text: str = "") -> None:
    """Wait for a question, then answer it."""
    terminal.until(lambda screen: screen.rstrip().rpartition("\n")[2].startswith(question))
    terminal.write(text)
    terminal.press("Enter")


def test_questions_are_answered_and_only_what_was_said_is_written(home: Path) -> None:
    with Terminal(home, *TALLY, "init", size=(100, 60)) as terminal:
        answer(terminal, CLAUDE, "y")
        answer(terminal, "ChatGPT plan (Codex): watch", "n")
        answer(terminal, "Another plan", "kimi=lots")
        answer(terminal, "Another plan", "kimi=5h")
        answer(terminal, "Another plan")
        answer(terminal, "Moonshot (moonshotai): your balance")
        answer(terminal, "Another balance", "deepseek=100cny")
        answer(terminal, "Another balance")
        answer(terminal, "Budget a day", "20bananas")
        answer(terminal, "Budget a day", "20usd")
        answer(terminal, "Budget a month")
        answer(terminal, "Ask Claude?")
        answer(terminal, "Ask Codex?", "y")
        assert not (home / "tallybook" / "config.toml").exists()
        answer(terminal, "Write this to")
        assert terminal.ended() == 0
        assert "tally status" in terminal.text()
    found = tomllib.loads((home / "tallybook" / "config.toml").read_text())
    assert list(found["quota"]) == ["claude", "kimi", "deepseek", "daily"]
    assert found["quota"]["daily"] == {"limit": "20usd", "per": "day"}
    assert found["probe"] == {"codex": {"consent": True}}


@pytest.mark.parametrize("questions", [1, 6, 9])
def test_an_interrupted_one_leaves_nothing(home: Path, questions: int) -> None:
    asked = (
        *(CLAUDE, "ChatGPT plan", "Another plan", "Moonshot", "Another balance"),
        *("Budget a day", "Budget a month", "Ask Claude?", "Ask Codex?"),
    )
    with Terminal(home, *TALLY, "init", size=(100, 60)) as terminal:
        for question in asked[: questions - 1]:
            answer(terminal, question)
        last = asked[questions - 1]
        terminal.until(lambda screen: screen.rstrip().rpartition("\n")[2].startswith(last))
        terminal.press("C-c")
        assert terminal.ended() == 130
    left = {path.name for path in (home / "tallybook").iterdir()}
    assert not {name for name in left if "config" in name}
