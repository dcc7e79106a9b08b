"""Quotas as people read them: a table of standings, and the words of its cells.

What stands of a quota is asked in `tallybook.quotas`; the other parts of `tally status` are drawn
by `statusboard`.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..format import DASH, plain, span
from ..quota import amount_text, limit_text, window_text
from ..quotas import moment_text, share_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..book import Book
    from ..quota import Quota
    from ..quotas import QuotaStanding
    from .tables import Column

_FULL, _EMPTY = "█", "░"
_CELLS = 12
_SUMMED = 3
"""Quotas that a line tells one by one."""

_AT_LEAST = "≥ "
_BY_HAND = "*"
_UNKNOWN_OF = f"{DASH} of "

BY_HAND_NOTE = f"{_BY_HAND} entered by hand, as a whole or in part"


def columns_of(
    standings: Sequence[QuotaStanding], now_ms: int, title: str = "Quota"
) -> list[Column]:
    """The columns of a table of standings, the first with a heading of its own."""
    return filled(every_column(standings, now_ms, title))


def filled(columns: Sequence[Column]) -> list[Column]:
    """Those that tell anything; how much is used also where it is not known of any limit."""
    unknown = any(cell.startswith(_UNKNOWN_OF) for each in columns for cell in each.cells)
    told = (any(cell not in ("", DASH) for cell in each.cells) for each in columns)
    return [
        each
        for each, is_told in zip(columns, told, strict=True)
        if is_told or (unknown and each.title == "Used")
    ]


def every_column(standings: Sequence[QuotaStanding], now_ms: int, title: str) -> list[Column]:
    """The columns, also those that have nothing to tell."""
    from .tables import Column

    def cells(word: Callable[[QuotaStanding], str]) -> tuple[str, ...]:
        return tuple(map(word, standings))

    return [
        Column(title, _names_of(standings), text=True, least=20),
        Column("", cells(_bar), rank=5, text=True, least=_CELLS),
        Column("Used", cells(_used_cell)),
        Column("Amount", cells(portion_text), rank=4, text=True, least=99),
        Column("Left", cells(left_text), rank=1),
        Column("Resets", cells(lambda each: reset_cell(each, now_ms)), rank=1, text=True, least=99),
        Column("At", cells(lambda each: _moment(each, now_ms)), rank=3, text=True, least=99),
        Column("At this pace", cells(lambda each: pace_cell(each, now_ms)), 6, text=True, least=99),
        Column("Window", cells(_window), rank=7, text=True, least=99),
        Column("Counts", cells(lambda each: where_text(each.quota)), rank=8, text=True, least=99),
    ]


def notes_of(book: Book, standings: Sequence[QuotaStanding]) -> Iterator[str]:
    """What the signs in such a table mean, as far as it has them."""
    from .quotalacks import lacks_of

    yield from lacks_of(book, standings)
    if any(each.corrected for each in standings):
        yield BY_HAND_NOTE


def summary_text(standings: Sequence[QuotaStanding]) -> str:
    """All in one line, those most used first: `Quotas: copilot 84.0% of 300 requests, …`."""
    known = [each for each in standings if each.share is not None]
    first = sorted(known, key=lambda each: -(each.share or 0))[:_SUMMED]
    parts = [_summed(each) for each in first]
    if more := len(standings) - len(first):
        parts.append(f"{more} more: tally status" if parts else "tally status")
    return f"Quotas: {', '.join(parts)}"


def _summed(standing: QuotaStanding) -> str:
    over = " (used up)" if standing.exceeded else ""
    return f"{name_of(standing)} {percent_text(standing)} of {_whole(standing)}{over}"


def name_of(standing: QuotaStanding) -> str:
    """The name of a quota, and for whom it stands so: `daily`, `daily: ada`; a folder by its last
    part."""
    return _called(standing, _ending(standing) or standing.subject)


def _called(standing: QuotaStanding, subject: str) -> str:
    whose = f": {subject or DASH}" if standing.quota.each else ""
    return plain(f"{standing.quota.name}{whose}")


def _ending(standing: QuotaStanding) -> str:
    """The last part of a project's folder; empty where that is none."""
    parts = re.split(r"[/\\]", standing.subject.rstrip("/\\"))
    return parts[-1] if standing.quota.each == "project" else ""


def _names_of(standings: Sequence[QuotaStanding]) -> tuple[str, ...]:
    """The names of all, with the whole folder where two end alike."""
    short = Counter(map(name_of, standings))
    return tuple(
        name_of(each) if short[name_of(each)] == 1 else _called(each, each.subject)
        for each in standings
    )


def portion_text(standing: QuotaStanding) -> str:
    """What is used of what: `$9.02 of $20.00`, `≥ $9.02 of …`, and `– of $20.00` where nobody
    knows."""
    if standing.used is None:
        return DASH if standing.limit_nanos is None else f"{_UNKNOWN_OF}{_whole(standing)}"
    return f"{_AT_LEAST * standing.least}{used_of(standing)}"


def used_of(standing: QuotaStanding) -> str:
    """What is used of what, without the signs of what is not certain."""
    if standing.used is None:
        return DASH
    told = amount_text(standing.used, standing.unit, standing.limit_nanos)
    if standing.limit_nanos is None:
        return told
    return f"{told.removesuffix(f' {standing.unit}')} of {_whole(standing)}"


def _whole(standing: QuotaStanding) -> str:
    return DASH if standing.limit_nanos is None else limit_text(standing.limit_nanos, standing.unit)


def percent_text(standing: QuotaStanding) -> str:
    """The used part: `45.1%`."""
    if standing.share is None:
        return DASH
    told = share_text(standing.share)
    return told if told[0] == ">" else f"{_AT_LEAST * standing.least}{told}"


def _used_cell(standing: QuotaStanding) -> str:
    """The used part, marked where somebody said so: this column is never left out."""
    return f"{percent_text(standing)}{_BY_HAND * standing.corrected}"


def left_text(standing: QuotaStanding) -> str:
    """What is left of the limit, or that there is nothing."""
    if standing.left is None:
        return DASH
    if standing.exceeded:
        return "nothing"
    most = "≤ " if standing.least else ""
    return most + amount_text(standing.left, standing.unit, standing.limit_nanos)


def reset_cell(standing: QuotaStanding, now_ms: int) -> str:
    """In what time the window ends: `in 3 h 20 min`; where it has no end, what takes its place."""
    ends = standing.until_ms
    if ends is None:
        endless = {"sliding": "bit by bit", "prepaid": "when topped up", "ever": "never"}
        return endless.get(standing.quota.window.kind, "with the next call")
    return f"in {span(max(0, ends - now_ms))}"


def _moment(standing: QuotaStanding, now_ms: int) -> str:
    ends = standing.until_ms
    return "" if ends is None else moment_text(standing, ends, now_ms)


def pace_cell(standing: QuotaStanding, now_ms: int) -> str:
    """Where it leads if it goes on like this: `100% at 16:40`, `62.0% at its end`; of a balance
    until when it lasts."""
    ahead, least = standing.forecast, _AT_LEAST * standing.least
    if ahead is None or standing.exceeded:
        return DASH
    if ahead.reached_ms is not None:
        at = moment_text(standing, ahead.reached_ms, now_ms)
        if standing.quota.window.kind == "prepaid":
            return f"{'≤ ' if least else ''}lasts until {at}"
        return f"{least}100% at {at}"
    if ahead.share_at_end is None:
        return DASH
    return f"{least}{share_text(ahead.share_at_end)} at its end"


def top_up(standing: QuotaStanding) -> str:
    """The command that tells of more money in a balance."""
    whose = f" --for {shlex.quote(standing.subject)}" if standing.subject else ""
    return plain(f"tally update {standing.quota.name} +AMOUNT{whose}")


def bar_text(share: int | None, cells: int = _CELLS) -> str:
    """A share in tenths of a per cent as a bar; what is not known has none. What has begun shows,
    and only what is whole looks so."""
    if share is None:
        return ""
    full = min(max(share * cells // 1000, share > 0), cells)
    return _FULL * full + _EMPTY * (cells - full)


def _bar(standing: QuotaStanding) -> str:
    return bar_text(standing.share)


def _window(standing: QuotaStanding) -> str:
    return window_text(standing.quota.window)


def where_text(quota: Quota) -> str:
    """What a quota counts: `project=shop, model~opus`; empty for everything."""
    signs = {"!=": "!=", "~": "~"}
    told = (
        f"{each.dimension}{signs.get(each.op, '=')}{value}"
        for each in quota.where
        for value in each.values
    )
    return plain(", ".join(told))
