"""What is said of a quota that was just set: that no call fits it yet, that a number alone is one
of tokens, and how to take the change back. Nothing here refuses one.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from ..errors import nearest
from ..format import plain
from ..quota import is_bare
from ..views import own_names

if TYPE_CHECKING:
    from ..book import Book
    from ..quota import Quota

_MOST = 1_000
"""Providers of a ledger among which a misspelt one is looked for."""


def fit_lines(book: Book, quota: Quota) -> Iterator[str]:
    """That no recorded call fits, and what may have been meant; nothing where none is recorded."""
    from .quotaboard import where_text

    where = own_names(quota.where, book.settings)
    if not where or book.latest() is None or book.latest(where) is not None:
        return
    told = f"no call so far fits {where_text(quota)}"
    named = (
        (each.dimension, value) for each in where if each.op[0] == "=" for value in each.values
    )
    close = [near for name, value in named if (near := _near(book, name, value))]
    yield plain(f"{told}; did you mean {', '.join(close)}?" if close else told)


def _near(book: Book, dimension: str, value: str) -> str | None:
    """The name of a provider or source that is most like one that nobody knows."""
    known: Iterable[str]
    if dimension == "provider":
        known = {*book.ledger.names("provider", "", _MOST), *book.prices.providers}
    elif dimension == "source":
        from ..sources import source_names

        known = {*book.ledger.names("source", "", _MOST), *source_names(), *book.settings.logs}
    else:
        return None
    near = None if value in known else nearest(value, sorted(known))
    return near and f"{dimension}={near}"


def unit_lines(told: object, quota: Quota) -> Iterator[str]:
    """That a limit without a unit is one of tokens; `told` is what was typed, if anything was."""
    if isinstance(told, str) and quota.limit is not None and is_bare(told):
        money = f"--limit {told.strip()}usd"
        yield f"a number alone is one of tokens; money has its currency with it: {money}"


def way_back(name: str, before: Mapping[str, object] | None, after: Mapping[str, object]) -> str:
    """The command line that brings the values of before back, of those that are others now; it
    takes the quota away where there was none."""
    if before is None:
        return f"tally quota rm {shlex.quote(name)}"
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return set_line(name, {key: before.get(key, "") for key in keys})


def set_line(name: str, values: Mapping[str, object]) -> str:
    """The command line that gives a quota these values; an empty one takes its key out."""
    return " ".join((f"tally quota set {shlex.quote(name)}", *_options_of(values)))


def _options_of(values: Mapping[str, object]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            table = cast("dict[str, object]", value)
            yield from (f"--multiplier {shlex.quote(f'{each}={n}')}" for each, n in table.items())
        elif key == "where":
            several = cast("list[str]", value) if isinstance(value, list) else [str(value)]
            yield from (f"--where {shlex.quote(each)}" for each in several)
        else:
            parts = cast("list[object]", value) if isinstance(value, list) else [value]
            option = "multiplier" if key == "multipliers" else key
            yield f"--{option} {shlex.quote(','.join(map(str, parts)))}"
