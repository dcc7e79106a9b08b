"""The join of usage objects that hold what no usage object should."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.rawusage import DEEPEST, join

LONG = "9" * 5_000
NUMBERS = ("0", "-0", "-0.0", "1", "1.0", "5", "5.0", "5.5", "-3", "1e10", "2e10", "1e999", "NaN")
TEXTS = st.recursive(
    st.sampled_from((*NUMBERS, "-Infinity", LONG, "true", "null", '"x"', '"1e999"')),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(
            lambda fields: "{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}"
        )
    ),
    max_leaves=6,
)
RAW = st.dictionaries(st.sampled_from("abc"), TEXTS, max_size=3).map(
    lambda fields: ("{" + ",".join(f'"{k}":{v}' for k, v in fields.items()) + "}").encode()
)


@pytest.mark.parametrize("stray", ["1e999", "-1e999", "NaN", "Infinity", LONG, f"-{LONG}"])
def test_a_number_that_is_none_spoils_no_other(stray: str) -> None:
    good = b'{"input_tokens":500,"output_tokens":700}'
    spoilt = f'{{"z":{stray},"input_tokens":1,"output_tokens":2}}'.encode()
    both = json.loads(join(good, spoilt))
    assert both == {"input_tokens": 500, "output_tokens": 700, "z": stray}
    assert join(good, spoilt) == join(spoilt, good)
    third = b'{"input_tokens":9,"z":4}'
    assert join(join(good, spoilt), third) == join(good, join(spoilt, third))
    assert json.loads(join(join(good, spoilt), third))["z"] == 4


@pytest.mark.parametrize(("one", "other"), [("5", "5.0"), ("0", "-0.0"), ("0.0", "-0.0")])
def test_equal_numbers_have_one_join(one: str, other: str) -> None:
    left, right = f'{{"a":{one}}}'.encode(), f'{{"a":{other}}}'.encode()
    assert join(left, right) == join(right, left)


@given(RAW, RAW, RAW)
def test_whatever_numbers_there_are_the_join_is_one(a: bytes, b: bytes, c: bytes) -> None:
    assert join(a, b) == join(b, a)
    if len({a, b, c}) == 3:  # equal bytes stay as they are, others become canonical
        assert join(join(a, b), c) == join(a, join(b, c))
    assert join(join(a, b), b) == join(a, b) or a == b


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_what_is_too_deep_yields_whatever_stands_in_it(opened: str, closed: str) -> None:
    def nested(depth: int) -> bytes:
        return f'{{"z":{opened * depth}1{closed * depth}}}'.encode()

    good = b'{"a":0}'
    for depth in (DEEPEST, DEEPEST * 5, DEEPEST * 500):
        assert join(nested(depth), good) == good == join(good, nested(depth))
    assert json.loads(join(nested(DEEPEST - 1), good))["a"] == 0
    many = json.dumps({"list": [{"n": [1]}] * 200}).encode()
    assert json.loads(join(many, good)) == {**json.loads(many), "a": 0}
