"""What `tally ps` says to programs: `tallybook.processes/1`. What is not known is null."""

from __future__ import annotations

from typing import Any

from ..clock import iso
from ..format import tenths
from ..query import figures_json
from ..running import Running
from .pslooking import Roll

SCHEMA = "tallybook.processes/1"


def roll_json(roll: Roll) -> dict[str, Any]:
    """All that was asked for, as one object."""
    helpers = sum(each.process.helper for each in roll.rows)
    return {
        "schema": SCHEMA,
        "time": iso(roll.at_ms, roll.tz),
        "agents": len(roll.rows) - helpers,
        "helpers": helpers,
        "processes": [_process(roll, each) for each in roll.rows],
    }


def _process(roll: Roll, one: Running) -> dict[str, Any]:
    process, known = one.process, bool(one.session)
    return {
        "pid": process.pid,
        "started_at": iso(process.started_ms, roll.tz),
        "uptime_s": roll.lasts_ms(one) // 1000,
        "source": process.source,
        "mode": process.mode,
        "helper": process.helper,
        "agent_pid": process.agent,
        "program": process.program or None,
        "cpu_percent": tenths(process.cpu),
        "memory_bytes": process.memory,
        "threads": process.threads,
        "directory": process.directory,
        "project": one.project or None,
        "session": one.session or None,
        "session_certain": one.certain if known else None,
        "title": one.title or None,
        "tokens_per_minute": one.per_minute,
        "since_start": figures_json(one.figures, roll.tz) if one.figures else None,
    }


def news_of(roll: Roll) -> tuple[tuple[object, ...], ...]:
    """What is compared to tell whether anything changed: not the use of the machine, which does
    all the time, nor the rate, which falls by itself."""
    return tuple(
        (
            *(each.process.pid, each.process.started_ms, each.process.mode, each.process.helper),
            *(each.project, each.session, each.title, each.certain),
            each.figures,
        )
        for each in roll.rows
    )
