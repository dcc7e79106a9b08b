"""The Anthropic dialect as a table: a usage object, its six classes, and what else is said."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import DIALECTS, Counted, counter
from tallybook.errors import SourceError

count = counter("anthropic")
SPLIT = {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 12}
LIFETIME = ("cache-write-lifetime",)
ADVICE = {"type": "advisor_message", "input_tokens": 823, "output_tokens": 1612}
MORE = {"type": "compaction", "input_tokens": 900, "output_tokens": 70}
LAST = {"type": "message", "input_tokens": 100, "output_tokens": 8}

TABLE: list[tuple[str, dict[str, object], tuple[int, ...], tuple[str, ...], int]] = [
    ("empty", {}, (0, 0, 0, 0, 0, 0), (), 0),
    ("plain", {"input_tokens": 5, "output_tokens": 7}, (5, 7, 0, 0, 0, 0), (), 0),
    ("nulls", {"iterations": None, "cache_creation": None, "speed": None}, (0,) * 6, (), 0),
    (
        "a total",
        {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
        (5, 7, 0, 0, 0, 0),
        (),
        0,
    ),
    (
        "a total without caches",
        {"input_tokens": 50, "output_tokens": 7, "cache_read_input_tokens": 20, "total_tokens": 57},
        (30, 7, 0, 20, 0, 0),
        ("cache-inside-input",),
        0,
    ),
    (
        "a total with caches",
        {
            "input_tokens": 50,
            "output_tokens": 7,
            "cache_read_input_tokens": 20,
            "cache_creation": SPLIT,
            "cache_creation_input_tokens": 42,
            "total_tokens": 119,
        },
        (50, 7, 0, 20, 30, 12),
        (),
        0,
    ),
    (
        "a total of nothing",
        {"input_tokens": 5, "output_tokens": 7, "total_tokens": 3},
        (5, 7, 0, 0, 0, 0),
        (),
        1,
    ),
    ("read", {"cache_read_input_tokens": 9}, (0, 0, 0, 9, 0, 0), (), 0),
    ("no split", {"cache_creation_input_tokens": 40}, (0, 0, 0, 0, 40, 0), LIFETIME, 0),
    ("no write", {"cache_creation_input_tokens": 0}, (0,) * 6, (), 0),
    (
        "split",
        {"cache_creation_input_tokens": 42, "cache_creation": SPLIT},
        (0, 0, 0, 0, 30, 12),
        (),
        0,
    ),
    ("split alone", {"cache_creation": SPLIT}, (0, 0, 0, 0, 30, 12), (), 0),
    (
        "split below the total",
        {"cache_creation_input_tokens": 50, "cache_creation": SPLIT},
        (0, 0, 0, 0, 38, 12),
        LIFETIME,
        0,
    ),
    (
        "split above the total",
        {"cache_creation_input_tokens": 20, "cache_creation": SPLIT},
        (0, 0, 0, 0, 30, 12),
        (),
        1,
    ),
    (
        "thinking",
        {"output_tokens": 90, "output_tokens_details": {"thinking_tokens": 60}},
        (0, 30, 60, 0, 0, 0),
        (),
        0,
    ),
    (
        "thinking above output",
        {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 60}},
        (0, 0, 60, 0, 0, 0),
        (),
        1,
    ),
    (
        "compaction pass",
        {"input_tokens": 100, "output_tokens": 8, "iterations": [MORE, LAST]},
        (1000, 78, 0, 0, 0, 0),
        ("iterations-summed",),
        0,
    ),
    (
        "one pass",
        {
            "input_tokens": 100,
            "output_tokens": 8,
            "cache_creation": SPLIT,
            "iterations": [LAST | {"cache_creation_input_tokens": 42}],
        },
        (100, 8, 0, 0, 30, 12),
        (),
        0,
    ),
    (
        "declined pass",
        {"input_tokens": 100, "iterations": [MORE | {"status": "declined"}, LAST]},
        (100, 8, 0, 0, 0, 0),
        ("iterations-summed",),
        0,
    ),
    ("negative", {"input_tokens": -4, "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 1),
    ("huge", {"input_tokens": 10**10 + 1, "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 1),
    ("largest", {"input_tokens": 10**10}, (10**10, 0, 0, 0, 0, 0), (), 0),
    ("largest float", {"input_tokens": 1e11, "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 1),
    ("beyond a word", {"input_tokens": 10**50, "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 1),
    ("half a character", {"speed": "\ud800", "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 0),
    (
        "huge passes",
        {"input_tokens": 7, "iterations": [{"input_tokens": 6 * 10**9}] * 2},
        (7, 0, 0, 0, 0, 0),
        (),
        1,
    ),
    ("quoted", {"input_tokens": "4", "output_tokens": 3}, (4, 3, 0, 0, 0, 0), (), 1),
    ("text", {"input_tokens": "4 or 5", "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 1),
    (
        "an advisor's pass",
        {"input_tokens": 412, "output_tokens": 89, "iterations": [ADVICE]},
        (823, 1612, 0, 0, 0, 0),
        ("advisor-priced-alike", "iterations-summed"),
        0,
    ),
    ("bool", {"input_tokens": True, "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 1),
    ("float", {"input_tokens": 4.0, "output_tokens": 3.5}, (4, 0, 0, 0, 0, 0), (), 1),
    ("list", {"cache_creation": [1], "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 1),
    ("odd passes", {"iterations": [1, MORE]}, (900, 70, 0, 0, 0, 0), ("iterations-summed",), 1),
    ("odd list", {"iterations": 7, "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 1),
    ("unknown field", {"fallback_credit": 5, "output_tokens": 3}, (0, 3, 0, 0, 0, 0), (), 0),
]


@pytest.mark.parametrize(
    ("usage", "counts", "assumptions", "complaints"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_counts(
    usage: dict[str, object],
    counts: tuple[int, ...],
    assumptions: tuple[str, ...],
    complaints: int,
) -> None:
    headlines = {"input_tokens": 0, "output_tokens": 0}
    found = count(json.dumps(headlines | usage).encode())
    assert found.counts == counts
    assert found.assumptions == assumptions
    assert len(found.complaints) == complaints


@pytest.mark.parametrize(
    ("usage", "assumptions"),
    [
        ({}, ("input-not-told", "output-not-told")),
        ({"input_tokens": 3, "cache_creation": SPLIT}, ("output-not-told",)),
        ({"input_tokens": None, "output_tokens": 3}, ("input-not-told",)),
        ({"iterations": [LAST]}, ("iterations-summed",)),
    ],
)
def test_absent_is_not_zero(usage: dict[str, object], assumptions: tuple[str, ...]) -> None:
    assert count(json.dumps(usage).encode()).assumptions == assumptions


@pytest.mark.parametrize(
    ("fields", "context"),
    [
        ({"service_tier": "standard", "speed": "standard", "inference_geo": ""}, ""),
        ({"inference_geo": "not_available"}, ""),
        ({"inference_geo": "global", "service_tier": ""}, ""),
        ({"service_tier": "batch"}, "processing=batch"),
        ({"service_tier": "priority"}, "service_tier=priority"),
        ({"speed": "fast", "inference_geo": "us"}, "inference_geo=us,speed=fast"),
        (
            {"speed": "fast", "service_tier": "batch", "inference_geo": "us"},
            "inference_geo=us,processing=batch,speed=fast",
        ),
        ({"service_tier": "a,b=c"}, "service_tier=a_b_c"),
        ({"service_tier": 4}, ""),
    ],
)
def test_context(fields: dict[str, object], context: str) -> None:
    split = {"cache_creation": SPLIT, "cache_creation_input_tokens": 42}
    for extra in ({}, split):
        assert count(json.dumps(fields | extra).encode()).context == context


@pytest.mark.parametrize(
    ("tools", "units"),
    [
        ({"web_search_requests": 3, "web_fetch_requests": 0}, (("web_search", 3),)),
        (
            {"web_search_requests": 1, "web_fetch_requests": 2},
            (("web_fetch", 2), ("web_search", 1)),
        ),
        ({"web_search_requests": 0}, ()),
        ({"web_search_requests": -1}, ()),
        (None, ()),
    ],
)
def test_units(tools: object, units: tuple[tuple[str, int], ...]) -> None:
    assert count(json.dumps({"server_tool_use": tools}).encode()).units == units


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"7", b'{"a"', b"\xff\xfe", b"[" * 9_000])
def test_what_is_no_object_counts_nothing_and_says_so(raw: bytes) -> None:
    assert count(raw) == Counted((0,) * 6, (), "", (), ("usage is not a JSON object",))  # type: ignore[arg-type]  # six zeros


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = [
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation",
    "output_tokens_details",
    "server_tool_use",
    "service_tier",
    "speed",
    "inference_geo",
    "iterations",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
def test_never_raises_on_json(usage: object) -> None:
    found = count(json.dumps(usage).encode())
    assert min(found.counts) >= 0
    assert max(found.counts) <= 10**10


@given(st.binary(max_size=60))
def test_never_raises_on_bytes(raw: bytes) -> None:
    assert min(count(raw).counts) >= 0


@given(st.lists(st.integers(0, 10**9), min_size=6, max_size=6))
def test_classes_sum_to_what_the_provider_told(numbers: list[int]) -> None:
    fresh, read, short, long, output, thinking = numbers
    thinking = min(thinking, output)
    usage = {
        "input_tokens": fresh,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": short + long,
        "cache_creation": {
            "ephemeral_5m_input_tokens": short,
            "ephemeral_1h_input_tokens": long,
        },
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": thinking},
    }
    found = count(json.dumps(usage).encode())
    assert found.counts == (fresh, output - thinking, thinking, read, short, long)
    assert found.complaints == ()


def test_unknown_dialect() -> None:
    assert "anthropic" in DIALECTS
    with pytest.raises(SourceError, match="martian"):
        counter("martian")
