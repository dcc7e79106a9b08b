"""Asking the ledger beside the screen: one thread has a book of its own and answers one question
after another, so that no key ever waits for a query. No Textual.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from ..errors import LedgerBusy, LedgerError, TallyError

if TYPE_CHECKING:
    from ..book import Book
    from ..renewal import Renewal

T = TypeVar("T")

_PATIENCE_S = 0.5
"""How long the end of a question is waited for when it is time to end."""


class _Question:
    """A question, and whom to tell the answer."""

    def __init__(self, ask: Callable[[Book], object], tell: Callable[[object], None]) -> None:
        self.ask = ask
        self.tell = tell
        self.wanted = True


class Asker:
    """Answers questions about a book that it opens itself, in a thread of its own. What goes wrong
    is an answer too: a `TallyError`."""

    def __init__(self, open_book: Callable[[], Book]) -> None:
        self._open_book = open_book
        self._book: Book | None = None
        self._renewal: Renewal | None = None
        self._turn = threading.Condition()
        self._waiting: dict[str, _Question] = {}
        self._running: tuple[str, _Question] | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._answer_all, name="asker", daemon=True)
        self._thread.start()

    def ask(
        self, name: str, question: Callable[[Book], T], tell: Callable[[T | TallyError], None]
    ) -> None:
        """Have a question answered. It takes the place of one of the same name that waits; one that
        is being answered is answered first. `tell` is called in the asker's thread, and must not
        raise."""
        one = _Question(question, cast("Callable[[object], None]", tell))
        with self._turn:
            if not self._closed:
                self._waiting[name] = one
                self._turn.notify()

    def forget(self, name: str) -> None:
        """Nobody wants to know any more: what waits or is being answered is not told."""
        with self._turn:
            self._waiting.pop(name, None)
            if self._running is not None and self._running[0] == name:
                self._break_off()

    def close(self) -> None:
        """Tell nothing any more, and end; a question that takes long is broken off."""
        with self._turn:
            self._closed = True
            self._waiting.clear()
            self._break_off()
            self._turn.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(_PATIENCE_S)

    def _break_off(self) -> None:
        """Under the lock, so that it can't hit the question after this one."""
        if self._running is not None:
            self._running[1].wanted = False
            if self._book is not None:
                self._book.ledger.interrupt()

    def _answer_all(self) -> None:
        while (question := self._next()) is not None:
            answer = self._answer(question)
            with self._turn:
                self._running = None
            if question.wanted:
                question.tell(answer)
        if self._book is not None:
            self._book.close()

    def _next(self) -> _Question | None:
        """The question that has waited longest; None when it is time to end."""
        with self._turn:
            self._turn.wait_for(lambda: self._closed or self._waiting)
            if self._closed:
                return None
            name = next(iter(self._waiting))
            self._running = name, self._waiting.pop(name)
            return self._running[1]

    def _answer(self, question: _Question) -> object:
        try:
            return question.ask(self._opened())
        except TallyError as problem:
            doubtful = isinstance(problem, LedgerError) and not isinstance(problem, LedgerBusy)
            if doubtful and question.wanted and self._renewal is not None:
                self._renewal.doubt()
            return problem
        except Exception as problem:  # noqa: BLE001 - a fault of ours is told, the screen goes on
            return TallyError(
                "this could not be worked out",
                because=f"{type(problem).__name__}: {problem}",
                hint="please report it; tally doctor --bundle FILE gathers what helps",
            )

    def _opened(self) -> Book:
        """The book, with the ledger and the prices that are there now."""
        from ..renewal import Renewal

        if self._book is None or self._renewal is None:
            book = self._open_book()
            book.ledger.stay_small()
            self._book = book
            self._renewal = Renewal(self._book)
        else:
            self._renewal.renew()
        return self._book
