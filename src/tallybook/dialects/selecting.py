"""Price selectors that stand inside usage objects, as the canonical text of a price context.
What they cost is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable

from .picking import Fields

_TIER = ("service_tier", "serviceTier", "traffic_type", "trafficType")
_STANDARD = frozenset(
    {
        "", "standard", "default", "auto", "normal", "unspecified", "on_demand", "global",
        "not_available",
    }
)  # fmt: skip
_PREFIXES = ("service_tier_", "traffic_type_", "on_demand_")
"""What Google writes before the word itself."""


def context_of(fields: Fields, *, explicit_cache: bool = False) -> str:
    """The selectors of an object, `key=value` joined by commas in the order of the keys; empty
    where everything is standard. `auto` is a wish and no price, so it counts as standard."""
    pairs = [("cache_mode", "explicit")] if explicit_cache else []
    pairs += [("service_tier", _plain(_text(fields[name]))) for name in _TIER if name in fields]
    pairs += [(key, _text(fields[key])) for key in ("speed", "inference_geo") if key in fields]
    return canonical(pairs) if pairs else ""


def canonical(pairs: Iterable[tuple[str, str]]) -> str:
    """Selectors as text. Batch work that is told as a service tier is what the price book calls
    processing."""
    chosen: dict[str, str] = {}
    for key, value in pairs:
        if value in _STANDARD:
            continue
        if key == "service_tier" and value == "batch":
            chosen["processing"] = "batch"
        else:
            chosen.setdefault(key, _word(value))
    return ",".join(f"{key}={chosen[key]}" for key in sorted(chosen))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _plain(tier: str) -> str:
    word = tier.lower()
    for prefix in _PREFIXES:
        word = word.removeprefix(prefix)
    return word


def _word(text: str) -> str:
    """A value that can't break the canonical form."""
    return "".join(c if c.isalnum() or c in "_-." else "_" for c in text[:40])
