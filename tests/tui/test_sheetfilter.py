"""What is typed to filter by: read as far as it goes, never an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.query import DIMENSIONS
from tallybook.tui.sheetfilter import Typed, typed

from .sheetbooks import FRAME


def read(text: str) -> Typed:
    return typed(text, FRAME)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("model~sonnet", [("model", "~", "sonnet")]),
        ("model~a,model~b", [("model", "~", "a", "b")]),
        ("model=x project!=/srv", [("model", "=", "x"), ("project", "!=", "/srv")]),
        ('project="/srv/my shop, old"', [("project", "=", "/srv/my shop, old")]),
        ("title~'two words'", [("title", "~", "two words")]),
        ('project=""', [("project", "=", "")]),
        ("!model=x", [("model", "!=", "x")]),
        ("!model!=x", [("model", "=", "x")]),
        ("Model~X", [("model", "~", "X")]),
        ("consumer=team", [("user", "=", "team")]),
    ],
)
def test_conditions_are_those_of_where(text: str, where: list[tuple[str, ...]]) -> None:
    found = read(text)
    assert [(each.dimension, each.op, *each.values) for each in found.where] == where
    assert (found.picks, found.notes) == (False, ())


@pytest.mark.parametrize(
    ("text", "words", "without"),
    [
        ("Fix parser", ("fix", "parser"), ()),
        ("fix,!Draft", ("fix",), ("draft",)),
        ('"two words" !"three of them"', ("two words",), ("three of them",)),
        ("don't", ("don't",), ()),
        ("ÄRGER", ("ärger",), ()),
        ("2+2=4", ("2+2=4",), ()),
    ],
)
def test_words_are_looked_for_in_rows(
    text: str, words: tuple[str, ...], without: tuple[str, ...]
) -> None:
    assert read(text) == Typed((), words, without, ())


@pytest.mark.parametrize(
    "text", ["", "  ", ",", "model~", "model=", "model!=", "!", "!model~", '"']
)
def test_what_is_not_finished_filters_nothing(text: str) -> None:
    assert read(text) == Typed()


def test_a_half_typed_condition_does_not_hide_the_rest() -> None:
    found = read("source=codex model~")
    assert [each.dimension for each in found.where] == ["source"]
    assert not found.picks


@pytest.mark.parametrize(
    ("text", "part"),
    [("modle~x", "did you mean model?"), ("date=2026", "--since"), ("!model~x", "write !=")],
)
def test_what_is_wrong_is_a_note(text: str, part: str) -> None:
    found = read(text)
    assert part in found.notes[0]
    assert (found.where, found.picks) == ((), False)


def test_rows_fit_by_all_words_and_none_of_the_others() -> None:
    found = read("parser !draft")
    assert found.fits(["Fix the Parser", "12"])
    assert not found.fits(["Fix the Parser", "a DRAFT"])
    assert not found.fits(["Fix", "12"])
    assert not read("one two").fits(["one"])
    assert read("STRASSE").fits(["Straße"])


@given(st.text(alphabet="""abmodel~=!"', \0~é\u202e""", max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    found = read(text)
    assert all(each.dimension in DIMENSIONS for each in found.where)


@given(st.lists(st.text(alphabet="abc de", min_size=1).map(str.strip).filter(bool), max_size=4))
def test_quoted_words_come_back(words: list[str]) -> None:
    assert read(" ".join(f'"{word}"' for word in words)).words == tuple(words)
