"""Numbers, money, spans and names as people read them."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.format import (
    amount,
    compact,
    count,
    money,
    number,
    plain,
    shares,
    shorten,
    size,
    span,
    tilde,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (1_250, "1.2k"),
        (9_999, "10.0k"),
        (99_949, "99.9k"),
        (99_950, "100k"),
        (950_000, "950k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (12_345_678, "12.3M"),
        (999_999_999, "1.0B"),
        (5_000_000_000_000_000, "5,000T"),
        (-1_500, "-1.5k"),
    ],
)
def test_compact(value: int, text: str) -> None:
    assert compact(value) == text


@given(st.integers(min_value=0, max_value=10**16))
def test_compact_is_within_a_twentieth_and_short(value: int) -> None:
    text = compact(value)
    unit = {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}.get(text[-1], 1)
    shown = Decimal(text.rstrip("kMBT").replace(",", "")) * unit
    assert abs(shown - value) * 20 <= value
    assert len(text) <= 7


@pytest.mark.parametrize(
    ("nanos", "places", "text"),
    [
        (0, 4, "0.0000"),
        (1, 4, "<0.0001"),
        (-1, 4, "-<0.0001"),
        (50_000, 4, "<0.0001"),
        (150_000, 4, "0.0002"),
        (250_000, 4, "0.0002"),
        (1_234_567_890, 2, "1.23"),
        (1_235_000_000, 2, "1.24"),
        (1_225_000_000, 2, "1.22"),
        (12_345_678_900_000, 4, "12,345.6789"),
        (-1_500_000_000, 2, "-1.50"),
    ],
)
def test_amount(nanos: int, places: int, text: str) -> None:
    assert amount(nanos, places) == text


@given(st.integers(min_value=-(10**20), max_value=10**20))
def test_amount_rounds_as_decimal_does(nanos: int) -> None:
    wanted = (Decimal(nanos) / 10**9).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    text = amount(nanos)
    assert "<" in text if wanted == 0 and nanos else Decimal(text.replace(",", "")) == wanted


def test_money_has_its_currency() -> None:
    assert money(1_500_000_000, "USD", 2) == "$1.50"
    assert money(-1, "USD") == "-<$0.0001"
    assert money(3_000_000_000, "CNY", 2) == "3.00 CNY"


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"),
        (450, "450 ms"),
        (3_249, "3.2 s"),
        (60_000, "1 min"),
        (310_000, "5 min 10 s"),
        (7_500_000, "2 h 5 min"),
        (273_600_000, "3 d 4 h"),
    ],
)
def test_span(ms: int, text: str) -> None:
    assert span(ms) == text


def test_sizes_and_counts() -> None:
    assert [size(n) for n in (712, 1_234, 1_000_000, 3_400_000_000)] == [
        "712 B",
        "1.2 kB",
        "1.0 MB",
        "3.4 GB",
    ]
    assert [count(1, "call"), count(2_000, "call"), count(2, "reply", "replies")] == [
        "1 call",
        "2,000 calls",
        "2 replies",
    ]
    assert number(1_234_567) == "1,234,567"


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "a\rb", "a\u202eb", "\x9b31m", "\ud800", "a\x00b", "x\u2066y", "\x07"]
)
def test_plain_drives_no_terminal(text: str) -> None:
    assert plain(text).isprintable()


@given(st.text())
def test_plain_is_always_printable_enough(text: str) -> None:
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in plain(text))


def test_plain_leaves_good_text_alone() -> None:
    assert plain("修复 naïve – “x”") == "修复 naïve – “x”"
    assert plain("two\nlines\tand  more") == "two lines and more"


@given(st.text(max_size=40), st.integers(min_value=0, max_value=50))
def test_shorten_never_exceeds_the_width(text: str, width: int) -> None:
    def wide(part: str) -> int:
        return sum(2 if ord(c) > 0x2E80 else 1 for c in part)

    assert len(shorten(text, width)) <= width or len(text) <= width
    assert wide(shorten(text, width, wide)) <= max(width, 0)


def test_shorten_keeps_both_ends() -> None:
    assert shorten("claude-sonnet-4-5", 11) == "claud…t-4-5"
    assert shorten("short", 11) == "short"


def test_tilde_only_for_the_home_itself() -> None:
    assert tilde("/home/ada/x", "/home/ada") == "~/x"
    assert tilde("/home/ada", "/home/ada/") == "~"
    assert tilde("/home/adam/x", "/home/ada") == "/home/adam/x"
    assert tilde("/srv", "/") == "/srv"


@given(st.lists(st.integers(min_value=0, max_value=10**12), max_size=20), st.integers(1, 1_000))
def test_shares_are_near_the_truth_and_together_all(parts: list[int], of: int) -> None:
    whole = sum(parts)
    found = shares(parts, whole, of)
    assert sum(found) == (of if whole else 0)
    assert all(
        abs(share - Decimal(part) * of / whole) < 1
        for share, part in zip(found, parts, strict=True)
        if whole
    )


def test_shares_of_some_of_all_are_no_more_than_those() -> None:
    assert shares([1, 1, 1], 3) == [334, 333, 333]
    assert shares([1, 1], 3) == [333, 333]
    assert sum(shares([5] * 6, 30, 100)) == 100
