"""Looks at the processes of this machine again and again, cheaply: what does not change is asked
once, and only agents are measured."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..reading import ProcessSignature
from .companions import companion_mode
from .family import Member, Placed, placed
from .paths import is_runtime, plain_path
from .process import Process
from .recognising import Known, known
from .records import session_noted

if TYPE_CHECKING:
    from .system import Handle, Measured

_YOUNG_S = 5
"""A process may become another program shortly after it began (fork, then exec): so long it is
looked at each time."""

_AGAIN_S = 60
"""A long running shell can do the same: every process is looked at again in that time."""

_RARELY_S = 15
"""How often the directory and the session of an agent are asked for."""


@dataclass(slots=True, kw_only=True)
class _Seen:
    """A process that was looked at: when it was noticed, when it is looked at again, and what was
    found. The rest is known of shown ones only: processor time, in milliseconds, at the last look
    and when that was, and what is rarely asked."""

    handle: Handle
    noticed: float
    due: float
    member: Member
    started_ms: int | None = None
    spent: int | None = None
    at: float = 0.0
    cpu: int | None = None
    rarely_due: float = 0.0
    directory: str | None = None
    session: str | None = None

    @property
    def idle(self) -> bool:
        """Whether it is nobody's as long as it runs the same program."""
        member = self.member
        nobodys = member.known is None and not member.companion
        return nobodys and bool(member.program) and not is_runtime(plain_path(member.program))


class ProcessWatch:
    """The running agents, known by `signatures` (source → signature). Belongs to one thread.
    `clock` stands in for a clock in seconds that never goes back, `environ` for the environment."""

    def __init__(
        self,
        signatures: Mapping[str, ProcessSignature],
        clock: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._signatures = signatures
        self._clock = clock
        self._environ = os.environ if environ is None else environ
        self._seen: dict[int, _Seen] = {}
        self._first: float | None = None

    def look(self) -> tuple[Process, ...]:
        """The agents that run now, by their start, each followed by its helpers; helpers that have
        outlived their agent come last. Never raises for a process that ends meanwhile or that may
        not be looked at; raises `TallyError` where the system lists no processes at all."""
        now = self._clock()
        if self._first is None:
            self._first = now
        self._take_note(now)
        rows = placed({pid: seen.member for pid, seen in self._seen.items()})
        shown = [one for row in rows if (one := self._shown(row, now)) is not None]
        starts = {one.pid: (one.started_ms, one.pid) for one in shown if not one.helper}

        def order(one: Process) -> tuple[bool, tuple[int, int], bool, int, int]:
            head = one.agent if one.helper else one.pid
            begun = starts.get(head) if head is not None else None
            return begun is None, begun or (0, 0), one.helper, one.started_ms, one.pid

        return tuple(sorted(shown, key=order))

    def _take_note(self, now: float) -> None:
        from . import system  # with psutil: not before the first look

        running = set(system.pids())
        for pid in self._seen.keys() - running:
            del self._seen[pid]
        for pid in running:
            seen = self._seen.get(pid)
            if seen is not None and seen.due > now:
                continue
            handle = system.handle(pid)
            if handle is None:
                self._seen.pop(pid, None)
                continue
            if seen is not None and not seen.handle.same(handle):
                seen = None  # its number was used again
            self._seen[pid] = self._examined(handle, seen, now)

    def _examined(self, handle: Handle, before: _Seen | None, now: float) -> _Seen:
        noticed = now if before is None else before.noticed
        due = self._due(handle.pid, noticed, now)
        if before is not None and before.idle and handle.program() == before.member.program:
            before.due = due
            return before
        outside, parent = handle.outside()
        found = known(outside, self._signatures, handle.resolve)
        if before is not None:
            found = _remembering(found, before.member.known)
        companion = "" if found is not None else companion_mode(outside.program, outside.argv)
        member = Member(parent=parent, program=outside.program, known=found, companion=companion)
        if before is not None:
            before.handle, before.member, before.due = handle, member, due
            return before
        return _Seen(handle=handle, noticed=noticed, due=due, member=member)

    def _due(self, pid: int, noticed: float, now: float) -> float:
        """When a process is looked at again: spread, so that no look has much to do. Those of the
        first look are of any age."""
        share = pid * 37 % 100 / 100
        if self._first == now:
            return now + _RARELY_S * share
        return now if now - noticed < _YOUNG_S else now + _AGAIN_S * (1 + share) / 2

    def _shown(self, row: Placed, now: float) -> Process | None:
        seen = self._seen[row.pid]
        measured = seen.handle.measure()
        if seen.started_ms is None:
            seen.started_ms = seen.handle.started_ms()
        if measured is None or seen.started_ms is None:
            seen.due = now  # another may have its number
            return None
        self._ask_rarely(seen, row, now)
        _take_cpu(seen, measured, now)
        return Process(
            pid=row.pid,
            started_ms=seen.started_ms,
            source=row.known.source,
            mode=row.known.mode,
            helper=row.helper,
            agent=row.agent,
            cpu=seen.cpu,
            memory=measured.memory,
            threads=measured.threads,
            directory=seen.directory,
            session=seen.session or row.known.session,
            program=row.known.program,
        )

    def _ask_rarely(self, seen: _Seen, row: Placed, now: float) -> None:
        if seen.rarely_due > now:
            return
        seen.rarely_due = now + _RARELY_S
        seen.directory = seen.handle.directory()
        if row.helper:
            return
        signature = self._signatures[row.known.source]
        seen.session = self._noted(signature, seen) or _open_session(signature, seen.handle)

    def _noted(self, signature: ProcessSignature, seen: _Seen) -> str | None:
        if signature.record is None or seen.started_ms is None:
            return None
        noted = session_noted(signature.record, seen.handle.pid, seen.started_ms, self._environ)
        found = re.search(signature.session, noted or "")
        return found[1] if found else None


def _remembering(found: Known | None, before: Known | None) -> Known | None:
    """What is known of a process that has hidden its arguments since: what they said before."""
    if found and before and found.mode == "unknown" and found.source == before.source:
        return replace(before, program=found.program)
    return found


def _take_cpu(seen: _Seen, measured: Measured, now: float) -> None:
    if measured.spent is None or seen.spent is None:
        seen.cpu = None
    elif now > seen.at:
        seen.cpu = max(0, round((measured.spent - seen.spent) / (now - seen.at)))
    seen.spent, seen.at = measured.spent, now


def _open_session(signature: ProcessSignature, handle: Handle) -> str | None:
    """The session whose file is open, if it is just one: a server may have many."""
    if not signature.files:
        return None
    found = [re.search(signature.files, path) for path in handle.open_files()]
    sessions = {one[1] for one in found if one}
    return sessions.pop() if len(sessions) == 1 else None
