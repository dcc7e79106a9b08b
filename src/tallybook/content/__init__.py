"""The store of captured content: words of calls whose logs will rotate away, kept because the user
asked for it, in a file of its own beside the ledger.

Nothing is captured unless a source's setting `capture` says so. The ledger knows nothing of this
store and never needs it; to delete it loses words, no figures.
"""

from __future__ import annotations

from .rules import Rules
from .store import ContentStore, Holding, Limits, Purged, Stored

__all__ = ["ContentStore", "Holding", "Limits", "Purged", "Rules", "Stored"]
