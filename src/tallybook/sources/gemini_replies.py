"""Which messages of Gemini CLI are calls, and their readings. How messages are found is not known
here.

A message has an id of its own, and is written again when its tools have come back, in the same
words and with its tools. A history that is written back in one piece may hold replies without
counts: they were told before.
"""

from __future__ import annotations

import re
from collections import Counter

from ..naming import UNKNOWN
from ..reading import Attribution, Observation, Reading, Witness, key_maker, key_of
from .damage import Damage
from .gemini_files import NAME, UUID, Origin
from .gemini_lines import Line, is_object, ms_of, tools_of, words_of
from .gemini_projects import project_of
from .gemini_session import Session
from .source import Place

_key = key_maker("gemini-cli:message")
_SOME = re.compile(rb":\s*[1-9]")
"""A count that is not nothing."""

_NUMBER = re.compile(rb"\d+")

_NO_TOKENS = (b"", b"null")
_NO_TIME = "impossible time; its neighbour's was taken"


class Replies:
    """Makes readings of the messages of one file. The reply that was told last is held back until
    another one comes, because it may be written again. `text` is the whole session, if it is at
    hand: it may name the project's directory."""

    def __init__(self, place: Place, origin: Origin, session: Session, machine: str | None) -> None:
        self.damage = Damage(NAME, place.path)
        self.text = b""
        self.place = place
        self._origin = origin
        self.session = session
        self.machine = machine
        self._held: Reading | None = None
        self._whose: tuple[Attribution, int] | None = None
        self._project: tuple[str, str, bool] | None = None

    def project(self) -> tuple[str, bool]:
        """The session's project, and whether it is a directory; see `project_of`."""
        hashed = self.session.hashed
        if self._project is None or self._project[0] != hashed:
            self._project = (hashed, *project_of(self._origin, hashed, self.text))
        return self._project[1:]

    def introduce(self, line: Line) -> None:
        """Take in a header or a patch: what follows may be another's."""
        self.session.introduce(line)
        self._whose = None

    def message(self, line: Line, offset: int, *, again: bool = False) -> list[Observation]:
        """Take in a message, and tell what is complete. `again` says that it stands in a history
        that was written back, at the time of doing so. Whatever has counts is a reply."""
        session, ms = self.session, ms_of(line.timestamp)
        if not again:
            session.last_ms = max(ms, session.last_ms)
            if line.type == "user":
                session.prompt(line)
        if line.type != "gemini" and not is_object(line.tokens):
            return []
        tokens = bytes(line.tokens)
        if tokens in _NO_TOKENS:
            spoken = bool(line.model and words_of(line.content))
            return [] if again or not spoken else self._tell(line, b"{}", ms, offset)
        if is_object(line.tokens):
            return self._tell(line, tokens, ms, offset)
        return [*self.damage.at(offset, b"", "the tokens of a reply could not be understood")]

    def flush(self) -> list[Observation]:
        """The reply that is held, as it stands."""
        held, self._held = self._held, None
        return [] if held is None else [held]

    def _tell(self, line: Line, tokens: bytes, ms: int, offset: int) -> list[Observation]:
        told: list[Observation] = []
        notes = [] if line.model else ["model-not-told"]  # in the order of the names, as joined
        if not ms:
            hint = "nothing to do: only its time is a guess"
            told += self.damage.at(offset, b"", _NO_TIME, hint, lost=False)
            ms = self.session.last_ms or self.session.begun_ms or self.place.mtime_ns // 1_000_000
            notes.append("time-from-neighbour")
        reading = self._reading(line, tokens, (ms, offset), ";".join(notes))
        held = self._held
        if held is None or held.keys != reading.keys or not _covers(reading, held):
            told += self.flush()
        self._held = reading
        return told

    def _reading(self, line: Line, tokens: bytes, spot: tuple[int, int], note: str) -> Reading:
        if self._whose is None:
            project, located = self.project()
            session = self.session
            self._whose = session.who(project, self.machine), session.attr(located)
        who, attr = self._whose
        witness = Witness.SUMMARY if note else Witness.AGENT
        status = "complete" if _SOME.search(tokens) else "unmetered"
        ms, offset = spot
        return Reading(  # by position: by name costs as much again
            (_key_of(line),), who, attr, ms, ms, "google",
            line.model or UNKNOWN, "gemini-cli", tokens, witness, status, note, _tools(line),
            None, self.place.path, offset,
        )  # fmt: skip


def _tools(line: Line) -> tuple[tuple[str, int], ...]:
    """The tools that a reply asked for, and how often."""
    if not line.tool_calls:
        return ()
    return tuple(sorted(Counter(each.name for each in tools_of(line) if each.name).items()))


def _key_of(line: Line) -> bytes:
    """The identity of a reply: its id, which is random. A short one, or none, needs its time and
    its counts, too."""
    message = line.id or ""
    if len(message) >= UUID:
        return _key(message)
    counts = [count.decode() for count in _NUMBER.findall(bytes(line.tokens))]
    return key_of("gemini-cli:message", message, line.timestamp or "", *counts)


def _covers(later: Reading, earlier: Reading) -> bool:
    """Whether a reply that was written again says all that it said before."""
    said = [(one.started_ms, one.usage, one.model, one.note) for one in (later, earlier)]
    return said[0] == said[1] and set(earlier.tools) <= set(later.tools)
