"""To whom a line of Claude Code's history belongs: session, project, agent, and how good a
witness the line is. Copies in forks and side questions name another session than the one that
asked, so the rank decides. Usage is not looked at here.
"""

from __future__ import annotations

from hashlib import blake2b

from ..reading import Attribution, attr_of
from .claude_files import NAME, Origin, agent_type, project_of
from .claude_lines import Line
from .claude_names import asked_by
from .claude_sessions import Notes

SUBAGENT = "subagent"
"""The agent of a side chain whose kind is written nowhere."""

Whose = tuple[Attribution, int]
"""An attribution and its `attr`."""


class Ownership:
    """The attributions of one file's lines; the same for all lines that tell the same."""

    def __init__(self, path: str, origin: Origin, machine: str | None, notes: Notes) -> None:
        self._path = path
        self._origin = origin
        self._machine = machine
        self._notes = notes
        self._known: dict[tuple[object, ...], Whose] = {}
        self._agent: str | None = None

    def of(self, line: Line, copied: bool) -> Whose:
        """Who a line belongs to; `copied` if it looks like a copy without saying so."""
        session, helper = line.session_id, line.attribution_agent
        asked = asked_by(line)
        numbered = bool(line.request_id)
        mark = (session, asked, line.cwd, line.is_sidechain, numbered, helper, copied)
        known = self._known.get(mark)
        if known is None:
            known = self._known[mark] = self._new(line, asked, copied)
        self._notes.last[known[0].session or ""] = line
        return known

    def _new(self, line: Line, asked: str | None, copied: bool) -> Whose:
        own = self._origin.session
        session = line.session_id or own
        helper = self._origin.helper or line.is_sidechain is True
        if asked and session and asked != session:
            rank = 1
            self._notes.forked[session] = asked  # the last copies are those of the parent
        elif copied and not self._origin.helper:
            rank = 1
        elif own and session != own:
            rank = 2
        elif helper:
            rank = 3
        else:
            rank = 5 if line.request_id else 4
        who = Attribution(
            source=NAME,
            session=session,
            project=project_of(line.cwd, self._origin.slug),
            agent=self._helper_kind(line) if helper else None,
            machine=self._machine,
        )
        return who, attr_of(rank, order_of(session or ""))

    def _helper_kind(self, line: Line) -> str:
        if self._agent is None:
            self._agent = (agent_type(self._path) if self._origin.helper else None) or ""
        return self._agent or line.attribution_agent or SUBAGENT


def order_of(session: str) -> int:
    """The order of origin among sessions: any fixed order will do that does not depend on the
    path or on who is read first."""
    digest = blake2b(session.encode("utf-8", "surrogatepass"), digest_size=7).digest()
    return int.from_bytes(digest, "big")
