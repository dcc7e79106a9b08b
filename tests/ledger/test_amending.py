"""Voids, forgetting and reading again in any order: every invariant holds, and every total is that
of a model which knows nothing of tables."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tallybook.ledger.orders import ForgetOrder, VoidOrder
from tallybook.query import Filter, Query
from tallybook.reading import Batch, Reading

from .books import appraiser, open_new, reading, usage

APPRAISER = appraiser()
SESSIONS = {"s1": 5, "s2": 4, "s3": 3}
"""Each with a rank of its own, so that it is plain to whom a call belongs."""

Told = tuple[str, str, int]
"""A call's name, the session that shows it, and its output."""


@dataclass
class Held:
    """What is known of one call."""

    output: int = 0
    shown: set[str] = field(default_factory=set)
    owner: str = ""
    frozen: bool = False
    void: int = 0
    """The number of the void that holds it, 0 if none does."""


@dataclass
class Order:
    """A void that stands: what it was ordered by."""

    session: str
    copies: bool


def spoken(session: str) -> st.SearchStrategy[list[Told]]:
    """What one session may show, in one go."""
    return st.lists(
        st.tuples(st.sampled_from("abcd"), st.just(session), st.integers(1, 900)),
        min_size=1,
        max_size=3,
    )


class Amending(RuleBasedStateMachine):
    """A real ledger beside its model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = open_new(Path(self.folder.name))
        self.calls: dict[str, Held] = {}
        self.voids: dict[int, Order] = {}
        self.names = {name: name for name in SESSIONS}
        self.now = 0

    def teardown(self) -> None:
        """Give the folder back."""
        self.ledger.close()
        self.folder.cleanup()

    @rule(told=st.sampled_from(sorted(SESSIONS)).flatmap(spoken))
    def read(self, told: list[Told]) -> None:
        """Files are read, for the first time or again."""
        self.ledger.record(Batch(readings=[_reading(each) for each in told]), APPRAISER)
        for name, session, output in told:
            held = self.calls.setdefault(name, Held())
            held.shown.add(session)
            if not held.frozen:
                held.output = max(held.output, output)
                held.owner = max(held.shown, key=SESSIONS.__getitem__)
            order = self.voids.get(held.void)
            if order is not None and not order.copies and session != order.session:
                held.void = 0

    @rule(session=st.sampled_from(sorted(SESSIONS)), copies=st.booleans())
    def void(self, session: str, copies: bool) -> None:
        """The calls of a session are voided, except those that others show too."""
        where = (Filter(dimension="session", values=(self.names[session],)),)
        self.now += 1
        order = VoidOrder(Query(where=where), copies=copies)
        chosen = [
            held
            for held in self.calls.values()
            if held.owner == session and not held.void and (copies or held.shown == {session})
        ]
        assert self.ledger.plan_void(order).events == len(chosen)
        done = self.ledger.void(order, "wrong", self.now)
        assert done.events == len(chosen)
        assert bool(done.void) == bool(chosen)
        for held in chosen:
            held.void = done.void
        if chosen:
            self.voids[done.void] = Order(session, copies)

    @precondition(lambda self: self.voids)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        """A void is undone."""
        void = data.draw(st.sampled_from(sorted(self.voids)))
        done = self.ledger.unvoid(void, APPRAISER)
        back = [held for held in self.calls.values() if held.void == void]
        assert done.events == len(back)
        for held in back:
            held.void = 0
        del self.voids[void]

    @rule(session=st.sampled_from(sorted(SESSIONS)), raw=st.booleans())
    def forget(self, session: str, raw: bool) -> None:
        """A session's name is forgotten, if it is known at all and not forgotten yet."""
        known = any(session in held.shown for held in self.calls.values())
        if not known or self.names[session] != session:
            return
        what = ("titles", "places", "raw") if raw else ()
        done = self.ledger.forget(ForgetOrder(names=(("session", session),), what=what))
        ((kind, name, hidden),) = done.names
        assert (kind, name) == ("session", session)
        self.names[session] = hidden
        for held in self.calls.values():
            held.frozen |= raw and held.owner == session

    @invariant()
    def is_sound(self) -> None:
        """Every invariant of the ledger holds."""
        assert self.ledger.verify() == []

    @invariant()
    def adds_up(self) -> None:
        """The figures by session are those of the model."""
        wanted: dict[str | None, list[int]] = {}
        for held in self.calls.values():
            if not held.void:
                wanted.setdefault(self.names[held.owner], []).append(held.output)
        report = self.ledger.ask(Query(by=("session",)))
        found = {
            row.dims["session"]: (row.figures.requests, row.figures.counts[1])
            for row in report.rows
        }
        assert found == {name: (len(each), sum(each)) for name, each in wanted.items()}
        assert report.totals.counts[1] == sum(map(sum, wanted.values()))

    @invariant()
    def voids_hold_what_they_took(self) -> None:
        """Each void holds the calls that did not come back since."""
        found = {each.id: sum(s.events for s in each.shares) for each in self.ledger.voids()}
        held = [each.void for each in self.calls.values()]
        assert found == {void: held.count(void) for void in self.voids}


def _reading(told: Told) -> Reading:
    name, session, output = told
    place = f"/logs/{session}.jsonl"
    return reading(
        name, session=session, rank=SESSIONS[session], raw=usage(output=output), place=place
    )


TestAmending = Amending.TestCase
TestAmending.settings = hypothesis.settings(max_examples=25, stateful_step_count=25, deadline=None)


@pytest.mark.long
def test_amending_at_length() -> None:
    run_state_machine_as_test(
        Amending,
        settings=hypothesis.settings(max_examples=800, stateful_step_count=50, deadline=None),
    )
