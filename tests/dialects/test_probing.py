"""Which counts a dialect reads, found out by trying."""

from __future__ import annotations

import pytest

from tallybook.dialects.probing import idle, known_names
from tallybook.settings.logs import mapping_of
from tallybook.sources.envoy_ai_gateway import MAPPING as ENVOY
from tallybook.sources.litellm import MAPPING as LITELLM


@pytest.mark.parametrize(
    ("dialect", "names", "found"),
    [
        ("openai", "prompt_tokens completion_tokens service_tier", ""),
        ("openai", "prompt_token completion_tokens", "prompt_token"),
        ("openai", "prompt_tokens input_tokens completion_tokens", ""),
        ("auto", "input_tokens output_tokens cache_read_input_tokens nosuch", "nosuch"),
        ("tallybook", "input output reasoning cache_read cache_write_5m cache_write_1h", ""),
        ("google", "promptTokenCount candidatesTokenCount trafficType", ""),
        ("anthropic", "input_tokens output_tokens cache_creation.ephemeral_1h_input_tokens", ""),
        ("ai_log", "input_token output_token input_tokens", "input_tokens"),
    ],
)
def test_what_counts_nothing(dialect: str, names: str, found: str) -> None:
    paths = [tuple(name.split(".")) for name in names.split()]
    assert [".".join(map(str, path)) for path in idle(dialect, paths)] == found.split()


@pytest.mark.parametrize("mapping", [LITELLM, ENVOY])
def test_all_counts_of_the_shipped_mappings_count(mapping: dict[str, object]) -> None:
    read = mapping_of("acme", mapping)
    assert list(idle(read.dialect, tuple(read.usage))) == []


def test_known_names_are_those_of_the_dialect() -> None:
    assert "prompt_tokens" in known_names("openai")
    assert "promptTokenCount" not in known_names("openai")
    assert "cache_write_5m" in known_names("tallybook")
