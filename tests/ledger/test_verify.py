"""Whether a ledger is sound: sums are worked out again as they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybook.clock import QUARTER_MS

from .books import open_new, reading, record


@pytest.mark.parametrize("at", [-1, -600_000, -QUARTER_MS, -QUARTER_MS - 1, 0, QUARTER_MS - 1])
def test_quarter_hours_before_1970_are_rounded_down(tmp_path: Path, at: int) -> None:
    """As they were for ledgers that hold such calls; new ones are refused where they are told."""
    ledger = open_new(tmp_path)
    record(ledger, [reading("old", at=at), reading("new")])
    assert ledger.verify() == []
    ledger.close()
