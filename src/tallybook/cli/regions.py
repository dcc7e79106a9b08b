"""Which price lists of a gateway's calls may be a guess, for the doctor: those of makers that ask
other prices on the mainland.

Why a call has such a note is `tallybook.sources.makers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from ..query import Query
from ..sources.makers import LISTS

if TYPE_CHECKING:
    from ..book import Book
    from ..settings import Settings


_GATEWAYS = ("higress",)
"""Sources that name a service, and leave open who it is."""


def unsettled(book: Book, settings: Settings) -> dict[str, list[str]]:
    """By source, the providers of recorded calls that have a second list, and of whom the settings
    say nothing."""
    found: dict[str, list[str]] = {}
    for row in book.ask(Query(by=("source", "provider"))).rows:
        source, provider = row.dims["source"], row.dims["provider"]
        if source not in _GATEWAYS or provider not in {*LISTS, *LISTS.values()}:
            continue
        own = settings.sources.get(source)
        if own is None or provider not in own.providers.values():
            found.setdefault(source, []).append(provider)
    return found


def region_lines(ledger: Mapping[str, object], source: str) -> list[str]:
    """What the doctor says of it under a source."""
    named = cast("Mapping[str, Sequence[str]]", ledger.get("unsettled", {})).get(source, ())
    if not named:
        return []
    return [
        f"    {', '.join(named)}: prices differ on the mainland, which list holds may be a guess;",
        f"    settle it: tally config set source.{source}.providers SERVICE={named[0]}",
    ]
