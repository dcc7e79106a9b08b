"""This side of the reading process: it is started, heard, started again if it dies, and ended.

One thread does all of it, and tells what was said. What is read and how is in `child`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..format import plain
from ..retrying import later
from .words import RENEW, Following, Handover, Order, Recorded, Said, Trouble, packed, said_of

if TYPE_CHECKING:
    from ..settings import Settings

_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from tallybook.background.child import main; sys.exit(main())"
)
"""What the child runs. It finds modules where this process does, and in no other place: the working
directory, which may be anybody's, is none of them unless it is here."""

EVERY_S = 4.0
"""How often each source is looked at without a reason. Where the system tells of changes, what is
written is recorded at once; looking is for what it misses, and costs the most of an idle hour."""

_GRACE_S = 0.6
"""How long it may take to end by itself: what it is recording is recorded. A kill loses no more
than the work since the last commit."""

_UNSEEN = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(
    subprocess, "CREATE_NEW_PROCESS_GROUP", 0
)
"""On Windows, where a process has no session: no window, and no Ctrl-C."""

_STABLE_S = 60.0
"""Who has lived that long is started again at once, and not later each time."""

_LAST_WORDS = 20
"""Lines that are kept of what is no word of ours, such as the trace of an error."""

_LONGEST = 400
"""Characters of such a line that are told."""


class Background:
    """Follows the histories in a process of its own, from `start` to `close`. `tell` is called with
    each word that it says, in a thread that is not the caller's, and must not raise. Settings,
    variables, working directory and time zone are those of this process."""

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[Said], None],
        *,
        names: Sequence[str] = (),
        paths: Mapping[str, Sequence[Path]] | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._handover = Handover(settings, tuple(names), paths or {}, every_s, os.getpid())
        self._tell = tell
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._paused = self._renewed = False
        self._look: Order | None = None
        self._told: Trouble | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="background", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process that reads, None while there is none."""
        child = self._child
        return child.pid if child is not None else None

    def start(self) -> None:
        """Start it. What goes wrong is told as a trouble, and tried again."""
        self._thread.start()

    def refresh(self, *, full: bool = False) -> None:
        """Look at everything now, whatever was heard of; in `full`, read it all from its
        beginning. It is answered by a `Recorded` that was asked for, or by a `Trouble`."""
        with self._lock:
            self._look = "full" if full or self._look == "full" else "look"
            self._order(self._look)

    def pause(self, on: bool) -> None:
        """Read nothing any more, or go on."""
        with self._lock:
            self._paused = on
            self._order("pause" if on else "go")

    def close(self) -> None:
        """End it, within a second, and tell nothing any more."""
        self._closing.set()
        with self._lock:
            child = self._child
            if child is not None:
                _hang_up(child)
        if child is not None:
            _end(child)
        if self._thread.is_alive():
            self._thread.join(_GRACE_S)

    def _order(self, order: Order) -> None:
        if self._child is not None:
            _write(self._child, f"{order}\n".encode())

    def _keep(self) -> None:
        """Keep one running until it is time to end."""
        retry_s = 0.0
        while not self._closing.is_set():
            begun = time.monotonic()
            trouble = self._run()
            if self._closing.is_set():
                return
            self._renewed = trouble is None
            if trouble is None:
                continue
            if trouble != self._told:
                self._told = trouble
                self._tell(trouble)
            lived = time.monotonic() - begun
            retry_s = later(0.0 if lived > _STABLE_S else retry_s)
            self._closing.wait(retry_s)

    def _run(self) -> Trouble | None:
        """Start one and hear it to its end; what to tell of that, None if it is to be renewed."""
        last = deque[str](maxlen=_LAST_WORDS)
        try:
            child = self._begin()
        except OSError as problem:
            return _unstarted(problem)
        assert child.stdout is not None
        with child.stdout as told:
            for line in told:
                said = said_of(line)
                if said is None:
                    last.append(line.decode(errors="replace").strip())
                elif not self._closing.is_set():
                    self._pass_on(said)
        with self._lock:
            self._child = None
            _hang_up(child)
        _end(child)
        return None if child.returncode == RENEW else _broken(child.returncode, last)

    def _begin(self) -> subprocess.Popen[bytes]:
        """A child, and what it has to know on its way to it."""
        with self._lock:
            child = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,  # where it dies, these are its last words
                start_new_session=True,  # Ctrl-C and the end of the terminal are not for it
                creationflags=_UNSEEN,
            )
            self._child = child
            handed = packed(self._handover._replace(paused=self._paused, renewed=self._renewed))
            _write(child, len(handed).to_bytes(4, "big") + handed)
            if self._look is not None:  # the one before did not come to it
                self._order(self._look)
            if self._closing.is_set():
                _hang_up(child)
        return child

    def _pass_on(self, said: Said) -> None:
        if isinstance(said, Following):
            self._told = None
        if isinstance(said, Trouble) or (isinstance(said, Recorded) and said.asked):
            self._look = None
        self._tell(said)


def _write(child: subprocess.Popen[bytes], data: bytes) -> None:
    """Nothing if it is gone: whoever is started next is told what holds then."""
    if child.stdin is not None and not child.stdin.closed:
        with suppress(OSError):
            child.stdin.write(data)
            child.stdin.flush()


def _hang_up(child: subprocess.Popen[bytes]) -> None:
    """Let it know that it is not wanted any more."""
    if child.stdin is not None:
        with suppress(OSError):
            child.stdin.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    """Wait for its end, for a moment; then end it, with a second process that it may have."""
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        if os.name == "posix":
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # a session of its own is a group of its own
        child.kill()
        child.wait()


def _unstarted(problem: OSError) -> Trouble:
    return Trouble(
        "new usage can't be read in the background",
        because=f"no process could be started: {problem.strerror or problem}",
        hint="it is tried again; what is recorded is shown",
    )


def _broken(code: int, last: Iterable[str]) -> Trouble:
    """What to tell of one that ended by itself, which none is meant to."""
    words = next((line for line in reversed([*last]) if line), "")
    ended = f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"
    return Trouble(
        "reading in the background broke off",
        because=plain(words)[:_LONGEST] or ended,
        hint="it is started again, nothing is lost; if it happens again: tally sync --debug",
    )
