"""What is going on, asked for again and again: the same as if it were asked for the first time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tallybook.activity import Activity, Observer, Question
from tallybook.ledger.orders import VoidOrder
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.query import Filter, Query
from tallybook.reading import Attribution, Batch, Reading, SessionFact

from .ledger.books import T0, appraiser, open_new, reading, record, usage

DAY = Question(Query(since_ms=T0), 300_000, None, True)
APPRAISER = appraiser()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    with closing(open_new(tmp_path)) as ledger:
        yield ledger


def call(name: str, session: str, at: int = T0, output: int = 10, model: str = "gpt-4o") -> Reading:
    """A call of a gateway."""
    who = Attribution("higress", session=session, user="team", project="chat", machine="gw")
    raw = usage(output)
    return reading(name, at=at, who=who, raw=raw, provider="openai", model=model)


def observer(ledger: SqliteLedger) -> Observer:
    return Observer(ledger, lambda _: ledger)


def told(found: Activity) -> object:
    """All of it but the order, in which nothing is shown."""
    known = (found.sessions, found.titles, found.active, found.totals, found.ever)
    return known, (found.spent, found.lost, found.closed)


def test_it_is_the_same_as_asked_for_the_first_time(ledger: SqliteLedger) -> None:
    chance, again = random.Random(5), observer(ledger)
    names = ["", *(f"s{n}" for n in range(20))]
    record(ledger, [call(f"first-{name}", name) for name in names], by=APPRAISER)
    for turn in range(30):
        now = T0 + turn * 20_000
        one = chance.choice(names)
        batch = Batch(readings=[call(f"{turn}-{n}", chance.choice(names), now) for n in range(3)])
        if turn % 5 == 1:
            batch.readings.append(call(f"{turn - 1}-1", one, now - 20_000, 500))  # one that grew
        if turn % 5 == 2:
            batch.readings.append(call(f"new-{turn}", f"new-{turn}", now, model="nobodys"))
            batch.facts.append(SessionFact(source="higress", session=f"new-{turn}", title="Hello"))
        ledger.record(batch, APPRAISER)
        if turn == 20:
            gone = Query(where=(Filter(dimension="session", values=(names[3],)),))
            ledger.void(VoidOrder(gone), "a test", now)
        assert told(again.look(DAY, now)) == told(observer(ledger).look(DAY, now)), turn


def test_of_many_sessions_those_without_news_are_not_asked_for(ledger: SqliteLedger) -> None:
    many = 4_000
    record(ledger, [call(f"c{n}", f"session-{n}", T0 + n) for n in range(many)], by=APPRAISER)
    again = observer(ledger)
    first, first_s = timed(again)
    record(ledger, [call("more", "session-7", T0 + many, 99)], by=APPRAISER)
    second, second_s = timed(again)
    fresh = [whose for whose, each in second.sessions.items() if each is not first.sessions[whose]]
    assert fresh == [("higress", "session-7")]
    assert (len(second.sessions), second.totals.requests) == (many, many + 1)
    assert second_s < first_s / 2


def timed(looking: Observer) -> tuple[Activity, float]:
    """What is seen, and the CPU seconds that it took."""
    begun = time.process_time()
    return looking.look(DAY, T0 + 10_000), time.process_time() - begun
