"""Reading one message folder of the JSON generations: a session's messages, one file each.

OpenCode rewrites a message while it runs, which does not change the folder's time. So a folder
with running messages gets a cursor that never fits and is looked into again, and the cursor
remembers which files were told for good, so that only the others are opened.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple, cast
from zlib import crc32

from ..model import made
from ..reading import Complaint, Cursor, Observation
from .opencode_calls import PATIENCE_MS, Calls, Told, is_reply
from .opencode_files import NAME, closed, content
from .opencode_messages import Message, decoded, settle
from .opencode_parts import Parts, StepsTold, category_of, torn_complaint
from .opencode_sessions import Owners, SessionFiles, fact, layout_of
from .source import Place

LARGEST = 32 << 20
"""Bytes of a message file that are read: those of users hold diffs."""


class Setting(NamedTuple):
    """What all places of a source share: its version, the machine's name, the moment of reading,
    and the sessions' files."""

    version: int
    machine: str | None
    now_ms: int
    sessions: SessionFiles


class _State(NamedTuple):
    """What a cursor remembers: the last file told, a mark of all names up to it, and the files
    that must be opened again."""

    last: str = ""
    mark: str = ""
    open: tuple[str, ...] = ()


def read_folder(place: Place, since: Cursor | None, setting: Setting) -> Iterator[Observation]:
    """Everything a message folder says since the cursor, then a cursor. Never raises on bad
    data."""
    try:
        names = sorted(name for name in os.listdir(place.path) if name.endswith(".json"))
    except OSError as problem:
        yield closed(place.path, problem)
        return
    yield from _FolderReader(place, setting, names).read(since)


class _FolderReader:
    def __init__(self, place: Place, setting: Setting, names: list[str]) -> None:
        self.place = place
        self._above = os.path.join(place.path, "")
        self.setting = setting
        self.names = names
        self.layout = layout_of(place.path)
        self.session = setting.sessions.of(self.layout)
        self.parts = Parts.of(self.layout.parts)
        self.owners = Owners(setting.machine)
        self.calls = Calls(place.path, self.owners, setting.now_ms)
        self.found: list[Observation] = []
        self.open: list[str] = []
        self.watched = False

    def read(self, since: Cursor | None) -> Iterator[Observation]:
        """Newest file first: what follows a message tells whether it is over."""
        state = _state(since, self.setting.version)
        told = 0
        if state.mark and state.mark == _mark(self.names, state.last):
            told = bisect_right(self.names, state.last)
        again = set(state.open) if told else set[str]()
        wanted = [name for at, name in enumerate(self.names) if at >= told or name in again]
        followed = False
        for name in reversed(wanted):
            followed = self._message(name, followed)
            if len(self.found) >= 1000:
                yield from self.found
                self.found.clear()
        yield from self.found
        if wanted or not told:
            yield fact(self.session, self._category())
        yield from self.owners.spellings()
        yield self._cursor()

    def _message(self, name: str, followed: bool) -> bool:
        """Tell one message. The answer is whether what is before it must be over."""
        try:
            message = decoded(content(self._path(name), LARGEST))
            if message is None or (message.role is None and not is_reply(message)):
                raise ValueError(_strange(message))
            if not is_reply(message):
                return followed
            told = self._told(name, message, followed)
            parts = self.parts.of_message(name[:-5], message)
            steps, sure, torn, lacking, held = parts
            late = bool(torn or lacking) and self._late(name, parts)
            if not (held and late):
                self.found += self.calls.readings(told, steps[:sure] if torn else steps)
        except (OSError, ValueError) as problem:
            self.found.append(self._trouble(name, problem))
            return followed
        if torn:
            self.found += (torn_complaint(self.place.path, name[:-5], each) for each in torn)
        running = self.calls.young(told)
        if running or torn or lacking:
            self.open.append(name)
        self.watched |= running or late or bool(torn)
        return True

    def _late(self, name: str, parts: StepsTold) -> bool:
        """Whether parts that are torn or not there may still come: files come in any order where
        a home is being copied. After a day, what is there is told, but nothing behind a torn file:
        it may be mended yet, and with it the message's own key finds its step."""
        folder = os.path.join(self.parts.folder, name[:-5])
        files = [os.path.join(folder, f"{each.part}.json") for each in parts.torn]
        changed = max(map(_changed_ms, (self._path(name), folder, *files)))
        return self.setting.now_ms - changed < PATIENCE_MS

    def _path(self, name: str) -> str:
        return self._above + name

    def _told(self, name: str, message: Message, followed: bool) -> Told:
        form = settle(message)
        file_ms = 0 if message.time and message.time.created else _changed_ms(self._path(name))
        offset = crc32(name.encode("utf-8", "replace"))
        mark = name[:-5]
        return made(
            Told, (mark, message, self.session, offset, None, False, form, followed, file_ms)
        )

    def _trouble(self, name: str, problem: Exception) -> Complaint:
        """A file that can't be understood is opened again each time, and waited for while it is
        young: it may be in the middle of being written."""
        self.open.append(name)
        self.watched |= self.setting.now_ms - _changed_ms(self._path(name)) < PATIENCE_MS
        broken = isinstance(problem, OSError)
        return Complaint(
            source=NAME,
            place=self.place.path,
            reason=f"a message can't be read: {problem.strerror}" if broken else str(problem),
            position=crc32(name.encode("utf-8", "replace")),
            sample=name[:60].encode("ascii", "replace").decode(),
            hint="restore the file from a backup, or leave it: the others were read",
        )

    def _category(self) -> str | None:
        session = self.session
        if session.parent is None or not session.created_ms or not self.layout.nested:
            return None
        folder = os.path.join(os.path.dirname(self.place.path), session.parent)
        return category_of(self.parts, folder, session.id, session.created_ms)

    def _cursor(self) -> Cursor:
        last = self.names[-1] if self.names else ""
        state = _State(last, _mark(self.names, last), tuple(sorted(self.open)))
        return Cursor(
            source=NAME,
            place=self.place.path,
            size=-1 if self.watched else self.place.size,
            mtime_ns=self.place.mtime_ns,
            state=json.dumps(state._asdict(), separators=(",", ":")),
            version=self.setting.version,
        )


def _strange(message: Message | None) -> str:
    if message is None:
        return "a message is not a whole JSON object"
    return "a message has neither OpenCode's fields nor those of omo-quota"


def _state(since: Cursor | None, version: int) -> _State:
    if since is None or since.version != version:
        return _State()
    try:
        found: object = json.loads(since.state)
    except ValueError:
        return _State()
    if not isinstance(found, dict):
        return _State()
    fields = cast("dict[str, object]", found)
    names = fields.get("open")
    listed = cast("list[object]", names) if isinstance(names, list) else []
    return _State(
        last=str(fields.get("last", "")),
        mark=str(fields.get("mark", "")),
        open=tuple(name for name in listed if isinstance(name, str)),
    )


def _mark(names: Sequence[str], last: str) -> str:
    """A fingerprint of the files up to one: ids grow with time, so that a file which turns up
    among the old ones was put back, and all are read again."""
    known = "/".join(names[: bisect_right(names, last)])
    return blake2b(known.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _changed_ms(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns // 1_000_000
    except OSError:
        return 0
