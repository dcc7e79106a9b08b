"""What `tally status` shows, asked of the book: quotas, official limits, live sessions, agents that
run, alerts of the last day, and how old all of it is.

How it is drawn is `statusboard`, what follows from it `statusadvice`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ..clock import DAY_MS
from ..lastread import last_read_ms
from ..limits import present_limits
from ..query import Figures, Filter, Query

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import SyncReceipt
    from ..ledger.notices import Alert
    from ..processes import Process
    from ..quotas import QuotaStanding
    from ..reading import LimitSnapshot

MOST_SESSIONS = 5
MOST_ALERTS = 50
"""Of each, the newest."""


class LiveSession(NamedTuple):
    """A session with a call a moment ago; `figures` are those of all of it."""

    source: str
    session: str
    title: str
    last_ms: int
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything at one moment. `read_ms` is when histories were last looked through and
    `latest_ms` when the newest call began, None where that is not known; `read` tells whether they
    were for this, and `complete` whether all of them could be. `live` counts all live sessions, of
    which `sessions` are the newest. `processes` are None unless they were looked for. `untouched`
    names the quotas no window of which has ever begun."""

    now_ms: int
    tz: str
    standings: tuple[QuotaStanding, ...]
    limits: tuple[LimitSnapshot, ...] = ()
    sessions: tuple[LiveSession, ...] = ()
    live: int = 0
    processes: tuple[Process, ...] | None = None
    alerts: tuple[Alert, ...] = ()
    read_ms: int | None = None
    latest_ms: int | None = None
    read: bool = False
    complete: bool = True
    complaints: int = 0
    untouched: frozenset[str] = frozenset()


def look(
    book: Book, now_ms: int, receipt: SyncReceipt | None, *, processes: bool = False
) -> Status:
    """The status of now, of which `receipt` tells what was read for it. All processes of a machine
    are only looked through where these are asked for: that may take longer than all else."""
    sessions, live = _live(book, now_ms)
    recent = book.ledger.notices.alerts(MOST_ALERTS)
    standings = book.standings(now_ms)
    return Status(
        now_ms=now_ms,
        tz=book.settings.tz,
        standings=standings,
        limits=present_limits(book.ledger, now_ms),
        sessions=sessions,
        live=live,
        processes=_processes(book) if processes else None,
        alerts=tuple(each for each in recent if _is_of_now(each, now_ms)),
        read_ms=last_read_ms(book.settings),
        latest_ms=book.latest(),
        read=receipt is not None,
        complete=receipt is None or receipt.complete,
        complaints=0 if receipt is None else len(receipt.complaints),
        untouched=_untouched(book, standings, now_ms),
    )


def _is_of_now(alert: Alert, now_ms: int) -> bool:
    """Whether it was raised in the last day. A digest is a message and warns of nothing."""
    return now_ms - DAY_MS <= alert.at_ms <= now_ms and not alert.rule.startswith("digest:")


def _untouched(book: Book, found: Sequence[QuotaStanding], now_ms: int) -> frozenset[str]:
    """The quotas whose window begins with the first use, which there never was."""
    from ..quotas import standings

    closed = [
        each.quota
        for each in found
        if each.quota.window.kind == "rolling" and each.since_ms is None and not each.subject
    ]
    past = {each.quota.name for each in standings(book, closed, now_ms, back=1)}
    return frozenset(each.name for each in closed) - past


def _live(book: Book, now_ms: int) -> tuple[tuple[LiveSession, ...], int]:
    """The newest of the sessions that are active, and how many are."""
    since_ms = now_ms - book.settings.active_within * 1000
    ledger = book.view(book.settings.currency)
    query = Query(by=("source", "session", "title"), since_ms=since_ms)
    query = replace(query, currency=book.settings.currency)
    rows = [row for row in ledger.ask(query).rows if row.dims["session"]]
    rows = sorted(rows, key=lambda row: row.figures.last_ms or 0, reverse=True)
    newest = rows[:MOST_SESSIONS]
    if not newest:
        return (), 0
    names = tuple(dict.fromkeys(row.dims["session"] or "" for row in newest))
    only = Filter(dimension="session", op="==", values=names)
    ever = ledger.ask(replace(query, by=("source", "session"), where=(only,), since_ms=None))
    whole = {(row.dims["source"], row.dims["session"]): row.figures for row in ever.rows}
    found = (
        LiveSession(
            source=row.dims["source"] or "",
            session=row.dims["session"] or "",
            title=row.dims["title"] or "",
            last_ms=row.figures.last_ms or since_ms,
            figures=whole[row.dims["source"], row.dims["session"]],
        )
        for row in newest
    )
    return tuple(found), len(rows)


def _processes(book: Book) -> tuple[Process, ...]:
    """The agents that run and their helpers."""
    from ..processes import ProcessWatch

    signatures = {each.name: each.signature for each in book.sources() if each.signature}
    return tuple(ProcessWatch(signatures).look())


def of_kind(status: Status, kind: str) -> Sequence[QuotaStanding]:
    """The standings of `plans`, `budgets` or `balances`."""
    return [each for each in status.standings if kind_of(each) == kind]


def kind_of(standing: QuotaStanding) -> str:
    """Whether a quota is one of `plans`, `budgets` or `balances`."""
    from ..quotas import kind_of as kind_of_quota

    return kind_of_quota(standing.quota)
