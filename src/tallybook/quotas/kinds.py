"""What a quota is to its owner: a plan, a balance, or a budget of one's own."""

from __future__ import annotations

from typing import Literal

from ..quota import REQUESTS, TOKENS, Quota

Kind = Literal["plans", "budgets", "balances"]

_SOLD = ("provider", "source", "model", "account")
"""What a plan is bought for; it may be bought for each person."""


def kind_of(quota: Quota) -> Kind:
    """A balance is prepaid. A plan is what a provider or an agent gives: only its window is known,
    or it counts tokens or requests of providers or agents, and of nothing narrower than a model or
    an account. Everything else is a budget: money in a window, or the tokens of a project."""
    if quota.window.kind == "prepaid":
        return "balances"
    if quota.limit is None:
        return "plans"
    sold = {each.dimension for each in quota.where}
    is_plan = quota.limit.unit in (TOKENS, REQUESTS) and bool(sold & {"provider", "source"})
    whole = sold.issubset(_SOLD) and quota.each in (None, "user", *_SOLD)
    return "plans" if is_plan and whole else "budgets"
