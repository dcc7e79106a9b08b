"""The costliest sessions whose prompts grew or missed the cache, in the words of `growth`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING

from ..growth import Growth, growth_of
from ..model import Money
from .commands import session_command
from .finding import Advice, Ground, SessionName
from .lanes import Lane

if TYPE_CHECKING:
    from ..ledger import Ledger

_MOST = 3
_LOOKED_AT = 10
_GREW = 4
"""How many times its first prompt the last one of a session is that grew."""


def grown(ledger: Ledger, costs: Mapping[Lane, Ground]) -> Iterator[Advice]:
    """Up to three pieces of advice a currency, on those of the costliest sessions that have
    something to be told of. `costs` are the calls of each lane with what they cost."""
    sessions: dict[str, dict[SessionName, Ground]] = {}
    for lane, ground in costs.items():
        who = lane.who
        if who.session and who.status != "recovered" and ground.nanos:
            own = sessions.setdefault(lane.currency, {})
            own.setdefault((who.source, who.session), Ground()).join(ground)
    for currency, own in sorted(sessions.items()):
        most = nsmallest(_LOOKED_AT, own.items(), key=lambda each: (-each[1].nanos, each[0]))
        found = (_advice(ledger, name, currency, ground) for name, ground in most)
        yield from islice(filter(None, found), _MOST)


def _advice(ledger: Ledger, name: SessionName, currency: str, ground: Ground) -> Advice | None:
    source, session = name
    growth = growth_of(ledger.turns(source, session))
    if not _is_telling(growth):
        return None
    advice = Advice(
        name=f"grown-session:{session}/{currency}",
        sense="finding",
        title=f"one session that cost this: {growth.verdict}",
        amount=Money(ground.nanos, currency),
        basis="its recorded cost in this time; how it grew is told of the whole session",
        sure="certain",
        because="cost and sizes are recorded; what shorter prompts would have cost is not told",
        shows=session_command(source, session),
        facts={
            "first_prompt": growth.steps[0].prompt,
            "last_prompt": growth.steps[-1].prompt,
            "missed_tokens": sum(miss.tokens for miss in growth.misses),
        },
    )
    return ground.under(advice)


def _is_telling(growth: Growth) -> bool:
    if not growth.verdict:
        return False
    first, last = growth.steps[0].prompt, growth.steps[-1].prompt
    return bool(growth.misses) or (not growth.cuts and last >= _GREW * first)
