"""One session of pi as far as its file tells: who it is, where it came from, which of its lines
are copies, and to whom a call belongs. Usage is not looked at here.

A fork is a file of its own that begins with copies of its source's lines, word for word and with
their times. So what is older than the fork's own header was copied.
"""

from __future__ import annotations

import re

from msgspec import Struct

from ..naming import UNKNOWN, storable
from ..reading import Attribution, SessionFact, attr_of
from .pi_files import NAME, session_of
from .pi_lines import Entry

OWN, COPY = 4, 2
"""Ranks of a call in its own session's file and in a fork. One that only the result of a tool
tells is a rank lower."""

TITLE = 80
"""Titles are cut to this many characters."""

_ATTACHED = re.compile(r"\s*<(file|skill)\b.*?(?:</\1>|/>)", re.DOTALL)
"""What pi itself puts before a prompt: files that were named, skills."""

_LAST_ORDER = (1 << 56) - 1


class Session(Struct, gc=False, omit_defaults=True):
    """What is known so far. It is kept in the cursor, so that a later read goes on from it.
    `named` says that the id is known from the file's name, `provider` and `model` are what was
    spoken to last."""

    id: str
    named: bool = False
    begun_ms: int = 0
    directory: str | None = None
    source: str | None = None
    provider: str = ""
    model: str = ""
    title: str = ""
    title_rank: int = 0
    last_ms: int = 0

    def introduce(self, header: Entry) -> None:
        """Take in the first line of a session. A file's name goes before the id in its header: a
        fork names its source by it, and versions up to 0.29 wrote another id into the file."""
        self.id = self.id if self.named else header.id or self.id
        self.begun_ms = header.written_ms()
        self.directory = header.cwd or self.directory
        named = header.parent_session or header.branched_from
        self.source = session_of(named) if named else None
        self.speak(header)

    def speak(self, entry: Entry) -> None:
        """Take in a line that tells which model answers from now on."""
        provider, model = entry.provider, entry.model_id
        if model is None and entry.model is not None:
            provider, _, model = entry.model.partition("/")
        self.provider, self.model = provider or self.provider, model or self.model

    def entitle(self, text: str, rank: int) -> None:
        """Take a title if none of its rank is known; a name that was given may be changed."""
        text = text.strip() if rank > 1 else _typed(text)
        if text and (rank > self.title_rank or rank == self.title_rank > 1):
            self.title = storable(text.splitlines()[0].strip()[:TITLE])
            self.title_rank = rank

    def whose(self, ms: int, machine: str | None, helper: str | None) -> tuple[Attribution, int]:
        """To whom a call belongs that was written at `ms`, and how good a witness the line is.
        A copy belongs to the fork's source; of several forks the first knows best. `helper` is
        the name of a sub-agent, of which only the result of a tool tells, else None."""
        copied = 0 < ms < self.begun_ms
        who = Attribution(
            source=NAME,
            session=(self.source if copied else None) or self.id,
            project=self.directory,
            agent=helper,
            machine=machine,
        )
        rank = (COPY if copied else OWN) - (helper is not None)
        return who, attr_of(rank, _LAST_ORDER - self.begun_ms if self.begun_ms else 0)

    def served_by(self) -> tuple[str, str]:
        """Provider and model that were spoken to last."""
        return self.provider or UNKNOWN, self.model or UNKNOWN

    def fact(self) -> SessionFact:
        """What the file tells about the session."""
        return SessionFact(
            source=NAME,
            session=self.id,
            title=self.title,
            title_rank=self.title_rank,
            directory=self.directory,
            forked_from=self.source,
            seen_ms=self.last_ms or self.begun_ms,
        )


def _typed(text: str) -> str:
    """A prompt without what pi put before it."""
    while found := _ATTACHED.match(text):
        text = text[found.end() :]
    return text.strip()
