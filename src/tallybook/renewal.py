"""Keeping an opened book up to date with its files: whoever has one open for hours uses the ledger
and the prices that are there now, and not those of the morning.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .book import price_mark

if TYPE_CHECKING:
    from .book import Book

_Mark = tuple[int, int]

_NO_FILE: _Mark = (-1, -1)


class Renewal:
    """Watches over the files of one book. Costs no more than a look at four files each time."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._ledger_mark = _file_mark(book.ledger.path)
        self._price_mark = price_mark(book.settings)

    def renew(self) -> bool:
        """Open the ledger anew when its file is another one than it was, or gone, and forget prices
        that have changed. Whether it did any of that. Raises `LedgerError`."""
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


def _file_mark(path: str) -> _Mark:
    """Which file this is."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return _NO_FILE
    return status.st_dev, status.st_ino
