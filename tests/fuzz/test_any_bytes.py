"""Whatever takes bytes or words from outside takes any, and says what it can't understand."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from .mutations import COUNTS, ODD_NUMBERS
from .targets import TARGETS, json_text, seeds, spoilt

NAMES = sorted(TARGETS)


@pytest.mark.parametrize("name", NAMES)
def test_good_examples_are_understood(name: str) -> None:
    assert seeds(name)
    for data in seeds(name):
        TARGETS[name](data)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 2**32))
def test_good_examples_that_were_spoilt(name: str, seed: int) -> None:
    TARGETS[name](spoilt(name, seed))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(max_size=200) | st.text(max_size=60).map(str.encode))
@example(data=b"")
@example(data=b"\0")
@example(data=b"\xff\xfe")
@example(data=b"[" * 100_000)
@example(data=b'{"a":' * 50_000)
@example(data=b"9" * 50_000)
def test_any_bytes(name: str, data: bytes) -> None:
    TARGETS[name](data)


ODD = st.sampled_from([each for each in ODD_NUMBERS if each == each])
VALUES = st.integers() | ODD | st.floats() | st.text(max_size=3) | st.none()
FIELDS = st.sampled_from(
    sorted(
        {*COUNTS, "cache", "cache_creation", "ephemeral_5m_input_tokens", "total", "total_tokens",
         "ephemeral_1h_input_tokens", "output_tokens_details", "thinking_tokens", "iterations",
         "tokens", "usage", "form", "model", "provider", "server_tool_use", "prompt_tokens",
         "completion_tokens", "promptTokens", "completionTokens", "type"}
    )
)  # fmt: skip
USAGES = st.recursive(
    st.dictionaries(FIELDS, VALUES, max_size=6),
    lambda inner: st.dictionaries(FIELDS, inner | VALUES | st.lists(inner, max_size=2), max_size=8),
    max_leaves=12,
)


@pytest.mark.parametrize("name", ["anthropic", "openai", "opencode", "join"])
@given(usage=USAGES)
def test_any_usage_object(name: str, usage: dict[str, object]) -> None:
    TARGETS[name](json_text(usage))
