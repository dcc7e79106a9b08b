"""The OpenAI dialect: every shape and spelling, decided by arithmetic; nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import counter
from tallybook.dialects.openai import LIMIT
from tallybook.dialects.openai_odd import count_odd

count = counter("openai")


def of(**usage: Any) -> bytes:
    return json.dumps(usage).encode()


CODEX = {
    "input_tokens": 59023,
    "cached_input_tokens": 20011,
    "cache_write_input_tokens": 9001,
    "output_tokens": 4504,
    "reasoning_output_tokens": 503,
    "total_tokens": 63527,
}
RESPONSES = {
    "input_tokens": 59023,
    "input_tokens_details": {"cached_tokens": 20011, "cache_write_tokens": 9001},
    "output_tokens": 4504,
    "output_tokens_details": {"reasoning_tokens": 503},
    "total_tokens": 63527,
}
CHAT = {
    "prompt_tokens": 59023,
    "prompt_tokens_details": {"cached_tokens": 20011, "cache_write_tokens": 9001},
    "completion_tokens": 4504,
    "completion_tokens_details": {"reasoning_tokens": 503},
    "total_tokens": 63527,
}


@pytest.mark.parametrize("usage", [CODEX, RESPONSES, CHAT], ids=["codex", "responses", "chat"])
def test_one_call_in_three_shapes(usage: dict[str, Any]) -> None:
    counted = count(of(**usage))
    assert counted.counts == (30011, 4001, 503, 20011, 9001, 0)
    assert counted.assumptions == ("cache-write-lifetime",)
    assert counted.complaints == ()
    assert counted.context == ""


SHAPES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("no total", {"input_tokens": 10, "output_tokens": 4}, (10, 4, 0, 0, 0, 0)),
    ("old codex", {**CODEX, "cache_write_input_tokens": 0}, (39012, 4001, 503, 20011, 0, 0)),
    (
        "reasoning outside, as xAI's Chat counts",
        {
            "prompt_tokens": 10120,
            "completion_tokens": 1499,
            "completion_tokens_details": {"reasoning_tokens": 2809},
            "total_tokens": 14428,
        },
        (10120, 1499, 2809, 0, 0, 0),
    ),
    (
        "cache outside the input",
        {"input_tokens": 100, "cached_tokens": 900, "output_tokens": 10, "total_tokens": 1010},
        (100, 10, 0, 900, 0, 0),
    ),
    (
        "both outside",
        {
            "prompt_tokens": 100,
            "prompt_tokens_details": {"cached_tokens": 900},
            "completion_tokens": 10,
            "completion_tokens_details": {"reasoning_tokens": 5},
            "total_tokens": 1015,
        },
        (100, 10, 5, 900, 0, 0),
    ),
    (
        "two spellings of one number",
        {
            "prompt_tokens": 100,
            "cached_tokens": 64,
            "prompt_tokens_details": {"cached_tokens": 64},
            "completion_tokens": 10,
            "total_tokens": 110,
        },
        (36, 10, 0, 64, 0, 0),
    ),
    (
        "DeepSeek's hits and misses",
        {
            "prompt_tokens": 100,
            "prompt_cache_hit_tokens": 64,
            "prompt_cache_miss_tokens": 36,
            "completion_tokens": 10,
            "total_tokens": 110,
        },
        (36, 10, 0, 64, 0, 0),
    ),
    ("null details", {**CHAT, "prompt_tokens_details": None}, (59023, 4001, 503, 0, 0, 0)),
    ("whole floats", {"input_tokens": 10.0, "output_tokens": 4.0}, (10, 4, 0, 0, 0, 0)),
]


@pytest.mark.parametrize(("usage", "counts"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES])
def test_shapes(usage: dict[str, Any], counts: tuple[int, ...]) -> None:
    counted = count(of(**usage))
    assert counted.counts == counts
    assert counted.complaints == ()


def test_audio_is_a_unit_inside_its_class() -> None:
    details = {"audio_tokens": 7}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": details}
    counted = count(of(**usage))
    assert counted.counts == (100, 10, 0, 0, 0, 0)
    assert counted.units == (("audio_input", 7),)


WRONG: list[tuple[bytes, tuple[int, ...], str]] = [
    (of(**{**CODEX, "cached_input_tokens": 60_000}), (0, 4001, 503, 60_000, 9001, 0), "cached"),
    (of(**{**CODEX, "reasoning_output_tokens": 5_000}), (30011, 0, 5000, 20011, 9001, 0), "reason"),
    (of(**{**CODEX, "total_tokens": 7}), (30011, 4001, 503, 20011, 9001, 0), "no sum"),
    (of(input_tokens=-5, output_tokens=4), (0, 4, 0, 0, 0, 0), "negative"),
    (of(input_tokens="many", output_tokens=4), (0, 4, 0, 0, 0, 0), "whole number"),
    (of(input_tokens="12", output_tokens=4), (12, 4, 0, 0, 0, 0), "a number in quotes"),
    (of(input_tokens="9" * 30, output_tokens=4), (0, 4, 0, 0, 0, 0), "impossibly large"),
    (of(input_tokens="\u0661\u0662", output_tokens=4), (0, 4, 0, 0, 0, 0), "whole number"),
    (of(input_tokens=True, output_tokens=4), (0, 4, 0, 0, 0, 0), "whole number"),
    (of(input_tokens=LIMIT + 1, output_tokens=4), (0, 4, 0, 0, 0, 0), "impossibly large"),
    (of(prompt_tokens=1, prompt_tokens_details=[3]), (1, 0, 0, 0, 0, 0), "not an object"),
    (of(tokens=3), (0,) * 6, "neither input nor output"),
    (b"[1]", (0,) * 6, "not a JSON object"),
    (b'{"input_tokens":', (0,) * 6, "not a JSON object"),
    (b"\xff\x00", (0,) * 6, "not a JSON object"),
]


@pytest.mark.parametrize(("raw", "counts", "complaint"), WRONG)
def test_what_is_wrong_is_told(raw: bytes, counts: tuple[int, ...], complaint: str) -> None:
    counted = count(raw)
    assert counted.counts == counts
    assert any(complaint in text for text in counted.complaints)


NAMES = sorted({*CODEX, *RESPONSES, *CHAT, "cached_tokens", "prompt_cache_hit_tokens"})
NUMBERS = st.one_of(st.integers(-5, 2**70), st.none(), st.text(max_size=3), st.floats())
INNER = st.dictionaries(st.sampled_from(["cached_tokens", "reasoning_tokens"]), NUMBERS)


@given(st.dictionaries(st.sampled_from(NAMES), st.one_of(NUMBERS, INNER)))
def test_never_raises_and_never_negative(usage: dict[str, Any]) -> None:
    counted = count(json.dumps(usage).encode())
    assert len(counted.counts) == 6
    assert min(counted.counts) >= 0


@given(st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_classes_sum_to_the_total(parts: list[int]) -> None:
    fresh, read, said, thought = parts
    usage = {
        "input_tokens": fresh + read,
        "cached_input_tokens": read,
        "output_tokens": said + thought,
        "reasoning_output_tokens": thought,
        "total_tokens": sum(parts),
    }
    assert count(of(**usage)).counts == (fresh, said, thought, read, 0, 0)


FEW = st.one_of(st.none(), st.integers(0, 9))
ODD: list[Any] = [-1, 2**70, 1.0, 1.5, "5", "x", True, {}, []]


def some(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these fields, few of which are odd."""
    return st.dictionaries(
        st.sampled_from(names), st.one_of(FEW, FEW, FEW, st.sampled_from(ODD)), max_size=4
    )


@given(
    some("cached_tokens", "cache_creation_tokens", "cache_write_tokens", "text_tokens"),
    some("reasoning_tokens", "accepted_prediction_tokens", "audio_tokens", "image_tokens"),
    some("cache_read_input_tokens", "cache_creation_input_tokens", "service_tier"),
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from([0, 0, 0, 1, 5])),
)
def test_the_quick_way_counts_as_the_careful_one(
    inputs: dict[str, Any],
    outputs: dict[str, Any],
    beside: dict[str, Any],
    numbers: tuple[int, int, int],
) -> None:
    prompt, said, more = numbers
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "total_tokens": prompt + said + more,
        "prompt_tokens_details": inputs,
        "completion_tokens_details": outputs or None,
        **beside,
    }
    raw = json.dumps(usage).encode()
    assert count(raw) == count_odd(raw)


@given(st.binary(max_size=60))
def test_any_bytes(raw: bytes) -> None:
    assert min(count(raw).counts) >= 0
