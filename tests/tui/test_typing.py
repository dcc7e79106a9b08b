"""What is typed: times with the dates that they mean, and what comes next in a filter."""

from __future__ import annotations

import pytest

from tallybook.errors import UsageMistake
from tallybook.periods import Frame
from tallybook.tui.completion import wanted, with_dimension, with_name
from tallybook.tui.look import Look, question, span_name
from tallybook.tui.spanwords import EXAMPLES, span_of, span_told

FRAME = Frame(1_795_356_000_000, "Asia/Shanghai")
"""2026-11-22T22:00+08:00, a Sunday."""


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("today", "2026-11-22"),
        ("yesterday", "2026-11-21"),
        ("week", "2026-11-16 to 2026-11-22 · 7 days"),
        ("2026-01", "2026-01-01 to 2026-01-31 · 31 days"),
        ("2026-W05", "2026-01-26 to 2026-02-01 · 7 days"),
        ("2026-11-01..2026-11-15", "2026-11-01 to 2026-11-15 · 15 days"),
        (" 2026-11-01  ..  2026-11-15 ", "2026-11-01 to 2026-11-15 · 15 days"),
        ("--since 2026-11-01 --until yesterday", "2026-11-01 to 2026-11-21 · 21 days"),
        ("--last 7d", "since 2026-11-16"),
        ("2026-11-01..", "since 2026-11-01"),
        ("..2026-11-01", "up to 2026-11-01"),
        ("2026-11-22T09:30", "since 2026-11-22 09:30"),
        ("all", "all time"),
    ],
)
def test_words_mean_exact_dates(text: str, meaning: str) -> None:
    assert span_told(text, FRAME) == meaning


def test_a_day_of_23_hours_is_a_day() -> None:
    spring = Frame(1_774_785_600_000, "Europe/Berlin")  # 2026-03-29, when an hour is left out
    assert span_told("2026-03-28..2026-03-29", spring).endswith("2 days")


@pytest.mark.parametrize("text", ["", "  ", "..", "yesterdy", "0d", "2026-13", "now", "2027..2026"])
def test_what_means_nothing_is_told_with_a_way_out(text: str) -> None:
    with pytest.raises(UsageMistake) as told:
        span_told(text, FRAME)
    assert told.value.hint


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_is_offered_is_understood_by_a_look(text: str) -> None:
    assert question(Look(span=span_of(text)), FRAME).since_ms is not None
    assert span_name(span_of(text))


@pytest.mark.parametrize(
    ("text", "names", "after"),
    [
        ("model=claude-o", ["claude-opus-4-5"], "model=claude-opus-4-5"),
        ("x, !project=/srv/w", ["/srv/web"], "x, !project=/srv/web"),
        ('project="/srv/my', ["/srv/my shop"], 'project="/srv/my shop"'),
        ("project=/srv/my", ["/srv/my shop", "/srv/myth"], "project=/srv/myth"),
        ("model=gpt", ["gpt"], None),
        ("model~", [], None),
        ("words", ["wordsworth"], None),
        ("colour=re", ["red"], None),
    ],
)
def test_a_value_is_completed_so_that_it_still_means_one(
    text: str, names: list[str], after: str | None
) -> None:
    want = wanted(text)
    assert (want and with_name(text, want, names)) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("mo", "model="),
        ("!pro", "!provider="),
        ("x y, sess", "x y, session="),
        ("m", None),
        ("model=x", None),
        ("date", None),
        ('"mo', None),
    ],
)
def test_a_dimension_is_completed(text: str, after: str | None) -> None:
    assert with_dimension(text) == after
