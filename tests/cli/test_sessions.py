"""`tally sessions`: projects, models and what is going on beside the figures; families."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tallybook.appraising import Appraising
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.reading import Batch, SessionFact

from .conftest import Tell

FIRST, SECOND, THIRD, FOURTH = "dc5d397a", "439e39dd", "d2666446", "f3cff65d"


@pytest.fixture
def family(tell: Tell, ledger_file: Path) -> Tell:
    """The same histories, with the third session below the first, and the fourth below it."""
    ids = {
        row["session"][:8]: row["session"] for row in json.loads(tell("sessions", "--json"))["rows"]
    }
    ledger = SqliteLedger(str(ledger_file))
    facts = [
        SessionFact(source="claude-code", session=ids[child], parent=ids[parent])
        for child, parent in ((THIRD, FIRST), (FOURTH, THIRD))
    ]
    ledger.record(Batch(facts=facts), Appraising(open_price_book()))
    ledger.close()
    return tell


def rows_of(out: str) -> dict[str, dict[str, object]]:
    return {row["session"][:8]: row for row in json.loads(out)["rows"]}


def test_a_row_has_the_project_the_models_and_whether_it_goes_on(tell: Tell) -> None:
    rows = rows_of(tell("sessions", "--json"))
    assert rows.keys() == {FIRST, SECOND, THIRD, FOURTH}
    assert {tuple(row["models"]) for row in rows.values()} == {("claude-opus-4-5",)}
    assert {row["project"] for row in rows.values()} == {"/home/dev/proj/alpha"}
    assert {row["active"] for row in rows.values()} == {False}


def test_active_is_what_had_a_call_within_the_setting(tell: Tell, home: Path) -> None:
    rows = rows_of(tell("sessions", "--json"))
    last = {name: row["last_at"] for name, row in rows.items()}
    assert all(str(at).startswith("2026-11-22T07:27") for at in last.values())
    (home / "config.toml").write_text('active_within = "5h"\n')
    assert {row["active"] for row in rows_of(tell("sessions", "--json")).values()} == {True}
    out = tell("sessions")
    assert "* active: a call in the last 5 h" in out
    assert out.count("\n*  ") == 4


@pytest.mark.parametrize("value", ["5", "0m", "five", "-1m", "5d"])
def test_a_wrong_time_is_refused(tell: Tell, home: Path, value: str) -> None:
    (home / "config.toml").write_text(f'active_within = "{value}"\n')
    assert "active_within" in tell("sessions", code=2)


def test_fields_may_be_chosen_among_all(tell: Tell) -> None:
    out = tell("sessions", "--format", "csv", "--fields", "session,models,active,calls")
    heading, *rows = csv.reader(io.StringIO(out))
    assert heading == ["session", "models", "active", "requests"]
    assert len(rows) == 4
    known = tell("sessions", "--fields", "help", "--tree").split()
    assert {"project", "models", "active", "depth", "parent", "descendants"} <= set(known)
    assert "depth" not in tell("sessions", "--fields", "help").split()
    assert "unknown field" in tell("sessions", "--fields", "depth", code=2)


def test_a_tree_tells_own_and_family_and_never_adds_them(family: Tell) -> None:
    whole = json.loads(family("sessions", "--tree", "--json"))
    rows = whole["rows"]
    assert [(row["session"][:8], row["depth"]) for row in rows] == [
        (FIRST, 0), (THIRD, 1), (FOURTH, 2), (SECOND, 0),
    ]  # fmt: skip
    first, third, fourth, second = rows
    assert fourth["parent"] == third["session"]
    assert first["descendants"] == 2
    below = [row["own"]["total"] for row in (first, third, fourth)]
    assert first["with_descendants"]["total"] == sum(below)
    assert first["total"] == first["own"]["total"] == below[0]
    assert second["with_descendants"] == second["own"]
    assert whole["totals"]["total"] == sum(row["total"] for row in rows)
    assert whole["totals"]["sessions"] == 4


@pytest.mark.parametrize("width", [60, 80, 120, 170])
def test_a_tree_fits_and_keeps_both_figures(family: Tell, width: int) -> None:
    out = family("sessions", "--tree", width=width)
    assert max(map(len, out.splitlines())) <= width
    heading = out.splitlines()[2]
    assert ("Own cost" in heading, "Family cost" in heading) == (True, True)
    assert out.count("└ ") == 2
    assert "counts each" in out


def test_the_limit_of_a_tree_counts_families(family: Tell) -> None:
    out = family("sessions", "--tree", "--limit", "1")
    assert FOURTH in out
    assert SECOND not in out
    assert "The first 1 family; the total counts all sessions." in out
    assert (
        json.loads(family("sessions", "--tree", "--limit", "1", "--json"))["totals"]["sessions"]
        == 4
    )


def test_the_page_of_a_parent_names_what_is_below_it(family: Tell) -> None:
    assert f"1 session, counted apart: {THIRD}" in family("session", FIRST)
    assert json.loads(family("session", FIRST, "--json"))["children"][0].startswith(THIRD)


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "md"])
def test_other_forms_of_a_tree(family: Tell, form: str) -> None:
    lines = family("sessions", "--tree", "--format", form).strip().splitlines()
    assert sum(FOURTH in line for line in lines) >= 1
    if form == "jsonl":
        assert [json.loads(line)["depth"] for line in lines] == [0, 1, 2, 0]
