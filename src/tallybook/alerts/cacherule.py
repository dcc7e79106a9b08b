"""A drift of the cache as an alert: more or fewer of its writes live for an hour than used to, or
far less of what is sent is read from it.

The last week is held against the four before it, source by source, a few times a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..clock import DAY_MS, HOUR_MS
from ..format import plain, tenths
from ..model import TokenCounts
from ..query import Query
from .sighting import Look, Rule, Sight, Words, mark

NAME = "cache"

_EVERY_MS = 6 * HOUR_MS
_RECENT_MS, _PAST_MS = 7 * DAY_MS, 28 * DAY_MS
_WRITTEN, _SENT = 1_000_000, 5_000_000
"""Tokens that have to be written to the cache, or sent, on both sides: fewer tell little."""

_DRIFT, _FALL = 400, 200
"""Tenths of a per cent by which the mix has to differ, and the part that is read to fall."""

_MARGIN = 50


def rules(_look: Look) -> Iterator[Rule]:
    """The one rule of the cache."""
    yield Rule(NAME, sights)


def sights(look: Look) -> Iterator[Sight]:
    """Both signs of every source that writes or reads enough."""
    stretch = look.due(NAME, _EVERY_MS)
    if stretch is None:
        return
    begun = look.now_ms - _RECENT_MS
    recent = _counts(look, begun, look.now_ms)
    past = _counts(look, begun - _PAST_MS, begun)
    for source in recent.keys() & past.keys():
        title = plain(look.book.title(source))
        yield _sight(f"{source} lifetime", _drift(title, past[source], recent[source]))
        yield _sight(f"{source} reads", _fall(title, past[source], recent[source]))
    yield mark(NAME, {"at": stretch})


def _counts(look: Look, since_ms: int, until_ms: int) -> Mapping[str, TokenCounts]:
    query = Query(by=("source",), since_ms=since_ms, until_ms=until_ms)
    rows = look.book.ledger.ask(query).rows
    return {row.dims["source"] or "": TokenCounts.of(row.figures.counts) for row in rows}


def long_share(counts: TokenCounts) -> int | None:
    """The part of the cache's writes that live for an hour, in tenths of a per cent; None where
    there are too few."""
    written = counts.cache_write_5m + counts.cache_write_1h
    return counts.cache_write_1h * 1000 // written if written >= _WRITTEN else None


def read_share(counts: TokenCounts) -> int | None:
    """The part of what was sent that was read from the cache, in tenths of a per cent; None where
    too little was."""
    sent = counts.input + counts.cache_read + counts.cache_write_5m + counts.cache_write_1h
    return counts.cache_read * 1000 // sent if sent >= _SENT else None


Drift = tuple[int | None, Words]
"""How much of what makes an alert is there, in tenths of a per cent, and what is said of it."""


def _drift(title: str, past: TokenCounts, recent: TokenCounts) -> Drift:
    was, now = long_share(past), long_share(recent)
    text = (
        f"{_percent(now)} of what {title} wrote to the cache in the last 7 days lives for an hour,"
        f" {_percent(was)} did in the 4 weeks before; such a write costs more than one of 5 minutes"
    )
    facts = {"was_percent": tenths(was), "is_percent": tenths(now)}
    share = None if was is None or now is None else abs(now - was) * 1000 // _DRIFT
    return share, Words("notice", f"{title}: another mix of cache lifetimes", text, facts)


def _fall(title: str, past: TokenCounts, recent: TokenCounts) -> Drift:
    was, now = read_share(past), read_share(recent)
    text = (
        f"{_percent(now)} of what {title} sent in the last 7 days was read from the cache,"
        f" {_percent(was)} in the 4 weeks before; what is not read from it costs up to ten times"
        " as much"
    )
    facts = {"was_percent": tenths(was), "is_percent": tenths(now)}
    share = None if was is None or now is None else max(0, was - now) * 1000 // _FALL
    return share, Words("notice", f"{title}: less is read from the cache", text, facts)


def _percent(share: int | None) -> str:
    return f"{tenths(share)}%"


def _sight(subject: str, drift: Drift) -> Sight:
    share, told = drift

    def words(_level: int) -> Words:
        return told

    return Sight(rule=NAME, subject=subject, share=share, words=words, margin=_MARGIN)
