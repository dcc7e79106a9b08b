"""Everything that can go wrong at an edge, as one tree.

    TallyError                     1   anything of ours
    ├── UsageMistake               2   the command line or a query was not understood
    ├── SettingsError              2   a settings file or variable is wrong
    ├── SourceError                5   a source as a whole could not be read
    ├── ProbeError                 5   a provider did not tell its official limits
    ├── PriceError                 1   a price book or override is damaged
    ├── ContentError               1   the store of captured content can't be used
    └── LedgerError                1   the ledger can't be opened, read or written
        ├── LedgerBusy             1   another process kept the ledger locked
        ├── LedgerDamaged          1   the file is no database, or not a whole one
        ├── LedgerReadOnly         1   the ledger answers, but can't be written
        └── LedgerTooNew           1   written by a newer Tallybook

Each error says what happened (its message), why (`because`) and what to do next (`hint`),
and carries the exit code of the command line. Bad *data* is never an error: readers yield
`tallybook.reading.Complaint` beside the good readings.
"""

from __future__ import annotations

from collections.abc import Iterable


class TallyError(Exception):
    """Base of all errors of Tallybook; `because` and `hint` are shown under the message."""

    exit_code = 1

    def __init__(self, message: str, *, because: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.because = because
        self.hint = hint


class UsageMistake(TallyError):
    """A flag, word or query that could not be understood."""

    exit_code = 2


class SettingsError(TallyError):
    """A setting has a wrong name, type or value; the message names the file and the key."""

    exit_code = 2


class SourceError(TallyError):
    """A source as a whole could not be read (single bad places become complaints instead)."""

    exit_code = 5


class ProbeError(TallyError):
    """A provider could not be asked for its official limits, or gave no answer that is
    understood. `status` is that of its answer, `retry_s` for how long it wants to be left alone; 0
    where there is none and where it does not say."""

    exit_code = 5

    status = 0
    retry_s = 0

    def answered(self, status: int, retry_s: int = 0) -> ProbeError:
        """The same, of an answer with this status."""
        self.status, self.retry_s = status, retry_s
        return self


class PriceError(TallyError):
    """A price book, rate card or override is damaged or contradicts itself."""


class ContentError(TallyError):
    """The store of captured content could not be opened, read or written."""


class LedgerError(TallyError):
    """The ledger could not be opened, read or written."""


class LedgerBusy(LedgerError):
    """Another process held the ledger's write lock for longer than we wait."""


class LedgerDamaged(LedgerError):
    """The file of the ledger is no database, or not a whole one."""


class LedgerReadOnly(LedgerError):
    """The ledger can be read and not written."""


class LedgerTooNew(LedgerError):
    """The ledger was written by a newer Tallybook than this one."""


def nearest(word: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The one known word that looks most like a misspelt one, or None if none is near: what a
    hint suggests. `alike` is how near, from 0 to 1."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), 1, alike)), None)
