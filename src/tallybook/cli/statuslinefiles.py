"""The files of the status line below Tallybook's data folder: what was last found out, what is
asked for, what agents handed over, and who may find out anew.

All of it can be thrown away: what was handed over and not yet recorded is all that is lost. Files
are for their owner alone, are replaced whole, and a damaged one counts as none.

- `KEY.json`: what the bar of one context shows; `KEY.ask`: that context, touched when it is asked
- `NAME.sights`: the official limits that one session handed over, a line for each time they
  changed; `NAME.recorded` is how far they are recorded
- `lock`: held by the one process that finds out; the time of `began` is when one last did
- `trouble`: what went wrong the last time, for `tally doctor`; `lacking`: what bars ask for and
  there is not
"""

from __future__ import annotations

import json
import os
import sys
import time
from binascii import crc32
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeGuard, cast

from .statuslinehanded import is_object

VERSION = 1
"""Of the format: what another version wrote is not read."""

FOLDER, LOCK, BEGAN, TROUBLE, LACKING = "statusline", "lock", "began", "trouble", "lacking"
_ASKED_S = 10.0
"""How old the mark of an asked context may get."""
_LIVELY_S = 300.0
"""A context that nobody asked for so long is not kept up to date any more."""
_KEPT_S = 30 * 86_400.0
"""Files that nobody touched for so long are swept away."""
_OWN = ("HOME", "USERPROFILE", "TZ", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "CLAUDE_CONFIG_DIR")
_AGENTS = ("CODEX_HOME", "CODING_AGENT_DIR", "GEMINI_CLI_HOME", "GEMINI_DATA_DIR", "OMO_QUOTA_HOME")
_MORE = ("OPENCODE_DATA_DIR", "OPENCODE_DB", "PI_CODING_AGENT_DIR", "PI_CODING_AGENT_SESSION_DIR")
_DECIDING = frozenset((*_OWN, *_AGENTS, *_MORE))
"""Variables beside our own that decide what there is to read and to show: bars that differ in one
have their own answers. Asking each source for its own would load them all."""

_TAIL = 4096
_LONG = 1 << 16
"""A file of sights that is longer is begun anew, once all in it is recorded."""


class Context(NamedTuple):
    """Whose bar it is: a session (empty: none is handed over), the folder of the project whose
    settings hold (empty: none's), its transcript, the quota that is wanted (empty: the fullest)."""

    session: str = ""
    folder: str = ""
    transcript: str = ""
    quota: str = ""


class Sight(NamedTuple):
    """Official limits as they were handed over first at `seen_ms`, as JSON text. `end` is where the
    line ends in its file."""

    limits: str
    seen_ms: int
    file: Path
    end: int


class Files:
    """The folder for one environment: contexts of others are left to their own processes."""

    def __init__(self, data: Path, environ: Mapping[str, str]) -> None:
        self.folder = data / FOLDER
        own = [f"{name}={environ[name]}" for name in sorted(environ) if _counts(name)]
        self._prefix = f"{crc32(chr(0).join(own).encode(errors='surrogateescape')):08x}"

    def answer(self, context: Context) -> dict[str, object]:
        """What was last found out for a context; nothing if it never was."""
        found = _read(self._file(context, ".json"))
        same = found.get("version") == VERSION and found.get("context") == list(context)
        return found if same else {}

    def keep(self, context: Context, answer: Mapping[str, object]) -> None:
        """Put an answer in the place of the last one."""
        told = {"version": VERSION, "context": list(context), **answer}
        _replace(self._file(context, ".json"), json.dumps(told, ensure_ascii=False))

    def ask(self, context: Context) -> None:
        """Let whoever finds out know that a context is wanted."""
        file = self._file(context, ".ask")
        age = _age_s(file)
        if age is None or _read(file).get("context") != list(context):
            _replace(file, json.dumps({"version": VERSION, "context": list(context)}))
        elif age > _ASKED_S:
            os.utime(file)

    def asked(self) -> list[Context]:
        """The contexts of this environment that are wanted now, the latest first."""
        found: list[tuple[float, Context]] = []
        for file in self.folder.glob(f"{self._prefix}-*.ask"):
            age, told = _age_s(file), _read(file).get("context")
            if age is not None and age < _LIVELY_S and _is_context(told):
                found.append((age, Context(*told)))
        return [context for _, context in sorted(found)]

    def hand(self, session: str, limits: str, now_ms: int) -> int:
        """Keep limits that a session handed over until they are recorded, unless they are what it
        handed over last: an idle session repeats what it once saw. When it saw them first."""
        file = self.folder / f"{self._prefix}-{_name(session)}.sights"
        before = _last_line(file) or {}
        seen_ms = before.get("seen_ms")
        if before.get("limits") == limits and isinstance(seen_ms, int):
            return min(seen_ms, now_ms)
        line = json.dumps({"limits": limits, "seen_ms": now_ms}) + "\n"
        _make(self.folder)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
        return now_ms

    def sights(self) -> Iterator[Sight]:
        """What was handed over and is not recorded yet, of each session in its order."""
        for file in sorted(self.folder.glob(f"{self._prefix}-*.sights")):
            done = _recorded(file)
            with suppress(OSError):
                data = file.read_bytes()
                yield from _sights(file, data[done:], done)

    def recorded(self, sights: Sequence[Sight]) -> None:
        """Mark sights as recorded."""
        for file, end in {each.file: each.end for each in sights}.items():
            if end > _LONG and end == file.stat().st_size:
                last = file.read_bytes().splitlines(keepends=True)[-1]
                _replace(file, last.decode())
                end = len(last)
            _replace(file.with_suffix(".recorded"), json.dumps({"end": end}))

    def began_s(self) -> float | None:
        """How long ago somebody last began to find out; None if nobody ever did."""
        return _age_s(self.folder / BEGAN)

    def lock(self, every_s: float) -> int | None:
        """The right to find out, for whoever holds this handle; None where another has it, or had
        it less than `every_s` ago. It ends with the last process that holds the handle."""
        _make(self.folder)
        handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if _locked(handle) and not self._just_began(every_s):
            _replace(self.folder / BEGAN, "")
            return handle
        os.close(handle)
        return None

    def _just_began(self, every_s: float) -> bool:
        age = self.began_s()
        return age is not None and age < every_s

    def trouble(self) -> str:
        """What went wrong when somebody last found out."""
        return self.noted(TROUBLE)

    def tell(self, trouble: str) -> None:
        """Keep what went wrong; nothing did if it is empty."""
        if trouble:
            self.note(TROUBLE, trouble)
        else:
            (self.folder / TROUBLE).unlink(missing_ok=True)

    def note(self, name: str, text: str) -> None:
        """Note that something was done now, and what came of it."""
        _replace(self.folder / name, json.dumps({"text": text}, ensure_ascii=False))

    def noted(self, name: str) -> str:
        """What came of it when it was done last."""
        text = _read(self.folder / name).get("text")
        return text if isinstance(text, str) else ""

    def age_s(self, name: str) -> float | None:
        """How long ago that was; None if it never was."""
        return _age_s(self.folder / name)

    def sweep(self) -> None:
        """Throw away what nobody has asked for in a long time."""
        for file in self.folder.iterdir():
            age = _age_s(file)
            if file.name not in (LOCK, BEGAN) and age is not None and age > _KEPT_S:
                file.unlink(missing_ok=True)

    def _file(self, context: Context, ending: str) -> Path:
        return self.folder / f"{self._prefix}-{_name(chr(0).join(context))}{ending}"


def _counts(name: str) -> bool:
    return name in _DECIDING or name.startswith("TALLY_")


def _is_context(value: object) -> TypeGuard[list[str]]:
    parts = cast("list[object]", value) if isinstance(value, list) else []
    return len(parts) == len(Context()) and all(isinstance(each, str) for each in parts)


def _name(text: str) -> str:
    return f"{crc32(text.encode(errors='surrogateescape')):08x}"


def _read(file: Path) -> dict[str, object]:
    try:
        told: object = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if is_object(told) else {}


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _replace(file: Path, text: str) -> None:
    """The file with that text, whole or not at all, whatever others do at the same time."""
    _make(file.parent)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{time.monotonic_ns():x}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "w", encoding="utf-8", errors="surrogatepass") as out:
            out.write(text)
        os.replace(draft, file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _age_s(file: Path) -> float | None:
    """How long ago a file was written or touched; None if it is not there. A clock that was set
    back makes nothing young for ever."""
    try:
        age = time.time() - file.stat().st_mtime
    except OSError:
        return None
    return age if age >= 0 else _KEPT_S


def _last_line(file: Path) -> dict[str, object] | None:
    """The last line of a file of sights."""
    try:
        with file.open("rb") as lines:
            lines.seek(max(0, file.stat().st_size - _TAIL))
            last = lines.read().splitlines()[-1]
        told: object = json.loads(last)
    except (OSError, ValueError, IndexError):
        return None
    return told if is_object(told) else None


def _recorded(file: Path) -> int:
    """How far a file of sights is recorded; one that was begun anew is so from its beginning."""
    end = _read(file.with_suffix(".recorded")).get("end")
    try:
        return end if isinstance(end, int) and end <= file.stat().st_size else 0
    except OSError:
        return 0


def _sights(file: Path, data: bytes, start: int) -> Iterator[Sight]:
    """The whole lines of some bytes; a line that is no sight is passed over."""
    before = ""
    for line in data.splitlines(keepends=True):
        start += len(line)
        if not line.endswith(b"\n"):
            return  # somebody is still writing it
        try:
            told = json.loads(line)
            sight = Sight(str(told["limits"]), int(told["seen_ms"]), file, start)
        except (ValueError, KeyError, TypeError):
            continue
        if sight.limits != before:
            yield sight
        before = sight.limits


def _locked(handle: int) -> bool:
    """Whether a file is now locked by this handle, until all who hold it are gone."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
