"""The `ai_log` dialect: the rules by which a total decides, and both ways of counting."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import Counted
from tallybook.dialects.ai_log import count

PARTS = st.integers(1, 10**7)
SIX = st.tuples(*[PARTS] * 5)

Usage = dict[str, Any]


def told(usage: Usage) -> Counted:
    """Counted the fast way where there is one; the careful way, which an unknown field makes
    necessary, has to say the same."""
    found = count(json.dumps(usage).encode())
    assert count(json.dumps({**usage, "zzz": 1}).encode()) == found
    texts = {
        name: json.dumps(value) if isinstance(value, dict) else str(value)
        for name, value in usage.items()
    }
    assert count(json.dumps(texts).encode()) == found
    return found


def usage(fresh: int, said: int, total: int, read: Usage, thought: Usage) -> Usage:
    return {
        "input_token": fresh, "output_token": said, "total_token": total,
        "input_token_details": read, "output_token_details": thought,
    }  # fmt: skip


@given(SIX)
def test_openai(parts: tuple[int, ...]) -> None:
    fresh, said, thought, read, written = parts
    details = {"cached_tokens": read, "cache_write_tokens": written}
    made = usage(
        fresh + read + written, said + thought, sum(parts), details, {"reasoning_tokens": thought}
    )
    found = told(made)
    assert found.counts == (*parts, 0)
    assert (found.context, found.complaints) == ("", ())
    assert told({**made, "cached_tokens": read, "reasoning_tokens": thought}) == found


@given(SIX)
def test_anthropic(parts: tuple[int, ...]) -> None:
    fresh, said, _, read, written = parts
    details = {"cache_read_input_tokens": read, "cache_creation_input_tokens": written}
    found = told(usage(fresh, said, fresh + said + read + written, details, {}))
    assert found == Counted(
        (fresh, said, 0, read, written, 0), (), "", ("cache-write-lifetime",), ()
    )


@given(SIX)
def test_gemini(parts: tuple[int, ...]) -> None:
    fresh, said, thought, read, tool = parts
    details = {"cached_content_token_count": read}
    made = usage(
        fresh + read,
        said,
        fresh + read + said + thought,
        details,
        {"thoughts_token_count": thought},
    )
    assert told(made) == Counted((fresh, said, thought, read, 0, 0), (), "", (), ())
    made["input_token_details"] = details | {"tool_use_prompt_token_count": tool}
    made["total_token"] += tool
    found = told(made)
    assert sum(found.counts) == made["total_token"]
    assert (found.complaints, sum(found.counts[:2])) == ((), fresh + said + tool)


@given(SIX)
def test_qwen_explicitly(parts: tuple[int, ...]) -> None:
    fresh, said, _, read, written = parts
    details = {"cached_tokens": read, "cache_creation_input_tokens": written, "cache_type": 0}
    total = fresh + said + read + written
    found = told(usage(fresh + read + written, said, total, details, {}))
    assert found.counts == (fresh, said, 0, read, written, 0)
    assert found.context == "cache_mode=explicit"


@given(SIX)
def test_xai(parts: tuple[int, ...]) -> None:
    fresh, said, thought, read, _ = parts
    total = fresh + read + said + thought
    made = usage(fresh + read, said, total, {"cached_tokens": read}, {"reasoning_tokens": thought})
    assert told(made) == Counted((fresh, said, thought, read, 0, 0), (), "", (), ())


UNTOLD: list[tuple[Usage, tuple[int, ...], tuple[str, ...]]] = [
    ({"input_token": 9, "output_token": 4}, (9, 4, 0, 0, 0, 0), ()),
    ({"total_token": 9}, (9, 0, 0, 0, 0, 0), ("only-total-told",)),
    ({"input_token": 9, "total_token": 13}, (9, 4, 0, 0, 0, 0), ("output-from-total",)),
    ({"input_token": 0, "output_token": 0, "total_token": 0}, (0, 0, 0, 0, 0, 0), ()),
    (
        {
            "input_token": 9,
            "output_token": 4,
            "output_token_details": {"thoughts_token_count": 7},
        },
        (9, 4, 7, 0, 0, 0),
        (),
    ),
    ({"chat_round": 4}, (0, 0, 0, 0, 0, 0), ()),
]


@pytest.mark.parametrize(("made", "counts", "assumptions"), UNTOLD)
def test_without_a_total(
    made: Usage, counts: tuple[int, ...], assumptions: tuple[str, ...]
) -> None:
    assert told(made) == Counted(counts, (), "", assumptions, ())  # type: ignore[arg-type] # six


@given(SIX, st.integers(1, 10**6))
def test_a_total_that_fits_nothing_makes_nothing_cheaper(parts: tuple[int, ...], over: int) -> None:
    fresh, said, _, read, _ = parts
    total = fresh + read + said + over + read  # more than any sum of the parts
    found = told(usage(fresh + read, said, total, {"cached_tokens": read}, {}))
    assert found.counts == (fresh + read, said, 0, 0, 0, 0)
    assert found.assumptions == ("total-mismatch",)
    assert found.complaints == ("the total is no sum of the parts",)


ODD: list[Usage] = [
    {"input_token": "many", "output_token": 1, "total_token": 1},
    {"input_token": -4, "output_token": 1, "total_token": 1},
    {"input_token": 3, "output_token": 1, "input_token_details": "{"},
    {"input_token": 3, "output_token": 1, "input_token_details": {"cached_tokens": 10**30}},
]


@pytest.mark.parametrize("made", ODD)
def test_what_is_no_count_is_complained_of(made: Usage) -> None:
    found = count(json.dumps(made).encode())
    assert found.complaints
    assert min(found.counts) >= 0
