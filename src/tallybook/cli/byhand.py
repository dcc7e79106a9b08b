"""Logs that were read because a command line named them, and that no setting does: reports do not
look at them again. They are told on the receipt of a sync and on the doctor's page.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..book import Book
    from ..settings import Settings
    from ..sources import Source


def not_kept(settings: Settings, more: Mapping[str, Sequence[Path]]) -> Iterator[str]:
    """How to have logs read from now on that `--path` named and nothing else does."""
    from ..sources import is_log, open_source_as_set
    from ..sources.logs import LogSource

    for name, paths in more.items():
        usual = open_source_as_set(settings, name) if is_log(name) else None
        if not isinstance(usual, LogSource):
            continue
        known = [str(path) for path in settings.paths.get(name, ())]
        new = [text for text in map(str, paths) if text not in known and not usual.covers(text)]
        if new:
            yield ""
            yield "Read this once only. To have reports, sync and watch read it from now on:"
            yield f"  tally config set source.{name}.paths {shlex.join([*known, *new])}"


def read_by_hand(book: Book, source: Source) -> list[dict[str, Any]]:
    """The logs of a source that were read and that it does not look into by itself: each with the
    `last` day on which it had changed when it was read, None if that is not known."""
    from ..sources.logs import LogSource

    if not isinstance(source, LogSource):
        return []
    last: dict[str, int] = {}
    for place, cursor in book.ledger.cursors(source.name).items():
        log = place.rpartition("#")[0]
        last[log] = max(last.get(log, 0), cursor.mtime_ns)
    return [
        {"place": log, "last": _day(last[log])} for log in sorted(last) if not source.covers(log)
    ]


def by_hand_line(known: Mapping[str, Any]) -> str:
    """`read by hand: /srv/logs/access.log, last written to on 2026-11-20; reports do not …`"""
    last = f", last written to on {known['last']}" if known["last"] else ""
    return f"    read by hand: {known['place']}{last}; reports do not look there"


def _day(mtime_ns: int) -> str | None:
    return f"{datetime.fromtimestamp(mtime_ns // 10**9, UTC):%Y-%m-%d}" if mtime_ns else None
