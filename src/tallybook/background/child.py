"""The other side: the process that follows the histories, records, and says on stdout what became
of it. It ends when it is told to, or when the one that started it is gone.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing, suppress

from ..alerts.attending import Attendant, News
from ..book import Book
from ..errors import TallyError
from ..flow import Progress, SyncReceipt
from ..following import Follower, Pulse, Pursuit
from ..retrying import later
from ..sources import source_names
from .orders import Orders, ear_of
from .words import (
    RENEW,
    Alerted,
    Following,
    Gone,
    Handover,
    Paused,
    Recorded,
    Said,
    Trouble,
    Underway,
    line_of,
    unpacked,
)

_NICENESS = 5
"""A screen that is being drawn comes first."""

_LONG_S, _TELL_S = 0.3, 0.1
"""From when on a reading counts as long, and how often it is told how far it has come."""

_MUCH = 64 << 20
"""Bytes that are read at once, by which a process has grown to twice what it was."""

_BEAT_S = 0.5
"""How long an order may wait. What is written is heard of at once."""

_MOST_CLOSED = 20
"""Places that can't be read are told up to so many."""

Say = Callable[[Said], None]


def main() -> int:
    """Follow what is handed over on stdin until it is time to end; the exit code."""
    handed = unpacked(_read(int.from_bytes(_read(4), "big")))
    parent = handed.parent if os.name == "posix" else 0  # elsewhere only the pipe tells its end
    orders = Orders(ear_of(0), parent, paused=handed.paused)
    _settle_down(orders)
    with suppress(BrokenPipeError):  # nobody hears it any more
        if Reading(handed, orders, _tell_on(1)).go_on():
            return RENEW
    return 0


class Reading:
    """Follows and tells, for as long as it is wanted."""

    def __init__(self, handed: Handover, orders: Orders, say: Say) -> None:
        self._handed = handed
        self._orders = orders
        self._say = say
        self._sound = self._settled = False
        self._book: Book | None = None
        self._attendant: Attendant | None = None
        self._first, self._grown, self._full = handed.renewed, False, False
        self._progress = _Pace(say)

    def go_on(self) -> bool:
        """Until it is time to end, or True when another process had better go on: so much was read
        at once that this one will never be small again."""
        book = self._opened()
        if book is None:
            return False
        with book, closing(Attendant(book, self._tell_news)) as attendant:
            self._book, self._attendant = book, attendant
            follower = Follower(book, self._pursuit(), lambda: True, self._orders)
            if self._full:
                follower.look(full=True)
            while not (self._orders.ended or self._overgrown()):
                if self._orders.resting:
                    self._rest(follower)
                self._follow(follower)
        return not self._orders.ended

    def _follow(self, follower: Follower[bool]) -> None:
        """Until a pause, or until there is no going on."""
        self._obey(follower)
        for pulse in follower.pulses():
            self._tell(pulse)
            if self._attendant is not None:
                self._attendant.attend(recorded=pulse.receipt is not None)
            self._obey(follower)
            if self._overgrown():
                return

    def _overgrown(self) -> bool:
        return self._grown and self._settled and not self._orders.looking

    def _opened(self) -> Book | None:
        """The book, as soon as it can be opened; None when it is time to end."""
        retry_s, told = later(0.0), ""
        while not self._orders.ended:
            try:
                return Book.open(self._handed.settings)
            except TallyError as problem:
                if str(problem) != told or self._orders.looking:
                    self._trouble(problem)
                told = str(problem)
            again = time.monotonic() + retry_s
            while not self._orders.ended and (left := again - time.monotonic()) > 0:
                self._orders.wait(left)
                if (full := self._orders.look()) is not None:
                    self._full = full
                    break
            retry_s = later(retry_s)
        return None

    def _pursuit(self) -> Pursuit:
        handed = self._handed
        return Pursuit(
            names=handed.names or source_names(handed.settings.logs),
            paths=handed.paths,
            every_s=handed.every_s,
            beat_s=_BEAT_S,
            progress=self._progress,
        )

    def _rest(self, follower: Follower[bool]) -> None:
        """A pause. After it, everything is looked at."""
        self._say(Paused())
        self._settled = False
        while self._orders.resting and not self._orders.ended:
            self._orders.wait()
        follower.look()

    def _obey(self, follower: Follower[bool]) -> None:
        """A look that was ordered comes with the next pulse."""
        full = self._orders.look()
        if full is not None:
            follower.look(full=full)

    def _tell(self, pulse: Pulse[bool]) -> None:
        self._progress.begin()
        if pulse.receipt is not None:
            self._say(_recorded(pulse.receipt, asked=self._orders.looking))
            self._orders.looked()
            # What was just renewed and reads as much again reads it every time.
            self._grown |= pulse.receipt.bytes_read >= _MUCH and not self._first
            self._first = False
        if pulse.trouble is not None:
            self._trouble(pulse.trouble)
        if pulse.gone is not None:
            self._say(Gone(tuple(sorted(pulse.gone))))
        self._sound |= pulse.answer is not None
        if self._sound and not self._settled and not self._orders.paused:
            self._settled = True
            if self._book is not None:
                self._book.ledger.stay_small()  # from here on little is read at a time
            self._say(Following())

    def _tell_news(self, news: News) -> None:
        alerts = tuple((each.severity, each.title) for each in news.alerts)
        unsent = (f"not sent to {each.channel}: {each.why}" for each in news.sent.troubles)
        self._say(Alerted(alerts, (*unsent, *news.troubles)))

    def _trouble(self, problem: TallyError) -> None:
        self._sound = self._settled = self._full = False
        self._say(Trouble.of(problem))
        self._orders.looked()


class _Pace:
    """Tells how far a reading has come: of long ones only, and not too often."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._next = 0.0
        self.begin()

    def begin(self) -> None:
        """What is told from now on is of another reading."""
        self._next = time.monotonic() + _LONG_S

    def __call__(self, progress: Progress) -> None:
        """Tell it, if it is time to."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _TELL_S
            self._say(Underway(*progress))


def _recorded(receipt: SyncReceipt, *, asked: bool) -> Recorded:
    closed = [(each.place, each.reason) for each in receipt.complaints if each.fatal]
    return Recorded(
        sources=receipt.sources,
        new_events=receipt.new_events,
        joined=receipt.joined,
        healed=receipt.healed,
        tokens=sum(receipt.counts),
        complaints=len(receipt.complaints),
        closed=tuple(closed[:_MOST_CLOSED]),
        seconds=receipt.seconds,
        asked=asked,
    )


def _tell_on(pipe: int) -> Say:
    """Words go out whole, and past all buffers."""

    def say(said: Said) -> None:
        line = line_of(said)
        while line:
            line = line[os.write(pipe, line) :]

    return say


def _settle_down(orders: Orders) -> None:
    """A process in the background: behind others, and in no way of the terminal's signals."""
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if number := getattr(signal, name, None):
            signal.signal(number, orders.end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)


def _read(length: int) -> bytes:
    """Exactly so many bytes of stdin, past its buffer, which would take orders in as well."""
    data = b""
    while len(data) < length:
        more = os.read(0, length - len(data))
        if not more:
            raise SystemExit(0)  # whoever started this is gone already
        data += more
    return data
