"""`tally usage`, `tally sessions` and `tally`: questions, forms of the answer, exit codes."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from tallybook.cli.options import FORMATS
from tallybook.clock import iso
from tallybook.query import MEASURES, Figures, Filter, Note, Row
from tallybook.questions import query_pairs


def test_without_words_it_is_the_last_seven_days(ask, tome) -> None:
    assert ask("usage") == 0
    [query] = tome.asked
    assert (query.by, query.bucket) == (("date",), "day")
    assert iso(query.since_ms, "UTC") == "2026-11-16T00:00:00+00:00"
    assert query.until_ms is None


@pytest.mark.parametrize(
    ("words", "by", "since"),
    [
        (("hour",), ("date",), "2026-11-21T12:00:00+00:00"),
        (("week",), ("date",), "2026-09-28T00:00:00+00:00"),
        (("month",), ("date",), "2025-12-01T00:00:00+00:00"),
        (("model",), ("model",), "2026-11-16T00:00:00+00:00"),
        (("model", "today"), ("model",), "2026-11-22T00:00:00+00:00"),
        (("today", "model"), ("model",), "2026-11-22T00:00:00+00:00"),
        (("week", "week"), ("date",), "2026-11-16T00:00:00+00:00"),
        (("2026-10",), ("date",), "2026-10-01T00:00:00+00:00"),
        (
            ("--by", "model,project", "--last", "2d"),
            ("model", "project"),
            "2026-11-21T00:00:00+00:00",
        ),
        (("project", "--by", "day"), ("project", "date"), "2026-11-16T00:00:00+00:00"),
        (("project", "model"), ("project", "model"), "2026-11-16T00:00:00+00:00"),
        (("model", "day"), ("date", "model"), "2026-11-16T00:00:00+00:00"),
        (("week", "model"), ("date", "model"), "2026-09-28T00:00:00+00:00"),
        (("model", "week"), ("model",), "2026-11-16T00:00:00+00:00"),
        (("project,model", "today"), ("project", "model"), "2026-11-22T00:00:00+00:00"),
        (("--since", "all"), ("date",), None),
    ],
)
def test_words_and_options_make_the_question(ask, tome, words, by, since) -> None:
    assert ask("usage", *words) == 0
    assert tome.asked[0].by == by
    found = tome.asked[0].since_ms
    assert (None if found is None else iso(found, "UTC")) == since


def test_two_groupings_of_time_are_a_mistake(ask, capsys) -> None:
    assert ask("usage", "day", "hour") == 2
    assert "  try: " in capsys.readouterr().err


def test_an_alias_takes_further_groupings(ask, tome) -> None:
    assert ask("daily", "model", "--since", "all") == 0
    assert (tome.asked[0].by, tome.asked[0].bucket) == (("date", "model"), "day")


def test_daily_weekly_monthly_are_names_of_the_same(ask, tome) -> None:
    for word in ("daily", "weekly", "monthly"):
        assert ask(word, "--since", "all") == 0
    assert [query.bucket for query in tome.asked] == ["day", "week", "month"]


def test_filters_and_source_names(ask, tome) -> None:
    words = ("--model", "a", "--model", "b", "--source", "claude", "--where", "project~web")
    assert ask("usage", *words) == 0
    assert set(tome.asked[0].where) == {
        Filter(dimension="model", values=("a", "b")),
        Filter(dimension="source", values=("claude-code",)),
        Filter(dimension="project", op="~", values=("web",)),
    }


def test_the_zone_comes_from_flag_variable_and_system(ask, tome) -> None:
    ask("usage", "--tz", "Asia/Shanghai", TALLY_TZ="Asia/Tokyo")
    ask("usage", TALLY_TZ="Asia/Tokyo")
    ask("usage")
    assert [query.tz for query in tome.asked] == ["Asia/Shanghai", "Asia/Tokyo", "UTC"]


def test_it_syncs_first_unless_told_not_to(ask, tome) -> None:
    ask("usage", "--no-sync")
    assert tome.synced == []
    ask("usage")
    assert tome.synced == [((), False)]


def test_switches_may_stand_before_the_command(ask, tome) -> None:
    assert ask("--no-sync", "--quiet", "usage", "model") == 0
    assert tome.synced == []
    assert tome.asked[0].by == ("model",)


def test_the_json_envelope(ask, unpriced, capsys) -> None:
    assert ask("usage", "model", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "tallybook.report/1"
    assert found["query"]["by"] == ["model"]
    assert [row["model"] for row in found["rows"]] == ["claude-sonnet-4-5-20250929", "glm-4.7"]
    assert found["rows"][1]["cost"] == {}
    assert found["totals"]["unpriced_tokens"] == 889_592
    assert found["notes"][0]["code"] == "unpriced-model"


def test_csv_is_exact_and_one_column_a_currency(ask, unpriced, capsys) -> None:
    assert ask("usage", "model", "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["cost_USD"] for row in rows] == ["49.3827156", ""]
    assert rows[0]["total"] == "4447960"
    assert "cost" not in rows[0]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_formulas_and_control_characters_are_harmless(ask, capsys, form: str) -> None:
    assert ask("sessions", "--format", form, "--fields", "title") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.splitlines()[-1].startswith("'=1+1")


@pytest.mark.parametrize("form", FORMATS)
def test_no_form_lets_a_title_drive_the_terminal(ask, capsys, form: str) -> None:
    assert ask("sessions", "--format", form) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "修复登录页面的时区错误" in out


def test_fields_narrow_every_form(ask, capsys) -> None:
    assert ask("usage", "model", "--format", "jsonl", "--fields", "model,total") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(line) for line in lines] == [["model", "total"]] * 2
    assert ask("usage", "model", "--json", "--fields", "total") == 0
    assert list(json.loads(capsys.readouterr().out)["totals"]) == ["total"]
    assert ask("usage", "model", "--fields", "model,requests,last_at", "--format", "md") == 0
    assert "| Model | Calls | Last |" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["help", "?"])
def test_fields_are_listed(ask, capsys, word: str) -> None:
    assert ask("usage", "model", "--fields", word) == 0
    assert capsys.readouterr().out.split() == ["provider", "model", *MEASURES]


def test_fields_may_be_called_as_their_columns_are(ask, capsys) -> None:
    words = "Calls,cache write,sess,cost"
    assert ask("usage", "model", "--format", "csv", "--fields", words) == 0
    heading = capsys.readouterr().out.splitlines()[0]
    assert heading == "requests,cache_write_5m,cache_write_1h,sessions,cost_USD"
    assert ask("usage", "model", "--fields", "model,calls,cost", width=40) == 0
    assert capsys.readouterr().out.splitlines()[2].split() == ["Model", "Calls", "Cost"]


def test_a_measure_without_a_sign_falls(ask, tome) -> None:
    for words in ("cost", "calls", "+cost", "-cost", "model"):
        ask("usage", "model", "--sort", words)
    assert [q.sort for q in tome.asked] == ["-cost", "-requests", "cost", "-cost", "model"]


def test_several_currencies_are_never_added(ask, tome, capsys) -> None:
    tome.totals = Figures(requests=1, cost={"USD": 10**9, "CNY": 2 * 10**9})
    assert ask("usage", "model", "--no-sync") == 0
    heading = capsys.readouterr().out.splitlines()[2]
    assert "Cost CNY" in heading
    assert "Cost USD" in heading


def test_an_incomplete_answer_is_shown_with_exit_code_5(ask, tome, capsys) -> None:
    tome.whole = False
    assert ask("usage") == 5
    assert "could not be read" in capsys.readouterr().out
    assert ask("usage", "--json") == 5
    assert json.loads(capsys.readouterr().out)["complete"] is False


def test_nothing_found_says_what_to_do(ask, tome, capsys) -> None:
    tome.rows, tome.totals = {}, Figures()
    assert ask("usage") == 0
    assert "tally doctor" in capsys.readouterr().out
    tome.totals = Figures(last_ms=1_700_000_000_000)
    assert ask("usage") == 0
    out = capsys.readouterr().out
    assert "2023-11-14 22:13" in out
    assert "--since all" in out


MODELS_OF_OLD = (
    Row(dims={"provider": "anthropic", "model": "claude-opus-4-5-20251101"}, figures=Figures()),
    Row(dims={"provider": "anthropic", "model": "claude-sonnet-4-5-20250929"}, figures=Figures()),
)


def when_known(tome, *known: Filter):
    """A book without rows, whose calls match only the filters that are known."""
    old = Figures(last_ms=1_700_000_000_000)
    plain_ask = tome.ask
    tome.rows = {("model",): MODELS_OF_OLD}

    def ask_(query):
        tome.totals = old if set(query.where) <= set(known) else Figures()
        rows = () if query.since_ms or query.where else tome.rows.get(query.by, ())
        return replace(plain_ask(query), rows=rows)

    tome.ask = ask_


@pytest.mark.parametrize(
    ("value", "near"),
    [
        ("opus45", "claude-opus-4-5-20251101"),
        ("claude-opsu-4-5", "claude-opus-4-5-20251101"),
        ("sonet", "claude-sonnet-4-5-20250929"),
        ("anthropic/opus", "claude-opus-4-5-20251101"),
    ],
)
def test_a_filter_that_fits_nothing_is_named_with_what_is_like_it(
    ask, tome, capsys, value: str, near: str
) -> None:
    when_known(tome)
    assert ask("usage", "--model", value) == 0
    out = capsys.readouterr().out
    assert f"No call in the ledger fits model={value}." in out
    assert f"  Like it: {near}" in out
    assert "tally usage model --since all" in out


OPUS, WEB = Filter(dimension="model", values=("o",)), Filter(dimension="project", values=("w",))


def test_filters_that_fit_at_another_time(ask, tome, capsys) -> None:
    when_known(tome, OPUS)
    assert ask("usage", "--model", "o") == 0
    out = capsys.readouterr().out
    assert "The last call that matches was on 2023-11-14 22:13" in out
    assert "--since all" in out
    assert ask("usage", "--model", "o", "--project", "w") == 0
    out = capsys.readouterr().out
    assert "project=w" in out
    assert "model=o" not in out
    assert "nothing has a value for project" in out


def test_filters_that_fit_only_apart(ask, tome, capsys) -> None:
    when_known(tome, OPUS, WEB)
    plain_ask = tome.ask

    def apart(query):
        found = plain_ask(query)
        return replace(found, totals=Figures()) if len(query.where) > 1 else found

    tome.ask = apart
    assert ask("usage", "--model", "o", "--project", "w", "--since", "all") == 0
    out = capsys.readouterr().out
    assert "no call matches all of them" in out
    assert "--since all" not in out


def test_all_time_is_not_advised_where_it_was_given(ask, tome, capsys) -> None:
    when_known(tome)
    assert ask("usage", "day", "--since", "all", "--sort", "date") == 0
    assert "--since all" not in capsys.readouterr().out


def test_today_without_calls_shows_the_last_days(ask, tome, capsys) -> None:
    full = tome.rows
    answers = iter([{}, {}, full])
    plain_ask = tome.ask

    def first_nothing(query):
        tome.rows = next(answers) if tome.rows is not full else full
        return plain_ask(query)

    tome.ask = first_nothing
    tome.rows = {}
    assert ask() == 0
    out = capsys.readouterr().out
    assert out.startswith("Nothing today yet. The last 7 days, since 2026-11-16 (UTC)")
    assert out.splitlines()[-1].startswith("More: tally ")


def test_today_in_json_is_today_whatever_was_found(ask, tome, capsys) -> None:
    tome.rows = {}
    assert ask("--json") == 0
    assert json.loads(capsys.readouterr().out)["query"]["since"] == "2026-11-22T00:00:00+00:00"


def test_limits_are_told(ask, tome, capsys) -> None:
    assert ask("usage", "--limit", "3", "--sort", "-cost") == 0
    assert (tome.asked[0].limit, tome.asked[0].sort) == (3, "-cost")
    assert "The first 3 rows" in capsys.readouterr().out
    assert ask("sessions", "--limit", "0") == 0
    assert tome.asked[-1].limit is None


def test_what_has_no_price_and_what_was_recovered_is_named(ask, tome, capsys) -> None:
    tome.totals = replace(tome.totals, unpriced_tokens=889_592)
    tome.notes = (
        Note(code="unpriced-model", text="at least", items=("zai-coding-plan/glm-4.7",)),
        Note(code="recovered", text="1,234 tokens were recovered"),
    )
    assert ask("usage", "--json") == 0
    notes = {note["code"]: note for note in json.loads(capsys.readouterr().out)["notes"]}
    assert notes["unpriced-model"]["items"] == ["zai-coding-plan/glm-4.7"]
    assert notes["recovered"]["text"].startswith("1,234 tokens")
    assert ask("usage") == 0
    out = capsys.readouterr().out
    assert "No price for zai-coding-plan/glm-4.7" in out
    assert "1,234 tokens were recovered" in out


def test_a_coarse_table_still_adds_up(ask, capsys) -> None:
    assert ask("usage", "model", width=60) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"In", "Cache", "Out", "Total"} <= set(lines[2].split())
    assert "Cache wr" not in lines[2]
    assert "Cache is read and written; output includes reasoning." in lines


def test_the_printed_question_is_a_command_line(ask, tome) -> None:
    words = ("--by", "week,model", "--where", "project~we b", "--last", "3w", "--sort", "-cost")
    assert ask("usage", *words, "--tz", "Asia/Shanghai", "--week-start", "sunday") == 0
    first = tome.asked[0]
    tome.asked.clear()
    assert ask("usage", *(f"--{key}={text}" for key, text in query_pairs(first))) == 0
    assert tome.asked[0] == first
