"""Tallybook: one ledger for every token that AI coding agents use.

Only the version and the public names live here. The names load when first touched, so that
`import tallybook` itself costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; importing typing would cost as much as all

if TYPE_CHECKING:
    from .book import Book
    from .charges import Charge, UsageEvent
    from .errors import TallyError
    from .model import Money, TokenCounts
    from .query import Query, Report
    from .quotas import cache_hits, check_and_alert, check_quota
    from .quoting import Quote, quote
    from .sdk import open_book, record, statistics
    from .settings import Settings

__version__ = "0.1.0"

__all__ = [
    "Book",
    "Charge",
    "Money",
    "Query",
    "Quote",
    "Report",
    "Settings",
    "TallyError",
    "TokenCounts",
    "UsageEvent",
    "__version__",
    "cache_hits",
    "check_and_alert",
    "check_quota",
    "open_book",
    "quote",
    "record",
    "statistics",
]

_HOMES = {
    "Book": "book",
    "Charge": "charges",
    "Money": "model",
    "Query": "query",
    "Quote": "quoting",
    "Report": "query",
    "Settings": "settings",
    "TallyError": "errors",
    "TokenCounts": "model",
    "UsageEvent": "charges",
    "cache_hits": "quotas",
    "check_and_alert": "quotas",
    "check_quota": "quotas",
    "open_book": "sdk",
    "quote": "quoting",
    "record": "sdk",
    "statistics": "sdk",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module where it lives; `AttributeError` for any other."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
