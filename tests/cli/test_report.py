"""`tally report`, on a real ledger: the page for people, the same for programs, and as a file."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tallybook.cli.charttable import Measure
from tallybook.cli.report import averages
from tallybook.query import Query, Report, Row

from .conftest import Tell, figures

SPAN = ("--since", "2020-01-01", "--until", "2026-11-22")
MONTHLY = ("monthly", *SPAN)


@pytest.mark.parametrize(
    ("step", "bucket"), [("daily", "day"), ("weekly", "week"), ("monthly", "month")]
)
def test_for_programs_it_is_the_report_of_usage(tell: Tell, step: str, bucket: str) -> None:
    said = json.loads(tell("report", step, *SPAN, "--json"))
    same = json.loads(tell("usage", "--by", f"{bucket},provider", *SPAN, "--json"))
    assert said["rows"]
    assert said == same


def test_the_page_has_bars_over_time_and_the_share_of_each_provider(tell: Tell) -> None:
    page = tell("report", "monthly", *SPAN)
    above, below = page.split("By provider")
    whole = json.loads(tell("usage", "provider", *SPAN, "--json"))
    for row in whole["rows"]:
        assert row["provider"] in below
    assert "Monthly report, 2020-01-01 to 2026-11-22" in above
    assert "On average" in above
    assert "100.0%" in below
    assert page.count("tally help notes") <= 1  # what has to be known is said once


def test_there_is_no_average_of_what_is_known_in_part() -> None:
    trend = Report(
        query=Query(by=("date",), bucket="month"),
        revision="1",
        rows=(Row(dims={"date": "2026-10"}, figures=figures(1)),) * 2,
        totals=figures(3),
    )
    cost, tokens = Measure("cost", "USD"), Measure("total")
    assert averages("month", trend, [cost, tokens]) == [
        "On average $1.85 and 167k tokens a month, of 2 months with calls."
    ]
    partly = replace(trend, totals=figures(3, unpriced_tokens=5))
    assert averages("month", partly, [cost]) == []


def test_it_is_written_as_a_file_by_its_ending(tell: Tell, tmp_path: Path) -> None:
    rows = json.loads(tell("report", "weekly", *SPAN, "--json"))["rows"]
    text = tmp_path / "weekly.csv"
    assert tell("report", "weekly", *SPAN, "--export", str(text)).startswith(str(text))
    written = list(csv.DictReader(text.read_text().splitlines()))
    assert [int(row["total"]) for row in written] == [row["total"] for row in rows]
    page = tmp_path / "weekly.md"
    tell("report", "weekly", *SPAN, "--export", str(page))
    told = page.read_text()
    assert "**By provider**" in told
    assert all(row["date"] in told for row in rows)


def test_no_file_is_overwritten_unless_that_is_said(tell: Tell, tmp_path: Path) -> None:
    page = tmp_path / "mine.md"
    page.write_text("mine")
    assert "exists" in tell("report", "daily", *SPAN, "--export", str(page), code=2)
    assert page.read_text() == "mine"
    tell("report", "daily", *SPAN, "--export", str(page), "--force")
    assert "By provider" in page.read_text()


def test_a_time_without_calls_says_so(tell: Tell) -> None:
    assert "No usage" in tell("report", "daily", "--since", "1999-01-01", "--until", "1999-01-02")


def test_a_page_for_a_browser_is_that_of_the_report(tell: Tell, tmp_path: Path) -> None:
    page = tmp_path / "monthly.html"
    tell("report", "monthly", *SPAN, "--export", str(page))
    text = page.read_text()
    assert "<h1>Monthly report</h1>" in text
    assert "<title>Monthly report, 2020-01-01 to 2026-11-22</title>" in text
    assert "<h2>Cost by month, in USD</h2>" in text
    assert "<h2>By month</h2>" in text
    assert "-01</th>" not in text  # a month needs no day
    titles = {row["title"] for row in json.loads(tell("sessions", *SPAN, "--json"))["rows"]}
    titles.discard(None)
    assert titles
    assert not [title for title in titles if title in text]
    tell("report", "monthly", *SPAN, "--titles", "--export", str(page), "--force")
    assert "<h2>Sessions by cost</h2>" in page.read_text()


def test_markdown_says_what_the_screen_does(tell: Tell) -> None:
    page, screen = tell("report", "monthly", *SPAN, "--format", "md"), tell("report", *MONTHLY)
    months = [row["date"] for row in json.loads(tell("report", *MONTHLY, "--json"))["rows"]]
    assert months
    assert not [month for month in months if month in page + screen]
    assert all(f"| {month[:7]} |" in page for month in months)
    above, below = page.split("**By provider**")
    assert "Share |" in below
    assert "100.0% |" in below
    assert "Share |" not in above
    rows = tell("report", *MONTHLY, "--format", "csv")
    assert months[0] in rows  # for programs it is a whole date


@pytest.mark.parametrize(
    ("name", "way"), [("x.xlsx", "--export x.html"), ("x.pdf", "--export x.html"), ("-", "md")]
)
def test_a_file_of_no_known_form_is_told_how_to_name_it(tell: Tell, name: str, way: str) -> None:
    said = tell("report", "monthly", "--export", name, code=2)
    assert "by its ending: .md, .csv, .html" in said
    assert said.rstrip().endswith(way)
