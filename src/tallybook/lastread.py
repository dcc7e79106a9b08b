"""When histories were last looked through on this machine, whether there was anything new or not.

It is the time of a small file beside the ledger's usual place: the ledger itself is not written, so
that looking in vain keeps nobody waiting.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from .settings import Settings

NAME = "last-read"


def mark_read(settings: Settings) -> None:
    """Histories were just looked through. Where that can't be written down it isn't: nothing
    depends on it."""
    file = _file(settings)
    if file is None or not file.parent.is_dir():
        return
    with suppress(OSError):
        file.touch(0o600)


def last_read_ms(settings: Settings) -> int | None:
    """When that was; None where nobody knows."""
    file = _file(settings)
    try:
        return None if file is None else file.stat().st_mtime_ns // 1_000_000
    except OSError:
        return None


def _file(settings: Settings) -> Path | None:
    return settings.content_file and settings.content_file.parent / NAME
