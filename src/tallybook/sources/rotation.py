"""What the name of a log file tells: which log it belongs to, and how old it is.

Loggers and rotation tools put a number or a date behind the name (`access.log.1`,
`access.log-20260324`), or between name and ending (`access-2026-03-24.log`), and `.gz`, `.zst`,
`.bz2` or `.xz` behind all of it. Which file it really is, only its content tells: see `logfiles`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LIVE: tuple[int, str, int] = (-1, "", 0)
"""The age of a log that is written to: younger than any rotated file."""

_PACKED = re.compile(r"\.(gz|gzip|zst|zstd|bz2|xz)$", re.IGNORECASE)
_ENDINGS = r"log|jsonl|ndjson|json|txt|out"
_DATE = (
    r"(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])"  # the day
    r"(?:[-_T.]?(?:1\d{9}|\d\d(?:[-:_.]?\d\d){0,2}(?:\.\d{1,9})?Z?))?"  # and perhaps a time
    r"|1\d{9}"  # or seconds since 1970
)
_DATED_BEHIND = re.compile(
    rf"(?P<base>.+?)[-._]{{1,2}}(?P<date>{_DATE})(?:[-._](?P<number>\d{{1,6}}))?$"
)
_NUMBERED_BEHIND = re.compile(r"(?P<base>.+)\.(?P<number>\d{1,6})$")
_DATED_WITHIN = re.compile(
    rf"(?P<stem>.+?)[-._]{{1,2}}(?P<date>{_DATE})(?:[-._](?P<number>\d{{1,6}}))?(?P<end>\.(?:{_ENDINGS}))$"
)
_MARKED_BEHIND = re.compile(
    rf"(?P<base>.+\.(?:{_ENDINGS}))[-._](?P<date>\d[-._:TZ\d]*)$"  # a date in another order, a week
)
_NUMBERED_WITHIN = re.compile(rf"(?P<stem>.+)\.(?P<number>\d{{1,6}})(?P<end>\.(?:{_ENDINGS}))$")
_LOG = re.compile(r".\.(log|jsonl|ndjson)$", re.IGNORECASE)


class Named(NamedTuple):
    """A file's name taken apart: `base` is the name of its live log, `age` sorts the files of one
    log from the youngest to the oldest."""

    base: str
    age: tuple[int, str, int]
    packed: bool = False

    @property
    def live(self) -> bool:
        """Whether it bears the name that is written to."""
        return self.age == LIVE and not self.packed

    @property
    def dated(self) -> bool:
        """Whether it bears a date."""
        return self.age[0] == 1


def named(name: str) -> Named:
    """What a file's name tells. One without any mark of rotation is its own live log."""
    if packed := _PACKED.search(name):
        return named(name[: packed.start()])._replace(packed=True)
    if found := _DATED_WITHIN.match(name):
        base = found["stem"] + found["end"]
    elif found := _DATED_BEHIND.match(name):
        base = found["base"]
    elif found := _NUMBERED_BEHIND.match(name):
        inner, number = named(found["base"]), int(found["number"])
        dated = inner.age != LIVE
        return inner._replace(age=(*inner.age[:2], number) if dated else (0, "", number))
    elif found := _MARKED_BEHIND.match(name):
        return Named(found["base"], (1, _younger(found["date"]), 0))
    else:
        return Named(name, LIVE)
    return Named(base, (1, _younger(found["date"]), -int(found["number"] or 0)))


def numbered_within(name: str) -> Named | None:
    """What `access.1.log` tells if there is an `access.log` beside it; None if it has no such
    number. Without one it may as well be the log of the first of several gateways."""
    if packed := _PACKED.search(name):
        inner = numbered_within(name[: packed.start()])
        return None if inner is None else inner._replace(packed=True)
    found = _NUMBERED_WITHIN.match(name)
    return found and Named(found["stem"] + found["end"], (0, "", int(found["number"])))


def looks_like_log(base: str) -> bool:
    """Whether the live log of that name is read if only its folder was named."""
    return _LOG.search(base) is not None


def _younger(date: str) -> str:
    """Digits that sort later dates first, however they are written."""
    digits = "".join(filter(str.isdigit, date)).ljust(23, "0")
    return digits.translate(_NINES)


_NINES = str.maketrans("0123456789", "9876543210")
