"""Asking providers for official limits beside a command, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..format import plain, span
from .options import Asked
from .shell import Shell, mention

if TYPE_CHECKING:
    from ..book import Book
    from ..probing import Probed, ProbeTrouble


def probe_once(book: Book, shell: Shell, asked: Asked) -> None:
    """Ask the providers that the user allowed, if their time has come, and tell on stderr what went
    wrong. Nothing of it makes the command fail."""
    if not book.settings.probes:
        return
    for trouble in _probed(book, shell, asked, force=False).troubles:
        mention(shell.hidden(trouble_text(trouble, shell.now_ms)), quiet=asked.quiet)


def probe_now(book: Book, shell: Shell, asked: Asked) -> None:
    """Ask them at once, and tell on stderr which ones want to be left alone. What went wrong is in
    `probe_lines`."""
    from ..probing import AT_ONCE_S, probe_standings

    if not book.settings.probes:
        mention("no provider may be asked yet: tally init --probe claude", quiet=asked.quiet)
        return
    probed = _probed(book, shell, asked, force=True)
    for each in probe_standings(book) if probed.waiting else ():
        if each.name in probed.waiting and each.trouble is not None:
            just_now = shell.now_ms - (each.asked_ms or 0) < AT_ONCE_S * 1000
            waits = _waits(each.due_ms, shell.now_ms)
            said = "was asked a moment ago" if just_now else f"is {waits}"
            mention(f"{each.title} {said}", quiet=asked.quiet)


def _probed(book: Book, shell: Shell, asked: Asked, *, force: bool) -> Probed:
    from ..errors import LedgerBusy, LedgerReadOnly
    from ..probing import Probed, probe_due

    try:
        return probe_due(book, shell.now_ms, force=force)
    except (LedgerBusy, LedgerReadOnly) as problem:
        mention(f"no provider was asked for limits: {problem}", quiet=asked.quiet)
        return Probed()


def probe_lines(book: Book, now_ms: int) -> Iterator[str]:
    """Why a provider that the user allowed has told nothing the last time, a line each."""
    if not book.settings.probes:
        return
    from ..probing import probe_standings

    for each in probe_standings(book):
        if each.trouble is not None:
            yield trouble_text(each.trouble, now_ms)


def trouble_text(trouble: ProbeTrouble, now_ms: int) -> str:
    """`Claude Code's sign-in has expired: …; try: run claude once`, or where there is nothing to
    do, `Claude gave no answer: …; asked again in 5 min`."""
    what = f"try: {trouble.hint}" if trouble.hint else _waits(trouble.again_ms, now_ms)
    return plain(f"{trouble.because}; {what}")


def _waits(due_ms: int, now_ms: int) -> str:
    minutes = -(-(due_ms - now_ms) // 60_000)
    return f"asked again in {span(minutes * 60_000)}" if minutes > 0 else "asked again next time"
