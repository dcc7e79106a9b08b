"""Finding out what status lines show: record what agents handed over, read what is new, ask.

One process does it at a time, for all bars that asked a moment ago, and is gone after. What goes
wrong is kept for `tally doctor`; a bar goes on showing what was known.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from binascii import crc32
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LedgerBusy, LedgerReadOnly, TallyError, nearest
from ..places import data_folder
from .asking import settings_for
from .intime import in_one_line, read_in_time
from .options import Asked
from .shell import Shell
from .statuslinefacts import answer_for
from .statuslinefiles import LACKING, Context, Files
from .statuslinehanded import SOURCE, handed_limits
from .statuslinequick import answer_of

if TYPE_CHECKING:
    from ..book import Book
    from ..settings import Settings

LIMIT_S = 30.0
"""How long it may read. A first import takes longer, and goes on where the last one ended."""

_GRACE_S = 15.0
"""How much later it is ended, whatever it does."""

_SHARE = 20
_LONGEST_S = 60.0
"""It rests so many times as long as it took, but no longer than that."""

_NICENESS = 10
_MOST_CONTEXTS = 20
_EVERYTHING_S = 60.0
"""How often the histories of other agents than the bars' own are looked at."""

_ATTEND_S = 60.0
_EVERYTHING, _ALERTS = "everything", "alerts"
"""Notes, one a ledger, whose time is when that was done last."""


def left_behind() -> None:
    """The process that a bar leaves behind, which has the lock already, but on Windows."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    end = threading.Timer(LIMIT_S + _GRACE_S, os._exit, (1,))  # pyright: ignore[reportPrivateUsage] - no way out but this from a call that hangs
    end.daemon = True
    end.start()
    shell = Shell.real()
    files = Files(data_folder(shell.surroundings.environ, shell.surroundings.home), os.environ)
    if sys.platform == "win32" and files.lock(0.0) is None:
        return
    try:
        refresh_all(shell, files, files.asked()[:_MOST_CONTEXTS])
        files.sweep()
    except Exception as problem:
        files.tell(f"this should not have happened: {problem!r}")  # there is no one else to tell
        raise


def refresh_all(shell: Shell, files: Files, contexts: Sequence[Context]) -> None:
    """Find out what all these contexts show. Their folders may have settings of their own, but none
    that say which ledger it is: that is opened and brought up to date once."""
    ready: list[tuple[Context, Settings]] = []
    trouble = ""
    for context in contexts:
        try:
            around = shell.surroundings._replace(cwd=Path(context.folder or os.sep))
            settings = settings_for(replace(shell, surroundings=around), Asked(quiet=True))
        except (TallyError, OSError) as problem:
            trouble = in_one_line(problem)
            _fail(files, [context])
            continue
        ready.append((context, settings))
    files.tell((_refresh(shell, files, ready) if ready else "") or trouble)


def _refresh(shell: Shell, files: Files, ready: Sequence[tuple[Context, Settings]]) -> str:
    """The same for contexts with their settings; what went wrong in words, empty if nothing did."""
    begun = time.monotonic()
    contexts = [context for context, _ in ready]
    _note_lacking(files, ready)
    try:
        with shell.open_book(ready[0][1]) as book:
            hindered = _record(book, files, contexts, begun + LIMIT_S)
            for context, settings in ready:
                book.settings = settings
                found = answer_for(book, context, shell.now_ms)
                rest_s = min((time.monotonic() - begun) * _SHARE, _LONGEST_S)
                found = found._replace(wait_ms=int(rest_s * 1000), behind=bool(hindered))
                files.keep(context, found.kept())
            book.settings = ready[0][1]
            return hindered or _attend(shell, book, files)
    except (TallyError, OSError) as problem:
        _fail(files, contexts)
        return in_one_line(problem)


def _note_lacking(files: Files, ready: Sequence[tuple[Context, Settings]]) -> None:
    """Note the quotas that bars ask for and that there are none of, for `tally doctor`."""
    known = {name for _, settings in ready for name in settings.quotas}
    lacking = {each.quota for each, settings in ready if each.quota not in ("", *settings.quotas)}
    said: list[str] = []
    for name in sorted(lacking):
        near = nearest(name, known)
        said.append(f"--quota {name}" + (f" (did you mean {near}?)" if near else ""))
    if files.noted(LACKING) != (text := ", ".join(said)):
        files.note(LACKING, text)


def _attend(shell: Shell, book: Book, files: Files) -> str:
    """Look at the alert rules, once a minute: often nothing else runs that does. What keeps a rule
    from being looked at, or a message from being sent, is told."""
    from ..alerts import attend_once

    note = _note(_ALERTS, book)
    age = files.age_s(note)
    if age is not None and age < _ATTEND_S:
        return files.noted(note)
    files.note(note, "")  # another one is not to begin with it, too
    troubles = "; ".join(attend_once(book, shell.now_ms, wait=False).troubles)
    files.note(note, troubles)
    return troubles


def _record(book: Book, files: Files, contexts: Sequence[Context], until: float) -> str:
    """Record what was handed over, and read what is new; what hindered it, in words. Then what is
    recorded is shown, marked."""
    book.ledger.wait_until(lambda: time.monotonic() >= until)
    try:
        _record_sights(book, files)
    except (LedgerBusy, LedgerReadOnly) as problem:
        return in_one_line(problem)
    return _read(book, files, contexts, until)


def _record_sights(book: Book, files: Files) -> None:
    """The official limits that agents handed over, in the order in which they were seen. What is no
    window is passed over."""
    from ..probes.claude_windows import status_line_limits
    from ..probing import keep

    sights = sorted(files.sights(), key=lambda each: each.seen_ms)
    snapshots = [
        snapshot
        for each in sights
        for snapshot in status_line_limits(handed_limits(each.limits), each.seen_ms)
    ]
    if snapshots:
        keep(book, snapshots)
    files.recorded(sights)


def _read(book: Book, files: Files, contexts: Sequence[Context], until: float) -> str:
    """Read what is new: of Claude Code if only its bars ask, and of all now and then."""
    note = _note(_EVERYTHING, book)
    age = files.age_s(note)
    everything = age is None or age > _EVERYTHING_S or not all(each.session for each in contexts)
    _, hindered = read_in_time(book, until, () if everything else (SOURCE,))
    if everything and not hindered:
        files.note(note, "")
    return hindered


def _note(name: str, book: Book) -> str:
    ledger = book.settings.ledger.encode(errors="surrogateescape")
    return f"{name}-{crc32(ledger):08x}"


def _fail(files: Files, contexts: Sequence[Context]) -> None:
    """Keep what was known before of contexts, marked."""
    for context in contexts:
        before = answer_of(files, context)
        now_ms = time.time_ns() // 1_000_000
        files.keep(context, before._replace(made_ms=now_ms, trouble=True).kept())
