"""Reading what is new where nobody waits long: for status lines, hooks, agents' questions.

Commands that people wait for read with `asking.refresh`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import LedgerBusy, LedgerReadOnly, TallyError
from ..walking import Stopped

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import SyncReceipt


def read_in_time(
    book: Book, until_s: float, sources: Sequence[str] = ()
) -> tuple[SyncReceipt | None, str]:
    """Read what is new until that moment (monotonic), which is as long as others that write are
    waited for, too. What hindered it in words, empty if all was read; what was read until then is
    recorded."""

    def over() -> bool:
        return time.monotonic() >= until_s

    book.ledger.wait_until(over)
    try:
        return book.sync(tuple(sources), wanted=lambda: not over()), ""
    except (LedgerBusy, LedgerReadOnly) as problem:
        return None, in_one_line(problem)
    except Stopped:
        return None, "there was more to read than there was time for"


def in_one_line(problem: TallyError | OSError) -> str:
    """A fault and its reason."""
    because = getattr(problem, "because", "")
    return f"{problem}: {because}" if because else str(problem)
