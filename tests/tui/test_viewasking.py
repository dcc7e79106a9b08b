"""When the main screen asks again: not more often than answering is worth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tallybook.errors import TallyError
from tallybook.periods import Frame
from tallybook.tui import viewasking
from tallybook.tui.answers import Answer
from tallybook.tui.desk import Desk
from tallybook.tui.look import Look
from tallybook.tui.viewasking import ViewAsking

LOOK = Look(view="sessions")


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s


class Asked:
    """A desk at which one question waits until it is answered."""

    home = "/home/ann"

    def __init__(self) -> None:
        self.tell: Callable[[Answer | TallyError], None] | None = None

    def frame(self) -> Frame:
        return Frame(1_795_000_000_000, "UTC")

    def ask(
        self, _name: str, _question: object, tell: Callable[[Answer | TallyError], None]
    ) -> None:
        self.tell = tell


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    clock = Watch()
    monkeypatch.setattr(viewasking, "time", clock)
    return clock


def answered(asked: Asked, watch: Watch, took_s: float) -> None:
    """The answer arrives after so long."""
    assert asked.tell is not None
    watch.now_s += took_s
    tell, asked.tell = asked.tell, None
    tell(Answer(LOOK))


def asking(asked: Desk) -> ViewAsking:
    return ViewAsking(asked, lambda _look, _answer: None)


def test_what_took_long_is_asked_again_after_a_rest_and_no_later(watch: Watch) -> None:
    asked = Asked()
    asks = asking(asked)  # pyright: ignore[reportArgumentType] - no more of a desk is used
    asks.ask(LOOK, ())
    answered(asked, watch, 0.25)
    asks.outdate()
    rest_s = asks.freshen(LOOK, ())
    assert rest_s == pytest.approx(0.75)
    assert asked.tell is None
    watch.now_s += rest_s
    assert asks.freshen(LOOK, ()) == 0
    assert asks.waits
    assert asks.freshen(LOOK, ()) == 0


def test_a_passing_minute_is_worth_little_and_a_change_of_the_ledger_much(watch: Watch) -> None:
    asked = Asked()
    asks = asking(asked)  # pyright: ignore[reportArgumentType] - no more of a desk is used
    asks.ask(LOOK, ())
    answered(asked, watch, 0.01)
    watch.now_s += 60
    asks.age()
    assert not asks.is_fresh(LOOK)
    asks.freshen(LOOK, ())
    answered(asked, watch, 0.25)
    watch.now_s += 60
    asks.age()
    assert asks.is_fresh(LOOK)
    watch.now_s += 60
    asks.age()
    assert not asks.is_fresh(LOOK)
