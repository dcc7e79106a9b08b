"""The cards of the overview as lines of text for a width and a height: with little room the less
important lines go, and of a line its less important parts. No Textual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from ..format import DASH, begun, compact, count, number, span
from ..strokes import bar
from ..wording import short_id
from .cardlines import GAP, Card, Cell, Pieces, laid
from .glyphs import Glyphs
from .look import Look
from .overview import Overview, SessionPart
from .processcard import process_card
from .rankcards import agent_card, model_card
from .sheet import Mark, SessionOf
from .tablefit import cell, cut
from .tokenlines import cost_text, token_card

_SHORT_NAME, _MODEL, _BAR = 12, 18, 30
"""Cells that a name keeps, and a model, enough for its family and version; and that a bar has at
most."""

_FULL, _HIGH = 9_000, 7_500
"""From how many hundredths of a percent on a limit is nearly used up, or much of it is."""

_MANY = 100
"""A rank beyond that of any title."""


def cards(
    overview: Overview, width: int, glyphs: Glyphs, *, widest: int | None = None
) -> tuple[Card, ...]:
    """All cards that have something to say, for lines of a width; the most important first, which
    has lines of a width of its own if one is told."""
    made = (
        process_card(overview, width if widest is None else widest),
        _sessions(overview, width, glyphs),
        token_card(overview, width, glyphs),
        model_card(overview, width, glyphs),
        _limits(overview, width, glyphs),
        agent_card(overview, width, glyphs),
    )
    return tuple(card for card in made if card.lines)


def _sessions(overview: Overview, width: int, glyphs: Glyphs) -> Card:
    found = overview.sessions
    if not found:
        text = "No call of a session is recorded yet."
        return Card("sessions", "sessions", "Active session", _ranked([((text, "dim"),)]))
    lines: list[tuple[int, Pieces]] = []
    for place, part in enumerate(found):
        own = _session(part, width, overview.look, glyphs)
        # The first session tells its figures before the others have a line.
        ranks = (0, 1, _MANY) if place == 0 else (2 * place, _MANY + place, 2 * _MANY + place)
        lines += zip(ranks, own, strict=False)
    if overview.active > len(found):
        more = f"and {number(overview.active - len(found))} more"
        lines.append((3 * _MANY, ((more, "dim"),)))
    many = f"Active sessions · {number(overview.active)}"
    quiet = found[0].quiet_ms
    title = f"Last session · {span(quiet)} ago" if quiet is not None else "Active session"
    if overview.active > 1:
        return Card("sessions", "sessions", many, tuple(lines))
    opens = SessionOf(found[0].source, found[0].session)
    return Card("sessions", "sessions", title, tuple(lines), opens=opens)


def _session(part: SessionPart, width: int, look: Look, glyphs: Glyphs) -> Iterator[Pieces]:
    """Title and model, figures, context; the agent too where those of all are looked at."""
    title = part.title or f"(no title) {short_id(part.session)}"
    most = min(max(width // 2, _MODEL), width - _SHORT_NAME - GAP)
    model = cut(part.model, max(most, 0))
    room = width - cell_len(model) - GAP
    yield (
        (cell(begun(title, room, cell_len), max(room, 0)), "accent"),
        (" " * GAP, ""),
        (model, "dim"),
    )
    figures = part.figures
    rate = DASH if part.per_minute is None else compact(part.per_minute)
    words = {
        "agent": "" if look.tab else part.source,
        "guessed": "likely" if part.guessed else "",
        "tokens": f"{number(figures.total)} tok" if not figures.is_uncounted else f"{DASH} tok",
        "rate": f"{rate} tok/min" if part.quiet_ms is None else "",
        "cost": cost_text(figures),
        "messages": count(figures.messages, "msg"),
    }
    dropped = {"tokens": ("cost",), "cost": ("tokens",), "both": ()}[look.shown]
    yield ((_joined([words[name] for name in words if name not in dropped], width), ""),)
    if part.context is not None:
        yield _context(part, width, glyphs)


def _context(part: SessionPart, width: int, glyphs: Glyphs) -> Pieces:
    """How full the context of a session is."""
    assert part.context is not None
    prompt, window = part.context
    if window is None:
        return (("context ", "dim"), (f"{compact(prompt)} tokens", ""))
    used = 10_000 * prompt // window
    text = f"{compact(prompt)} of {compact(window)}, {(used + 50) // 100} %"
    drawn = _gauge(used, width - cell_len(f"context {text}") - 1, glyphs)
    return (("context ", "dim"), (f"{text} ", _warning(used)), (drawn, _warning(used)))


def _limits(overview: Overview, width: int, glyphs: Glyphs) -> Card:
    """Quotas and the windows of official limits; those that are used up most are the last to go."""
    found = overview.limits
    shares = [None if each.over else each.used for each in found]
    gauges = ["" if used is None else _gauge(used, 10, glyphs) for used in shares]
    marks: list[Mark] = ["dim" if used is None else _warning(used) for used in shares]
    ages: list[Mark] = ["warn" if each.stale else "dim" for each in found]
    columns = [
        Cell(1, [each.source for each in found] if not overview.look.tab else [], right=False),
        Cell(1, [each.name for each in found], right=False),
        Cell(3, gauges, right=False, marks=marks),
        Cell(1, [f"{'was ' if each.over else ''}{each.percent}" for each in found], marks=marks),
        Cell(2, [each.resets for each in found], right=False),
        Cell(4, [each.moment for each in found], right=False),
        Cell(5, [_age(each.seen_ms) for each in found], right=False, marks=ages),
    ]
    order = sorted(range(len(found)), key=lambda at: (found[at].over, -(found[at].used or 0)))
    ranks = [order.index(at) for at in range(len(found))]
    lines = laid(columns, width)
    return Card("limits", "overview", "Limits", tuple(zip(ranks, lines, strict=True)))


def _age(seen_ms: int | None) -> str:
    return "" if seen_ms is None else f"seen {span(seen_ms)} ago"


def _gauge(used: int, cells: int, glyphs: Glyphs) -> str:
    """A bar of hundredths of a percent, with what is left of it."""
    width = min(max(cells, 0), _BAR)
    if width < _SHORT_NAME // 2:
        return ""
    drawn = bar(min(used, 10_000), 10_000, width, glyphs.pens.blocks)
    return drawn + glyphs.rest * (width - len(drawn))


def _warning(used: int) -> Mark:
    return "bad" if used >= _FULL else "warn" if used >= _HIGH else "accent"


def _joined(words: Sequence[str], width: int) -> str:
    """Words with dots between, as many as have room."""
    line = ""
    for word in filter(None, words):
        longer = f"{line} · {word}" if line else word
        if cell_len(longer) > width and line:
            break
        line = longer
    return begun(line, width, cell_len)


def _ranked(lines: Sequence[Pieces]) -> tuple[tuple[int, Pieces], ...]:
    """Lines of which the last goes first."""
    return tuple(enumerate(lines))
