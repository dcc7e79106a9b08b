"""Is it too much? One question for programs, of quotas that are kept or of limits at hand.

Nothing is recorded or sent here: alerts that are told once are `tallybook.alerts`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict, Unpack

from ..currencies import code_of
from ..errors import UsageMistake, nearest
from ..format import tenths
from ..model import NANOS, decimal_text, nanos_of
from ..query import Filter, Query
from ..quota import TOKENS, Limit, Quota, Window
from .asking import standing_of, standings
from .standing import QuotaStanding
from .wording import used_text

if TYPE_CHECKING:
    from decimal import Decimal

    from ..book import Book

Level = Literal["notice", "warning", "critical"]

COST = "cost"
"""What a limit of money at hand is called; one of tokens is called `tokens`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaCheck:
    """Whether any limit is exceeded, and how each stands. The mappings are by the names of kept
    quotas, with their subject behind a slash where they have one, or by `tokens` and `cost` for
    limits at hand. What is used and the limits are exact numbers in the unit of the limit; used is
    None where nothing of it is known, as of tokens without a price."""

    standings: tuple[QuotaStanding, ...]

    @property
    def exceeded(self) -> bool:
        """Whether of any limit nothing is left. Of a limit of 0 nothing ever is."""
        return any(each.exceeded for each in self.standings)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of limits of which nobody knows what is used, so that `exceeded` says nothing
        of them. The command line ends with 5 for these."""
        return tuple(_name(each) for each in self.standings if _is_unknown(each))

    @property
    def usage(self) -> Mapping[str, Decimal | None]:
        """What is used of each."""
        return {_name(each): _exact(each.used) for each in self.standings}

    @property
    def limits(self) -> Mapping[str, Decimal | None]:
        """How far each may go; None for a window without a limit."""
        return {_name(each): _exact(each.limit_nanos) for each in self.standings}

    @property
    def percentage(self) -> Mapping[str, Decimal | None]:
        """The used part of each in per cent with one decimal, not rounded up."""
        return {_name(each): _decimal(tenths(each.share)) for each in self.standings}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaAlert:
    """A check with what to tell somebody: `level` is that of the highest level that any quota has
    reached, None if none has. The `message` names those, and the ones of which nobody knows what is
    used; it is empty where there are neither. A limit of 0 is told of once something was used."""

    check: QuotaCheck
    level: Level | None
    message: str

    @property
    def should_alert(self) -> bool:
        """Whether any level is reached. What is not known, only `message` and `unknown` tell."""
        return self.level is not None


class CacheHits(NamedTuple):
    """How much of what models were given came out of a cache: tokens `read` from one, of all tokens
    of the `prompt` (fresh, read, and written to a cache)."""

    read: int
    prompt: int

    @property
    def share(self) -> int | None:
        """The part in tenths of a per cent; None where there was no prompt."""
        return self.read * 1000 // self.prompt if self.prompt else None

    @property
    def percentage(self) -> Decimal | None:
        """The same in per cent, as an exact number."""
        return _decimal(tenths(self.share))


class Terms(TypedDict, total=False):
    """What is checked. `monthly_tokens` and `monthly_cost` are limits of the calendar month in the
    zone of the settings, `currency` is that of the cost (USD); `names` are quotas of the settings.
    With a `user`, the limits are held against what that person used, and quotas that each user has
    are asked for that one alone. `now_ms` is the moment, which is the present one."""

    names: Sequence[str]
    user: str | None
    monthly_tokens: int | None
    monthly_cost: Decimal | int | str | None
    currency: str
    now_ms: int | None


def check_quota(book: Book, **terms: Unpack[Terms]) -> QuotaCheck:
    """How usage stands against limits: the monthly ones that are given, and quotas of the settings,
    those that are named, or all where no limit is given either. Raises `UsageMistake` for a name
    that is not known, and for a limit that is none."""
    given = terms.get("now_ms")
    now = time.time_ns() // 1_000_000 if given is None else given
    names, user = terms.get("names", ()), terms.get("user")
    at_hand = tuple(_monthly(book.settings.tz, terms))
    kept = kept_quotas(book, names) if names or not at_hand else ()
    found: list[QuotaStanding] = []
    for quota in (*at_hand, *kept):
        if user is not None and quota.each == "user":
            found.append(standing_of(book, quota, user, now))
        else:
            found += standings(book, [quota], now)
    return QuotaCheck(standings=tuple(found))


def check_and_alert(book: Book, **terms: Unpack[Terms]) -> QuotaAlert:
    """The same with the level that is reached and a message. It is told at every call: an alert
    that comes once is a rule of the settings."""
    check = check_quota(book, **terms)
    reached = max((each.level for each in check.standings), default=0)
    return QuotaAlert(check=check, level=_level(reached), message=_message(check, reached))


def kept_quotas(book: Book, names: Sequence[str] = ()) -> tuple[Quota, ...]:
    """The quotas of the settings, all or those of these names. Raises `UsageMistake`."""
    known = book.settings.quotas
    for name in names:
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean {close}?" if close else "tally quota list shows them all"
            raise UsageMistake(f"there is no quota {name!r}", hint=hint)
    return tuple(known[name] for name in names or known)


def cache_hits(
    book: Book,
    *,
    user: str | None = None,
    since_ms: int | None = None,
    until_ms: int | None = None,
) -> CacheHits:
    """How much of the prompts of a time, of everybody or of one user, was read from a cache."""
    query = Query(where=_of_user(user), since_ms=since_ms, until_ms=until_ms)
    fresh, _, _, read, short, long = book.ledger.ask(query).totals.counts
    return CacheHits(read, fresh + read + short + long)


def _of_user(user: str | None) -> tuple[Filter, ...]:
    return () if user is None else (Filter(dimension="user", op="==", values=(user,)),)


def _monthly(tz: str, terms: Terms) -> Iterator[Quota]:
    """The limits at hand as quotas without a name: nothing was ever said of those."""
    limits = (
        (TOKENS, _limit(terms.get("monthly_tokens"), TOKENS)),
        (COST, _limit(terms.get("monthly_cost"), terms.get("currency", "USD"))),
    )
    window, where = Window("month", tz=tz), _of_user(terms.get("user"))
    for title, limit in limits:
        if limit is not None:
            yield Quota(name="", title=title, window=window, limit=limit, where=where)


def _limit(given: Decimal | int | str | None, unit: str) -> Limit | None:
    if given is None:
        return None
    if isinstance(given, float):
        raise UsageMistake("a limit is no float", hint="monthly_cost='19.99', or a Decimal")
    try:
        nanos = nanos_of(str(given))
    except ValueError as problem:
        raise UsageMistake(f"{given!r} is no limit", because=str(problem)) from problem
    if nanos < 0 or (unit == TOKENS and nanos % NANOS):
        hint = "monthly_tokens=1_000_000, monthly_cost='20'"
        raise UsageMistake(f"{given!r} is no limit", hint=hint)
    return Limit(nanos, unit if unit == TOKENS else code_of(unit))


def _name(standing: QuotaStanding) -> str:
    name, subject = standing.quota.called, standing.subject
    return f"{name}/{subject}" if subject else name


def _exact(nanos: int | None) -> Decimal | None:
    return _decimal(None if nanos is None else decimal_text(nanos))


def _decimal(text: str | None) -> Decimal | None:
    from decimal import Decimal

    return None if text is None else Decimal(text)


def _level(reached: int) -> Level | None:
    if not reached:
        return None
    return "critical" if reached >= 100 else "warning" if reached >= 90 else "notice"


def _message(check: QuotaCheck, reached: int) -> str:
    """What is said of those that have reached a level, the fullest first, and of the unknown."""
    told = sorted((each for each in check.standings if each.level), key=lambda each: -each.level)
    head = "quota used up" if reached >= 100 else "quota nearly used up"
    unknown = [each for each in check.standings if _is_unknown(each)]
    parts = ((head, told), ("quota not known", unknown))
    return "; ".join(f"{what}: {', '.join(map(_words, each))}" for what, each in parts if each)


def _words(standing: QuotaStanding) -> str:
    return f"{_name(standing)} {used_text(standing)}"


def _is_unknown(standing: QuotaStanding) -> bool:
    return standing.limit_nanos is not None and standing.used is None
