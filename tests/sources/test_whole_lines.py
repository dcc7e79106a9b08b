"""Lines without an end: which of them are whole, in whatever chunks they come."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.sources.wholelines import is_whole

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('a"\\{}[]é\n')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def cut(text: bytes, size: int) -> list[bytes]:
    """A text in chunks."""
    return [text[at : at + size] for at in range(0, len(text), size)]


@given(st.dictionaries(st.text(), VALUES, max_size=3) | st.lists(VALUES), st.integers(1, 9))
def test_only_all_of_it_is_whole(value: object, size: int) -> None:
    text = json.dumps(value).encode()
    assert is_whole(cut(text, size))
    assert is_whole(cut(b"\xef\xbb\xbf " + text + b" \r", max(size, 3)))
    assert not any(is_whole(cut(text[:end], size)) for end in range(len(text)))


@pytest.mark.parametrize(
    "text", [b"", b"1", b'"{}"', b"words {}", b"{} words", b"{}{}", b"}", b"]["]
)
def test_what_is_not_one_object_or_list_is_not_whole(text: bytes) -> None:
    assert not is_whole((text,))
