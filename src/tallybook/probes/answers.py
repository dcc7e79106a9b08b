"""Pieces of providers' answers: JSON of which nobody promises anything. What is missing or odd is
told with its name and never guessed; values are not repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import cast

from ..clock import EARLIEST_MS, LATEST_MS, parse_instant
from ..errors import ProbeError
from ..model import NANOS

Record = Mapping[str, object]

WHOLE = 10_000
"""All of a window, in hundredths of a percent."""

DAY, WEEK = 1_440, 10_080
"""Minutes."""

_MOST = Decimal(10**7)
_MOST_NUMBER = 10**15
_MOST_AMOUNT = 9 * 10**9
_MOST_PLACES = 10
_MINUTE_MS = 60_000


def record(value: object) -> Record:
    """An object's fields; none of what is no object."""
    return cast("Record", value) if isinstance(value, dict) else {}


def records(value: object) -> Iterable[Record]:
    """The objects in a list; none of what is no list."""
    return map(record, cast("list[object]", value) if isinstance(value, list) else ())


def text(value: object) -> str:
    """A text; empty for anything else."""
    return value.strip() if isinstance(value, str) else ""


def exact(value: object) -> Decimal | None:
    """A number by the digits it was written with, also as text; None for anything else, and for
    more than anybody has."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        found = Decimal(repr(value) if isinstance(value, float) else value)
    except ArithmeticError:
        return None
    return found if found.is_finite() and abs(found) < _MOST_NUMBER else None


def quantity(value: object) -> Decimal | None:
    """A number of something, which the ledger can hold in nano-units; None for anything else."""
    found = exact(value)
    return None if found is None or abs(found) > _MOST_AMOUNT else found


def hundredths(percent: object) -> int | None:
    """A percentage in hundredths of a percent, half to even; None for what is none."""
    found = exact(percent)
    if found is None or not 0 <= found < _MOST:
        return None
    return int((found * 100).to_integral_value(ROUND_HALF_EVEN))


def share(used: Decimal, most: Decimal) -> int:
    """How much of something is used, in hundredths of a percent, not rounded up; what is more than
    there was to begin with is no use of it, and there is an end to what anybody believes."""
    return min(max(0, nanos(used) * WHOLE // max(1, nanos(most))), int(_MOST) * 100)


def nanos(value: Decimal) -> int:
    """A number in nano-units, half to even."""
    return int((value * NANOS).to_integral_value(ROUND_HALF_EVEN))


def places(value: object) -> Decimal | None:
    """The unit of a number with so many decimal places (2: a hundredth); None for what is none."""
    found = exact(value)
    if found is None or found not in range(_MOST_PLACES):
        return None
    return Decimal(1).scaleb(-int(found))


def instant(value: object) -> int:
    """A moment in epoch milliseconds: seconds or milliseconds since 1970, or ISO 8601; 0 for what
    is none."""
    found = parse_instant(text(value)) if isinstance(value, str) else _epoch(exact(value))
    return found if found is not None and EARLIEST_MS <= found < LATEST_MS else 0


def _epoch(value: Decimal | None) -> int | None:
    if value is None:
        return None
    return int(value if value > LATEST_MS // 1000 else value * 1000)


def minute(ms: int) -> int:
    """The nearest full minute. Some providers work a window's end out anew for every answer, and
    come to some milliseconds before or after it."""
    return (ms + _MINUTE_MS // 2) // _MINUTE_MS * _MINUTE_MS


def unknown(title: str, answer: object, wanted: str) -> ProbeError:
    """What to say of an answer of another shape: what was looked for, and which names it has."""
    names = sorted(str(each)[:40] for each in record(answer))[:12]
    has = f"it has {', '.join(names)}" if names else "it has no names at all"
    return ProbeError(
        f"the answer of {title} is not understood",
        because=f"{wanted} is missing; {has}",
        hint="it may have changed: upgrade Tallybook, or report it with these names",
    )
