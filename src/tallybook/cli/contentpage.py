"""Captured content as it looks: a table of what is stored, and the words of a round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..clock import iso, local
from ..format import DASH, count, number, plain, size
from ..settings import Settings, SourceSettings

if TYPE_CHECKING:
    from ..content import Holding, Stored
    from .tables import Ink

HOW = 'tally config set source.higress.capture preview, or "full"'


def limit_text(each: SourceSettings) -> str:
    """How long and how much is kept of a source: `30 days, 500.0 MB`."""
    days = "" if each.keep_days is None else count(each.keep_days, "day")
    most = "" if each.keep_bytes is None else size(each.keep_bytes)
    return ", ".join(filter(None, (days, most))) or "no limit"


def captured(settings: Settings) -> dict[str, SourceSettings]:
    """The sources that are captured now: only logs can be."""
    from ..sources import is_log

    return {
        name: each
        for name, each in settings.sources.items()
        if each.capture != "off" and is_log(name)
    }


def captured_text(settings: Settings) -> str:
    """Which sources are captured now, in words; empty if none is."""
    return "; ".join(
        f"{plain(name)} ({each.capture}, {limit_text(each)})"
        for name, each in captured(settings).items()
    )


def _without_effect(settings: Settings) -> Iterator[str]:
    """What is said of sources that nothing can be captured of."""
    named = {name for name, each in settings.sources.items() if each.capture != "off"}
    for name in sorted(named - captured(settings).keys()):
        yield f"The setting `capture` of {plain(name)} does nothing: it keeps what is said itself."


def held_text(each: Holding) -> str:
    """What is stored of a source, in a line: `higress: 120 calls, 3.4 MB`."""
    return f"{plain(each.source)}: {count(each.rounds, 'call')}, {size(each.size or 0)}"


def holdings_lines(
    settings: Settings, holdings: Sequence[Holding], ink: Ink, width: int
) -> list[str]:
    """What is stored of each source, and by which settings."""
    from .tables import Column, draw, folded

    stored = {each.source: each for each in holdings}
    names = sorted(stored.keys() | captured(settings).keys())
    notes = [part for note in _without_effect(settings) for part in folded(note, width)]
    if not names:
        lines = ["Nothing is captured and nothing is stored: no log has the setting `capture`."]
        lines.append(f"To keep what gateway logs will rotate away: {HOW}")
        return [*(part for line in lines for part in folded(line, width)), *notes]
    own = [settings.sources.get(name, SourceSettings()) for name in names]
    rows = [
        (plain(name), one.capture, limit_text(one), *_figures(stored.get(name), settings.tz))
        for name, one in zip(names, own, strict=True)
    ]
    titles = ("Source", "Capture", "Limit")
    titles += ("Calls", "Previews", "Sessions", "Size", "Oldest", "Newest")
    ranks = (0, 2, 3, 0, 6, 5, 2, 4, 4)
    columns = [
        Column(title, tuple(cells), rank, at < 3, 18)
        for at, (title, rank, cells) in enumerate(
            zip(titles, ranks, zip(*rows, strict=True), strict=True)
        )
    ]
    return [*draw(columns, width, ink), *notes]


def _figures(each: Holding | None, tz: str) -> tuple[str, ...]:
    if each is None:
        return ("0", "0", "0", DASH, DASH, DASH)
    days = (f"{local(ms, tz):%Y-%m-%d}" for ms in (each.first_ms, each.last_ms))
    counts = (each.rounds, each.previews, each.sessions)
    return (*map(number, counts), size(each.size or 0), *days)


def rounds_json(each: Stored, tz: str) -> dict[str, Any]:
    """A stored round for other programs."""
    one = each.round
    return {
        "source": each.source,
        "session": each.session or None,
        "keys": [key.hex() for key in one.keys],
        "timestamp": iso(one.started_ms, tz),
        "model": one.model,
        "preview": one.preview,
        "response_type": one.response or None,
        "duration_ms": one.duration_ms,
        "first_token_ms": one.first_token_ms,
        "messages": [dict(message) for message in one.messages],
        "question": one.question,
        "answer": one.answer,
        "reasoning": one.reasoning,
        "tool_calls": [dict(call) for call in one.tool_calls],
    }


def round_lines(each: Stored, tz: str, ink: Ink, width: int) -> list[str]:
    """The words of a stored round; of the messages before them only how many there are."""
    from .exchange import text_lines
    from .tables import folded

    one = each.round
    parts = [iso(one.started_ms, tz)[:19].replace("T", " "), plain(one.model)]
    parts += ["preview"] if one.preview else []
    lines = [ink.bold(part) for part in folded(f"── {' · '.join(parts)}", width)]
    if one.messages:
        said = f"({count(len(one.messages), 'message')} before the answer: --json)"
        lines.append(ink.faint(said))
    lines += [f"> {line}".rstrip() for line in text_lines(one.question, width - 2)]
    if one.reasoning:
        lines += [ink.faint(line) for line in text_lines(f"(thought) {one.reasoning}", width)]
    lines += text_lines(one.answer, width)
    for call in one.tool_calls:
        told = f"→ {call.get('name', '') or '?'} {call.get('input', '')}"
        lines += text_lines(told, width)
    return [*lines, ""]
