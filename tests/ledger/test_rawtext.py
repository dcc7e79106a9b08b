"""Raw usage: nothing is lost by splitting, and the join is a join."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.ledger.rawtext import split, unite
from tallybook.rawusage import join

LEAVES = st.none() | st.booleans() | st.integers(-5, 10**12) | st.text(max_size=6)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
USAGE = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), JSON, max_size=4)


def raw(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@given(JSON)
def test_splitting_loses_nothing(value: object) -> None:
    for text in (raw(value), json.dumps(value, ensure_ascii=False, indent=1).encode()):
        assert unite(*split(text)) == text


@given(st.binary(max_size=60))
def test_splitting_any_bytes_loses_nothing(text: bytes) -> None:
    assert unite(*split(text)) == text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (b'{"input_tokens":12,"note":"at 10:30"}', "12 30"),
        (b'{"a": 5}', ""),
        (b'{"a":1.5e+3,"b":-2}', "1.5e+3 -2"),
        (b"{}", ""),
    ],
)
def test_numbers_are_taken_out(text: bytes, numbers: str) -> None:
    assert split(text)[1] == numbers
    assert unite(*split(text)) == text


@given(USAGE, USAGE)
def test_join_commutes(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert json.loads(join(raw(one), raw(other))) == json.loads(join(raw(other), raw(one)))


@given(USAGE, USAGE, USAGE)
def test_join_associates(a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]) -> None:
    left = join(join(raw(a), raw(b)), raw(c))
    right = join(raw(a), join(raw(b), raw(c)))
    assert json.loads(left) == json.loads(right)


@given(USAGE, USAGE)
def test_join_is_idempotent(one: dict[str, Any], other: dict[str, Any]) -> None:
    once = join(raw(one), raw(other))
    assert json.loads(join(once, raw(other))) == json.loads(once)
    assert join(raw(one), raw(one)) == raw(one)


def test_join_takes_the_greatest_of_each_field() -> None:
    early = (
        b'{"input_tokens":10,"output_tokens":2,"cache_creation":{"ephemeral_5m_input_tokens":7}}'
    )
    late = b'{"input_tokens":10,"output_tokens":512,"service_tier":"standard"}'
    assert json.loads(join(early, late)) == {
        "input_tokens": 10,
        "output_tokens": 512,
        "cache_creation": {"ephemeral_5m_input_tokens": 7},
        "service_tier": "standard",
    }


def test_damaged_text_yields_to_sound_text() -> None:
    assert join(b'{"a":1', b'{"a":0}') == b'{"a":0}' == join(b'{"a":0}', b'{"a":1')
