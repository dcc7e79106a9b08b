"""Our own dialect: six classes as they are, and nothing believed that can't be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import counter
from tallybook.model import CLASSES, NO_COUNTS

count = counter("tallybook")


@given(st.lists(st.integers(0, 10**10), min_size=6, max_size=6))
def test_the_classes_are_what_they_say(values: list[int]) -> None:
    told = count(json.dumps(dict(zip(CLASSES, values, strict=True))).encode())
    assert told == (tuple(values), (), "", (), ())


def test_what_is_not_told_is_none_and_a_note_is_no_usage() -> None:
    assert count(b'{"output":7,"note":"input=9"}').counts == (0, 7, 0, 0, 0, 0)


@pytest.mark.parametrize("raw", [b'{"input":-1}', b'{"input":"3"}', b'{"input":99999999999999}'])
def test_impossible_counts_are_complained_of(raw: bytes) -> None:
    told = count(raw)
    assert (told.counts, len(told.complaints)) == (NO_COUNTS, 1)


@given(st.binary())
def test_nothing_raises(raw: bytes) -> None:
    assert min(count(raw).counts) >= 0
