"""Price context: which selectors a call carries, after neutral values have been dropped.

The keys and values are those of `docs/prices.md`. Which card or multiplier serves a selector
is decided in `timeline`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

KNOWN_KEYS = (
    "service_tier",
    "processing",
    "speed",
    "inference_geo",
    "deployment",
    "cache_mode",
    "thinking",
)
"""Keys that cards and multipliers may select by."""

NEUTRAL: Mapping[str, frozenset[str]] = {
    "service_tier": frozenset({"standard", "default"}),
    "processing": frozenset({"standard", "realtime"}),
    "speed": frozenset({"standard", "normal"}),
    "inference_geo": frozenset({"global", "not_available"}),
    "deployment": frozenset({"global"}),
    "cache_mode": frozenset({"implicit"}),
    "thinking": frozenset({"off"}),
}
"""Values that ask for the standard card."""

PRICED: Mapping[str, tuple[str, ...]] = {
    "service_tier": ("flex", "priority", "fast"),
    "processing": ("batch",),
    "speed": ("fast",),
    "inference_geo": ("us", "eu"),
    "deployment": ("regional",),
    "cache_mode": ("explicit",),
    "thinking": ("on",),
}
"""The other values for which the book has prices; calls may carry more."""

TIER_KEY = "tier"
"""Reserved key: `tier=unknown` marks counts that were summed over several calls, to which no
prompt-length tier can be applied. The base tier is used and `tier-unknown` is assumed."""


class Selection(NamedTuple):
    """The selectors of a call, lower-case; the assumptions made on the way; and whether the
    prompt length of a single request is unknown."""

    selectors: Mapping[str, str]
    assumptions: tuple[str, ...]
    tier_unknown: bool


def select(context: Mapping[str, str]) -> Selection:
    """Splits a price context into selectors and assumptions.

    Anthropic reports batch work as `service_tier: batch`; it is the same as `processing=batch`.
    Unknown keys are named as `unknown-context:key`."""
    selectors: dict[str, str] = {}
    unknown: list[str] = []
    tier_unknown = False
    for key, raw in context.items():
        value = raw.strip().lower()
        if key == TIER_KEY:
            tier_unknown = value == "unknown"
        elif key not in KNOWN_KEYS:
            unknown.append(f"unknown-context:{key}")
        elif key == "service_tier" and value == "batch":
            selectors["processing"] = "batch"
        elif value and value not in NEUTRAL[key]:
            selectors[key] = value
    return Selection(selectors, tuple(sorted(unknown)), tier_unknown)
