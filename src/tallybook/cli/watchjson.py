"""What `tally watch` says to programs: `tallybook.watch/1`, one line a change.

The figures are asked in `tallybook.activity`; here they get their names, and what is new is told
from what was there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..activity import Activity, Company, Whose
from ..clock import iso
from ..model import CLASSES, decimal_text
from ..query import Figures, exact_time, figures_json
from .budget import Spent, spent_json
from .sync import complaint_json

if TYPE_CHECKING:
    from ..reading import Complaint

SCHEMA = "tallybook.watch/1"

_COUNTED = (
    "requests",
    "messages",
    "unpriced_tokens",
    "partial_requests",
    "failed_requests",
    "unmetered_requests",
)


class Aside(NamedTuple):
    """What a line tells beside the figures: the budget, what could not be read this time, and which
    folders are gone; `moved` if these are others than in the line before."""

    spent: Spent | None
    complaints: Sequence[Complaint] = ()
    gone: Iterable[str] = ()
    moved: bool = False


def start_json(now: Activity, aside: Aside) -> dict[str, Any]:
    """The first line: what was there at the beginning, with the sessions that are active."""
    return _line("start", now, now.active, aside)


def change_json(before: Activity, now: Activity, aside: Aside) -> dict[str, Any] | None:
    """What is new since the last line; None where nothing is that a program could want to know."""
    new = difference(before.ever, now.ever)
    touched = changed_sessions(before, now)
    if not (touched or aside.complaints or aside.moved or any(new.values())):
        return None
    line = _line("change", now, touched, aside)
    return {**line, "new": new}


def changed_sessions(before: Activity, now: Activity) -> list[Whose]:
    """The sessions of the period whose figures are others than before."""
    return [
        whose
        for whose, figures in now.sessions.items()
        if (known := before.sessions.get(whose)) is not figures and known != figures
    ]


def difference(before: Figures, now: Figures) -> dict[str, Any]:
    """By how much figures grew; less than nothing where calls were voided or another price came
    to apply."""
    counts = (new - old for new, old in zip(now.counts, before.counts, strict=True))
    units = sorted({*before.cost, *now.cost})
    grown = {unit: now.cost.get(unit, 0) - before.cost.get(unit, 0) for unit in units}
    return {
        **{name: getattr(now, name) - getattr(before, name) for name in _COUNTED},
        **dict(zip(CLASSES, counts, strict=True)),
        "total": now.total - before.total,
        "cost": {unit: decimal_text(nanos) for unit, nanos in grown.items() if nanos},
    }


def _line(kind: str, now: Activity, sessions: Iterable[Whose], aside: Aside) -> dict[str, Any]:
    query, last_ms = now.query, now.ever.last_ms
    return {
        "schema": SCHEMA,
        "kind": kind,
        "time": exact_time(now.at_ms, query.tz),
        "since": None if query.since_ms is None else iso(query.since_ms, query.tz),
        "last_call_at": None if last_ms is None else iso(last_ms, query.tz),
        "active_sessions": now.active_sessions,
        "sessions": [_session(now, whose) for whose in sessions],
        "totals": figures_json(now.totals, query.tz),
        "budget": spent_json(aside.spent) if aside.spent else None,
        "complaints": [complaint_json(each) for each in aside.complaints],
        "gone": sorted(aside.gone),
        "standing": {"lost": now.lost, "closed": now.closed},
    }


def _session(now: Activity, whose: Whose) -> dict[str, Any]:
    source, session = whose
    made = now.active.get(whose, Company())
    return {
        "source": source,
        "session": session or None,
        "title": now.titles.get(whose),
        "active": whose in now.active,
        "projects": list(made.projects),
        "users": list(made.users),
        "models": list(made.models),
        **figures_json(now.sessions[whose], now.query.tz),
    }
