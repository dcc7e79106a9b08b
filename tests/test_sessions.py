"""Questions about sessions that are asked of a ledger: which is current, what a call cost, whose
company a session keeps."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from tallybook.charging import charge_of
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import Money
from tallybook.prices import open_price_book
from tallybook.query import Query, Row
from tallybook.reading import Attribution, Batch, Reading, SessionFact, Spelling, key_of
from tallybook.sessions import configured, current_session, session_named, with_company
from tallybook.sources import open_source, source_names

from .ledger.books import MODEL, T0, appraiser, open_new, reading, record, usage


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


def test_a_session_knows_its_relatives_its_copies_and_its_spellings(ledger: SqliteLedger) -> None:
    facts = [
        SessionFact("claude-code", child, title=child.upper(), title_rank=1, parent=parent)
        for child, parent in (("api", "web"), ("elsewhere", "api"), ("gone", "web"), ("web", "x"))
    ]
    copy = call("b", "copied", "/srv/web/api", 1_000, rank=1)
    copy = copy._replace(who=copy.who._replace(agent="sisyphus"))
    mine = call("e", "copied", "/srv/web", 5_000)
    mine = mine._replace(who=mine.who._replace(agent="sisyphus"))
    raw = [
        Spelling("claude-code", "agent", "sisyphus", "Sisyphus (Ultraworker)"),
        Spelling("claude-code", "agent", "sisyphus", "Sisyphus"),
        Spelling("claude-code", "agent", "oracle", "Oracle"),
    ]
    ledger.record(Batch(readings=[copy, mine], facts=facts, spellings=raw), appraiser())
    web = session_named(ledger, "web", "UTC")
    assert web is not None
    assert (web.children, web.below, web.copies) == (("api", "gone"), 3, ())
    assert web.titles["api"] == "API"
    own = {each.dims["session"]: each.figures for each in by_session(ledger)}
    assert web.figures == own["web"]
    assert web.family is not None
    assert web.family.total == sum(own[name].total for name in ("web", "api", "elsewhere"))
    assert web.family.sessions == 3
    copied = session_named(ledger, "copied", "UTC")
    assert copied is not None
    assert (copied.copies, copied.figures.requests, copied.family) == ((("api", 1),), 1, None)
    assert copied.spellings == {"sisyphus": ("Sisyphus", "Sisyphus (Ultraworker)")}


def test_a_circle_of_parents_has_an_end(ledger: SqliteLedger) -> None:
    pairs = (("api", "web"), ("web", "elsewhere"), ("elsewhere", "api"))
    facts = [SessionFact("claude-code", child, parent=parent) for child, parent in pairs]
    ledger.record(Batch(facts=facts), appraiser())
    found = session_named(ledger, "web", "UTC")
    assert found is not None
    assert (found.children, found.below) == (("api",), 2)


CONFIGURED = """{
  "agents": {
    "sisyphus": { "model": "user/asked" },
    "sisyphus-junior": { "model": "user/junior" },
  },
  "categories": { "quick": { "model": "user/quick" } },
}"""


def test_what_is_configured_is_the_projects_then_the_kind_of_works(tmp_path: Path) -> None:
    """A project's own configuration goes before the user's, and a kind of work that has a model
    before the agent that does it; a project that can't be looked into has no say."""
    home, project, closed = (tmp_path / name for name in ("home", "home/app", "home/closed"))
    for folder, text in (
        (home / ".config/opencode", CONFIGURED),
        (
            project / ".opencode",
            '{"agents": {"sisyphus": {"model": "anthropic/claude-sonnet-4-5"}}}',
        ),
        (closed, ""),
    ):
        folder.mkdir(parents=True)
        (folder / "oh-my-opencode.jsonc").write_text(text)
    closed.chmod(0)
    ledger = open_new(tmp_path)
    for session, agent, where in (
        ("top", "sisyphus", str(project)),
        ("child", "sisyphus-junior", str(project)),
        ("far", "sisyphus", r"C:\work"),
        ("closed", "sisyphus", str(closed)),
        ("plain", "build", str(project)),
    ):
        who = Attribution("opencode", session=session, project=where, agent=agent)
        record(ledger, [reading(session, who=who)])
    facts = [SessionFact("opencode", "child", parent="top", category="quick")]
    ledger.record(Batch(facts=facts), appraiser())
    source = open_source("opencode", environ={"HOME": str(home)})
    told: dict[str, list[tuple[object, ...]]] = {}
    for session in ("top", "child", "far", "closed", "plain"):
        found = session_named(ledger, session, "UTC")
        assert found is not None
        told[session] = [tuple(each) for each in configured(ledger, source, found)]
    closed.chmod(0o700)
    ran = (f"anthropic/{MODEL}",)
    assert told == {
        "top": [("sisyphus", "", "anthropic/claude-sonnet-4-5", ran)],
        "child": [("sisyphus-junior", "quick", "user/quick", ran)],
        "far": [("sisyphus", "", "user/asked", ran)],
        "closed": [("sisyphus", "", "user/asked", ran)],
        "plain": [],
    }


@pytest.mark.parametrize("name", source_names())
def test_nothing_is_configured_in_an_empty_home(tmp_path: Path, name: str) -> None:
    source = open_source(name, environ={"HOME": str(tmp_path)})
    assert source.configured() == source.configured(tmp_path) == {}


def by_session(ledger: SqliteLedger) -> tuple[Row, ...]:
    return ledger.ask(Query(by=("session",))).rows


def test_projects_and_models_are_in_the_order_of_their_tokens(ledger: SqliteLedger) -> None:
    more = [
        call("f", "many", "/small", 1, model="m-one", raw=usage(output=10)),
        call("g", "many", "/large", 2, model="m-two", raw=usage(output=50)),
        call("h", "many", "/large", 3, model="m-one", raw=usage(output=45)),
    ]
    record(ledger, more)
    company = with_company(ledger, ledger.ask(Query(by=("session",)))).rows
    (row,) = (each for each in company if each.dims["session"] == "many")
    assert (row.dims["project"], row.models) == ("/large", ("m-one", "m-two"))
