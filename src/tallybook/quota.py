"""The noun of limits: a quota, what it measures, how far it may go, and in which window.

Shapes only, and how a limit and a window are written. What stands of a quota at a moment is
`tallybook.quotas`; where quotas are kept is `tallybook.settings`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .clock import HOUR_MS, local
from .currencies import NAMES, code_of
from .errors import UsageMistake
from .format import amount, money, number
from .model import CLASSES, NANOS, nanos_of
from .periods import Frame, period
from .query import Filter

TOKENS, REQUESTS = "tokens", "requests"
"""The units of a limit that are no currency."""

FULL = 1000
"""A share in tenths of a per cent at which nothing is left."""

LEVELS = (80, 90, 100)
"""Per cent of a limit at which somebody is told, unless a quota says otherwise."""

WindowKind = Literal["hour", "day", "week", "month", "rolling", "sliding", "prepaid", "ever"]
"""`hour` to `month` are those of the calendar in a zone; a month may begin on another day than the
first. `rolling` begins with the first use after the last one ended and lasts so long; `sliding` is
always the time just past. `prepaid` and `ever` have no end: the first is used up by what is spent
since it began, the second is for what has an end of its own, such as a session."""


class Limit(NamedTuple):
    """How far a quota may go: nano-units of `unit`, which is `tokens`, `requests` or a currency."""

    nanos: int
    unit: str


class Window(NamedTuple):
    """When a quota counts. `minutes` is the length of a `rolling` or `sliding` one; `anchor_ms` is
    where a `prepaid` one begins, and for a `month` any instant at which one begins (None: the first
    of the month at midnight). `tz` and `week_start` (0 is Monday) cut the calendar's."""

    kind: WindowKind
    minutes: int = 0
    anchor_ms: int | None = None
    tz: str = "UTC"
    week_start: int = 0


Basis = Literal["list", "billed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A limit on what passes `where` in a window. Without a `limit` only the window is known, as of
    a plan whose provider does not say how much it holds. `basis` tells which amount a limit of
    money is held against, `classes` which token classes one of tokens counts. With `each`, a
    dimension, every value of it has a standing of its own. `multipliers` weigh the calls of models
    by thousandths, the first beginning of a name that fits: a model that counts four times has
    4000. `levels` are per cent. `origin` is where it was found."""

    name: str
    window: Window
    limit: Limit | None = None
    where: tuple[Filter, ...] = ()
    basis: Basis = "list"
    classes: tuple[str, ...] = CLASSES
    each: str | None = None
    multipliers: tuple[tuple[str, int], ...] = ()
    levels: tuple[int, ...] = LEVELS
    title: str = ""
    origin: str = ""

    @property
    def called(self) -> str:
        """Its name; of a limit at hand, which has none so that nothing said of a kept one is of it,
        the title."""
        return self.name or self.title


_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_NUMBER = r"(\d{1,15}(?:\.\d{1,9})?)"
_COUNTED = re.compile(_NUMBER + r"([kmgb]?)(tokens?|requests?|calls?)?")
_MONEY = re.compile(rf"([$€£]?){_NUMBER}({NAMES})?")
_YEN = re.compile(
    "[¥\N{FULLWIDTH YEN SIGN}]" + _NUMBER + "|" + _NUMBER + "[¥\N{FULLWIDTH YEN SIGN}]"
)
LIMIT_HINT = "20usd, 3.50eur, 5M tokens or 300 requests"


def limit_of(text: str) -> Limit:
    """A limit as people write it: `20usd` and `$20` are money, `5M` and `500k tokens` tokens,
    `300 requests` and `300 calls` calls. Money may be named by its code or as people call it:
    `100rmb`, `100元`. Raises `UsageMistake`."""
    bare = re.sub(r"[,_\s]", "", text).lower()
    if found := _COUNTED.fullmatch(bare):
        nanos = nanos_of(found[1]) * _UNITS[found[2]]
        unit = REQUESTS if (found[3] or "")[:1] in ("r", "c") else TOKENS
        if unit == TOKENS and nanos % NANOS:
            why = "without a currency it is one of tokens, and there is no part of a token"
            raise UsageMistake(f"can't read the limit {text!r}", because=why, hint=LIMIT_HINT)
        return Limit(nanos, unit)
    money_of = _MONEY.fullmatch(bare)
    unit = (money_of and (money_of[3] or _SIGNS.get(money_of[1]))) or ""
    if money_of is None or not unit:
        raise _no_limit(text, bare)
    return Limit(nanos_of(money_of[2]), code_of(unit))


def _no_limit(text: str, bare: str) -> UsageMistake:
    """What is wrong with a limit that is none."""
    yen = _YEN.fullmatch(bare)
    number = yen and (yen[1] or yen[2])
    return UsageMistake(
        f"can't read the limit {text!r}",
        because="¥ may be CNY or JPY" if yen else "",
        hint=f"{number}cny or {number}jpy" if number else LIMIT_HINT,
    )


def is_bare(limit: str) -> bool:
    """Whether a limit is a number alone, which is one of tokens: not everybody means them."""
    return re.fullmatch(r"[\d.,_\s]*\d[\d.,_\s]*", limit) is not None


def limit_text(nanos: int, unit: str) -> str:
    """A limit to the last digit, which `limit_of` reads back: `$20.00`, `5,000,000 tokens`,
    `300 requests`."""
    if unit not in (TOKENS, REQUESTS):
        return money(nanos, unit, max(2, _places(nanos)))
    return _counted(nanos, unit, _places(nanos))


def amount_text(nanos: int, unit: str, limit_nanos: int | None = None) -> str:
    """What is used or left, rounded as people read it: money to two decimals, or four where the
    limit is below one unit, and counts to two where they are weighed."""
    if unit not in (TOKENS, REQUESTS):
        fine = nanos and limit_nanos is not None and limit_nanos < NANOS
        return money(nanos, unit, 4 if fine else 2)
    return _counted(nanos, unit, min(2, _places(nanos)))


def _places(nanos: int) -> int:
    """How many decimals there are to tell."""
    part = f"{abs(nanos) % NANOS:09d}".rstrip("0")
    return len(part)


def _counted(nanos: int, unit: str, places: int) -> str:
    told = amount(nanos, places) if places else number(nanos // NANOS)
    return f"{told} {unit[:-1] if nanos == NANOS else unit}"


_CALENDAR: dict[str, WindowKind] = {
    "hour": "hour",
    "hourly": "hour",
    "day": "day",
    "daily": "day",
    "week": "week",
    "weekly": "week",
    "month": "month",
    "monthly": "month",
}
_LENGTH = r"(\d{1,6})\s*(min|minutes?|h|hours?|d|days?|w|weeks?)"
_ROLLING = re.compile(rf"(?:rolling\s+)?{_LENGTH}(?:\s+from first use)?")
_SLIDING = re.compile(rf"(?:sliding|last)\s+{_LENGTH}")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
_LONGEST = 366 * 24 * 60
PER_HINT = "hour, day, week, month, 5h (from first use), sliding 24h, prepaid or ever"


def window_of(per: str, *, tz: str, week_start: int = 0, since: str = "", now_ms: int) -> Window:
    """A window as people write it: a word of the calendar; a length such as `5h`, `90min` or `7d`,
    which begins with the first use; `sliding 24h`; `prepaid`; `ever`. `since` is a date or a time,
    read in the zone, at which a month begins, or from which a prepaid amount is used. Raises
    `UsageMistake`."""
    word = " ".join(per.lower().split())
    anchor = _anchor(since, Frame(now_ms, tz)) if since.strip() else None
    kind = _CALENDAR.get(word)
    if kind is None and word in ("prepaid", "ever"):
        kind = "prepaid" if word == "prepaid" else "ever"
    if kind is not None:
        _fits(kind, anchor)
        return Window(kind, anchor_ms=anchor, tz=tz, week_start=week_start)
    rolling, sliding = _ROLLING.fullmatch(word), _SLIDING.fullmatch(word)
    found = rolling or sliding
    if found is None:
        raise UsageMistake(f"can't read the window {per!r}", hint=PER_HINT)
    minutes = int(found[1]) * _MINUTES[found[2][0]]
    if not 0 < minutes <= _LONGEST:
        raise UsageMistake(f"a window of {per!r} can't be kept", hint="up to 366d")
    _fits("rolling", anchor)
    return Window("rolling" if rolling else "sliding", minutes=minutes, tz=tz)


def _anchor(since: str, frame: Frame) -> int | None:
    """The instant of a date or time. Words such as `today` would be another one tomorrow."""
    if not since.strip()[0].isdigit():
        raise UsageMistake(f"{since!r} is no date to count from", hint="write it as 2026-01-31")
    return period(since, frame).since_ms


def _fits(kind: WindowKind, anchor: int | None) -> None:
    """Refuse what goes without an anchor that it can't do without, and the other way round."""
    if kind == "prepaid" and anchor is None:
        raise UsageMistake(
            "a prepaid amount is used from some day on",
            because="nothing says from which",
            hint="since = 2026-11-01, the day of the payment",
        )
    if anchor is not None and kind not in ("month", "prepaid", "ever"):
        raise UsageMistake(
            "only a month, and what is prepaid, begins on a day of its own",
            hint="leave since out",
        )


def per_of(window: Window) -> tuple[str, str]:
    """The words of a window, as `per` and `since` of `window_of`, which reads them back."""
    since = "" if window.anchor_ms is None else _exactly(window.anchor_ms, window.tz)
    if window.kind in ("rolling", "sliding"):
        length = _length(window.minutes).replace(" ", "")
        return (length if window.kind == "rolling" else f"sliding {length}"), since
    return window.kind, since


def exactly(ms: int, tz: str) -> str:
    """An instant as `since` takes it, with its offset: the same one in every zone."""
    return local(ms, tz).isoformat(timespec="milliseconds" if ms % 1000 else "seconds")


def _exactly(ms: int, tz: str) -> str:
    """An instant as a date where it begins one in the zone, else to the millisecond."""
    text = exactly(ms, tz)
    day = text[:10]
    return day if period(day, Frame(ms, tz)).since_ms == ms else text


def window_text(window: Window) -> str:
    """A window in words: `day`, `5 h from first use`, `month from the 31st`, `last 24 h`."""
    if window.kind == "rolling":
        return f"{_length(window.minutes)} from first use"
    if window.kind == "sliding":
        return f"last {_length(window.minutes)}"
    if window.anchor_ms is None:
        return window.kind
    if window.kind == "month":
        day = local(window.anchor_ms, window.tz).day
        return "month" if _begins_month(window) else f"month from the {_ordinal(day)}"
    since = _exactly(window.anchor_ms, window.tz)[:16].replace("T", " ")
    return f"{window.kind} since {since}"


def _begins_month(window: Window) -> bool:
    """Whether months with this anchor are those of the calendar."""
    return _exactly(window.anchor_ms or 0, window.tz)[8:] == "01"


def _length(minutes: int) -> str:
    """`5 h`, `90 min`, `7 d`; a day is told as hours, as plans do."""
    if minutes % 60:
        return f"{minutes} min"
    hours = minutes * 60_000 // HOUR_MS
    return f"{hours // 24} d" if hours % 24 == 0 and hours > 24 else f"{hours} h"


def _ordinal(day: int) -> str:
    like = {1: "1st", 2: "2nd", 3: "3rd"}.get(day % 10, "4th")
    return f"{day}{'th' if day in (11, 12, 13) else like[1:]}"
