"""Alerts beside a command: looked at once, or for as long as it follows, and told on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from ..format import count, plain
from .options import Asked
from .shell import Shell, mention

if TYPE_CHECKING:
    from ..alerts import News
    from ..book import Book
    from ..flow import SyncReceipt
    from ..following import Follower, Pulse
    from .watchloop import Watching

A = TypeVar("A")


_HOUR_MS = 3_600_000
"""Where nothing is new and no limit is kept, rules only speak of what is missing: once an hour."""


def alert_once(
    book: Book, shell: Shell, asked: Asked, *, wait: bool, receipt: SyncReceipt | None = None
) -> None:
    """Look at every alert rule once, and send what is due: with `wait` each message may take its
    time, without only as long as somebody waits for an answer. Nothing of it makes the command
    fail. After a `receipt` that tells of nothing there may be nothing to look for."""
    if receipt is not None and not receipt.places_read and _is_settled(book, shell.now_ms):
        return
    from ..alerts import attend_once

    with suppress(OSError):  # nobody hears the answer any more: told at the end
        sys.stdout.flush()  # it waits for no network
    tell(shell, attend_once(book, shell.now_ms, wait=wait), quiet=asked.quiet)


def _is_settled(book: Book, now_ms: int) -> bool:
    """Whether no rule can say anything that it did not a moment ago."""
    settings = book.settings
    if settings.quotas or settings.alerts or settings.probes:
        return False
    looks = [each.seen_ms for each in book.ledger.notices.states().values()]
    return bool(looks) and now_ms - _HOUR_MS < max(looks) <= now_ms


def attended(
    watching: Watching, follower: Follower[A], told: Callable[[News], None] | None = None
) -> Iterator[Pulse[A]]:
    """The pulses of a follower; in between, alerts are looked at and sent. `told` hears what is
    new, in place of stderr."""
    from ..alerts import Attendant

    def usual(news: News) -> None:
        tell(watching.shell, news, quiet=watching.asked.quiet)

    attendant = Attendant(watching.book, told or usual, watching.now_ms)
    try:
        for pulse in follower.pulses():
            yield pulse
            attendant.attend(recorded=pulse.receipt is not None)
    finally:
        attendant.close()


def tell(shell: Shell, news: News, *, quiet: bool) -> None:
    """Say what is new on stderr, a line each."""
    for line in news_lines(news):
        mention(shell.hidden(line), quiet=quiet)


def news_lines(news: News) -> Iterator[str]:
    """What is new, a line each."""
    for alert in news.alerts:
        yield f"{alert.severity}: {plain(alert.title)}"
    for trouble in news.sent.troubles:
        what = f"{count(trouble.deliveries, 'alert')} not sent to {trouble.channel}"
        end = "given up" if trouble.lost else "tried again later"
        yield f"{what}: {trouble.why} ({end})"
    yield from news.troubles
