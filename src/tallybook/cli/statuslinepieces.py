"""The pieces of a status line: what was found out earlier, and what was handed over just now.

A piece is a short text that is true until a moment. Nothing is asked here, and nothing is loaded
that a bar would feel. Which pieces make a line is `statuslineforms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from .statuslinehanded import Handed

DASH = "–"
"""As everywhere: what is not known."""

BETWEEN = " · "

OLD_MS = 180_000
"""What was found out longer ago is marked as being found out anew: an answer holds for a minute,
and finding one out takes half a minute at most."""

_AGED_MS = 900_000
"""Official limits that were seen longer ago are shown with their age."""

_SHORT = {"five_hour": "5h", "seven_day": "7d"}

NAMES: Mapping[str, str] = {
    "session": "what this session cost",
    "session_tokens": "its tokens",
    "today": "what today cost",
    "today_tokens": "today's tokens",
    "burn": "cost per hour in the active block of 5 hours",
    "block": "what the active block cost",
    "five_hour": "the official window of 5 hours, used",
    "seven_day": "the official window of 7 days, used",
    "limits": "all official windows, with the time until they begin anew",
    "context": "how full the model's context is, as the agent says",
    "model": "the model, as the agent says",
    "quota": "the fullest quota, or that of --quota",
    "alerts": "alerts of today",
    "mark": "… while something is being found out, ! where something is wrong",
}
"""Every piece of a template. Those that end at a moment also have one with `_left` behind."""


class Piece(NamedTuple):
    """A text that holds until `until_ms` (0: until it is found out anew). `level` is the per cent
    of a limit that it speaks of, for its colour; one that speaks of several has `parts`."""

    text: str
    until_ms: int = 0
    level: int = 0
    parts: tuple[Piece, ...] = ()


class Answer(NamedTuple):
    """What was found out last: pieces, whole lines for where there is room, and an object for
    programs. `wait_ms` is how long it holds; `behind` is True where not all that is new could be
    recorded, `trouble` where finding out went wrong."""

    made_ms: int = 0
    wait_ms: int = 0
    behind: bool = False
    trouble: bool = False
    pieces: Mapping[str, Piece] = {}
    windows: tuple[tuple[str, Piece, int], ...] = ()
    lines: tuple[str, ...] = ()
    told: Mapping[str, object] = {}

    def kept(self) -> dict[str, object]:
        """As an object for a file."""
        return self._asdict()

    @classmethod
    def of(cls, kept: Mapping[str, object]) -> Answer:
        """From such an object, which we wrote ourselves; an empty one is no answer."""
        if not kept:
            return cls()
        pieces = cast("dict[str, tuple[str, int, int]]", kept["pieces"])
        windows = cast("list[tuple[str, tuple[str, int, int], int]]", kept["windows"])
        return cls(
            made_ms=cast("int", kept["made_ms"]),
            wait_ms=cast("int", kept["wait_ms"]),
            behind=bool(kept["behind"]),
            trouble=bool(kept["trouble"]),
            pieces={name: Piece(*each[:3]) for name, each in pieces.items()},
            windows=tuple((name, Piece(*each[:3]), seen) for name, each, seen in windows),
            lines=tuple(cast("list[str]", kept["lines"])),
            told=cast("dict[str, object]", kept["told"]),
        )


def pieces_of(answer: Answer, handed: Handed, now_ms: int, seen_ms: int) -> dict[str, Piece]:
    """Every piece that holds now. What was handed over goes before what was found out, but for the
    cost of the session: the ledger's is exact, the agent's own estimate is labelled. The limits
    that are handed over were handed over first at `seen_ms`."""
    found = {name: each for name, each in answer.pieces.items() if _holds(each, now_ms)}
    if handed.cost and "session" not in found:
        found["session"] = Piece(f"{_dollars(handed.cost)} (agent's)")
    if handed.context:
        found["context"] = Piece(f"{_whole(handed.context)}%", level=_whole(handed.context))
    if handed.model:
        found["model"] = Piece(handed.model)
    windows = [each for each in _windows(answer, handed, seen_ms) if _holds(each[1], now_ms)]
    found |= {name: piece for name, piece, _ in windows if name in _SHORT}
    if windows:
        found["limits"] = _together(windows, now_ms)
    found |= {f"{name}_left": _left(each, now_ms) for name, each in found.items() if each.until_ms}
    if answer.trouble:
        found["mark"] = Piece("!", level=100)
    elif answer.behind or now_ms - answer.made_ms > OLD_MS:
        found["mark"] = Piece("…")
    return found


def short_span(ms: int) -> str:
    """A length of time as short as a bar needs it: `45s`, `12m`, `2h10m`, `3d4h`."""
    seconds = max(0, ms) // 1000
    if seconds < 60:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes}m"
    big, small, names = (minutes // 60, minutes % 60, "hm")
    if big >= 24:
        big, small, names = (minutes // 1440, minutes % 1440 // 60, "dh")
    return f"{big}{names[0]}" + (f"{small}{names[1]}" if small else "")


def _holds(piece: Piece, now_ms: int) -> bool:
    return not piece.until_ms or now_ms < piece.until_ms


def _left(piece: Piece, now_ms: int) -> Piece:
    return Piece(short_span(piece.until_ms - now_ms), level=piece.level)


def _windows(answer: Answer, handed: Handed, seen_ms: int) -> Sequence[tuple[str, Piece, int]]:
    """The official windows and when they were seen: an agent's own where it hands them over, else
    all that were seen."""
    own = [
        (name, Piece(f"{_shown(used)}%", resets * 1000, _whole(used)), seen_ms)
        for name, used, resets in handed.windows
    ]
    return own or answer.windows


def _together(windows: Iterable[tuple[str, Piece, int]], now_ms: int) -> Piece:
    parts: list[Piece] = []
    for name, piece, seen in windows:
        left = f" {short_span(piece.until_ms - now_ms)}" if piece.until_ms else ""
        aged = now_ms - seen > _AGED_MS
        age = f" (seen {short_span(now_ms - seen)} ago)" if aged else ""
        parts.append(Piece(f"{_SHORT.get(name, name)} {piece.text}{left}{age}", level=piece.level))
    text = BETWEEN.join(each.text for each in parts)
    return Piece(text, level=max(each.level for each in parts), parts=tuple(parts))


def _dollars(decimal: str) -> str:
    """A decimal as dollars and cents, half up; more than nothing never reads as nothing."""
    whole, _, rest = decimal.partition(".")
    cents = (int(whole) * 1000 + int(f"{rest}000"[:3]) + 5) // 10
    if cents == 0 and rest.strip("0"):
        return "<$0.01"
    return f"${cents // 100:,}.{cents % 100:02}"


def _whole(decimal: str) -> int:
    """A per cent without its decimals, never rounded up: 99.6 is not all."""
    return int(decimal.partition(".")[0])


def _shown(decimal: str) -> str:
    """A per cent with one decimal where there is one, cut like `_whole`."""
    whole, _, rest = decimal.partition(".")
    return f"{whole}.{rest[0]}" if rest[:1].strip("0") else whole
