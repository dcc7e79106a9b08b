"""Who serves the services of a gateway, where prices depend on it: the doctor asks, the settings
tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tallybook.cli.boundary import run

from .gateway import Gateway
from .noon import shell

KEY = "source.higress.providers"


@pytest.fixture
def typed(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Type a command line beside a gateway's log of two calls of the service `llm-qwen`."""
    gateway = Gateway(home / "gateway" / "access.log")
    gateway.call()
    gateway.call()

    def go(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(words), shell(home, width=100))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    go("config", "set", "source.higress.paths", str(gateway.log))
    return go


def providers(typed: Callable[..., tuple[int, str, str]]) -> list[str]:
    rows = json.loads(typed("usage", "--by", "provider", "--json", "--no-sync")[1])["rows"]
    return [row["provider"] for row in rows]


def test_a_guessed_list_is_named_until_it_is_settled(
    typed: Callable[..., tuple[int, str, str]],
) -> None:
    typed("sync", "higress")
    assert providers(typed) == ["alibaba"]
    page = typed("doctor")[1]
    assert "alibaba: prices differ on the mainland" in page
    assert f"tally config set {KEY} SERVICE=alibaba" in page
    code, _, said = typed("config", "set", KEY, "llm-qwen=alibaba-cn")
    assert code == 0
    assert f'{KEY} = {{llm-qwen = "alibaba-cn"}}' in said
    typed("sync", "higress", "--full")
    assert providers(typed) == ["alibaba-cn"]
    page = typed("doctor")[1]
    assert "prices differ" not in page
    assert "qwen" not in page  # the names of services are hidden, as those of folders are


def test_the_setting_is_read_back_as_it_was_typed(
    typed: Callable[..., tuple[int, str, str]],
) -> None:
    pairs = ("llm-qwen=alibaba-cn", "outbound|443||llm-kimi.internal.dns=moonshotai-cn")
    typed("config", "set", KEY, *pairs)
    assert typed("config", "get", KEY)[1].splitlines() == list(pairs)
    assert json.loads(typed("config", "get", KEY, "--json")[1])["value"] == dict(
        pair.split("=") for pair in pairs
    )
    assert "llm-qwen=alibaba-cn, outbound" in typed("config", "show")[1]
    assert typed("config", "check")[0] == 0
    assert typed("config", "unset", KEY)[0] == 0
    assert typed("config", "get", KEY)[1] == ""


@pytest.mark.parametrize("word", ["llm-qwen", "=alibaba", "llm-qwen="])
def test_a_pair_that_is_none_is_refused(
    typed: Callable[..., tuple[int, str, str]], word: str
) -> None:
    code, _, said = typed("config", "set", KEY, word)
    assert code == 2
    assert "llm-qwen=alibaba-cn" in said


def test_a_project_decides_nothing(typed: Callable[..., tuple[int, str, str]]) -> None:
    code, _, said = typed("config", "set", "--project", KEY, "llm-qwen=alibaba")
    assert code == 2
    assert "not for a project" in said
