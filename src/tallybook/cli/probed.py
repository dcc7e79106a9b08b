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
        mention(shell.hidden(trouble_text(trouble)), quiet=asked.quiet)


def probe_now(book: Book, shell: Shell, asked: Asked) -> None:
    """Ask them at once, and tell on stderr which ones want to be left alone. What went wrong is in
    `probe_lines`."""
    from ..probing import probe_standings

    if not book.settings.probes:
        mention("no provider may be asked yet: tally init --probe claude", quiet=asked.quiet)
        return
    probed = _probed(book, shell, asked, force=True)
    for each in probe_standings(book) if probed.waiting else ():
        if each.name in probed.waiting and each.trouble is not None:
            waits = span(max(0, each.due_ms - shell.now_ms))
            mention(f"{each.title} is asked again in {waits}", quiet=asked.quiet)


def _probed(book: Book, shell: Shell, asked: Asked, *, force: bool) -> Probed:
    from ..errors import LedgerBusy, LedgerReadOnly
    from ..probing import Probed, probe_due

    try:
        return probe_due(book, shell.now_ms, force=force)
    except (LedgerBusy, LedgerReadOnly) as problem:
        mention(f"no provider was asked for limits: {problem}", quiet=asked.quiet)
        return Probed()


def probe_lines(book: Book) -> Iterator[str]:
    """Why a provider that the user allowed has told nothing the last time, a line each."""
    if not book.settings.probes:
        return
    from ..probing import probe_standings

    for each in probe_standings(book):
        if each.trouble is not None:
            yield trouble_text(each.trouble)


def trouble_text(trouble: ProbeTrouble) -> str:
    """`Claude Code's sign-in has expired: …; try: run claude once`."""
    return plain(f"{trouble.because}; try: {trouble.hint}")
