"""A budget of the command line: so many tokens, or so much money, and how much of it is used.

Quotas that are kept and warn are another thing; this one lasts as long as the command.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import UsageMistake
from ..format import DASH, tenths
from ..model import NANOS, decimal_text
from ..query import Figures, is_partly_known
from ..quota import REQUESTS, TOKENS, amount_text, limit_of

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
    try:
        limit, unit = limit_of(text)
    except UsageMistake as problem:
        why = problem.because
        raise UsageMistake(f"can't read the budget {text!r}", because=why, hint=_HINT) from problem
    if unit == REQUESTS:
        raise UsageMistake(f"a budget is of tokens or money, not {text!r}", hint=_HINT)
    if not limit:
        raise UsageMistake("a budget of nothing has no share that is used", hint=_HINT)
    return Budget(limit, None if unit == TOKENS else unit)


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
    whole, unit = state.budget.limit, state.budget.currency or TOKENS
    limit = amount_text(whole, unit, whole)
    if state.used is None or state.share is None:
        return f"{DASH} of {limit}: no price is known"
    rest = amount_text(abs(whole - state.used), unit, whole)
    left = f"OVER by {rest}" if state.is_over else f"{rest} left"
    drawn = f"{_bar(state.share, bar)} " if bar else ""
    return f"{drawn}{'≥ ' if state.least else ''}{tenths(state.share)}% of {limit}, {left}"


def spent_json(state: Spent) -> dict[str, Any]:
    """The same for programs; numbers are decimal strings, `used` is null where it is not known."""
    return {
        "limit": decimal_text(state.budget.limit),
        "unit": state.budget.currency or TOKENS,
        "used": None if state.used is None else decimal_text(state.used),
        "percent": tenths(state.share),
        "at_least": state.least,
        "over": state.is_over,
    }


_CELLS = 20


def _bar(share: int, characters: str) -> str:
    full = min(share * _CELLS // 1000, _CELLS)
    return f"[{characters[0] * full}{characters[1] * (_CELLS - full)}]"
