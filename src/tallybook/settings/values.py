"""How the value of a setting is read: from what a file or a variable has to what the program uses.

Which keys there are and what each of them means is `tallybook.settings.keys`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, cast

from ..clock import zone
from ..errors import UsageMistake
from ..periods import WEEK_DAYS
from ..questions import currency_of


class Ground(NamedTuple):
    """What a value stands on: the folder that relative paths start from, and the home."""

    folder: Path
    home: Path


Reader = Callable[[object, Ground], object]
"""Makes a raw value what the program uses; raises `ValueError` with what it should have been."""


def read_text(value: object, _ground: Ground) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value:
        raise ValueError("it must be a text that is not empty")
    return value


def read_ledger(value: object, ground: Ground) -> str:
    """The file of a ledger as text, or the address of a database."""
    text = read_text(value, ground)
    return text if "://" in text else str(read_path(text, ground))


def located(text: str, ground: Ground) -> Path:
    """A path as a person writes it: `~` is the home, a relative one starts at the folder."""
    if text == "~" or text.startswith(("~/", "~\\")):
        return ground.home / text[2:]
    return ground.folder / text


def read_path(value: object, ground: Ground) -> Path:
    """A path."""
    text = read_text(value, ground)
    if "\0" in text:
        raise ValueError("no path can hold a NUL")
    return located(text, ground)


def read_paths(value: object, ground: Ground) -> tuple[Path, ...]:
    """A list of paths."""
    if not isinstance(value, list):
        raise ValueError('it must be a list of paths, such as ["/mnt/old/.claude"]')
    return tuple(read_path(item, ground) for item in cast("list[object]", value))


def read_zone(value: object, ground: Ground) -> str:
    """The IANA name of a time zone."""
    text = read_text(value, ground)
    try:
        zone(text)
    except UsageMistake as problem:
        raise ValueError("use an IANA name such as Europe/Berlin or UTC") from problem
    return text


def read_currency(value: object, ground: Ground) -> str | None:
    """A currency; None for amounts as they are."""
    try:
        return currency_of(read_text(value, ground))
    except UsageMistake as problem:
        raise ValueError(f"use {problem.hint}") from problem


def read_week_day(value: object, ground: Ground) -> int:
    """A day of the week, 0 for Monday."""
    text = read_text(value, ground).lower()
    if text not in WEEK_DAYS:
        raise ValueError(f"use one of {', '.join(WEEK_DAYS)}")
    return WEEK_DAYS.index(text)


SWITCH_WORDS: Mapping[str, bool] = MappingProxyType(
    {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
)


def read_switch(value: object, _ground: Ground) -> bool:
    """Yes or no, as a boolean or one of `SWITCH_WORDS`."""
    known = value if isinstance(value, bool) else SWITCH_WORDS.get(str(value).lower())
    if known is None or not isinstance(value, bool | str):
        raise ValueError("it must be true or false")
    return known


SPAN = r"\s*[1-9]\d{0,5}\s*[smhSMH]\s*"


def read_seconds(value: object, ground: Ground) -> int:
    """A length of time in seconds, from a text such as `5m`."""
    text = read_text(value, ground)
    if re.fullmatch(SPAN, text, re.ASCII) is None:
        raise ValueError('it must be a time such as "90s", "5m" or "1h"')
    text = text.strip().lower()
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def read_keystrokes(value: object, _ground: Ground) -> tuple[str, ...]:
    """The names of one or more keys, from a text such as `ctrl+r,f5`."""
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else []
    if not names or any(len(name.split()) != 1 for name in names):
        raise ValueError('it must be one key, or some with commas, such as "ctrl+r,f5"')
    return tuple(dict.fromkeys(names))


Glyphs = Literal["auto", "braille", "block", "ascii"]
GLYPHS: tuple[Glyphs, ...] = ("auto", "braille", "block", "ascii")


def read_glyphs(value: object, ground: Ground) -> str:
    """What charts are drawn with: one of `GLYPHS`."""
    text = read_text(value, ground).lower()
    if text not in GLYPHS:
        raise ValueError(f"use one of {', '.join(GLYPHS)}")
    return text


CAPTURES = ("off", "preview", "full")


def read_capture(value: object, ground: Ground) -> str:
    """How much of what was said is kept: one of `CAPTURES`."""
    text = read_text(value, ground).lower()
    if text not in CAPTURES:
        raise ValueError(f"use one of {', '.join(CAPTURES)}")
    return text


MOST_DAYS = 36_500


def read_days(value: object, _ground: Ground) -> int:
    """A number of whole days."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST_DAYS:
        raise ValueError(f"it must be a whole number of days, from 1 to {MOST_DAYS}, such as 30")
    return value


UNITS: Mapping[str, int] = MappingProxyType(
    {
        "B": 1,
        **{f"{letter}B": 1_000**power for power, letter in enumerate("kMGT", 1)},
        **{f"{letter}iB": 1_024**power for power, letter in enumerate("KMGT", 1)},
    }
)
"""Bytes in each unit of a size."""

_LOWER = MappingProxyType({unit.lower(): each for unit, each in UNITS.items()})
SIZE = r"\s*[1-9]\d{0,11}\s*([kmgtKMGT][iI]?)?[bB]\s*"


def read_size(value: object, ground: Ground) -> int:
    """A size in bytes: `500MB` is 500,000,000, `500MiB` 524,288,000."""
    text = read_text(value, ground)
    if re.fullmatch(SIZE, text, re.ASCII) is None:
        raise ValueError('it must be a size such as "500MB" or "2GiB"')
    unit = text.strip().lower().lstrip("0123456789").strip()
    return int(text.lower().replace(unit, "")) * _LOWER[unit]


def read_names(value: object, ground: Ground) -> Mapping[str, str]:
    """A table of names, each with what it stands for."""
    if not isinstance(value, dict):
        raise ValueError('it must be a table such as { "llm-qwen" = "alibaba-cn" }')
    table = cast("Mapping[object, object]", value)
    return MappingProxyType(
        {read_text(name, ground): read_text(told, ground) for name, told in table.items()}
    )


def read_patterns(value: object, ground: Ground) -> tuple[str, ...]:
    """Regular expressions in Python's notation, each of which fits some text and not just any."""
    from ..patterns import slowness  # few settings have any

    if not isinstance(value, list):
        raise ValueError(r"""it must be a list of patterns, such as ['\d{16}']""")
    patterns = tuple(read_text(item, ground) for item in cast("list[object]", value))
    for pattern in patterns:
        try:
            fits_nothing = re.compile(pattern).search("") is not None
        except (re.error, RecursionError, OverflowError) as problem:
            raise ValueError(f"{pattern!r} is no regular expression: {problem}") from problem
        if fits_nothing:
            raise ValueError(f"{pattern!r} also fits the empty text, so it would fit everywhere")
        if slow := slowness(pattern):
            raise ValueError(f"{pattern!r} may take for ever on some texts: {slow}")
    return patterns
