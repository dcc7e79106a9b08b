"""`tally sync --watch`: read what is new until somebody ends it, and tell each time what it was.

For people who want to look at it there is `tally watch`; this is for services and scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..clock import local
from ..exporting.delimited import json_text
from ..format import count, number, plain
from ..query import Query
from .alerting import attended
from .stopping import Stopping
from .watchloop import Recorded, follower_of
from .watchtroubles import Troubles

if TYPE_CHECKING:
    from ..flow import SyncReceipt
    from .watchloop import Watching


def keep_reading(watching: Watching, *, full: bool) -> int:
    """Record until it is time to stop, a line for each time that something was new; the exit
    code."""
    from .shell import mention

    recorded, troubles = Recorded(), Troubles(watching.shell)
    with Stopping() as stop:
        follower = follower_of(watching, stop, lambda: None)
        follower.look(full=full)
        for pulse in attended(watching, follower):
            troubles.tell(pulse)
            if pulse.receipt is None:
                continue
            recorded.add(pulse.receipt)
            troubles.tell_closed(pulse.receipt)
            _tell(watching, pulse.receipt)
    mention(str(recorded), quiet=watching.asked.quiet)
    return stop.code


def _tell(watching: Watching, receipt: SyncReceipt) -> None:
    if watching.asked.format == "json":
        from .sync import receipt_json

        holds = watching.book.ask(Query(by=("provider",)), estimate=False)
        print(json_text(receipt_json(receipt, holds), indent=None), flush=True)
    elif line := _line(receipt):
        at = local(watching.now_ms(), watching.book.settings.tz)
        print(f"{at:%H:%M:%S}  {line}", flush=True)


def _line(receipt: SyncReceipt) -> str:
    """`3 new calls, 12,345 tokens (codex)`; empty where nothing was new."""
    parts = [
        f"{count(receipt.new_events, 'new call')}, {number(sum(receipt.counts))} tokens"
        if receipt.new_events
        else "",
        f"{count(receipt.healed, 'call')} priced now" if receipt.healed else "",
        count(len(receipt.complaints), "complaint") if receipt.complaints else "",
    ]
    said = ", ".join(filter(None, parts))
    return f"{said} ({', '.join(map(plain, receipt.sources))})" if said else ""
