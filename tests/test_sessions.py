"""Questions about sessions that are asked of a ledger: which is current, what a call cost, whose
company a session keeps."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import Money
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.reading import Attribution, Reading, key_of
from tallybook.sessions import charge_of, current_session, with_company

from .ledger.books import MODEL, T0, open_new, reading, record, usage


def call(name: str, session: str, project: str | None, at: int, **more: object) -> Reading:
    who = Attribution("claude-code", session=session, project=project)
    return reading(name, at=T0 + at, who=who, **more)


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    book = open_new(tmp_path)
    record(
        book,
        [
            call("a", "web", "/srv/web", 0),
            call("b", "api", "/srv/web/api", 1_000),
            call("c", "web", "/srv/web", 2_000, model="claude-opus-4-5", raw=usage(output=5_000)),
            call("d", "elsewhere", None, 9_000),
        ],
    )
    return book


@pytest.mark.parametrize(
    ("folder", "session"),
    [
        ("/srv/web", "web"),
        ("/srv/web/src/deep", "web"),
        ("/srv/web/api/v1", "api"),
        ("/srv", "elsewhere"),
        ("/srv/webshop", "elsewhere"),
        ("/", "elsewhere"),
    ],
)
def test_the_current_session_is_of_the_nearest_project(
    ledger: SqliteLedger, folder: str, session: str
) -> None:
    assert current_session(ledger, PurePath(folder)) == session


def test_an_empty_ledger_has_no_current_session(tmp_path: Path) -> None:
    assert current_session(open_new(tmp_path), PurePath("/srv/web")) is None


def test_company_is_told_in_the_order_of_tokens(ledger: SqliteLedger) -> None:
    query = Query(by=("session",), sort="-last_at")
    rows = {row.dims["session"]: row for row in with_company(ledger, ledger.ask(query)).rows}
    assert rows["web"].models == ("claude-opus-4-5", MODEL)
    assert rows["web"].dims["project"] == "/srv/web"
    assert rows["elsewhere"].dims["project"] is None
    assert list(rows) == ["elsewhere", "web", "api"]


def test_the_lines_of_a_charge_add_up_to_what_was_recorded(ledger: SqliteLedger) -> None:
    found = ledger.calls([key_of("test", "a")])[key_of("test", "a")]
    charge = charge_of(found, open_price_book())
    assert charge is not None
    assert charge.amount == found.cost
    assert [line.name for line in charge.lines if line.count] == ["input", "output"]


def test_no_lines_are_told_of_another_price(ledger: SqliteLedger) -> None:
    found = ledger.calls([key_of("test", "a")])[key_of("test", "a")]
    assert charge_of(found._replace(cost=Money(1, "USD")), open_price_book()) is None
    assert charge_of(found._replace(cost=None), open_price_book()) is None
    assert charge_of(found._replace(dialect=""), open_price_book()) is None
