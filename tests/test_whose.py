"""Which session is meant: by hook, by the agent's environment, by folder, or the latest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath
from shutil import copytree

import pytest

from tallybook.book import Book
from tallybook.cli.boundary import run
from tallybook.cli.demo import SAMPLES
from tallybook.cli.shell import Shell
from tallybook.query import Query
from tallybook.whose import VARIABLES, Whose, whose_session, with_descendants

NOWHERE = PurePath("/nowhere/at/all")


@pytest.fixture
def book(home: Path) -> Iterator[Book]:
    """A book with the sample histories read."""
    copytree(SAMPLES, home, dirs_exist_ok=True)
    with Book.open(Shell.real().settings()) as opened:
        opened.sync()
        yield opened


def sessions(book: Book, source: str) -> list[str]:
    """The sessions of a source, the latest first."""
    rows = book.ask(Query(by=("source", "session"), sort="-last_at")).rows
    return [
        r.dims["session"] or "" for r in rows if r.dims["source"] == source and r.dims["session"]
    ]


def test_a_hooks_id_goes_before_all(book: Book) -> None:
    latest, other, *_ = sessions(book, "claude-code")
    environ = {"CLAUDE_CODE_SESSION_ID": latest}
    found = whose_session(book.ledger, environ, NOWHERE, other)
    assert found == Whose(other, "claude-code", "hook")


@pytest.mark.parametrize(("name", "source"), VARIABLES.items())
def test_an_agent_names_its_session_in_the_environment(book: Book, name: str, source: str) -> None:
    session = sessions(book, source)[-1]
    found = whose_session(book.ledger, {name: session}, NOWHERE)
    assert found == Whose(session, source, "environment", name)
    assert name in found.said()


def test_of_agents_that_started_agents_the_one_that_worked_last_is_meant(book: Book) -> None:
    both = {name: sessions(book, source)[0] for name, source in VARIABLES.items()}
    rows = book.ask(Query(by=("session",), sort="-last_at")).rows
    expected = next(r.dims["session"] for r in rows if r.dims["session"] in both.values())
    found = whose_session(book.ledger, both, NOWHERE)
    assert found is not None
    assert found.session == expected
    both = {
        "CODEX_THREAD_ID": "not-yet",
        "CLAUDE_CODE_SESSION_ID": sessions(book, "claude-code")[0],
    }
    found = whose_session(book.ledger, both, NOWHERE)
    assert found is not None
    assert found.detail == "CLAUDE_CODE_SESSION_ID"


def test_a_part_of_an_id_is_nobodys_and_a_new_session_is_told_as_that(book: Book) -> None:
    session = sessions(book, "claude-code")[0]
    found = whose_session(book.ledger, {}, NOWHERE, session[:8])
    assert found is not None
    assert not found.recorded
    new = whose_session(book.ledger, {"CODEX_THREAD_ID": "brand-new"}, NOWHERE)
    assert new == Whose("brand-new", "codex", "environment", "CODEX_THREAD_ID", recorded=False)


def test_a_session_is_followed_to_all_below_it(book: Book) -> None:
    pairs = book.ledger.parents()
    assert pairs
    for (_, child), parent in pairs.items():
        found = with_descendants(book.ledger, (parent,))
        assert found[0] == parent
        assert child in found
        assert len(found) == len({*found})
    assert with_descendants(book.ledger, ("nobody",)) == ("nobody",)


def test_without_an_agent_it_is_the_latest_of_the_folder_or_of_all(book: Book) -> None:
    rows = book.ask(Query(by=("session", "project"), sort="-last_at")).rows
    latest, *_, first = [r for r in rows if r.dims["session"] and r.dims["project"]]
    found = whose_session(book.ledger, {}, NOWHERE)
    assert found is not None
    assert (found.session, found.by) == (latest.dims["session"], "latest")
    folder = PurePath(first.dims["project"] or "") / "deep" / "inside"
    found = whose_session(book.ledger, {}, folder)
    assert found is not None
    assert (found.by, found.detail) == ("folder", first.dims["project"])


def test_an_empty_ledger_has_none_unless_an_agent_names_one(home: Path) -> None:
    with Book.open(Shell.real().settings()) as book:
        assert whose_session(book.ledger, {}, NOWHERE) is None
        named = whose_session(book.ledger, {}, NOWHERE, "x")
        assert named == Whose("x", "", "hook", recorded=False)


def test_the_command_says_by_what_it_was_found(
    book: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = sessions(book, "codex")[-1]
    monkeypatch.setenv("CODEX_THREAD_ID", session)
    assert run(["session", "current", "--json", "--no-sync"]) == 0
    said = capsys.readouterr()
    assert f'"session_id": "{session}"' in said.out
    assert said.err == f"session {session}: CODEX_THREAD_ID in the environment\n"
    monkeypatch.setenv("CODEX_THREAD_ID", "brand-new")
    assert run(["session", "current", "--no-sync"]) == 1
    assert "'brand-new' has no call in the ledger yet" in capsys.readouterr().err
    assert run(["session", "current", "--hook", "--no-sync"]) == 2
    assert "no session was handed over" in capsys.readouterr().err
