"""One session of Gemini CLI as far as its own file tells: who it is, its title and times, and to
whom its calls belong. Usage is not looked at here.
"""

from __future__ import annotations

from pathlib import PurePath

from msgspec import Struct

from ..clock import LATEST_MS
from ..naming import storable
from ..reading import Attribution, SessionFact, attr_of
from .gemini_files import NAME, UUID, Origin
from .gemini_lines import Line, ms_of, words_of

SUBAGENT = "subagent"
"""The agent of a session that another session started, if its kind is written nowhere."""

TITLE = 80
"""Titles are cut to this many characters."""

MACHINE_TEXT = ("<session_context>", "This is the Gemini CLI.")
"""How prompts begin that no person typed."""


class Session(Struct, gc=False, omit_defaults=True):
    """What is known so far. It is kept in the cursor, so that a later read goes on from it.

    `told` says that the id is the file's own word, not its name. `agent` is what the session
    that started this one calls it."""

    id: str
    told: bool = False
    helper: bool = False
    parent: str = ""
    agent: str = ""
    hashed: str = ""
    begun_ms: int = 0
    last_ms: int = 0
    title: str = ""
    title_rank: int = 0

    def introduce(self, line: Line) -> None:
        """Take in what a header, a document or a patch says of the session. A session that is
        resumed gets another header, with the time of resuming."""
        self.helper = self.helper or line.kind == SUBAGENT
        self.hashed = line.project_hash or self.hashed
        if line.session_id:
            self.id, self.told = unique(line.session_id, self.parent), True
        if begun := ms_of(line.start_time):
            self.begun_ms = min(begun, self.begun_ms or begun)
        self.entitle(line.summary or "", 2)

    def prompt(self, line: Line) -> None:
        """Take in what was typed: the first that a person typed is the title."""
        if not self.title_rank:
            self.entitle(words_of(line.shown) or words_of(line.content), 1)

    def entitle(self, text: str, rank: int) -> None:
        """Take a title if none of its rank is known; a summary may be made anew."""
        text = text.strip()
        machine = rank == 1 and text.startswith(MACHINE_TEXT)
        if text and not machine and (rank > self.title_rank or rank == self.title_rank > 1):
            self.title, self.title_rank = text.splitlines()[0].strip()[:TITLE], rank

    def who(self, project: str, machine: str | None) -> Attribution:
        """To whom the session's calls belong."""
        agent = (self.agent or SUBAGENT) if self.helper else None
        return Attribution(
            source=NAME, session=self.id, project=project or None, agent=agent, machine=machine
        )

    def attr(self, located: bool) -> int:
        """How good an attribution is: by what it knows, then the session that began first."""
        rank = 1 + self.told + located + bool(self.agent)
        return attr_of(rank, LATEST_MS - (self.begun_ms or LATEST_MS))

    def fact(self, directory: str | None) -> SessionFact:
        """What the file tells about the session."""
        return SessionFact(
            source=NAME,
            session=self.id,
            title=self.title,
            title_rank=self.title_rank,
            directory=directory,
            parent=self.parent or None,
            seen_ms=self.last_ms,
        )


def fresh_session(path: str, origin: Origin, agent: str = "") -> Session:
    """The state before the first line of a file."""
    stem, parent = storable(PurePath(path).stem), storable(origin.parent)
    return Session(unique(stem, parent), helper=bool(parent), parent=parent, agent=agent)


def unique(session: str, parent: str) -> str:
    """A session's id that no other session has: those of sub-agents were short at first, and
    may come again under another parent."""
    return f"{session}@{parent}" if parent and len(session) < UUID else session
