"""How many tokens a model takes in at once. What a session has sent of that is told elsewhere.

The numbers are those of genai-prices, `context_window` of its models, which take a prompt and its
reply together; `building.windows` makes the data file of them. A model that is not in it has an
unknown window, not a usual one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .alias import Tables, match
from .decode import table, words
from .shelf import DATA, load, open_shelf

FILE = "windows.json"

_LONG = ("[1m]", "-1m")
"""How the name of a model ends that was asked for with a window of a million tokens; Claude Code
writes the first, see its documentation of extended context."""

_MILLION = 1_000_000


class ContextWindows:
    """The windows of all models, by the names that agents write. Names lead to models as they do
    to prices, by the rules of `alias`."""

    def __init__(self, data: Mapping[str, object], tables: Tables) -> None:
        self._tables = tables
        self._known = {
            (provider, name): int(size)
            for provider, sizes in data.items()
            for size, names in table(sizes, FILE).items()
            for name in words(names, FILE)
        }
        self._found: dict[tuple[str, str], int | None] = {}

    def of(self, provider: str, model: str) -> int | None:
        """Tokens that a model takes in at once; None where that is not known."""
        key = (provider.strip().lower(), model.strip().lower())
        if key not in self._found:
            self._found[key] = self._looked_up(*key)
        return self._found[key]

    def _looked_up(self, provider: str, model: str) -> int | None:
        long = next((end for end in _LONG if model.endswith(end)), "")
        if long and (provider, model) not in self._known:
            known = self._matched(provider, model.removesuffix(long))
            return known and max(known, _MILLION)
        return self._matched(provider, model)

    def _matched(self, provider: str, model: str) -> int | None:
        found = match(provider, model, self._tables, self._has)
        return found and self._known.get((found.provider, found.model))

    def _has(self, provider: str, model: str) -> str | None:
        return model if (provider, model) in self._known else None


def open_windows(installed: Path | None = None) -> ContextWindows:
    """The windows that go with the price book in use, see `shelf.open_shelf`. A newer book that was
    built when there were none goes with the shipped ones. Raises `PriceError` for damaged data."""
    shelf = open_shelf(installed)
    newer = shelf.folder / FILE
    return ContextWindows(load(newer if newer.exists() else DATA / FILE), shelf.tables)
