"""Keeping an opened book up to date with its files: whoever has one open for hours uses the ledger,
the prices and the quotas that are there now, and not those of the morning.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .book import price_mark
from .settings import load_settings
from .views import settled_quotas

if TYPE_CHECKING:
    from .book import Book

_Mark = tuple[int, int]

_NO_FILE: _Mark = (-1, -1)


class Renewal:
    """Watches over the files of one book. Costs no more than a look at six files each time."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._ledger_mark = _file_mark(book.ledger.path)
        self._price_mark = price_mark(book.settings)
        source = book.settings.read_from
        self._settings_files = source.places() if source else ()
        self._settings_mark = _file_marks(self._settings_files)

    def renew(self) -> bool:
        """Open the ledger anew when its file is another one than it was, or gone, and forget prices
        that have changed: whether it did any of that. Quotas, alerts, views and probes become those
        that the settings have now. Raises `LedgerError`, and `SettingsError` once for settings that
        are wrong now: then all stays as it was."""
        self._renew_tables()  # first: what it raises must not hide that there are other prices
        reopened = self._find_ledger()
        return self._renew_prices() or reopened

    def doubt(self) -> None:
        """Something went wrong with the ledger: open it anew the next time."""
        self._ledger_mark = _NO_FILE

    def _find_ledger(self) -> bool:
        ledger = self._book.ledger
        if "://" in ledger.path or _file_mark(ledger.path) == self._ledger_mark != _NO_FILE:
            return False
        self._ledger_mark = _NO_FILE
        ledger.close()
        ledger.reopen()
        self._ledger_mark = _file_mark(ledger.path)
        return True

    def _renew_prices(self) -> bool:
        mark = price_mark(self._book.settings)
        if mark == self._price_mark:
            return False
        self._book.forget_prices()
        self._price_mark = mark
        return True

    def _renew_tables(self) -> None:
        """What else settings say holds for as long as a program runs."""
        marks = _file_marks(self._settings_files)
        source = self._book.settings.read_from
        if marks == self._settings_mark or source is None:
            return
        self._settings_mark = marks
        now = load_settings(source.surroundings, source.flags)
        self._book.settings = replace(
            self._book.settings,
            quotas=settled_quotas(now),
            alerts=now.alerts,
            views=now.views,
            probes=now.probes,
            tables=now.tables,
            overlooked=now.overlooked,
        )


def _file_marks(files: Sequence[Path]) -> list[tuple[int, int] | None]:
    """When files were changed, and how long they are; None for one that is not there."""
    marks: list[tuple[int, int] | None] = []
    for file in files:
        try:
            status = file.stat()
        except (OSError, ValueError):
            marks.append(None)
        else:
            marks.append((status.st_mtime_ns, status.st_size))
    return marks


def _file_mark(path: str) -> _Mark:
    """Which file this is."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return _NO_FILE
    return status.st_dev, status.st_ino
