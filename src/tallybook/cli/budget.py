"""A budget of the command line: so many tokens, or so much money, and how much of it is used.

Quotas that are kept and warn are another thing; this one lasts as long as the command.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..errors import UsageMistake
from ..format import DASH, money, number, tenths
from ..model import NANOS, decimal_text, nanos_of
from ..query import Figures, is_partly_known
from ..questions import currency_of

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_NUMBER = r"(\d{1,15}(?:\.\d{1,9})?)"
_HINT = "--budget 500000, 2M, 20usd or 3.50eur"


class Budget(NamedTuple):
    """A limit in nano-units of a currency, or of tokens where `currency` is None."""

    limit: int
    currency: str | None = None


class Spent(NamedTuple):
    """How much of a budget is used, in its own nano-units: None where nothing is known of it;
    `least` where it is at least so much."""

    budget: Budget
    used: int | None
    least: bool

    @property
    def share(self) -> int | None:
        """The part that is used, in tenths of a per cent."""
        return None if self.used is None else self.used * 1000 // self.budget.limit

    @property
    def is_over(self) -> bool:
        """Whether more is used than there is."""
        return self.used is not None and self.used > self.budget.limit


def budget_of(text: str) -> Budget:
    """`500000`, `2M`, `20usd`, `$20`. Raises `UsageMistake`."""
    bare = re.sub(r"[,_\s]", "", text).lower()
    found = re.fullmatch(_NUMBER + r"([kmgb]?)(?:tokens?)?", bare)
    if found:
        limit, currency = nanos_of(found[1]) * _UNITS[found[2]], None
        if limit % NANOS:
            why = "without a currency it is one of tokens, and there is no part of a token"
            raise UsageMistake(f"can't read the budget {text!r}", because=why, hint=_HINT)
    else:
        found = re.fullmatch(r"([$€£]?)" + _NUMBER + r"([a-z]{3})?", bare)
        unit = (found and (found[3] or _SIGNS.get(found[1]))) or ""
        if found is None or not unit:
            raise UsageMistake(f"can't read the budget {text!r}", hint=_HINT)
        limit, currency = nanos_of(found[2]), currency_of(unit)
    if not limit:
        raise UsageMistake("a budget of nothing has no share that is used", hint=_HINT)
    return Budget(limit, currency)


def spent(budget: Budget, figures: Figures) -> Spent:
    """How much of a budget these figures use."""
    if budget.currency is None:
        return Spent(budget, figures.total * NANOS, least=figures.unmetered_requests > 0)
    others = figures.cost.keys() - {budget.currency}
    least = bool(others) or is_partly_known(figures, "cost") or figures.unmetered_requests > 0
    unknown = figures.total > 0 and not figures.cost
    return Spent(budget, None if unknown else figures.cost.get(budget.currency, 0), least)


def spent_text(state: Spent, bar: str = "") -> str:
    """`[████░░░░] 55.0 % of $20.00, $9.02 left`; `bar` is drawn from its two characters."""
    places = 2 if state.budget.limit >= NANOS else 4
    limit = _told(state.budget.limit, state.budget.currency, places)
    if state.used is None or state.share is None:
        return f"{DASH} of {limit}: no price is known"
    rest = _told(abs(state.budget.limit - state.used), state.budget.currency, places)
    left = f"OVER by {rest}" if state.is_over else f"{rest} left"
    drawn = f"{_bar(state.share, bar)} " if bar else ""
    return f"{drawn}{'≥ ' if state.least else ''}{tenths(state.share)}% of {limit}, {left}"


def spent_json(state: Spent) -> dict[str, Any]:
    """The same for programs; numbers are decimal strings, `used` is null where it is not known."""
    return {
        "limit": decimal_text(state.budget.limit),
        "unit": state.budget.currency or "tokens",
        "used": None if state.used is None else decimal_text(state.used),
        "percent": tenths(state.share),
        "at_least": state.least,
        "over": state.is_over,
    }


_CELLS = 20


def _bar(share: int, characters: str) -> str:
    full = min(share * _CELLS // 1000, _CELLS)
    return f"[{characters[0] * full}{characters[1] * (_CELLS - full)}]"


def _told(nanos: int, currency: str | None, places: int) -> str:
    if currency is None:
        return f"{number(nanos // NANOS)} tokens"
    return money(nanos, currency, places)
