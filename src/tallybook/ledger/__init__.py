"""RECORD and answer: the durable ledger behind one protocol.

`open_ledger` picks the store by its address. Reading, counting and pricing happen elsewhere.
"""

from __future__ import annotations

from .protocol import Ledger, Receipt, SessionRecord

__all__ = ["Ledger", "Receipt", "SessionRecord", "open_ledger"]


def open_ledger(address: str) -> Ledger:
    """Open the ledger at a path, creating it if there is none. Raises `LedgerError`."""
    from ..errors import LedgerError
    from .sqlite import SqliteLedger

    if "://" in address:
        raise LedgerError(
            f"can't open {address.split('://')[0]} ledgers",
            because="this version keeps the ledger in one SQLite file",
            hint="set TALLY_LEDGER to a path",
        )
    return SqliteLedger(address)
