"""Numbers, money, spans and names as people read them.

Only text is made here: no widths of terminals, no tables, no colour (those are the command
line's). Everything is integer arithmetic: no float touches an amount, not even to show it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from .model import NANOS

DASH = "–"
"""Shown where a value is unknown, which is not the same as zero."""

_UNITS = ((1_000, "k"), (1_000_000, "M"), (1_000_000_000, "B"), (1_000_000_000_000, "T"))
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def number(value: int) -> str:
    """All digits, in groups: `1,234,567`."""
    return f"{value:,}"


def compact(value: int) -> str:
    """About three digits: `999`, `1.2k`, `24.8M`, `1.0B`; rounded half to even."""
    size = abs(value)
    if size < 1_000:
        return str(value)
    fitting = (each for each in _UNITS if _rounded(size, each[0]) < 1_000)
    unit, letter = next(fitting, _UNITS[-1])
    tenths = _rounded(size * 10, unit)
    if tenths < 1_000:
        return _signed(value, f"{tenths // 10}.{tenths % 10}{letter}")
    return _signed(value, f"{number(_rounded(size, unit))}{letter}")


def amount(nanos: int, places: int = 4) -> str:
    """Nano-units of a currency with so many decimals, half to even: `1,234.5678`. An amount
    that is not zero never reads as zero: it is `<0.0001`."""
    step = NANOS // 10**places
    rounded = _rounded(abs(nanos), step)
    if rounded == 0 and nanos:
        return f"{'-' if nanos < 0 else ''}<{_decimal(1, places)}"
    return _signed(nanos, _decimal(rounded, places))


def money(nanos: int, currency: str, places: int = 4) -> str:
    """An amount with its currency: `$1.2346`, `3.00 CNY`."""
    text, sign = amount(nanos, places), _SIGNS.get(currency)
    if sign is None:
        return f"{text} {currency}"
    marks = re.match(r"[-<]*", text)
    cut = marks.end() if marks else 0
    return f"{text[:cut]}{sign}{text[cut:]}"


def signed(value: int, word: Callable[[int], str] = number) -> str:
    """A difference with its sign: `+1,234`, `-12`, `0`."""
    return f"+{word(value)}" if value > 0 else word(value)


def tenths(value: int | None) -> str | None:
    """A number of tenths as a decimal: `28.9`; None stays None."""
    return None if value is None else _signed(value, _decimal_tenths(abs(value)))


def shares(parts: Sequence[int], whole: int, of: int = 1_000) -> list[int]:
    """What part of a whole each is, in thousandths of it or as told. They are rounded down, and
    what that leaves goes to those that lost the most by it: so they never come to more than all."""
    if whole <= 0:
        return [0] * len(parts)
    found = [part * of // whole for part in parts]
    left = sum(parts) * of // whole - sum(found)
    for at in sorted(range(len(parts)), key=lambda at: -(parts[at] * of % whole))[:left]:
        found[at] += 1
    return found


def percent(value: int | None) -> str:
    """A change in tenths of a per cent: `+28.9%`; without the tenth where it is large, and
    `new` where there is none because it grew from nothing."""
    if value is None:
        return "new"
    size = abs(value)
    text = _decimal_tenths(size) if size < 10_000 else number(_rounded(size, 10))
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{text}%"


def span(ms: int) -> str:
    """A length of time: `450 ms`, `3.2 s`, `5 min 10 s`, `2 h 5 min`, `3 d 4 h`."""
    if ms < 1_000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms // 1_000}.{ms % 1_000 // 100} s"
    for big, small, names in (
        (86_400_000, 3_600_000, ("d", "h")),
        (3_600_000, 60_000, ("h", "min")),
        (60_000, 1_000, ("min", "s")),
    ):
        if ms >= big:
            rest = ms % big // small
            return f"{ms // big} {names[0]}" + (f" {rest} {names[1]}" if rest else "")
    return f"{ms} ms"


def size(octets: int) -> str:
    """A number of bytes: `712 B`, `1.2 kB`, `3.4 GB` (steps of 1000)."""
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if octets >= unit:
            tenths = _rounded(octets * 10, unit)
            return f"{tenths // 10}.{tenths % 10} {name}"
    return f"{octets} B"


def count(value: int, noun: str, plural: str = "") -> str:
    """`1 call`, `2,000 calls`, `2 replies` with an own plural."""
    return f"{number(value)} {noun if value == 1 else plural or noun + 's'}"


def plain(text: str) -> str:
    """Text that can't drive a terminal: control characters, direction overrides and lone
    surrogates become `·`, white space of any kind one space."""
    return _UNSAFE.sub("·", " ".join(text.split()) if not text.isprintable() else text)


def shorten(text: str, width: int, measure: Callable[[str], int] = len) -> str:
    """At most `width` cells, cut in the middle: the start and the end of a name tell most.
    `measure` gives the cells of a text (for wide characters)."""
    if measure(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    head = _fitting(text, width // 2, measure)
    tail = _fitting(text[::-1], width - 1 - measure(head), measure)[::-1]
    return f"{head}…{tail}"


def begun(text: str, width: int, measure: Callable[[str], int] = len) -> str:
    """At most `width` cells, cut at the end: a title is known by how it begins."""
    if measure(text) <= width:
        return text
    return _fitting(text, width - 1, measure).rstrip() + "…" if width > 0 else ""


def tilde(path: str | Path, home: str | Path) -> str:
    """A path with the user's own directory as `~`, fit to be shown to others."""
    text, base = str(path), str(home).rstrip("/\\")
    if base and (text == base or text.startswith((base + "/", base + "\\"))):
        return "~" + text[len(base) :]
    return text


def _fitting(text: str, width: int, measure: Callable[[str], int]) -> str:
    kept = text[: max(width, 0)]
    while kept and measure(kept) > width:
        kept = kept[:-1]
    return kept


def _rounded(value: int, step: int) -> int:
    whole, rest = divmod(value, step)
    return whole + (1 if rest * 2 > step or (rest * 2 == step and whole % 2) else 0)


def _decimal_tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"


def _decimal(value: int, places: int) -> str:
    whole, part = divmod(value, 10**places)
    return f"{whole:,}.{part:0{places}d}" if places else f"{whole:,}"


def _signed(value: int, text: str) -> str:
    return f"-{text}" if value < 0 else text
