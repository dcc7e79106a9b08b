"""What a status line tells of one context, asked of an opened book.

Nothing is read from histories here, and nothing is printed; when this is done is
`statuslinerefresh`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..blocks import Block, pace_of, read_blocks
from ..clock import HOUR_MS, iso
from ..figurewords import amount_text
from ..format import DASH, compact, money, plain
from ..limits import (
    is_over,
    limit_json,
    limit_text,
    present_limits,
    used_percent,
    window_words,
)
from ..model import decimal_text
from ..periods import Frame, period
from ..query import Figures, Filter, Query
from ..quota import limit_text as quota_amount
from ..whose import Whose, whose_session
from .statuslinefiles import Context
from .statuslinepieces import Answer, Piece, short_span

if TYPE_CHECKING:
    from ..book import Book
    from ..quotas.standing import QuotaStanding
    from ..reading import LimitSnapshot

_BLOCK_MS = 5 * HOUR_MS
_RECENT = 100
"""Alerts that are looked through for those of today."""


@dataclass(slots=True, kw_only=True)
class _Telling:
    """What is found out of a context, piece by piece."""

    book: Book
    now_ms: int
    pieces: dict[str, Piece] = field(default_factory=dict[str, Piece])
    lines: list[str] = field(default_factory=list[str])
    told: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def asked(self) -> Query:
        """The question that all others are made of."""
        settings = self.book.settings
        return Query(tz=settings.tz, currency=settings.currency)

    def totals(self, query: Query) -> Figures:
        """The sums of a question."""
        return self.book.ask(query, estimate=False).totals

    def iso(self, ms: int) -> str:
        """A moment for programs."""
        return iso(ms, self.book.settings.tz)


def answer_for(book: Book, context: Context, now_ms: int) -> Answer:
    """Everything that a bar may show of a context, as of now. A bar to which nobody hands a session
    is nobody's: the latest one is not taken for its own."""
    telling = _Telling(book=book, now_ms=now_ms)
    telling.told["at"] = telling.iso(now_ms)
    handed = context.session
    whose = whose_session(book.ledger, {}, Path(context.folder), handed) if handed else None
    _tell_session(telling, whose)
    _tell_today(telling)
    _tell_block(telling, whose)
    windows = _tell_limits(telling)
    _tell_quotas(telling, context.quota, whose)
    return Answer(
        made_ms=now_ms,
        pieces=telling.pieces,
        windows=tuple(windows),
        lines=tuple(telling.lines),
        told=telling.told,
    )


def cost_text(figures: Figures) -> str:
    """What calls cost, in cents: a dash where nothing is known, `≥` where a part is not."""
    if len(figures.cost) > 1:
        return " + ".join(money(nanos, unit, 2) for unit, nanos in sorted(figures.cost.items()))
    return amount_text(figures, "cost", next(iter(figures.cost), "USD"), 2)


def _tell_session(telling: _Telling, whose: Whose | None) -> None:
    """The session with all below it. One that is not recorded yet is left to what its agent says,
    which is labelled."""
    telling.told["session"] = None
    found = None
    if whose is not None and whose.recorded:
        found = telling.book.session(whose.session, whose.source)
    if whose is None or found is None:
        return
    figures = found.family or found.figures
    telling.pieces["session"] = Piece(cost_text(figures))
    telling.pieces["session_tokens"] = Piece(compact(figures.total))
    own = {"session_id": whose.session, "source": whose.source, "found_by": whose.by}
    telling.told["session"] = {**own, **_figures(figures)}


def _tell_today(telling: _Telling) -> None:
    settings, notices = telling.book.settings, telling.book.ledger.notices
    today = period("today", Frame(telling.now_ms, settings.tz, settings.week_start))
    since, until = today.since_ms or 0, today.until_ms or 0
    figures = telling.totals(replace(telling.asked, since_ms=since))
    telling.pieces["today"] = Piece(cost_text(figures), until)
    telling.pieces["today_tokens"] = Piece(compact(figures.total), until)
    telling.told["today"] = _figures(figures)
    alerts = [each for each in notices.alerts(_RECENT) if each.at_ms >= since]
    telling.told["alerts"] = [{"at": telling.iso(a.at_ms), "title": a.title} for a in alerts]
    telling.lines.extend(each.title for each in alerts)
    if alerts:
        words = "1 alert" if len(alerts) == 1 else f"{len(alerts)} alerts"
        telling.pieces["alerts"] = Piece(words, until, max(each.level for each in alerts))


def _tell_block(telling: _Telling, whose: Whose | None) -> None:
    """The active block of the session's agent, or of all together."""
    source = whose.source if whose is not None else ""
    where = (Filter(dimension="source", values=(source,)),) if source else ()
    query = replace(telling.asked, where=where, since_ms=telling.now_ms - 2 * _BLOCK_MS)
    found = read_blocks(telling.book.view(query.currency), query, _BLOCK_MS, telling.now_ms).blocks
    active = next((each for each in found if each.is_active(telling.now_ms)), None)
    telling.told["block"] = None
    if active is not None:
        telling.pieces["block"] = Piece(cost_text(active.figures), active.end_ms)
        burn = _burn(active, telling.now_ms)
        if burn:
            telling.pieces["burn"] = Piece(burn, active.end_ms)
        ends = {"start": telling.iso(active.start_ms), "end": telling.iso(active.end_ms)}
        telling.told["block"] = {**ends, "burn": burn or None, **_figures(active.figures)}


def _burn(block: Block, now_ms: int) -> str:
    """Its cost per hour; empty where that can't be told yet, or not at all."""
    pace = pace_of(block, now_ms)
    if pace is None or not block.figures.total:
        return ""
    per_hour = replace(block.figures, cost=pace.cost_per_hour)
    return f"{cost_text(per_hour)}/h"


def _tell_limits(telling: _Telling) -> Iterator[tuple[str, Piece, int]]:
    """The official windows that have not begun anew since they were seen. Balances of which no
    share is told stand in the whole lines alone."""
    tz = telling.book.settings.tz
    seen = present_limits(telling.book.ledger, telling.now_ms)
    limits = [each for each in seen if not is_over(each, telling.now_ms)]
    telling.told["limits"] = [limit_json(each, tz) for each in limits]
    telling.lines.extend(limit_text(each, telling.now_ms) for each in telling.told["limits"])
    sources = {each.source for each in limits}
    for each in (each for each in limits if not each.bare):
        whose = f"{each.source} " if len(sources) > 1 else ""
        piece = Piece(f"{used_percent(each)}%", each.resets_ms, each.used // 100)
        yield f"{whose}{_window_name(each)}", piece, each.seen_ms


def _window_name(limit: LimitSnapshot) -> str:
    """`5h`, `7d fable`; a window without a length has its own name."""
    return plain(window_words(limit, short_span(limit.window_minutes * 60_000)))


def _tell_quotas(telling: _Telling, wanted: str, whose: Whose | None) -> None:
    """The standings of all quotas, of those that are kept for each session this one's alone; in the
    line stands the one that is wanted, or the fullest."""
    telling.told["quotas"] = []
    quotas = telling.book.settings.quotas
    if wanted and wanted not in quotas:
        telling.pieces["quota"] = Piece(f"{plain(wanted)} ?")
    if not quotas:
        return
    from ..quotas import standing_json, standing_text

    session = "" if whose is None else whose.session
    every = telling.book.standings(telling.now_ms)
    found = [e for e in every if e.quota.each != "session" or e.subject == session]
    telling.told["quotas"] = [standing_json(each) for each in found]
    telling.lines.extend(standing_text(each, telling.now_ms) for each in found)
    shown = [each for each in found if wanted in ("", each.quota.name)]
    if shown:
        telling.pieces["quota"] = _quota_piece(max(shown, key=lambda each: each.share or 0))


def _quota_piece(standing: QuotaStanding) -> Piece:
    quota, share = standing.quota, standing.share
    name = quota.title or quota.name
    if quota.each not in (None, "session"):
        name = f"{name} {_end(standing.subject)}".rstrip()
    text = DASH
    if share is not None:
        text = f"{'≥ ' if standing.least else ''}{share // 10}%"
    if quota.window.kind == "prepaid" and standing.left is not None:  # a balance is what is left
        text = f"{'≤ ' if standing.least else ''}{quota_amount(standing.left, standing.unit)} left"
    return Piece(plain(f"{name} {text}"), standing.until_ms or 0, (share or 0) // 10)


def _end(subject: str) -> str:
    """The last part of a path, which is what a bar has room for."""
    return re.split(r"[/\\]", subject.rstrip("/\\"))[-1]


def _figures(figures: Figures) -> dict[str, Any]:
    """Figures for programs: as in a report."""
    return {
        "total": figures.total,
        "cost": _amounts(figures.cost.items()),
        "unpriced_tokens": figures.unpriced_tokens,
    }


def _amounts(amounts: Iterable[tuple[str, int]]) -> dict[str, str]:
    return {unit: decimal_text(nanos) for unit, nanos in sorted(amounts)}
