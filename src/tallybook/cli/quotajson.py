"""Standings of quotas for programs: each in the form of `tallybook.standing/1`, in one envelope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..clock import iso

if TYPE_CHECKING:
    from ..book import Book
    from ..quotas import QuotaStanding

SCHEMA = "tallybook.standing/1"


def standings_json(
    found: Sequence[QuotaStanding], book: Book, now_ms: int, *, complete: bool = True
) -> dict[str, Any]:
    """Standings at a moment; `exceeded` names the quotas of which nothing is left."""
    from ..quotas import standing_json

    over = dict.fromkeys(each.quota.called for each in found if each.exceeded)
    return {
        "schema": SCHEMA,
        "time": iso(now_ms, book.settings.tz),
        "tz": book.settings.tz,
        "revision": book.ledger.revision(),
        "complete": complete,
        "exceeded": list(over),
        "rows": [standing_json(each) for each in found],
    }
