"""When the question of the main screen is asked: at once for another look, after a change of the
ledger, and never so often that answering would keep the machine busy. No Textual.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from .answers import Answer, Around, answer_of
from .keptsessions import KeptSessions

if TYPE_CHECKING:
    from ..book import Book
    from ..errors import TallyError
    from ..processes import Process
    from .desk import Desk
    from .look import Look, View

_EASE = 3
"""What is asked again by itself rests so many times as long as the last answer took."""

_AGING = 400
"""Likewise where only time has passed: that a line says `4 min ago` is not worth more."""

Tell = Callable[["Look", "Answer | TallyError"], None]


class ViewAsking:
    """Asks for the main screen. `tell` hears each answer to the look that was asked last."""

    def __init__(self, desk: Desk, tell: Tell) -> None:
        self._desk = desk
        self._tell = tell
        self._fresh: dict[View, Look] = {}
        self._asked: Look | None = None
        self._asked_at = self._told_at = self._took_s = 0.0
        self._late = False
        self._kept = KeptSessions()  # touched by whoever answers, one question after another

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come."""
        return self._asked is not None

    def outdate(self, *views: View) -> None:
        """What these views show, or all of them, is not what the ledger would say now. An answer
        that is on its way may be of before."""
        for view in views or tuple(self._fresh):
            self._fresh.pop(view, None)
        self._late = self.waits

    def is_fresh(self, look: Look) -> bool:
        """Whether this is what its view shows, and the ledger has not changed since."""
        return self._fresh.get(look.view) == look

    def age(self) -> None:
        """Time has passed: words for it are others."""
        if time.monotonic() - self._told_at >= self._took_s * _AGING:
            self.outdate()

    def freshen(self, look: Look, processes: Sequence[Process]) -> float:
        """Ask again by itself: if it is stale, nobody asks already, and there was a rest. How many
        seconds of that are left, if nothing else is in the way."""
        if self.waits or self.is_fresh(look):
            return 0.0
        rest_s = self._told_at + self._took_s * _EASE - time.monotonic()
        if rest_s <= 0:
            self.ask(look, processes)
        return max(rest_s, 0.0)

    def ask(self, look: Look, processes: Sequence[Process]) -> None:
        """Ask now; whatever else was asked is not wanted any more."""
        desk = self._desk
        around = Around(desk.frame(), desk.home, processes, kept=self._kept)
        self._asked, self._late, self._asked_at = look, False, time.monotonic()

        def answer(book: Book) -> Answer:
            return answer_of(book, look, around)

        self._desk.ask("view", answer, partial(self._hear, look))

    def _hear(self, look: Look, answer: Answer | TallyError) -> None:
        if look != self._asked:
            return
        self._asked, self._told_at = None, time.monotonic()
        self._took_s = self._told_at - self._asked_at
        if isinstance(answer, Answer) and not self._late:
            self._fresh[look.view] = look
        self._tell(look, answer)
