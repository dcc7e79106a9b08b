"""Who belongs to whom among the processes of agents: a launcher and what it launched are one agent,
a helper serves the agent above it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .recognising import Known

_FAR = 8
"""Between an agent and its helper stand at most so many shells and launchers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A process as far as families go: the number of its parent, what it is known as, and the mode
    that it has if an agent is above it (see `companion_mode`)."""

    parent: int
    program: str = ""
    known: Known | None = None
    companion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A process that is shown, and for a helper the agent whose it is."""

    pid: int
    known: Known
    helper: bool = False
    agent: int | None = None


def placed(members: Mapping[int, Member]) -> list[Placed]:
    """The agents and their helpers, in no order. Launchers are left out: what they know goes to
    the agent that they started."""
    launched = dict(_launched(members))
    started = {launcher: agent for agent, launcher in launched.items()} | dict(_copies(members))
    rows: list[Placed] = []
    for pid, member in members.items():
        found = member.known
        if pid in started:
            continue
        if found is not None and not found.helper:
            rows.append(Placed(pid=pid, known=_with_launchers(pid, found, members, launched)))
            continue
        if found is None and not member.companion:
            continue
        agent = _agent_above(member, members)
        if found is None:
            if agent is None:
                continue
            found = Known(source=agent[1], mode=member.companion, program=member.program)
        whose = None if agent is None else _standing_for(agent[0], started)
        rows.append(Placed(pid=pid, known=found, helper=True, agent=whose))
    return rows


def _standing_for(pid: int, started: Mapping[int, int]) -> int:
    """The one that is shown where this is left out."""
    for _ in range(_FAR):
        pid = started.get(pid, pid)
    return pid


def _launched(members: Mapping[int, Member]) -> list[tuple[int, int]]:
    """(agent, the launcher that started it)."""
    pairs: list[tuple[int, int]] = []
    for pid, member in members.items():
        above = members.get(member.parent)
        if member.known and above and above.known and _launches(above.known, member.known):
            pairs.append((pid, member.parent))
    return pairs


def _copies(members: Mapping[int, Member]) -> Iterator[tuple[int, int]]:
    """(a copy that an executable made of itself, the executable): what an agent is about to start
    is for a moment the agent once more."""
    for pid, member in members.items():
        found, above = member.known, members.get(member.parent)
        if found is None or found.scripted or found.helper or found.arguments is None:
            continue
        if above is not None and above.known == found:
            yield pid, member.parent


def _launches(above: Known, below: Known) -> bool:
    """Whether one is only there to start the other: a script that starts its executable, or itself
    again with the same arguments, and a window whose agent is a server beside it."""
    if above.source != below.source or above.helper or below.helper:
        return False
    if above.mode == "desktop":
        return True
    same = above.arguments is not None and above.arguments == below.arguments
    return above.scripted and (same or not below.scripted)


def _with_launchers(
    pid: int, found: Known, members: Mapping[int, Member], launched: Mapping[int, int]
) -> Known:
    above = members[launched[pid]].known if pid in launched else None
    if above is None:
        return found
    above = _with_launchers(launched[pid], above, members, launched)
    mode = above.mode if above.mode == "desktop" or found.mode == "unknown" else found.mode
    return replace(found, mode=mode, session=found.session or above.session)


def _agent_above(member: Member, members: Mapping[int, Member]) -> tuple[int, str] | None:
    """The nearest agent above a process, and its source."""
    pid = member.parent
    for _ in range(_FAR):
        above = members.get(pid)
        if above is None:
            return None
        if above.known is not None and not above.known.helper:
            return pid, above.known.source
        pid = above.parent
    return None
