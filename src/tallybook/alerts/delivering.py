"""Deliveries that are due: claimed, sent, and what became of them written down.

Several processes may do this at once; each delivery is one's alone for as long as its lease lasts.
A channel that fails delays no other. Who is killed between sending and writing it down leaves a
delivery that is sent once more when the lease has passed, under the same number.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING

from ..clock import DAY_MS
from ..ledger.notices import Delivery, Outcome
from ..noticing import Stop
from .channels import channel_named, known_channels
from .dispatching import Patience, send
from .message import messages
from .sent import Sent, Trouble
from .wire import BRISK_S, PATIENT_S, Answer

if TYPE_CHECKING:
    from ..book import Book
    from .channels import Channel

FIRST_AGAIN_S, LAST_AGAIN_S = 30, 3_600
"""How long a channel that failed is left alone at first, and at most, if it does not say."""

LONGEST_MS = DAY_MS
"""What could not be delivered for so long is tried once more, and given up."""

_LEASE_MS = 180_000
_MOST = 500
_ABREAST = 8
"""Deliveries that one process takes, and channels that it serves at the same time."""


_Settled = tuple[Outcome, Delivery]


def deliver(book: Book, now_ms: int, *, wait: bool = False, stop: Stop | None = None) -> Sent:
    """Send what is due. With `wait` each message may take its time; without, no longer than
    somebody waits for an answer, and none is begun after so long. Once `stop` is set nothing more
    is sent."""
    notices = book.ledger.notices
    due = notices.claim(now_ms, _LEASE_MS, _MOST, known_channels(book.settings.alerts))
    if not due:
        return Sent()
    called_off = Event()

    def over() -> bool:
        return called_off.is_set() or (stop is not None and stop.is_set())

    last_s = _LEASE_MS // 1000 - 2 * PATIENT_S if wait else BRISK_S
    going = _Round(book, now_ms, Patience(PATIENT_S if wait else BRISK_S, over), last_s)
    lots = [tuple(lot) for _, lot in groupby(due, lambda each: each.channel)]
    found: list[_Settled] = []
    with ThreadPoolExecutor(min(_ABREAST, len(lots)), "tally-alerts") as threads:
        done = [threads.submit(going.settle, each) for each in lots]
        try:
            for settled in going.news(len(lots)):
                notices.finish([outcome for outcome, _ in settled])
                found.extend(settled)
        finally:
            called_off.set()  # nobody waits for the others, as after Ctrl-C
    for each in done:
        each.result()
    return _told(found)


class _Round:
    """One go at everything that is due."""

    def __init__(self, book: Book, now_ms: int, patience: Patience, last_s: float) -> None:
        self._rules = book.settings.alerts
        self._now_ms = now_ms
        self._patience = patience
        self._last_s = last_s
        self._news = SimpleQueue[Sequence[_Settled]]()
        self._begun = time.monotonic()

    def news(self, lots: int) -> Iterator[Sequence[_Settled]]:
        """What became of each message, as soon as that is known, until so many lots are settled."""
        while lots:
            settled = self._news.get()
            if settled:
                yield settled
            else:
                lots -= 1

    def settle(self, due: Sequence[Delivery]) -> None:
        """Send what is due for one channel, the oldest first; once a message fails in a way that
        passes, the rest waits with it."""
        try:
            channel = channel_named(self._rules, due[0].channel)
            if channel is None:
                gone = Answer(sent=False, trouble="the settings have it no more", heals=False)
                self._news.put([(self._outcome(each, gone), each) for each in due])
            else:
                self._send(channel, due)
        finally:
            self._news.put(())

    def _send(self, channel: Channel, due: Sequence[Delivery]) -> None:
        failed: Answer | None = None
        for message, settled in messages(due):
            answer = failed or self._unbegun()
            if answer is None:
                answer = send(message, channel.address, channel.secret, self._patience)
            if not answer.sent and answer.heals:
                failed = answer
            self._news.put([(self._outcome(each, answer), each) for each in settled])

    def _unbegun(self) -> Answer | None:
        """Why nothing more is begun: it is time to stop, somebody waited for long enough, or the
        lease would not last."""
        if self._patience.over():
            return Answer(sent=False, trouble="stopped before it was sent")
        if time.monotonic() - self._begun > self._last_s:
            return Answer(sent=False, trouble="the messages before it took too long")
        return None

    def _outcome(self, each: Delivery, answer: Answer) -> Outcome:
        at_ms = self._now_ms + int((time.monotonic() - self._begun) * 1000)
        if answer.sent:
            return Outcome(each.number, sent=True, at_ms=at_ms)
        wait_s = 0 if self._patience.over() else max(answer.after_s, again_s(each.tries))
        last_ms = each.alert.at_ms + LONGEST_MS
        again_ms = min(at_ms + 1000 * wait_s, last_ms)
        hopeless = not answer.heals or at_ms >= last_ms
        return Outcome(
            delivery=each.number,
            sent=False,
            at_ms=at_ms,
            again_ms=None if hopeless else again_ms,
            trouble=answer.trouble,
        )


def again_s(tries: int) -> int:
    """How long to wait after so many tries before this one: twice as long each time."""
    return min(FIRST_AGAIN_S << min(tries, 10), LAST_AGAIN_S)


def _told(found: Sequence[_Settled]) -> Sent:
    """What became of all, with each trouble once."""
    told: dict[tuple[str, str, bool], int] = {}
    for outcome, each in found:
        if not outcome.sent:
            key = (each.channel, outcome.trouble, outcome.again_ms is None)
            told[key] = told.get(key, 0) + 1
    lost = sum(times for (_, _, gone), times in told.items() if gone)
    waiting = sum(told.values()) - lost
    troubles = tuple(Trouble(name, why, n, gone) for (name, why, gone), n in told.items())
    return Sent(len(found) - lost - waiting, waiting, lost, troubles)
