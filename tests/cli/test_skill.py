"""The skill for agents: its front matter, and that every command in it runs."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from shutil import copytree

import pytest

from tallybook.cli.boundary import run
from tallybook.cli.demo import SAMPLES

ROOT = Path(__file__).resolve().parents[2]
SKILL = ROOT / "skills" / "tallybook" / "SKILL.md"
TEXT = SKILL.read_text("utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S)
    for line in block.splitlines()
]


def test_it_says_what_it_is_and_when_to_use_it() -> None:
    head = re.match(r"---\nname: ([a-z-]+)\ndescription: (.+)\n---\n", TEXT)
    assert head is not None
    assert head[1] == SKILL.parent.name
    assert len(head[2]) <= 1024  # what readers of skills take
    assert "Use it when" in head[2]


def test_it_has_commands() -> None:
    assert len(COMMANDS) >= 12
    assert all(line.startswith("tally ") and "--json" in line for line in COMMANDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_in_it_runs(
    line: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copytree(SAMPLES, home, dirs_exist_ok=True)
    code = run(shlex.split(line)[1:])
    said = capsys.readouterr()
    assert code == 0 or (code == 3 and "quota check" in line), said.err
    assert said.out.lstrip().startswith("{")


def test_it_is_shipped_with_the_sources() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "/skills" in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
