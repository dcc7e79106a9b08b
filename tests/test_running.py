"""Running agents beside the ledger: whose project, which session, what it has come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tallybook.ledger.sqlite import SqliteLedger
from tallybook.processes import Process
from tallybook.query import Figures, Query, Report
from tallybook.reading import Attribution, Batch, Reading, SessionFact
from tallybook.running import GLOBAL, Running, running, summary, tokens_per_minute

from .ledger.books import T0, appraiser, open_new, reading, record, usage

MINUTE = 60_000
NOW = T0 + 60 * MINUTE
HOME = "/home/ada"


def call(name: str, session: str, project: str | None, minute: int, **more: object) -> Reading:
    """A call of 1,000 tokens so many minutes after the beginning."""
    source = str(more.pop("source", "opencode"))
    who = Attribution(source, session=session, project=project)
    raw = usage(output=100, fresh=900)
    return reading(name, at=T0 + minute * MINUTE, who=who, raw=raw, **more)


def process(pid: int = 1, minute: int = 30, **more: object) -> Process:
    """An agent that began so many minutes after the beginning."""
    told: dict[str, object] = {
        "source": "opencode",
        "mode": "cli",
        "directory": "/srv/web",
        **more,
    }
    return Process(pid=pid, started_ms=T0 + minute * MINUTE, **told)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    """Two projects; in one a session before and one after minute 30, which has one below it."""
    book = open_new(tmp_path)
    record(
        book,
        [
            call("a", "old", "/srv/web", 10),
            call("b", "new", "/srv/web", 20),
            call("c", "new", "/srv/web", 40),
            call("d", "below", "/srv/web", 58),
            call("e", "new", "/srv/web", 45),
            call("f", "api", "/srv/web/api", 50),
            call("g", "other", "/srv/web", 59, source="codex"),
        ],
    )
    facts = [
        SessionFact("opencode", "below", parent="new", title="Look at the logs", title_rank=1),
        SessionFact("opencode", "new", title="Mend the clock", title_rank=1),
        SessionFact("opencode", "old", title="Before", title_rank=1),
    ]
    book.record(Batch(facts=facts), appraiser())
    return book


def one(ledger: SqliteLedger, *found: Process) -> Running:
    """The first of some processes with its work."""
    return running(ledger, found, NOW, home=HOME)[0]


@pytest.mark.parametrize(
    ("directory", "project"),
    [
        ("/srv/web", "/srv/web"),
        ("/srv/web/", "/srv/web"),
        ("/srv/web/src/deep", "/srv/web"),
        ("/srv/web/api/v1", "/srv/web/api"),
        ("/srv/webshop", "/srv/webshop"),
        (HOME, GLOBAL),
        ("/", GLOBAL),
        (f"{HOME}/new", f"{HOME}/new"),
        (None, ""),
    ],
)
def test_the_project_is_the_nearest_one(
    ledger: SqliteLedger, directory: str | None, project: str
) -> None:
    record(ledger, [call("h", "homely", HOME, 1)])
    assert one(ledger, process(directory=directory)).project == project


def test_the_session_that_fits_is_the_latest_with_all_below_it(ledger: SqliteLedger) -> None:
    found = one(ledger, process())
    assert (found.session, found.title, found.certain) == ("new", "Mend the clock", False)
    assert (found.figures.requests, found.figures.sessions, found.figures.total) == (3, 2, 3_000)
    assert found.per_minute == 500  # only the call of minute 58 is of the last five


def test_only_calls_since_the_process_began_count(ledger: SqliteLedger) -> None:
    young, old = process(2, 42), process(1, 0, directory="/srv/web/api")
    found = running(ledger, [old, young], NOW, home=HOME)
    assert [(each.session, each.figures.requests) for each in found] == [("api", 1), ("new", 2)]
    assert one(ledger, process(minute=0)).figures.requests == 4
    assert one(ledger, process(minute=59)).session == ""


def test_the_rate_is_that_of_the_session_however_old_its_process_is(ledger: SqliteLedger) -> None:
    record(ledger, [call("h", "new", "/srv/web", 57), call("i", "new", "/srv/web", 59)])
    for minute in (58, 59, 30):  # 3,000 tokens in the three minutes since minute 57
        assert one(ledger, process(minute=minute)).per_minute == 1_000


@pytest.mark.parametrize(
    ("tokens", "ago_s", "rate"),
    [
        (900, 20, 900),  # not yet a minute: as if it were one
        (900, 60, 900),
        (900, 90, 600),
        (10_000, 180, 3_333),
        (10_000, 300, 2_000),
        (0, 20, 0),
    ],
)
def test_tokens_a_minute(tokens: int, ago_s: int, rate: int) -> None:
    lately = Figures(requests=1, counts=(tokens, 0, 0, 0, 0, 0), first_ms=NOW - ago_s * 1_000)
    assert tokens_per_minute(lately, NOW) == rate
    assert tokens_per_minute(Figures(), NOW) == 0


def test_an_idle_session_has_a_rate_of_zero(ledger: SqliteLedger) -> None:
    found = one(ledger, process(directory="/srv/web/api"))
    assert (found.session, found.per_minute, found.figures.requests) == ("api", 0, 1)


def test_two_agents_at_one_desk_are_not_told_apart(ledger: SqliteLedger) -> None:
    found = running(ledger, [process(1), process(2, directory="/srv/web/src")], NOW, home=HOME)
    assert [(each.session, each.per_minute) for each in found] == [("", None), ("", None)]
    assert all(each.project == "/srv/web" for each in found)


@pytest.mark.parametrize("more", [{"source": "codex"}, {"helper": True}])
def test_what_writes_no_such_session_is_in_nobodys_way(
    ledger: SqliteLedger, more: dict[str, object]
) -> None:
    beside = process(2, **more)
    first, second = running(ledger, [process(1), beside], NOW, home=HOME)
    assert first.session == "new"
    assert second.session == ("other" if beside.source == "codex" else "")


def test_who_is_attached_has_a_server_write_there(ledger: SqliteLedger) -> None:
    """Whichever server that is: nobody else there is known to have written anything."""
    beside = process(2, mode="attach")
    for mode, session in (("cli", ""), ("acp", ""), ("server", "new"), ("web", "new")):
        found = running(ledger, [process(1, mode=mode), beside], NOW, home=HOME)
        assert [each.session for each in found] == [session, ""]


@pytest.mark.parametrize("told", ["new", "below"])
def test_a_session_that_another_tells_fits_nobody_else(ledger: SqliteLedger, told: str) -> None:
    """It may have been taken up in another folder."""
    elsewhere = process(1, directory="/srv/other", session=told)
    found = running(ledger, [elsewhere, process(2)], NOW, home=HOME)
    assert [each.session for each in found] == [told, ""]
    assert found[1].per_minute is None
    record(ledger, [call("h", "own", "/srv/web", 35)])
    found = running(ledger, [elsewhere, process(2)], NOW, home=HOME)
    assert (found[1].session, found[1].figures.requests) == ("own", 1)
    viewer = replace(elsewhere, mode="attach")
    assert running(ledger, [viewer, process(2)], NOW, home=HOME)[1].session == "new"


def test_what_the_process_tells_is_certain(ledger: SqliteLedger) -> None:
    told, untold = process(1, session="old"), process(2)
    first, second = running(ledger, [told, untold], NOW, home=HOME)
    assert (first.session, first.title, first.certain) == ("old", "Before", True)
    assert (first.figures.requests, first.per_minute) == (0, 0)
    assert second.session == ""  # the one that was told may have gone on to another
    strange = one(ledger, process(session="never-heard-of"))
    assert (strange.session, strange.title) == ("never-heard-of", "")
    assert (strange.figures, strange.per_minute) == (None, None)


def test_a_told_session_that_is_below_another_is_itself(ledger: SqliteLedger) -> None:
    found = one(ledger, process(session="below"))
    assert (found.session, found.figures.requests) == ("below", 1)


def test_without_a_directory_nothing_is_guessed(ledger: SqliteLedger) -> None:
    record(ledger, [call("h", "lost", None, 59)])
    assert one(ledger, process(directory=None)).session == ""
    assert one(ledger, process(directory="/")).session == ""


def test_a_circle_of_parents_has_an_end(ledger: SqliteLedger) -> None:
    ledger.record(Batch(facts=[SessionFact("opencode", "new", parent="below")]), appraiser())
    found = one(ledger, process())
    assert found.session in ("new", "below")
    assert found.figures.requests == 3


def test_unmetered_calls_have_no_rate(ledger: SqliteLedger) -> None:
    lost = call("h", "dark", "/srv/dark", 59)
    record(ledger, [lost._replace(usage=b"{}", status="unmetered")])
    found = one(ledger, process(directory="/srv/dark"))
    assert (found.session, found.per_minute, found.figures.unmetered_requests) == ("dark", None, 1)


def test_few_questions_are_asked_of_many_processes(ledger: SqliteLedger) -> None:
    asked: list[Query] = []

    def ask(query: Query) -> Report:
        asked.append(query)
        return ledger.ask(query)

    many = [process(n, 30, directory=f"/srv/web/{n}" if n else "/srv/web/api") for n in range(20)]
    many += [process(99, 30, source="codex")]
    running(ledger, many, NOW, home=HOME, ask=ask)
    assert len(asked) == 2


def test_figures_are_those_of_who_is_asked(ledger: SqliteLedger) -> None:
    def ask(query: Query) -> Report:
        found = ledger.ask(query)
        rows = (row._replace(figures=replace(row.figures, cost={"CNY": 7})) for row in found.rows)
        return replace(found, rows=tuple(rows))

    found = running(ledger, [process()], NOW, home=HOME, ask=ask)[0]
    assert found.figures.cost == {"CNY": 14}


def test_an_empty_ledger_knows_of_no_session(tmp_path: Path) -> None:
    empty = open_new(tmp_path)
    found = one(empty, process())
    assert (found.session, found.project, found.per_minute) == ("", "/srv/web", None)
    helper = process(helper=True, agent=7)
    assert running(empty, [helper], NOW) == (Running(process=helper),)


def test_how_many_there_are_is_told_in_words() -> None:
    agent, helper = process(), process(helper=True)
    assert summary([]) == "no agent is running"
    assert summary([agent]) == "1 agent"
    assert summary([helper]) == "no agent + 1 helper"
    assert summary([agent, helper, agent]) == "2 agents + 1 helper"
    assert summary([agent, helper, helper]) == "1 agent + 2 helpers"
