"""What is forgotten is gone from the bytes, stays gone, and no total moves."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from tallybook.errors import LedgerBusy, UsageMistake
from tallybook.ledger.orders import WHAT, ForgetOrder, VoidOrder
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.query import Filter, Query
from tallybook.reading import (
    Attribution,
    Batch,
    Complaint,
    Cursor,
    Reading,
    SessionClaim,
    SessionFact,
    Spelling,
)

from .books import MODEL, T0, appraiser, open_new, reading, usage

APPRAISER = appraiser()
PROJECT, SESSION, TITLE = "/srv/geheim", "5e55-aaaa", "The Secret Plan"
PLACE = f"/h/.claude/projects/-srv-geheim/{SESSION}.jsonl"
SECRETS = (PROJECT, "-srv-geheim", SESSION, TITLE, "geheime-branch")


def secret(name: str, **more: object) -> Reading:
    """A call in the project that is to be forgotten."""
    who = Attribution("claude-code", session=SESSION, project=PROJECT, machine="kiste")
    return reading(name, who=who, place=PLACE, **more)


def batch(*readings: Reading) -> Batch:
    """All that a file of the project says."""
    return Batch(
        readings=[*readings, reading("other", session="s9", place="/h/other.jsonl")],
        facts=[
            SessionFact(
                source="claude-code",
                session=SESSION,
                title=TITLE,
                title_rank=2,
                directory=PROJECT,
                branch="geheime-branch",
                seen_ms=9,
            ),
            SessionFact(source="claude-code", session="s9", parent=SESSION, forked_from=SESSION),
        ],
        complaints=[Complaint("claude-code", PLACE, "damaged", 3, sample=f"{{{PROJECT}")],
        spellings=[Spelling("claude-code", "project", PROJECT, PROJECT.upper())],
        cursors=[
            Cursor("claude-code", PLACE, 10, 20, state=f'{{"cwd":"{PROJECT}"}}'),
            Cursor("claude-code", "/h/other.jsonl", 10, 20, state=f'{{"title":"{TITLE}"}}'),
        ],
    )


def names(
    *pairs: tuple[str, str], what: Sequence[str] = ("titles", "places", "raw")
) -> ForgetOrder:
    """An order to forget names."""
    return ForgetOrder(names=pairs, what=tuple(what))


def octets(ledger: SqliteLedger) -> bytes:
    """All bytes of the file and of its log."""
    files = Path(ledger.path).parent.glob(Path(ledger.path).name + "*")
    return b"".join(file.read_bytes() for file in files)


def told(ledger: SqliteLedger) -> list[str]:
    """The secrets that the bytes still tell."""
    raw = octets(ledger).lower()
    return [each for each in SECRETS if each.lower().encode() in raw]


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    """A ledger with a secret in it."""
    found = open_new(tmp_path)
    found.record(batch(secret("a"), secret("b")), APPRAISER)
    assert told(found) == list(SECRETS)
    return found


BOTH = names(("project", PROJECT), ("session", SESSION))


def test_the_names_are_gone_from_the_bytes_and_stay_gone(ledger: SqliteLedger) -> None:
    before = ledger.ask(Query()).totals
    plan = ledger.plan_forget(BOTH)
    assert (plan.titles, plan.places, plan.raw) == (1, 1, 2)
    done = ledger.forget(BOTH)
    assert [(kind, name) for kind, name, _ in done.names] == [
        ("project", PROJECT),
        ("session", SESSION),
    ]
    assert all(re.fullmatch("[0-9a-f]{8}-forgotten", hidden) for _, _, hidden in done.names)
    assert told(ledger) == []
    ledger.record(batch(secret("a"), secret("b"), secret("c")), APPRAISER)
    ledger.close()
    ledger.reopen()
    assert told(ledger) == []
    after = ledger.ask(Query()).totals
    assert (after.requests, after.sessions) == (before.requests + 1, before.sessions)
    rows = ledger.ask(Query(by=("session",))).rows
    assert {row.dims["session"] for row in rows} == {done.names[1][2], "s9"}
    assert ledger.session("claude-code", "s9").parent == done.names[1][2]
    assert ledger.verify() == []


def test_no_total_moves(ledger: SqliteLedger) -> None:
    before = ledger.ask(Query()).totals
    ledger.forget(BOTH)
    assert ledger.ask(Query()).totals == before


def test_where_a_file_was_read_to_is_still_known(ledger: SqliteLedger) -> None:
    ledger.forget(BOTH)
    cursors = ledger.cursors("claude-code")
    found = cursors.get(PLACE)
    assert found is not None
    assert (found.place, found.size, found.mtime_ns, found.state) == (PLACE, 10, 20, "{}")
    assert cursors.get("/h/unknown.jsonl") is None
    assert "-forgotten" in "".join(cursors)


def test_another_process_keeps_a_secret_too(ledger: SqliteLedger) -> None:
    other = SqliteLedger(ledger.path)
    other.record(batch(secret("d")), APPRAISER)
    ledger.forget(BOTH)
    other.record(batch(secret("e")), APPRAISER)
    other.close()
    assert told(ledger) == []
    assert ledger.verify() == []


def test_another_process_takes_no_shape_that_is_gone(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    other = SqliteLedger(ledger.path)
    other.record(Batch(readings=[reading("a")]), APPRAISER)
    ledger.forget(names(("session", "s1"), what=["raw"]))
    ledger.forget(ForgetOrder(before_ms=T0 + 1, what=("raw",)))
    other.record(Batch(readings=[reading("b", session="s2")]), APPRAISER)
    assert ledger.calls(reading("b").keys)[reading("b").keys[0]].usage == usage()
    other.close()


def test_an_ambiguous_name_is_no_order(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    readings = [reading("a", session="abcd-1"), reading("b", session="abcd-2")]
    ledger.record(Batch(readings=readings), APPRAISER)
    with pytest.raises(UsageMistake, match="fits several"):
        ledger.plan_forget(names(("session", "abcd")))
    assert ledger.plan_forget(names(("session", "abcd-2"))).names[0][1] == "abcd-2"


def test_counters_of_a_forgotten_session_say_the_same(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    claim = SessionClaim("claude-code", "s1", "anthropic", MODEL, (10, 300, 0, 0, 0, 0), T0 + 9)
    batch = Batch(readings=[reading("a")], claims=[claim])
    ledger.record(batch, APPRAISER)
    before = ledger.ask(Query()).totals
    assert before.recovered_tokens == 200
    ledger.forget(names(("session", "s1")))
    ledger.record(batch, APPRAISER)
    assert ledger.ask(Query()).totals == before
    ledger.void(VoidOrder(Query(since_ms=T0)), "x", T0)
    ledger.record(batch, APPRAISER)
    assert ledger.ask(Query()).totals.total == 0
    assert ledger.verify() == []


def test_a_frozen_call_stays_as_it_is_and_that_is_told(ledger: SqliteLedger) -> None:
    ledger.forget(names(("session", SESSION), what=["raw"]))
    before = ledger.ask(Query()).totals.counts
    same = ledger.record(Batch(readings=[secret("a")]), APPRAISER)
    assert (same.new, same.joined, same.complaints) == (0, 1, ())
    more = ledger.record(Batch(readings=[secret("a", raw=usage(output=5_000))]), APPRAISER)
    assert [each.lost for each in more.complaints] == [False]
    assert ledger.ask(Query()).totals.counts == before
    assert ledger.verify() == []


def test_a_frozen_call_takes_in_what_is_linked_to_it(ledger: SqliteLedger) -> None:
    ledger.forget(names(("session", SESSION), what=["raw"]))
    keys = (*secret("a").keys, *reading("other").keys)
    ledger.record(Batch(readings=[secret("a", keys=keys)]), APPRAISER)
    assert ledger.ask(Query()).totals.requests == 2
    ledger.record(Batch(readings=[reading("other", session="s9")]), APPRAISER)
    assert ledger.ask(Query()).totals.requests == 2
    assert ledger.verify() == []


def test_a_frozen_call_keeps_its_counts_when_a_price_is_found(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    strange = reading("a", provider="unknown", model="nobody-knows-9")
    ledger.record(Batch(readings=[strange]), APPRAISER)
    ledger.forget(names(("session", "s1"), what=["raw"]))
    ledger.heal(APPRAISER, "another book")
    totals = ledger.ask(Query()).totals
    assert (totals.counts, totals.unpriced_tokens) == ((10, 100, 0, 0, 0, 0), 110)


def test_what_is_old_goes_and_what_is_shared_stays(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    old = Attribution("claude-code", session="old", project="/srv/old", machine="m")
    both = Attribution("claude-code", session="both", project="/srv/both", machine="m")
    readings = [
        reading("a", who=old, at=T0, place="/logs/old"),
        reading("b", who=both, at=T0, place="/logs/both"),
        reading("c", who=both, at=T0 + 1_000, place="/logs/both"),
    ]
    facts = [
        SessionFact("claude-code", name, title=f"title of {name}", title_rank=2, seen_ms=1)
        for name in ("old", "both")
    ]
    ledger.record(Batch(readings=readings, facts=facts), APPRAISER)
    done = ledger.forget(ForgetOrder(before_ms=T0 + 1, what=WHAT))
    assert [(kind, name) for kind, name, _ in done.names] == [("project", "/srv/old")]
    assert (done.titles, done.places, done.raw, done.shared) == (1, 1, 2, 2)
    ledger.record(Batch(readings=readings, facts=facts), APPRAISER)
    assert ledger.session("claude-code", "old").title == ""
    assert ledger.session("claude-code", "both").title == "title of both"
    assert b"/srv/old" not in octets(ledger)
    assert b"/logs/old" not in octets(ledger)
    assert ledger.verify() == []


def test_voids_tell_no_forgotten_name(ledger: SqliteLedger) -> None:
    where = (Filter(dimension="project", values=(PROJECT,)),)
    ledger.void(VoidOrder(Query(where=where)), f"{PROJECT} was a test", T0)
    done = ledger.forget(BOTH)
    assert told(ledger) == []
    (void,) = ledger.voids()
    assert void.order.query.where[0].values == (done.names[0][2],)
    ledger.record(batch(secret("a"), secret("b")), APPRAISER)
    assert ledger.ask(Query()).totals.requests == 1
    ledger.unvoid(void.id, APPRAISER)
    assert ledger.ask(Query()).totals.requests == 3
    assert ledger.verify() == []


def test_a_void_means_what_it_meant_after_its_place_is_forgotten(ledger: SqliteLedger) -> None:
    ledger.void(VoidOrder(Query(), place="/h/.claude/projects/-srv-geheim"), "x", T0)
    ledger.forget(BOTH)
    assert told(ledger) == []
    ledger.record(batch(secret("a"), secret("b")), APPRAISER)
    assert ledger.ask(Query()).totals.requests == 1
    ledger.record(Batch(readings=[secret("a")._replace(place="/h/elsewhere.jsonl")]), APPRAISER)
    assert ledger.ask(Query()).totals.requests == 2
    assert ledger.verify() == []


def test_a_void_means_what_it_meant_after_a_short_name_is_forgotten(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    who = Attribution("claude-code", session="s1", user="a", machine="e")
    ledger.record(Batch(readings=[reading("1", who=who), reading("2")]), APPRAISER)
    where = (Filter(dimension="user", op="~", values=("A",)),)
    ledger.void(VoidOrder(Query(where=where)), "a mistake", T0)
    done = ledger.forget(names(("user", "a"), ("machine", "e"), what=[]))
    (void,) = ledger.voids()
    assert (void.reason, void.order.query.where[0].values) == ("a mistake", (done.names[0][2],))
    ledger.record(Batch(readings=[reading("1", who=who)]), APPRAISER)
    assert ledger.ask(Query()).totals.requests == 1
    assert ledger.verify() == []


def test_a_path_that_bears_a_name_goes_with_it_in_any_case(ledger: SqliteLedger) -> None:
    ledger.forget(names(("session", SESSION), what=[]))
    ledger.forget(names(("project", PROJECT), what=[]))
    assert told(ledger) == [TITLE]
    assert ledger.cursors("claude-code").get(PLACE) is not None


def test_an_unknown_name_is_a_mistake_and_a_forgotten_one_is_none(ledger: SqliteLedger) -> None:
    with pytest.raises(UsageMistake, match="no project is called '/srv/nobody'"):
        ledger.plan_forget(names(("project", "/srv/nobody")))
    ledger.forget(BOTH)
    assert ledger.forget(BOTH).names == ()


def test_a_machine_may_be_forgotten(ledger: SqliteLedger) -> None:
    ledger.forget(names(("machine", "kiste"), what=[]))
    assert b"kiste" not in octets(ledger)
    ledger.record(batch(secret("z")), APPRAISER)
    assert b"kiste" not in octets(ledger)
    rows = ledger.ask(Query(by=("machine",))).rows
    assert len([row for row in rows if (row.dims["machine"] or "").endswith("-forgotten")]) == 1


def test_a_reader_that_keeps_the_log_is_waited_for_then_told(
    ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallybook.ledger.wiping._PATIENCE_S", 0.1)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM event").fetchone()
    with pytest.raises(LedgerBusy, match="may still hold bytes"):
        ledger.forget(BOTH)
    other.close()
    ledger.forget(BOTH)  # nothing is left to forget, and now the file can be wiped
    assert told(ledger) == []
