"""What a provider itself says that a call cost, where it stands inside the usage object.

It is kept apart from our own price: see the three amounts of `charges`. Source of the fields: the
API references of OpenRouter, Perplexity and xAI.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import cast

from ..model import DEAREST, NANOS, Money

_TICK = Decimal("1e-10")
"""The part of a dollar that xAI counts in."""

_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN, traps=[])
"""Whatever a host program has set as its own context must not matter."""


def reported(usage: Mapping[str, object]) -> Money | None:
    """The provider's own amount, in US dollars; None where it tells none, or none that can be.

    A key of one's own at OpenRouter (`is_byok`) is paid twice: a fee to it and the price upstream,
    which are added. Amounts read as floats are taken as the shortest decimal that they stand for,
    which is what was written."""
    ticks = _decimal(usage.get("cost_in_usd_ticks"))
    if ticks is not None:
        return _money(_EXACT.multiply(ticks, _TICK))
    cost = usage.get("cost")
    if isinstance(cost, dict):
        cost = cast("Mapping[str, object]", cost).get("total_cost")
    amount = _decimal(cost)
    if amount is None:
        return None
    details = usage.get("cost_details")
    if usage.get("is_byok") is True and isinstance(details, dict):
        upstream = cast("Mapping[str, object]", details).get("upstream_inference_cost")
        amount = _EXACT.add(amount, _decimal(upstream) or Decimal(0))
    return _money(amount)


def _decimal(value: object) -> Decimal | None:
    """A number that can be an amount, exactly as it was written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(repr(value) if isinstance(value, float) else value)
    except ArithmeticError:
        return None
    within = amount.is_finite() and 0 <= amount <= DEAREST * NANOS
    return amount if within else None


def _money(amount: Decimal) -> Money | None:
    nanos = int(_EXACT.scaleb(amount, 9).to_integral_value(context=_EXACT))
    return Money(nanos, "USD") if nanos <= DEAREST else None
