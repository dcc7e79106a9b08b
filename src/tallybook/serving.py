"""Who served a model where nobody says so: told by its spelling, or by who sells it.

What it costs there is the price book's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .errors import UsageMistake, nearest
from .naming import UNKNOWN, provider_of

if TYPE_CHECKING:
    from .prices import PriceBook

RESELLERS: Mapping[str, tuple[str, ...]] = {
    "alibaba": ("qwen", "qwq", "qvq"),
    "alibaba-cn": ("qwen", "qwq", "qvq"),
    "aws": ("amazon.",),
    "azure": (),
    "baseten": (),
    "cerebras": (),
    "cursor": ("composer",),
    "fireworks": ("ember",),
    "github-copilot": (),
    "groq": (),
    "novita": (),
    "perplexity": ("sonar", "pplx", "r1-1776"),
    "tencent-tokenhub": ("hy",),
    "together": (),
    "vertex": (),
    "volcengine": ("doubao",),
}
"""Providers that sell what others make, with how the names of their own models begin. The maker
goes before them; gateways are named by the price book."""

_RESPELT = ("date:", "marker:", "version:")
"""Steps of the price book that leave a model the same."""


def served(model: str, prices: PriceBook, response: str = "") -> tuple[str, str]:
    """Provider and model: by the model's spelling or the response's id, else the only maker whom
    the price book has selling it under that name, or the only seller where no maker has. A
    gateway has to be named. Raises `UsageMistake` where that tells nobody."""
    before, slash, name = model.partition("/")
    if slash and name and (provider := prices.provider_named(before)):
        return provider, name
    if (known := provider_of(model, response)) != UNKNOWN:
        return known, model
    sellers = _sellers(model, prices)
    if len(sellers) == 1:
        return sellers[0], model
    told = f"it is sold by {', '.join(sellers[:6])}" if sellers else "no price names that model"
    raise UsageMistake(
        f"nothing says who served {model}",
        because=told,
        hint=f"--provider {sellers[0] if sellers else 'NAME'}",
    )


def advice(provider: str, prices: PriceBook) -> str:
    """What to do about a provider that the price book does not have; empty for one that it has."""
    if not provider or prices.provider_named(provider):
        return ""
    close = nearest(provider.lower(), prices.providers)
    if close:
        return f"did you mean the provider {close}?"
    return f"an [[alias]] in your price file can lead {provider} to a provider with prices"


def _sellers(model: str, prices: PriceBook) -> list[str]:
    """Who sells a model by that name: those who make it, else all."""
    names = [each for each in prices.providers if each not in prices.aggregators]
    sellers = [each for each in names if _sells(prices, each, model)]
    lower = model.lower()
    makers = [each for each in sellers if lower.startswith(RESELLERS.get(each, ("",)))]
    return makers or sellers


def _sells(prices: PriceBook, provider: str, model: str) -> bool:
    found = prices.find(provider, model)
    return (
        found is not None
        and found.provider == provider
        and all(step.startswith(_RESPELT) for step in found.steps)
    )
