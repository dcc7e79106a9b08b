"""Usage objects of which nobody said how they count."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import DIALECTS, counter, version
from tallybook.dialects.choosing import dialect_of
from tallybook.model import NO_COUNTS

from .test_examples import EXAMPLES

UNSAID = [each for each in EXAMPLES if dialect_of(each.usage) == each.dialect]
IDS = [f"{each.dialect}-{each.name}" for each in UNSAID]


@pytest.mark.parametrize("example", UNSAID, ids=IDS)
def test_each_shape_is_counted_by_its_own_dialect(example) -> None:
    assert counter("auto")(example.raw).counts == example.tokens


def test_most_shapes_need_no_word_about_the_provider() -> None:
    assert len(UNSAID) > 0.9 * len(EXAMPLES)
    assert {each.dialect for each in UNSAID} >= {"anthropic", "bedrock", "google", "openai"}


@given(st.lists(st.integers()) | st.text() | st.integers() | st.none())
def test_what_is_no_object_is_told(value: object) -> None:
    found = counter("auto")(json.dumps(value).encode())
    assert found.counts == NO_COUNTS
    assert found.complaints


@given(st.binary(max_size=80))
def test_nothing_raises(raw: bytes) -> None:
    assert min(counter("auto")(raw).counts) >= 0


def test_it_changes_whenever_another_dialect_does() -> None:
    assert version("auto") > sum(version(name) for name in DIALECTS if name != "auto")
