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
from tallybook.query import Query, Report, Row
from tallybook.reading import Batch, SessionFact

from .conftest import OPUS, SONNET, Ask, Tell, Tome, figures

FIRST, SECOND, THIRD, FOURTH = "dc5d397a", "439e39dd", "d2666446", "f3cff65d"


def related(tell: Tell, ledger_file: Path, *pairs: tuple[str, str]) -> Tell:
    """The same histories, with each child below its parent."""
    ids = {
        row["session"][:8]: row["session"] for row in json.loads(tell("sessions", "--json"))["rows"]
    }
    ledger = SqliteLedger(str(ledger_file))
    facts = [
        SessionFact(source="claude-code", session=ids[child], parent=ids[parent])
        for child, parent in pairs
    ]
    ledger.record(Batch(facts=facts), Appraising(open_price_book()))
    ledger.close()
    return tell


@pytest.fixture
def family(tell: Tell, ledger_file: Path) -> Tell:
    """The third session below the first, and the fourth below it."""
    return related(tell, ledger_file, (THIRD, FIRST), (FOURTH, THIRD))


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
    page = family("session", FIRST, width=120)
    assert f'1 session, counted apart: {THIRD} "[[rig steps=1 sub=1]] Fork two."' in page
    assert json.loads(family("session", FIRST, "--json"))["children"][0].startswith(THIRD)
    assert f'parent       {FIRST} "[[rig steps=2 sub=1]] With a helper."' in family(
        "session", THIRD
    )


def test_a_page_has_the_figures_of_the_family_beside_its_own(family: Tell) -> None:
    first, third, fourth, second = json.loads(family("sessions", "--tree", "--json"))["rows"]
    for row in (first, third, fourth, second):
        told = json.loads(family("session", row["session"], "--json"))
        assert told["with_descendants"] == row["with_descendants"]
        assert (told["descendants"], told["total"]) == (row["descendants"], row["total"])
    whole = f"{first['with_descendants']['total']:,} tokens, $"
    assert whole in family("session", FIRST)
    assert "this session with 2 sessions below it" in family("session", FIRST)
    assert "family" not in family("session", SECOND)


def test_the_lines_of_a_tree_tell_where_a_branch_ends(tell: Tell, ledger_file: Path) -> None:
    out = related(tell, ledger_file, (SECOND, FIRST), (FOURTH, SECOND), (THIRD, FIRST))(
        "sessions", "--tree", width=120
    )
    marks = {line[:8]: line[17:21] for line in out.splitlines() if line[:8] in (FIRST, *BELOW)}
    assert marks[FIRST] == "[[ri"
    assert {marks[name][:2] for name in (SECOND, THIRD)} == {"├ ", "└ "}
    bar = "│ " if marks[SECOND].startswith("├") else "  "
    assert marks[FOURTH] == f"{bar}└ "


BELOW = (SECOND, THIRD, FOURTH)


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "md"])
def test_other_forms_of_a_tree(family: Tell, form: str) -> None:
    lines = family("sessions", "--tree", "--format", form).strip().splitlines()
    assert sum(FOURTH in line for line in lines) >= 1
    if form == "jsonl":
        assert [json.loads(line)["depth"] for line in lines] == [0, 1, 2, 0]


def listed(tome: Tome, projects: tuple[str, ...], models: tuple[str, ...] = (SONNET,)) -> None:
    """Let the book have one session in each project."""

    def sessions(query: Query) -> Report:
        rows = tuple(
            Row({"session": f"s{at}" * 8, "title": "T", "project": each}, figures(1), models)
            for at, each in enumerate(projects)
        )
        return Report(query=query, revision="r", rows=rows, totals=figures(len(rows)))

    tome.sessions = sessions  # pyright: ignore[reportAttributeAccessIssue]


def test_projects_that_end_alike_are_told_apart(ask: Ask, tome: Tome, capsys) -> None:
    listed(tome, ("/srv/one/web", "/srv/two/web", "/old/home/api/src", "/new/home/api/src", "/x/y"))
    assert ask("sessions", "--no-sync", width=160) == 0
    out = capsys.readouterr().out
    for name in (" one/web ", " two/web ", " src (old) ", " src (new) ", " y "):
        assert name in out


@pytest.mark.parametrize("width", [110, 120, 140, 180])
def test_models_come_before_the_digits_and_the_classes_one_by_one(
    ask: Ask, tome: Tome, capsys, width: int
) -> None:
    listed(tome, ("/srv/web",), (SONNET, OPUS, "claude-haiku-4-5-20251001"))
    assert ask("sessions", "--no-sync", width=width) == 0
    heading, row = capsys.readouterr().out.splitlines()[2:4]
    assert "Models" in heading
    assert ("Cache wr" in heading or "Cache write" in heading) == (width >= 120)
    assert "claude-sonnet-4-5 +2" in row or "claude-sonnet-4-5, claude-opus-4-5, " in row
    assert "20251" not in row
