"""What the words for a time of one's own mean, with exact dates, while they are typed. They are
those of the command line. No Textual.
"""

from __future__ import annotations

from ..clock import DAY_MS
from ..errors import UsageMistake
from ..format import count
from ..periods import Frame, period_text
from ..questions import parse_query
from .look import TO, span_pairs

EXAMPLES = ("7d", "2026-01", "2026-W05", "yesterday", f"2026-11-01{TO}2026-11-15")
"""Words that can be typed."""


def span_of(text: str) -> str:
    """The time that was typed, as a look has it: blanks around dots don't matter, nor do the words
    of options (`--since 2026-11-01 --until …`). Raises `UsageMistake` for nothing at all."""
    words = text.replace("--last", " ").replace("--since", " ").replace("--until", TO)
    span = TO.join(part.strip() for part in " ".join(words.replace("=", " ").split()).split(TO))
    if not span.strip("."):
        raise UsageMistake("no time is given", hint=", ".join(EXAMPLES))
    return span


def span_told(text: str, frame: Frame) -> str:
    """The exact dates that words mean: `2026-11-01 to 2026-11-15 · 15 days`. Raises `UsageMistake`
    for words that nobody understands."""
    asked = parse_query(span_pairs(span_of(text)), frame)
    dates = period_text(asked.since_ms, asked.until_ms, frame.tz)
    if asked.since_ms is None or asked.until_ms is None:
        return dates
    days = round((asked.until_ms - asked.since_ms) / DAY_MS)  # one of 23 hours is a day, too
    return f"{dates} · {count(days, 'day')}" if days > 1 else dates
