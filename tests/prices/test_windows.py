"""How much a model takes in at once: by the names that agents write, and how the data is made."""

from __future__ import annotations

import json

import pytest

from tallybook.prices.building.windows import windows_text
from tallybook.prices.shelf import DATA
from tallybook.prices.windows import FILE, ContextWindows, open_windows


@pytest.fixture(scope="module")
def windows() -> ContextWindows:
    return open_windows()


@pytest.mark.parametrize(
    ("provider", "model", "tokens"),
    [
        # platform.claude.com/docs/en/about-claude/models/overview
        ("anthropic", "claude-sonnet-4-5-20250929", 200_000),
        ("anthropic", "claude-sonnet-4-5", 200_000),
        ("Anthropic", "claude-opus-4.5", 200_000),
        ("anthropic", "claude-3-5-haiku-20241022", 200_000),
        # asked for with the long window
        ("anthropic", "claude-sonnet-4-5[1m]", 1_000_000),
        ("anthropic", "claude-sonnet-4-5-20250929[1m]", 1_000_000),
        ("anthropic", "claude-sonnet-4-5-1m", 1_000_000),
        # one that is long anyway stays as long as it is
        ("google", "gemini-2.5-flash[1m]", 1_048_576),
        # platform.openai.com/docs/models
        ("openai", "gpt-5", 400_000),
        ("openai", "gpt-5-codex", 400_000),
        ("openai", "gpt-4o-2024-08-06", 128_000),
        # ai.google.dev/gemini-api/docs/models
        ("google", "gemini-2.5-flash", 1_048_576),
        # by way of another maker, and of another name for the same endpoint
        ("openrouter", "anthropic/claude-sonnet-4.5", 1_000_000),
        ("google-vertex-anthropic", "claude-sonnet-4-5@20250929", 200_000),
    ],
)
def test_a_model_takes_in_so_much(
    windows: ContextWindows, provider: str, model: str, tokens: int
) -> None:
    assert windows.of(provider, model) == tokens


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-sonnet-99"),
        ("anthropic", "claude"),
        ("nobody", "claude-sonnet-4-5"),
        ("anthropic", "<synthetic>"),
        ("ollama", "llama3"),
        ("anthropic", "unheard-of[1m]"),
        ("", ""),
    ],
)
def test_what_is_not_told_is_not_guessed(
    windows: ContextWindows, provider: str, model: str
) -> None:
    assert windows.of(provider, model) is None


SOURCE = """
providers = [
    Provider(id="taken", models=[
        ModelInfo(id="Big", match=ClauseEquals(equals="big-latest"), context_window=2000),
        ModelInfo(id="small", match=ClauseEquals(equals="small"), context_window=1000),
        ModelInfo(id="untold", match=ClauseEquals(equals="untold")),
    ]),
    Provider(id="left", models=[
        ModelInfo(id="big", match=ClauseEquals(equals="big"), context_window=9),
    ]),
]
"""


def test_only_wanted_providers_and_told_numbers_are_taken() -> None:
    assert json.loads(windows_text(SOURCE, ("taken",))) == {
        "taken": {"1000": ["small"], "2000": ["big", "big-latest"]}
    }


def test_a_newer_book_brings_its_own(tmp_path) -> None:
    shipped = json.loads((DATA / "index.json").read_text())
    index = {**shipped, "base": shipped["id"], "id": "newer"}
    (tmp_path / "index.json").write_text(json.dumps(index))
    assert open_windows(tmp_path).of("openai", "gpt-5") == 400_000
    (tmp_path / FILE).write_text('{"openai": {"7": ["gpt-5"]}}')
    assert open_windows(tmp_path).of("openai", "gpt-5") == 7
