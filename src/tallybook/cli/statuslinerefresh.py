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
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LedgerBusy, LedgerReadOnly, TallyError
from ..places import data_folder
from ..walking import Stopped
from .asking import settings_for
from .options import Asked
from .shell import Shell
from .statuslinefacts import answer_for
from .statuslinefiles import Context, Files
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
"""Notes whose time is when that was done last."""


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
    """Find out what all these contexts show. Their folders may have settings of their own, and with
    those another ledger; each ledger is opened and brought up to date once."""
    begun = time.monotonic()
    by_ledger: dict[str, list[tuple[Context, Settings]]] = {}
    trouble = ""
    for context in contexts:
        try:
            around = shell.surroundings._replace(cwd=Path(context.folder or os.sep))
            settings = settings_for(replace(shell, surroundings=around), Asked(quiet=True))
        except (TallyError, OSError) as problem:
            trouble = _said(problem)
            files.keep(context, _failed(files, context))
            continue
        by_ledger.setdefault(settings.ledger, []).append((context, settings))
    for those in by_ledger.values():
        trouble = _refresh_ledger(shell, files, those, begun) or trouble
    files.tell(trouble)


def _refresh_ledger(
    shell: Shell, files: Files, those: Sequence[tuple[Context, Settings]], begun: float
) -> str:
    """The same for contexts of one ledger; what went wrong in words, empty if nothing did."""
    try:
        with shell.open_book(those[0][1]) as book:
            _record_sights(book, files)
            _read(book, files, [context for context, _ in those], begun)
            for context, settings in those:
                book.settings = settings
                found = answer_for(book, context, shell.now_ms)
                rest_s = min((time.monotonic() - begun) * _SHARE, _LONGEST_S)
                files.keep(context, found._replace(wait_ms=int(rest_s * 1000)).kept())
            book.settings = those[0][1]
            return _attend(shell, book, files)
    except (TallyError, OSError) as problem:
        for context, _ in those:
            files.keep(context, _failed(files, context))
        return _said(problem)


def _attend(shell: Shell, book: Book, files: Files) -> str:
    """Look at the alert rules, once a minute: often nothing else runs that does. What keeps a rule
    from being looked at, or a message from being sent, is told."""
    from ..alerts import attend_once

    age = files.age_s(_ALERTS)
    if age is not None and age < _ATTEND_S:
        return files.noted(_ALERTS)
    files.note(_ALERTS, "")  # another one is not to begin with it, too
    troubles = "; ".join(attend_once(book, shell.now_ms, wait=False).troubles)
    files.note(_ALERTS, troubles)
    return troubles


def _record_sights(book: Book, files: Files) -> None:
    """The official limits that agents handed over, in the order in which they were seen. What is no
    window is passed over; where others write, it is done the next time."""
    from ..probes.claude_windows import status_line_limits
    from ..probing import keep

    sights = sorted(files.sights(), key=lambda each: each.seen_ms)
    snapshots = [
        snapshot
        for each in sights
        for snapshot in status_line_limits(handed_limits(each.limits), each.seen_ms)
    ]
    try:
        if snapshots:
            keep(book, snapshots)
    except (LedgerBusy, LedgerReadOnly):
        return
    files.recorded(sights)


def _read(book: Book, files: Files, contexts: Sequence[Context], begun: float) -> None:
    """Read what is new: of Claude Code if only its bars ask, and of all now and then. Where the
    ledger can't be written now, what is recorded is shown."""
    age = files.age_s(_EVERYTHING)
    everything = age is None or age > _EVERYTHING_S or not all(each.session for each in contexts)

    def wanted() -> bool:
        return time.monotonic() - begun < LIMIT_S

    book.ledger.wait_until(lambda: not wanted())
    try:
        book.sync(() if everything else (SOURCE,), wanted=wanted)
    except (LedgerBusy, LedgerReadOnly, Stopped):
        return
    if everything:
        files.note(_EVERYTHING, "")


def _failed(files: Files, context: Context) -> Mapping[str, object]:
    """What was known before, marked."""
    before = answer_of(files, context)
    return before._replace(made_ms=time.time_ns() // 1_000_000, trouble=True).kept()


def _said(problem: TallyError | OSError) -> str:
    because = getattr(problem, "because", "")
    return f"{problem}: {because}" if because else str(problem)
