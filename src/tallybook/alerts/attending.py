"""Telling in time while a program runs: rules are looked at after each commit and each minute, and
what is due is sent beside it, so that nobody waits for a network.

What is shown of it, and where, is the caller's business.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from ..errors import TallyError
from ..ledger.notices import Alert
from .channels import known_channels
from .sent import Sent

if TYPE_CHECKING:
    from ..book import Book
    from ..settings import Settings

_EVERY_S = 60.0
_COST = 20
"""Looking takes at most one part in so many of the time."""

_SILENT_S = 7_200.0
"""A trouble that comes again is told again when it was away for so long, which is longer than any
channel is left alone."""

_LAST_S, _GRACE_S = 0.3, 2.0
"""How long what is being sent at the end may still take, and how long it takes to call it off."""


class News(NamedTuple):
    """What there is to tell: alerts that are new, what became of deliveries, and what keeps a rule
    from being looked at or anything from being sent."""

    alerts: tuple[Alert, ...] = ()
    sent: Sent = Sent()
    troubles: tuple[str, ...] = ()

    @classmethod
    def failed(cls, what: str, problem: TallyError) -> News:
        """What could not be done, and why."""
        return cls(troubles=(": ".join(filter(None, (what, str(problem), problem.because))),))


def look(book: Book, now_ms: int) -> News:
    """Look at every rule and digest once. What is new is recorded, with its deliveries; nothing is
    sent. What goes wrong is told, and not raised."""
    from .digests import send_digests
    from .evaluating import evaluate

    failed: list[str] = []

    def tell(rule: str, problem: TallyError) -> None:
        failed.extend(News.failed(f"the alert rule {rule}", problem).troubles)

    try:
        alerts = (*evaluate(book, now_ms, tell), *send_digests(book, now_ms))
    except TallyError as problem:
        return News.failed("alerts", problem)
    return News(alerts, troubles=tuple(failed))


def attend_once(book: Book, now_ms: int, *, wait: bool) -> News:
    """Look at everything once and send what is due, as `deliver` does it with `wait`."""
    news = look(book, now_ms)
    try:
        if not _is_due(book, now_ms):
            return news
        from .delivering import deliver

        return news._replace(sent=deliver(book, now_ms, wait=wait))
    except TallyError as problem:
        more = News.failed("sending alerts", problem).troubles
        return news._replace(troubles=(*news.troubles, *more))


def _is_due(book: Book, now_ms: int) -> bool:
    """Whether anything is to be sent to a channel that there is."""
    return book.ledger.notices.is_due(now_ms, known_channels(book.settings.alerts))


def _may_probe(book: Book, now_ms: int) -> bool:
    if not book.settings.probes:
        return False
    from ..probing import is_due

    return is_due(book, now_ms)


class Attendant:
    """Attends a book for as long as a program runs. `tell` is called by `attend`, in its thread."""

    def __init__(
        self, book: Book, tell: Callable[[News], None], now_ms: Callable[[], int] | None = None
    ) -> None:
        self._book = book
        self._tell = tell
        self._now_ms = now_ms or _now_ms
        self._recorded = True  # what was recorded before is looked at once
        self._rest_until = self._next = 0.0
        self._told: dict[str, float] = {}
        self._closing = threading.Event()
        self._news = SimpleQueue[News]()
        self._sender: threading.Thread | None = None

    def attend(self, recorded: bool = False) -> None:
        """To be called often, by one thread: after each commit with `recorded`. Nothing that goes
        wrong in here is raised; it is told."""
        while not self._news.empty():
            self._pass_on(self._news.get())
        self._recorded |= recorded
        begun = time.monotonic()
        if begun < self._rest_until or not (self._recorded or begun >= self._next):
            return
        self._recorded = False
        self._look()
        ended = time.monotonic()
        self._rest_until = ended + (ended - begun) * (_COST - 1)
        self._next = ended + _EVERY_S

    def close(self) -> None:
        """Call off what is being sent, unless it is done in a moment: it is sent later."""
        if self._sender is not None:
            self._sender.join(_LAST_S)
        self._closing.set()
        if self._sender is not None:
            self._sender.join(_GRACE_S)

    def _look(self) -> None:
        """Look at every rule, and have sent what is due."""
        now_ms = self._now_ms()
        self._pass_on(look(self._book, now_ms))
        try:
            is_due = _is_due(self._book, now_ms) or _may_probe(self._book, now_ms)
        except TallyError as problem:
            self._pass_on(News.failed("sending alerts", problem))
            return
        is_sending = self._sender is not None and self._sender.is_alive()
        if is_due and not is_sending:
            given = (self._book.settings, now_ms)
            self._sender = threading.Thread(
                target=self._send, args=given, name="tally-alerts", daemon=True
            )
            self._sender.start()

    def _send(self, settings: Settings, now_ms: int) -> None:
        """Send what is due, and ask providers for limits, which rules look at the next time: in a
        thread of its own, with a book of its own. Why one told nothing is on `tally status`."""
        from ..book import Book
        from ..probing import probe_due
        from .delivering import deliver

        try:
            with Book.open(settings) as book:
                book.ledger.wait_until(self._closing.is_set)
                self._news.put(News(sent=deliver(book, now_ms, wait=True, stop=self._closing)))
                probe_due(book, now_ms)
        except TallyError as problem:
            self._news.put(News.failed("sending alerts", problem))

    def _pass_on(self, news: News) -> None:
        """Each trouble once, until it is over for a while."""
        unsent = [each for each in news.sent.troubles if self._is_new(f"{each.channel} {each.why}")]
        troubles = [each for each in news.troubles if self._is_new(each)]
        if news.alerts or unsent or troubles:
            sent = news.sent._replace(troubles=tuple(unsent))
            self._tell(news._replace(sent=sent, troubles=tuple(troubles)))

    def _is_new(self, trouble: str) -> bool:
        now = time.monotonic()
        before = self._told.get(trouble)
        self._told[trouble] = now
        return before is None or now - before >= _SILENT_S


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
