"""Names as they stand in the cells of a table: short where room asks for it, but told apart.

How wide a column is and where a long name is cut is `tables`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence

from rich.cells import cell_len

from ..buckets import date_text
from ..format import DASH, begun, plain, shorten, tilde
from ..query import NO_SESSION, Bucket, Row, session_label

WIDE = 100
"""From this width on numbers may have all digits."""

ROOMY = 120
"""From this width on models stand with their providers."""

SHORT_ID = 8
_RELEASE = re.compile(r"-20\d{6}$")


def label(name: str, row: Row, home: str | None, bucket: Bucket | None = None) -> str:
    """The value of a dimension in a row, the folder `home` as `~` if it is given, a date as its
    bucket needs it."""
    value = row.dims.get(name)
    if name == "date":
        return date_label(value, bucket)
    if name == "session":
        return plain(session_label(value))
    if not value:
        return DASH
    if name == "model" and row.dims.get("provider"):
        return plain(f"{row.dims['provider']}/{value}")
    if name == "project" and home is not None:
        return plain(tilde(value, home))
    return plain(value)


def date_label(start: str | None, bucket: Bucket | None) -> str:
    """The start of a bucket for people: a month needs no day."""
    return date_text(start, bucket) if start else DASH


def model_labels(cells: Sequence[str], width: int) -> list[str]:
    """`provider/model` names as short as the room asks: below `ROOMY` cells without providers,
    where no other becomes the same. The date of a release stays: one model may be recorded with
    it and without it."""
    return list(cells) if width >= ROOMY else _shorter(cells, lambda cell: cell.rsplit("/", 1)[-1])


def undated(name: str) -> str:
    """A model's name without the date of its release."""
    return _RELEASE.sub("", name)


def short_ids(cells: list[str]) -> list[str]:
    """The shortest common length at which the ids still differ: each can be typed back."""
    ids = {*cells} - {NO_SESSION}
    for length in range(SHORT_ID, max(map(len, ids), default=0) + 1):
        if len({each[:length] for each in ids}) == len(ids):
            return [each if each == NO_SESSION else each[:length] for each in cells]
    return cells


def told_apart(cells: Sequence[str], fewest: int, most: int) -> tuple[int, bool]:
    """The least width at which ids that are cut still differ, and whether it is their beginnings
    that are kept for it, or both of their ends: ids that are put together from names begin alike.
    The fewest cells where the most are not enough, as something else has to tell them apart."""
    ids, widths = {*cells}, range(fewest, most + 1)

    def needed(cut: Callable[[str, int, Callable[[str], int]], str]) -> int:
        return bisect_left(
            widths,
            True,
            key=lambda width: len({cut(each, width, cell_len) for each in ids}) == len(ids),
        )

    by_beginning, by_ends = needed(begun), needed(shorten)
    at = min(by_beginning, by_ends)
    return widths[at] if at < len(widths) else fewest, by_beginning == at < len(widths)


def _shorter(cells: Sequence[str], cut: Callable[[str], str]) -> list[str]:
    """Each cell cut, unless that makes two different ones alike."""
    met = Counter(map(cut, set(cells)))
    return [cut(cell) if met[cut(cell)] == 1 else cell for cell in cells]
