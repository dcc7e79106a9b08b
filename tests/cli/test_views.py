"""`tally usage --compare`, `--chart` and `--amounts`: the question behind them, every form of the
answer, and what excludes each other."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tallybook.clock import iso
from tallybook.query import Figures, Row
from tallybook.strokes import BLOCKS, Pens, bar, sparkline

from .conftest import NOW, SONNET, Tome, figures


def test_the_period_before_is_asked_for(ask, tome) -> None:
    assert ask("usage", "model", "--compare", "previous", "--last", "1mo") == 0
    first, second = tome.asked[:2]
    assert iso(first.until_ms, "UTC") == "2026-12-01T00:00:00+00:00"
    edges = [iso(second.since_ms, "UTC"), iso(second.until_ms, "UTC")]
    assert edges == ["2026-10-01T00:00:00+00:00", "2026-11-01T00:00:00+00:00"]
    assert ask("usage", "week", "--compare", "year") == 0
    assert iso(tome.asked[-1].since_ms, "UTC") == "2025-09-29T00:00:00+00:00"


def test_both_periods_have_exact_dates_in_the_heading(ask, capsys) -> None:
    assert ask("usage", "--compare", "previous") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Usage by day, 2026-11-16 to 2026-11-22 (UTC)"
    assert lines[1] == "compared with the period before, 2026-11-09 to 2026-11-15"


def test_the_json_is_a_report_with_the_other_period_beside_it(ask, capsys) -> None:
    assert ask("usage", "model", "--last", "7d", "--until", "today", "--json") == 0
    alone = json.loads(capsys.readouterr().out)
    assert ask("usage", "model", "--compare", "previous", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    compare = found.pop("compare")
    assert found == alone
    assert compare["kind"] == "previous"
    assert compare["query"]["until"] == "2026-11-16T00:00:00+00:00"
    assert [(row["row"], row["model"]) for row in compare["rows"]] == [
        (0, SONNET),
        (1, "glm-4.7"),
        (None, "claude-opus-4-5-20251101"),
    ]
    sonnet, glm, opus = compare["rows"]
    assert sonnet["cost"] == {"USD": "12.3456789"}
    assert sonnet["difference"]["cost"] == {"USD": "37.0370367"}
    assert sonnet["percent"]["cost"] == {"USD": "300.0"}
    assert sonnet["bounds"]["cost"] == {"USD": "exact"}
    assert (glm["total"], glm["difference"]["total"], glm["percent"]["total"]) == (
        0,
        889_592,
        None,
    )
    assert glm["difference"]["cost"] == {}
    assert opus["difference"]["total"] == -222_398
    assert compare["totals"]["percent"]["total"] == "300.0"


def test_a_total_with_a_part_unpriced_grew_at_least(ask, unpriced, capsys) -> None:
    assert ask("usage", "model", "--compare", "previous") == 0
    total = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("Total"))
    assert "≥ $59.26" in total
    assert "≥ +300.0%" in total
    assert ask("usage", "model", "--compare", "previous", "--json") == 0
    totals = json.loads(capsys.readouterr().out)["compare"]["totals"]
    assert totals["bounds"]["cost"] == {"USD": "at-least"}


def test_days_in_json_are_beside_the_days_at_the_same_place(ask, capsys) -> None:
    assert ask("usage", "--compare", "previous", "--format", "jsonl") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["date"], row["compare"]["date"]) for row in rows] == [
        ("2026-11-18", "2026-11-11"),
        ("2026-11-20", "2026-11-13"),
        ("2026-11-21", "2026-11-14"),
        ("2026-11-22", "2026-11-15"),
    ]
    assert rows[0]["total"] == 0
    assert rows[2]["compare"]["total"] == 0


def test_flat_forms_have_every_side_and_numbers_stay_numbers(ask, capsys) -> None:
    words = ("--fields", "model,total,cost", "--format", "csv")
    assert ask("usage", "model", "--compare", "previous", *words) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == [
        *("model", "total", "cost_USD", "before_total", "before_cost_USD"),
        *("difference_total", "difference_cost_USD", "percent_total", "percent_cost_USD"),
        "bounds_cost_USD",
    ]
    assert [row["bounds_cost_USD"] for row in rows] == ["exact", "", "exact"]
    assert [row["difference_cost_USD"] for row in rows] == ["37.0370367", "", "-2.46913578"]
    assert rows[2]["percent_total"] == "-100.0"


def test_named_fields_are_those_that_are_compared(ask, capsys) -> None:
    words = ("--fields", "model,sessions,cost", "--compare", "previous")
    assert ask("usage", "model", *words) == 0
    heading = capsys.readouterr().out.splitlines()[3].split()
    assert "Sessions" in heading
    assert "Total" not in heading
    assert ask("usage", "model", *words, "--format", "md") == 0
    assert "| Model | Sessions | before | +/- | % | Cost | before |" in capsys.readouterr().out


def test_all_fields_are_shown_in_their_order(ask, capsys) -> None:
    words = ("--compare", "previous", "--fields", "total,date,models,first_at,failed_requests")
    assert ask("usage", *words, width=160) == 0
    heading = capsys.readouterr().out.splitlines()[3].split()
    assert heading[::2] == ["Total", "+/-", "Day", "Models", "Failed", "+/-"]
    assert ask("usage", *words, "--format", "csv") == 0
    row = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))[1]
    assert list(row)[:6] == [*words[3].split(","), "before_total"]
    assert (row["models"], row["before_models"]) == (SONNET, SONNET)
    assert ask("usage", *words, "--format", "jsonl") == 0
    row = json.loads(capsys.readouterr().out.splitlines()[1])
    assert (row["models"], row["compare"]["models"]) == ([SONNET], [SONNET])


def test_chosen_fields_stay_on_a_narrow_terminal(ask, capsys) -> None:
    words = ("--compare", "previous", "--fields", "model,input,output,total,cost")
    assert ask("usage", "model", *words, width=60) == 0
    out = capsys.readouterr().out
    heading = out.splitlines()[3].split()
    assert [word for word in heading if word[0].isupper()] == [
        *("Model", "Input", "Output", "Total", "Cost"),
    ]
    assert "No room for before" in out


def test_claims_of_tools_have_no_difference(ask, tome, capsys) -> None:
    for each, dollars in ((tome, 1), (tome.before, 5)):
        figures = each.totals
        claimed = {"USD": dollars * 10**9}
        each.totals = replace(figures, reported_cost=claimed, reported_requests=figures.requests)
    words = ("usage", "model", "--compare", "previous")
    assert ask(*words, "--amounts", "reported", width=160) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].endswith("Reported   before")
    total = next(line for line in lines if line.startswith("Total"))
    assert total.endswith("$1.0000  $5.0000")
    assert ask(*words, "--json") == 0
    totals = json.loads(capsys.readouterr().out)["compare"]["totals"]
    assert totals["reported_cost"] == {"USD": "5"}
    assert set(totals["bounds"]) == {"cost"}
    assert "reported_cost" not in {**totals["difference"], **totals["percent"]}


def test_calls_of_unknown_usage_cost_nobody_knows_what(ask, tome, capsys) -> None:
    unmetered = Row(dims={"provider": "p", "model": "m"}, figures=Figures(unmetered_requests=2))
    tome.rows[("model",)] = (unmetered,)
    assert ask("usage", "model", "--compare", "previous") == 0
    assert "$0.0000" not in capsys.readouterr().out.splitlines()[4]
    assert ask("usage", "model", "--chart", "cost") == 0
    assert "0.0%" not in capsys.readouterr().out.splitlines()[3]


def test_flat_forms_have_a_cost_although_nothing_is_priced(ask, tome, capsys) -> None:
    tome.totals = replace(figures(8), cost={})
    tome.before.totals = tome.totals
    assert ask("usage", "model", "--compare", "previous", "--format", "tsv") == 0
    heading = capsys.readouterr().out.splitlines()[0].split("\t")
    assert {"cost_USD", "before_cost_USD", "difference_cost_USD", "bounds_cost_USD"} <= {*heading}


def test_a_limit_that_cuts_is_told(ask, capsys) -> None:
    assert ask("usage", "model", "--compare", "previous", "--limit", "3") == 0
    assert "The first 3 rows; the total counts all." in capsys.readouterr().out


def test_no_rows_are_no_lines(ask, tome, capsys) -> None:
    tome.rows, tome.before = {}, Tome()
    assert ask("usage", "--compare", "previous", "--format", "jsonl") == 0
    assert capsys.readouterr().out == ""


def test_a_comparison_is_one_at_every_width(ask, tome, capsys) -> None:
    both = replace(figures(1), cost={"CNY": 70 * 10**9, "USD": 1234 * 10**9})
    tome.rows[("model",)] = (Row(dims={"provider": "p", "model": "m" * 30}, figures=both),)
    tome.totals, tome.before = both, Tome(totals=replace(both, cost={"USD": 5 * 10**8}))
    for width, shown in (
        (32, ["Model", "Cost", "CNY", "%"]),
        (60, ["Model", "Total", "Cost", "CNY", "%", "Cost", "USD", "%"]),
    ):
        assert ask("usage", "model", "--compare", "previous", width=width) == 0
        table, notes = capsys.readouterr().out.split("\n\n")[1:]
        assert table.splitlines()[0].split() == shown
        assert "No room for" in notes
        assert "before" in notes


def test_nothing_in_either_period_says_why(ask, tome, capsys) -> None:
    tome.rows, tome.before = {}, Tome()
    assert ask("usage", "--compare", "previous") == 0
    assert capsys.readouterr().out.startswith("No usage by day")


def test_an_incomplete_other_period_is_told(ask, tome, capsys) -> None:
    tome.before.whole = False
    assert ask("usage", "--compare", "previous") == 5
    assert "Before: Some histories could not be read" in capsys.readouterr().out


def test_currencies_stand_apart(ask, tome, capsys) -> None:
    both = replace(figures(1), cost={"USD": 10**9, "CNY": 7 * 10**9})
    tome.rows[("model",)] = (Row(dims={"provider": "p", "model": "m"}, figures=both),)
    tome.totals = both
    tome.before = Tome(totals=replace(both, cost={"CNY": 14 * 10**9}))
    assert ask("usage", "model", "--compare", "previous", width=160) == 0
    out = capsys.readouterr().out
    assert "Cost CNY" in out
    assert "Cost USD" in out
    assert ask("usage", "model", "--chart", "cost", width=160) == 0
    heading = capsys.readouterr().out.splitlines()[2]
    assert heading.split()[-4:] == ["cost", "CNY", "cost", "USD"]


@pytest.mark.parametrize(
    "words",
    [
        ("--chart", "--compare", "previous"),
        ("--chart", "--json"),
        ("--chart=rows",),
        ("--compare", "previous", "--since", "all"),
        ("--amounts", "list,billled"),
        ("--amounts", ","),
        ("--amounts", "all", "--fields", "cost"),
        ("--amounts", "list", "--no-cost"),
        ("--amounts", "list", "--mode", "display"),
        ("--chart", "cost", "--no-cost"),
    ],
)
def test_what_can_not_be_is_said(ask, capsys, words) -> None:
    assert ask("usage", *words) == 2
    printed = capsys.readouterr()
    assert "  try: " in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(
    ("words", "by", "drawn"),
    [
        (("--chart",), ("date",), "cost"),
        (("--chart", "model"), ("model",), "tokens"),
        (("model", "--chart", "cost"), ("model",), "cost"),
        (("model", "--chart=tokens", "--sort", "cost"), ("model",), "tokens"),
        (("model", "--chart", "--sort", "cost"), ("model",), "cost"),
        (("model", "--chart", "--sort", "calls"), ("model",), "requests"),
        (("model", "--chart", "--sort", "model"), ("model",), "tokens"),
        (("model", "--chart", "--sort", "last_at"), ("model",), "tokens"),
    ],
)
def test_a_chart_draws_what_is_sorted_by(ask, tome, capsys, words, by, drawn) -> None:
    assert ask("usage", *words) == 0
    assert tome.asked[0].by == by
    assert capsys.readouterr().out.splitlines()[2].split()[-1] == drawn


def test_a_chart_of_days_has_those_without_calls_too(ask, tome, capsys) -> None:
    days = tuple(Row(dims={"date": f"2026-11-{day}"}, figures=figures(1)) for day in (17, 20))
    tome.rows[("date",)] = days
    assert ask("usage", "--chart") == 0
    lines = capsys.readouterr().out.splitlines()[3:7]
    assert [line[:10] for line in lines] == [f"2026-11-{day}" for day in range(17, 21)]
    assert "$0.00" in lines[1]


def test_dates_are_filled_for_all_time_but_not_with_hours_that_never_were(
    ask, tome, capsys
) -> None:
    days = tuple(Row(dims={"date": f"2026-11-{day}"}, figures=figures(1)) for day in (17, 20))
    tome.rows[("date",)] = days
    assert ask("usage", "--chart", "--since", "all") == 0
    assert "2026-11-18" in capsys.readouterr().out
    hours = (f"2026-03-08T0{hour}:00" for hour in (0, 4))
    tome.rows[("date",)] = tuple(Row(dims={"date": each}, figures=figures(1)) for each in hours)
    words = ("hour", "--chart", "--since", "2026-03-08", "--tz", "America/New_York")
    assert ask("usage", *words) == 0
    lines = capsys.readouterr().out.splitlines()[3:7]
    assert [line[11:16] for line in lines] == ["00:00", "01:00", "03:00", "04:00"]


def test_too_many_dates_are_not_filled_and_that_is_told(ask, tome, capsys) -> None:
    dates = ("2024-01-01", "2026-11-20")
    tome.rows[("date",)] = tuple(Row(dims={"date": each}, figures=figures(1)) for each in dates)
    assert ask("usage", "--chart", "--since", "all") == 0
    out = capsys.readouterr().out
    assert "Dates without a call are left out: they would be 1,053 more rows" in out


def test_what_is_not_known_is_not_drawn_as_nothing(ask, tome, capsys) -> None:
    assert ask("usage", "model", "--chart", "--sort", "billed") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[3].endswith("–  ?")
    assert "By hour" not in out
    assert ask("usage", "model", "--chart", "cost") == 0
    assert capsys.readouterr().out.splitlines()[4].endswith("–  ?")
    first, second, third = tome.rows[("date",)]
    blind = second._replace(figures=figures(8, cost={}, unpriced_tokens=889_592))
    tome.rows[("date",)] = (first, blind, third)
    assert ask("usage", "model", "--chart", "cost", width=160) == 0
    trend = capsys.readouterr().out.splitlines()[-1]
    assert "?" in trend
    assert "most ≥ $3.70, 2026-11-22" in trend


def test_sessions_that_used_several_models_have_no_share(ask, capsys) -> None:
    assert ask("usage", "model", "--chart", "--sort", "sessions") == 0
    assert "Share" not in capsys.readouterr().out
    assert ask("usage", "model", "--chart", "--sort", "calls") == 0
    assert "Share" in capsys.readouterr().out


def test_no_amount_is_drawn_that_is_not_shown(ask, tome, capsys) -> None:
    tome.totals = replace(tome.totals, reported_cost={"USD": 10**9})
    for words, shown in (
        (("--no-cost",), ["Day", "Total", "Share", "tokens"]),
        (("--no-cost", "--sort", "-cost"), ["Day", "Total", "Share", "tokens"]),
        (("--amounts", "reported"), ["Day", "Total", "Reported", "Share", "reported", "cost"]),
    ):
        assert ask("usage", "--chart", *words) == 0
        assert capsys.readouterr().out.splitlines()[2].split() == shown


def test_no_room_for_bars_is_told_and_dates_stay_whole(ask, capsys) -> None:
    words = ("--fields", "date,calls,input,output,total,cost,sessions")
    assert ask("usage", "--chart", *words, width=60) == 0
    out = capsys.readouterr().out
    assert "2026-11-20" in out
    assert "No room for bars" in out


def test_a_chart_of_models_tells_how_it_went_over_time(ask, tome, capsys) -> None:
    assert ask("usage", "model", "--chart", "cost", width=160) == 0
    trend = capsys.readouterr().out.splitlines()[-1]
    assert trend.startswith("By hour ")
    assert "most $54.32" in trend
    query = tome.asked[-1]
    assert (query.by, query.bucket, query.limit) == (("date",), "hour", None)
    assert (query.since_ms, query.until_ms) == (NOW - 48 * 3_600_000, NOW - 60_000 + 1)


def test_charts_are_plain_where_blocks_can_not_be_written(ask, capsys, monkeypatch) -> None:
    class Old(io.StringIO):
        encoding = "ascii"

    out = Old()
    monkeypatch.setattr(sys, "stdout", out)
    assert ask("usage", "model", "--chart") == 0
    assert "###" in out.getvalue()
    assert not set(out.getvalue()) & set(BLOCKS)


@given(st.integers(0, 10**20), st.integers(1, 10**20), st.integers(1, 200))
def test_bars_are_never_too_long_and_never_nothing(value: int, most: int, width: int) -> None:
    drawn = bar(min(value, most), most, width)
    assert cell_len(drawn) <= width
    assert bool(drawn) == bool(value)
    assert bar(most, most, width) == "█" * width


def test_longer_bars_are_more() -> None:
    steps = [bar(value, 80, 10) for value in range(81)]
    lengths = [len(each) * 8 - 7 + BLOCKS.index(each[-1]) if each else 0 for each in steps]
    assert lengths == sorted(lengths)


def test_a_sparkline_leaves_out_what_is_nothing() -> None:
    pen = Pens(BLOCKS, "123", " ")
    assert sparkline([0, 1, 2, 3], pen) == " 123"
    assert sparkline([0, 0], pen) == "  "
    assert sparkline([1, 10**30], pen) == "13"


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ((), ["Cost"]),
        (("--amounts", "reported"), ["Reported"]),
        (("--amounts", "billed,list"), ["Billed", "Cost"]),
        (("--amounts", "all"), ["Cost", "Reported", "Billed"]),
    ],
)
def test_amounts_stand_in_columns_of_their_own(ask, tome, capsys, words, titles) -> None:
    tome.totals = replace(tome.totals, reported_cost={"USD": 5 * 10**9})
    assert ask("usage", "model", *words, width=160) == 0
    heading = capsys.readouterr().out.splitlines()[2].split()
    assert [word for word in heading if word in ("Cost", "Reported", "Billed")] == titles
    if "Reported" in titles:
        assert ask("usage", "model", *words, "--format", "md") == 0
        assert "$5.0000" in capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
@pytest.mark.parametrize(
    "words",
    [
        ("model",),
        ("day",),
        ("project",),
        ("model", "--chart"),
        ("day", "--compare", "previous"),
        ("model", "--compare", "previous", "--amounts", "all"),
    ],
)
def test_huge_numbers_and_odd_names_fit_every_width(ask, tome, capsys, words, width) -> None:
    huge = Figures(
        requests=10**9,
        counts=(10**12, 10**12, 10**11, 10**13, 10**12, 10**9),
        cost={"USD": 10**18, "CNY": 10**17},
        sessions=10**6,
        unpriced_tokens=10**12,
        first_ms=NOW - 3_600_000,
        last_ms=NOW,
    )
    dims = {
        "model": {"provider": "供应商", "model": "模型-" + "very-long-" * 9 + "\x1b[31m"},
        "date": {"date": "2026-11-20"},
        "project": {"project": "/home/ada/" + "很长的目录名/" * 9 + "\x07"},
    }
    for name, each in dims.items():
        tome.rows[(name,)] = (Row(dims=each, figures=huge, models=("模型" * 30, "b")),) * 1
    tome.totals, tome.before = huge, Tome(totals=huge)
    assert ask("usage", *words, width=width) == 0
    out = capsys.readouterr().out
    assert not {"\x1b", "\x07"} & set(out)
    table = out.split("\n\n")[1].splitlines()
    assert max(map(cell_len, table)) <= max(width, 48)
