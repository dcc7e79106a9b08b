"""The status as people read it: a heading, one short table for each part, and what follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..clock import local
from ..figurewords import costs_text
from ..format import DASH, compact, count, plain
from ..limits import is_over, is_stale, left_text, reset_words, used_percent
from .quotaboard import bar_text
from .statusadvice import limit_name
from .statuslook import of_kind
from .statusofficial import ago, official_columns
from .tables import Column, Ink, draw, folded

if TYPE_CHECKING:
    from ..reading import LimitSnapshot
    from .statuslook import Status

_SECTIONS = (("plans", "Plan"), ("budgets", "Budget"), ("balances", "Balance"))
_MOST_ALERTS = 5


def board_lines(
    status: Status, suggested: Sequence[str], notes: Sequence[str], width: int, ink: Ink
) -> list[str]:
    """The whole board; `notes` say what the signs on it mean."""
    lines = folded(_heading(status), width)
    for columns in _tables(status):
        lines += ["", *draw(columns, width, ink)]
    lines += [""]
    for line in (*_facts(status), *notes):
        lines += [ink.faint(part) for part in folded(line, width)]
    if suggested:
        lines += [""]
        lines += [part for line in suggested for part in folded(f"→ {line}", width)]
    return lines


def _heading(status: Status) -> str:
    now = local(status.now_ms, status.tz)
    return f"Status, {now:%a %d %b %Y %H:%M} ({status.tz})"


def _tables(status: Status) -> Iterator[list[Column]]:
    if status.limits:
        yield _limits(status)
    for kind, title in _SECTIONS:
        if found := of_kind(status, kind):
            yield official_columns(found, status, title)
    if status.sessions:
        yield _sessions(status)
    if status.alerts:
        yield _alerts(status)


def _limits(status: Status) -> list[Column]:
    """Official windows, each with its age: nobody but the provider knows what is left now."""
    limits, now_ms = status.limits, status.now_ms
    words = [reset_words(each, now_ms, status.tz) for each in limits]
    shares = [None if _unknown(each, now_ms) else each.used // 10 for each in limits]
    left = tuple(_left(each, now_ms) for each in limits)
    columns = [
        Column("Official limit", tuple(map(limit_name, limits)), text=True, least=24, tight=18),
        Column("Plan", tuple(plain(each.plan) for each in limits), rank=6, text=True, least=99),
        Column("", tuple(map(bar_text, shares)), rank=5, text=True, least=12),
        Column("Used", tuple(_official(each, now_ms) for each in limits)),
        Column("Left", left, rank=2),
        Column("Resets", tuple(_resets(word) for word, _ in words), rank=1, text=True, least=99),
        Column("At", tuple(moment for _, moment in words), rank=3, text=True, least=99),
        Column("Seen", tuple(_seen(each, now_ms) for each in limits)),
    ]
    return [each for each in columns if any(each.cells)]


def _unknown(limit: LimitSnapshot, now_ms: int) -> bool:
    """Whether nothing can be said of the used part: the window is over, or has no share."""
    return limit.bare or is_over(limit, now_ms)


def _official(limit: LimitSnapshot, now_ms: int) -> str:
    """How much is used, and of a balance without a share what is left."""
    if limit.bare and not is_over(limit, now_ms):
        return left_text(limit)
    return DASH if _unknown(limit, now_ms) else f"{used_percent(limit)}%"


def _left(limit: LimitSnapshot, now_ms: int) -> str:
    return "" if _unknown(limit, now_ms) else left_text(limit).removesuffix(" left")


def _seen(limit: LimitSnapshot, now_ms: int) -> str:
    """How long ago; `(old)` where it may well be otherwise by now."""
    return ago(limit.seen_ms, now_ms) + (" (old)" if is_stale(limit, now_ms) else "")


def _resets(word: str) -> str:
    return word.removeprefix("resets ") or DASH


def _sessions(status: Status) -> list[Column]:
    found = status.sessions
    titles = tuple(plain(each.title or each.session) for each in found)
    more = f" ({status.live})" if status.live > len(found) else ""
    return [
        Column(f"Live session{more}", titles, text=True, least=14, prose=True),
        Column("Agent", tuple(plain(each.source) for each in found), rank=2, text=True),
        Column("Tokens", tuple(compact(each.figures.total) for each in found)),
        Column("Cost", tuple(costs_text(each.figures.cost) or DASH for each in found), rank=1),
        Column("Last call", tuple(ago(each.last_ms, status.now_ms) for each in found), rank=1),
    ]


def _alerts(status: Status) -> list[Column]:
    found = status.alerts[:_MOST_ALERTS]
    times = tuple(f"{local(each.at_ms, status.tz):%a %H:%M}" for each in found)
    more = f" ({len(status.alerts)})" if len(status.alerts) > len(found) else ""
    return [
        Column(f"Alert{more}", times, text=True, least=9),
        Column("", tuple(each.severity for each in found), rank=2, text=True, least=8),
        Column("", tuple(plain(each.title) for each in found), text=True, least=14, prose=True),
    ]


def _facts(status: Status) -> Iterator[str]:
    """What runs, and how old all of this is."""
    agents = Counter(each.source for each in status.processes or () if not each.helper)
    if status.processes is not None and not agents:
        yield "No agent is running."
    if agents:
        told = ", ".join(f"{n} × {name}" if n > 1 else name for name, n in sorted(agents.items()))
        yield f"Running: {plain(told)}. More: tally ps"
    yield _age(status)


def _age(status: Status) -> str:
    parts: list[str] = []
    if status.read:
        parts.append("Histories were read just now")
    elif status.read_ms is not None:
        parts.append(f"Histories were last read {ago(status.read_ms, status.now_ms)}")
    if status.complaints:
        parts.append(f"with {count(status.complaints, 'complaint')}")
    if status.latest_ms is None:
        parts.append("no call is recorded yet")
    else:
        parts.append(f"the newest call began {ago(status.latest_ms, status.now_ms)}")
    told = ", ".join(parts)
    return f"{told[0].upper()}{told[1:]}."
