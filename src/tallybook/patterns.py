"""Which regular expressions of a user's may be let loose on text that strangers wrote.

Python's engine goes back over what it has matched; a pattern that can match one text in many ways
takes longer than anybody waits to find that a text does not fit. Such patterns are known by their
form. Running them is `content.redaction`, reading them `settings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"""(?P<escape>\\(?:[1-9]\d?|.))|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    |(?P<comment>\(\?\#[^)]*\))|(?P<flags>\(\?[aiLmsux-]+\))|(?P<named>\(\?P=\w+\))
    |(?P<choice>\(\?\()
    |(?P<open>\((?:\?(?:P<\w+>|[aiLmsux-]*:|<?[=!]|>))?)|(?P<close>\))|(?P<bar>\|)
    |(?P<repeat>(?:[*+?]|\{(?:\d+,?\d*|,\d+)\})[?+]?)|(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_ONCE = re.compile(r"\?\??|\{[01]\}\??|\{0?,1\}\??")
_FIXED = re.compile(r"\{\d+\}\??")
_RANGE = re.compile(r"\{(?P<least>\d*),(?P<most>\d+)\}\??")

_FEW = 8
"""Up to so many different lengths a repeat is taken for a choice between them."""

_MOST_REPEATS, _MOST_CHOICES = 8, 5_000
"""Repeats of any length, and choices, multiplied, that one pattern may have."""


def slowness(pattern: str) -> str:
    """Why a valid pattern may take too long on some text; empty if it can't by more than a power of
    the length that is looked at (see `open_repeats`). Repeats of what repeats itself or has
    alternatives, and references back, are told; so they are where they would be harmless, which
    nobody sees at a glance."""
    loose = [False]  # for each open group: whether it can match a text in more than one way
    closed = False  # whether the piece before is a group that can
    for piece in _PIECE.finditer(pattern):
        kind, text = piece.lastgroup, piece[0]
        if kind in ("named", "choice") or (kind == "escape" and text[1].isdecimal()):
            return "it refers back to what it has matched"
        if kind == "repeat" and not _never_goes_back(text):
            if closed and not _ONCE.fullmatch(text):
                return "it repeats what repeats itself or has alternatives"
            loose[-1] = loose[-1] or not _FIXED.fullmatch(text)
        if kind == "open":
            loose.append(False)
        if kind == "bar":
            loose[-1] = True
        closed = kind == "close" and len(loose) > 1 and loose.pop()
        loose[-1] = loose[-1] or closed
    many = open_repeats(pattern) > _MOST_REPEATS or _choices(pattern) > _MOST_CHOICES
    return "it has too many repeats of any length, or choices" if many else ""


def open_repeats(pattern: str) -> int:
    """The repeats in a pattern whose length is open. What one costs that finds nothing grows by
    that power of the length, and one more."""
    return sum(_lengths(text) == 0 for text in _repeats(pattern))


def _choices(pattern: str) -> int:
    """In how many ways the rest of a pattern could match."""
    ways = 1 + sum(piece.lastgroup == "bar" for piece in _PIECE.finditer(pattern))
    for text in _repeats(pattern):
        ways *= _lengths(text) or 1
    return ways


def _repeats(pattern: str) -> Iterator[str]:
    pieces = _PIECE.finditer(pattern)
    texts = (piece[0] for piece in pieces if piece.lastgroup == "repeat")
    return (text for text in texts if not _never_goes_back(text))


def _lengths(repeat: str) -> int:
    """How many lengths a repeat may have; 0 for any."""
    if _FIXED.fullmatch(repeat):
        return 1
    if repeat.startswith("?"):
        return 2
    span = _RANGE.fullmatch(repeat)
    few = int(span["most"]) - int(span["least"] or 0) + 1 if span else _FEW + 1
    return few if few <= _FEW else 0


def _never_goes_back(repeat: str) -> bool:
    """Whether it is a possessive one."""
    return repeat.endswith("+", 1)
