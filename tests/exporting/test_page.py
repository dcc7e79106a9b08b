"""The page for browsers: nothing of the ledger becomes markup, and nothing is fetched or run."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tallybook.exporting.drawing import Stack, columns
from tallybook.exporting.overview import WAYS, overview, overview_json
from tallybook.exporting.page import Leaf, page
from tallybook.query import Figures, Filter, Query, Report, Row

from ..ledger.books import appraiser, open_new, reading, record

EVIL = '<script>alert(1)</script>" onmouseover="x'
DAY = 86_400_000
VOID = {"meta", "br"}


class Tags(HTMLParser):
    """The tags of a page, which have to be closed in the order in which they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.met: set[str] = set()
        self.marks: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.met.add(tag)
        self.marks |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.met.add(tag)
        self.marks |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def figures(**more: object) -> Figures:
    """Some usage on two days."""
    plain = Figures(
        requests=3,
        counts=(1, 2, 3, 4, 5, 6),
        cost={"USD": 1_234_567_890},
        sessions=1,
        first_ms=20_000 * DAY,
        last_ms=20_002 * DAY,
    )
    return replace(plain, **more)  # pyright: ignore[reportArgumentType]


def answer(query: Query, totals: Figures, name: str = EVIL) -> Report:
    """A report whose only row bears one name everywhere."""
    dims = dict.fromkeys(query.by, name)
    if "date" in query.by:
        dims["date"] = "2024-10-06" if query.bucket != "month" else "2024-10-01"
    if "model" in query.by:
        dims["provider"] = name
    rows = (Row(dims=dims, figures=totals, models=(name,)),) if query.by else ()
    return Report(query=query, revision="7", rows=rows, totals=totals)


def drawn(totals: Figures, query: Query | None = None, leaf: Leaf | None = None) -> str:
    """The page of such reports."""
    found = overview(lambda asked: answer(asked, totals), query or Query())
    return "".join(page(found, leaf or Leaf()))


def test_names_are_text_and_never_markup() -> None:
    where = (Filter(dimension="session", values=(EVIL,)),)
    text = drawn(figures(), Query(where=where), Leaf(notes=(EVIL,)))
    tags = Tags(text)
    assert tags.open == []
    assert not {"script", "iframe", "link", "img", "object", "form", "a"} & tags.met
    assert not {mark for mark in tags.marks if mark.startswith("on")} | {"href", "src"} & tags.marks
    assert text.count("&lt;script&gt;") > 10


def test_the_page_needs_nothing_beside_it() -> None:
    text = drawn(figures())
    assert "default-src 'none'" in text
    assert not re.search(r"https?://|@import|url\(", text)


def test_every_figure_stands_in_the_tables_exactly() -> None:
    text = drawn(figures(unpriced_tokens=9, failed_requests=2))
    assert 'title="1.23456789 USD">≥ $1.2346<' in text
    for head in ("Cache write 1h", "Unpriced", "Failed", "Cost USD"):
        assert f">{head}</th>" in text
    assert ">Unmetered</th>" not in text
    assert "≥ $1.23" in text


def test_currencies_have_charts_and_columns_of_their_own() -> None:
    text = drawn(figures(cost={"USD": 5 * 10**9, "CNY": 7 * 10**9}))
    assert text.count('class="columns"') == 2
    assert "Cost by day, in CNY" in text
    assert ">Cost CNY</th>" in text


def test_without_a_price_tokens_are_drawn_and_no_cost_is_zero() -> None:
    text = drawn(figures(cost={}, unpriced_tokens=21))
    assert "Tokens by day" in text
    assert "Top sessions by tokens" in text
    assert "$0" not in text


def test_calls_without_a_session_are_drawn_as_no_session() -> None:
    def ask(query: Query) -> Report:
        found = answer(query, figures(), "s1")
        bare = [row._replace(dims={**row.dims, "session": None}) for row in found.rows]
        return replace(found, rows=(*bare, *found.rows)) if "session" in query.by else found

    text = "".join(page(overview(ask, Query()), Leaf()))
    drawn, tables = text.split("By model")
    assert drawn.split("Top sessions")[1].count("<li>") == 1
    assert "(no session)" not in drawn
    assert "(no session)" in tables


def test_an_empty_ledger_has_a_page_too() -> None:
    found = overview(
        lambda query: Report(query=query, revision="0", rows=(), totals=Figures()), Query()
    )
    text = "".join(page(found, Leaf()))
    assert Tags(text).open == []
    assert "<svg" not in text


def test_a_report_that_was_asked_for_comes_first() -> None:
    asked = answer(Query(by=("agent",)), figures(), "planner")
    text = drawn(figures(), leaf=Leaf(asked=("Usage by agent", asked)))
    assert text.index("Usage by agent") < text.index("By model")


def test_an_overview_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    ledger, other = open_new(tmp_path), open_new(tmp_path)
    record(ledger, [reading("first")])
    by, written = appraiser(), iter(range(99))

    def ask(query: Query) -> Report:
        record(other, [reading(f"later-{next(written)}")], by=by)
        return ledger.ask(query)

    with ledger.moment():
        found = overview(ask, Query())
    told = [*found.reports.values(), found.over_time]
    assert len({each.revision for each in told}) == 1
    assert {each.totals.total for each in told} == {told[0].totals.total}
    assert next(written) == len(told)


def test_an_overview_has_a_report_for_each_way() -> None:
    found = overview(lambda query: answer(query, figures(), "x"), Query(tz="UTC"))
    told = overview_json(found, 20_003 * DAY)
    assert told["schema"] == "tallybook.export/1"
    assert told["made_at"] == "2024-10-07T00:00:00+00:00"
    assert {name: tuple(each["query"]["by"]) for name, each in told["reports"].items()} == WAYS
    assert all(each["schema"] == "tallybook.report/1" for each in told["reports"].values())
    assert told["totals"]["cost"] == {"USD": "1.23456789"}
    assert told["query"]["by"] == []


@pytest.mark.parametrize(("days", "step"), [(3, "day"), (300, "week"), (2_000, "month")])
def test_steps_of_the_chart_fit_the_time(days: int, step: str) -> None:
    totals = figures(last_ms=(20_000 + days) * DAY)
    assert overview(lambda query: answer(query, totals), Query()).over_time.query.bucket == step


@pytest.mark.parametrize("highest", [0, 1, 7, 999, 10**18])
def test_a_chart_stays_inside_its_frame(highest: int) -> None:
    stacks = [Stack(f"d{at}", {0: highest // (at + 1), 6: highest}) for at in range(500)]
    drawing = columns(stacks, ["a"] * 7, str, "t")
    tops = [float(each) for each in re.findall(r' y="([\d.]+)"', drawing)]
    heights = [float(each) for each in re.findall(r' height="([\d.]+)"', drawing)]
    lefts = [float(each) for each in re.findall(r' x="([\d.]+)"', drawing)]
    assert min(tops) >= 0
    assert max(heights, default=0) <= 280
    assert max(lefts) <= 960
    assert drawing.count('class="grid"') <= 7
