"""The dialect of Gemini CLI's stored counters: six counts by arithmetic, guesses named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import Counted, counter
from tallybook.model import six

count = counter("gemini-cli")
USUAL = {"input": 50_052, "output": 4_007, "cached": 20_023, "thoughts": 521, "tool": 0}


def of(**changes: object) -> bytes:
    fields = {**USUAL, **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    ("raw", "counts"),
    [
        (of(total=54_580), (30_029, 4_007, 521, 20_023, 0, 0)),
        (of(tool=40_031, total=94_611), (70_060, 4_007, 521, 20_023, 0, 0)),
        (of(cached=0, total=54_580), (50_052, 4_007, 521, 0, 0, 0)),
        (of(thoughts=..., tool=..., total=54_059), (30_029, 4_007, 0, 20_023, 0, 0)),
        (of(), (30_029, 4_007, 521, 20_023, 0, 0)),
        (of(total=0), (30_029, 4_007, 521, 20_023, 0, 0)),
        (of(total=None), (30_029, 4_007, 521, 20_023, 0, 0)),
        (of(input=9, output=0, cached=0, thoughts=0, total=9), (9, 0, 0, 0, 0, 0)),
        (b"{}", (0, 0, 0, 0, 0, 0)),
    ],
)
def test_what_adds_up_needs_no_guess(raw: bytes, counts: tuple[int, ...]) -> None:
    assert count(raw) == Counted(six(counts), (), "", (), ())


@pytest.mark.parametrize(
    ("raw", "counts", "assumed"),
    [
        (of(total=54_059), (30_029, 3_486, 521, 20_023, 0, 0), "reasoning-inside-output"),
        (of(total=74_603), (50_052, 4_007, 521, 20_023, 0, 0), "cache-outside-input"),
        (of(tool=40, total=54_580), (30_029, 4_007, 521, 20_023, 0, 0), "tool-prompt-inside-input"),
    ],
)
def test_the_total_decides(raw: bytes, counts: tuple[int, ...], assumed: str) -> None:
    found = count(raw)
    assert (found.counts, found.assumptions, found.complaints) == (counts, (assumed,), ())


@pytest.mark.parametrize(
    ("raw", "counts", "complaint"),
    [
        (of(cached=60_000, total=54_580), (0, 4_007, 521, 60_000, 0, 0), "cached is larger"),
        (of(output=-4, total=50_573), (30_029, 0, 521, 20_023, 0, 0), "output is negative"),
        (of(thoughts="521", total=54_059), (30_029, 4_007, 0, 20_023, 0, 0), "not a whole number"),
        (of(total=1), (30_029, 4_007, 521, 20_023, 0, 0), "no sum of the parts"),
        (of(input=..., total=54_580), (0, 4_007, 521, 20_023, 0, 0), "no sum of the parts"),
        (of(input=10**40), (0, 4_007, 521, 20_023, 0, 0), "impossibly large"),
        (b'{"promptTokens": 5}', (0, 0, 0, 0, 0, 0), "none of Gemini CLI's fields"),
        (b"[1]", (0, 0, 0, 0, 0, 0), "not a JSON object"),
        (b'{"input": 5', (0, 0, 0, 0, 0, 0), "not a JSON object"),
    ],
)
def test_what_is_wrong_is_told(raw: bytes, counts: tuple[int, ...], complaint: str) -> None:
    found = count(raw)
    assert found.counts == counts
    assert complaint in "; ".join(found.complaints)


numbers = st.integers(0, 10**6)


@given(numbers, numbers, numbers, numbers, st.integers(0, 1))
def test_classes_make_the_total(fresh: int, out: int, cached: int, thought: int, tool: int) -> None:
    total = fresh + cached + out + thought + tool
    raw = of(input=fresh + cached, output=out, cached=cached, thoughts=thought, tool=tool)
    found = count(raw[:-1] + f', "total": {total}}}'.encode())
    assert sum(found.counts) == total
    assert found.counts == (fresh + tool, out, thought, cached, 0, 0)


@given(st.dictionaries(st.sampled_from([*USUAL, "total"]), st.integers(-5, 10**11) | st.none()))
def test_never_negative(fields: dict[str, int | None]) -> None:
    found = count(json.dumps(fields).encode())
    assert min(found.counts) >= 0
