"""What `tally status` says to programs: `tallybook.status/1`. What is not known is null."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..clock import iso
from ..limits import present_json
from ..query import amounts_json

if TYPE_CHECKING:
    from ..book import Book
    from ..quotas import QuotaStanding
    from .statuslook import LiveSession, Status

SCHEMA = "tallybook.status/1"


def status_json(status: Status, book: Book, suggested: list[str]) -> dict[str, Any]:
    """Everything as one object."""
    from ..alerts.message import alert_json
    from ..quotas import standing_json
    from .statuslook import kind_of

    tz = status.tz
    return {
        "schema": SCHEMA,
        "time": iso(status.now_ms, tz),
        "tz": tz,
        "revision": book.ledger.revision(),
        "complete": status.complete,
        "synced": status.read,
        "last_sync_at": _moment(status.read_ms, tz),
        "latest_call_at": _moment(status.latest_ms, tz),
        "quotas": [
            {
                "kind": kind_of(each).removesuffix("s"),
                **standing_json(each),
                "official": _official(each, status),
            }
            for each in status.standings
        ],
        "limits": [present_json(each, tz, status.now_ms) for each in status.limits],
        "live_sessions": status.live,
        "sessions": [_session(each, tz) for each in status.sessions],
        "processes": _processes(status),
        "alerts": [alert_json(each) for each in status.alerts],
        "suggestions": suggested,
    }


def _official(standing: QuotaStanding, status: Status) -> dict[str, Any] | None:
    """The official window that a plan is, in the form of those under `limits`."""
    from .statusofficial import official_of

    found = official_of(standing, status.limits, status.now_ms)
    return found and present_json(found, status.tz, status.now_ms)


def _moment(ms: int | None, tz: str) -> str | None:
    return None if ms is None else iso(ms, tz)


def _session(each: LiveSession, tz: str) -> dict[str, Any]:
    return {
        "source": each.source,
        "session": each.session,
        "title": each.title or None,
        "last_call_at": iso(each.last_ms, tz),
        "requests": each.figures.requests,
        "total": each.figures.total,
        "cost": amounts_json(each.figures.cost),
    }


def _processes(status: Status) -> dict[str, Any] | None:
    if status.processes is None:
        return None
    agents = [each for each in status.processes if not each.helper]
    by_source = Counter(each.source for each in agents)
    return {
        "agents": len(agents),
        "helpers": len(status.processes) - len(agents),
        "by_source": dict(sorted(by_source.items())),
    }
