"""Time zones as integer arithmetic: offsets and times as text, and the machine's own zone.

Zones are IANA names. SQL engines never see a zone: they are handed offsets in milliseconds
that were computed here, so every engine cuts the same days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import UsageMistake

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
QUARTER_MS = HOUR_MS // 4

EARLIEST_MS = 1_420_070_400_000
"""2015-01-01: no call was before it, or after `LATEST_MS`; no clock wrote such a time."""

LATEST_MS = 4_102_444_800_000
"""2100-01-01."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_IN_UTC = _EPOCH.replace(tzinfo=None)
_MILLISECOND = timedelta(milliseconds=1)


@lru_cache(maxsize=32)
def zone(name: str) -> tzinfo:
    """The zone of an IANA name; `UsageMistake` if there is none of that name."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise UsageMistake(
            f"unknown time zone {name!r}", hint="use an IANA name such as Europe/Berlin or UTC"
        ) from problem


def offset_ms(name: str, at_ms: int) -> int:
    """How far local time is ahead of UTC at that instant, in milliseconds."""
    offset = datetime.fromtimestamp(at_ms / 1000, zone(name)).utcoffset() or timedelta()
    return int(offset.total_seconds() * 1000)


@lru_cache(maxsize=64)
def offsets(name: str, since_ms: int, until_ms: int) -> tuple[tuple[int, int], ...]:
    """The zone's offsets over a range as (from_ms, offset_ms), the first at `since_ms`.
    Changes are found to the quarter-hour, which is exact for every zone since 1970."""
    steps = [(since_ms, offset_ms(name, since_ms))]
    if zone(name) is UTC:
        return tuple(steps)
    low = since_ms
    while low < until_ms:
        high = min(low + 30 * DAY_MS, until_ms)
        if offset_ms(name, high) != steps[-1][1]:
            change = _change(name, low, high)
            steps.append((change, offset_ms(name, change)))
            low = change
        else:
            low = high
    return tuple(steps)


def _change(name: str, low: int, high: int) -> int:
    before = offset_ms(name, low)
    low, high = low // QUARTER_MS, -(-high // QUARTER_MS)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_ms(name, middle * QUARTER_MS) == before:
            low = middle
        else:
            high = middle
    return high * QUARTER_MS


def iso(ms: int, tz: str) -> str:
    """An instant as ISO 8601 with offset in the zone, to the second."""
    return datetime.fromtimestamp(ms // 1000, zone(tz)).isoformat()


def local(ms: int, tz: str) -> datetime:
    """An instant as an aware datetime in the zone."""
    return datetime.fromtimestamp(ms / 1000, zone(tz))


def midnight_ms(day: date, tz: str) -> int:
    """The instant at which a day begins in the zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone(tz)).timestamp() * 1000)


def parse_instant(text: str) -> int | None:
    """Epoch milliseconds of an ISO 8601 time; a time without offset is read as UTC. None if
    it is not one."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (when - (_EPOCH if when.tzinfo else _EPOCH_IN_UTC)) // _MILLISECOND


NO_ZONE = "default, as TZ="
"""How the origin of a zone begins when the variable TZ named none."""


def system_zone(environ: Mapping[str, str], localtime: str = "/etc/localtime") -> tuple[str, str]:
    """The zone of the machine and where it was found: the variable TZ, else the system's own
    link, else UTC. A TZ that names no zone, such as the rule `CET-1CEST`, means UTC: its days
    are not those of the system either, and the origin says so."""
    named = environ.get("TZ", "").lstrip(":")
    if named:
        known = _zone_of(named) or (_linked_zone(named) if named.startswith("/") else None)
        return (known, "TZ") if known else ("UTC", f"{NO_ZONE}{named} is not a zone name")
    linked = _linked_zone(localtime)
    return (linked, localtime) if linked else ("UTC", "default")


def _linked_zone(localtime: str) -> str | None:
    try:
        target = str(Path(localtime).resolve(strict=True))
    except (OSError, ValueError):
        return None
    return _zone_of(target) if "zoneinfo/" in target else None


def _zone_of(text: str) -> str | None:
    name = text.rsplit("zoneinfo/", 1)[-1]
    name = re.sub(r"^(posix|right)/", "", name)
    try:
        zone(name)
    except UsageMistake:
        return None
    return "UTC" if name in ("Etc/UTC", "Etc/UCT", "Etc/Zulu", "UCT", "Zulu") else name
