"""NORMALISE: a provider's raw usage object becomes six disjoint counts.

One module a dialect, named in `DIALECTS`, imported when first asked for. A counter never
raises on any bytes: what it can't read counts nothing and is complained of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import NamedTuple

from ..errors import SourceError
from ..model import Counts


class Counted(NamedTuple):
    """What a dialect makes of one raw usage object.

    `units` are billed beside tokens, as (name, count) pairs. `context` holds the price
    selectors as canonical text, `key=value` joined by commas in the order of the keys, and is
    empty when everything is standard. `assumptions` names guesses, `complaints` problems.
    """

    counts: Counts
    units: tuple[tuple[str, int], ...]
    context: str
    assumptions: tuple[str, ...]
    complaints: tuple[str, ...]


DIALECTS: Mapping[str, str] = MappingProxyType(
    {
        "ai_log": "ai_log",
        "anthropic": "anthropic",
        "auto": "auto",
        "bedrock": "bedrock",
        "cohere": "cohere",
        "google": "google",
        "ollama": "ollama",
        "gemini-cli": "gemini_cli",
        "openai": "openai",
        "opencode": "opencode",
        "otel": "otel",
        "pi": "pi",
        "tallybook": "tallybook",
        "watsonx": "watsonx",
        "xai": "xai",
    }
)
"""Dialect name → module that holds its `count(raw) -> Counted` and `VERSION`."""


def counter(name: str) -> Callable[[bytes], Counted]:
    """The counting function of a dialect; `SourceError` for a name that is not in `DIALECTS`."""
    count: Callable[[bytes], Counted] = _module(name).count
    return count


def version(name: str) -> int:
    """The version of a dialect, which rises when it counts otherwise; `SourceError` for a name
    that is not in `DIALECTS`."""
    found: int = _module(name).VERSION
    return found


def _module(name: str) -> ModuleType:
    if name not in DIALECTS:
        raise SourceError(
            f"unknown dialect {name!r}",
            because="a newer Tallybook may have written it",
            hint="install the newest Tallybook",
        )
    return import_module(f".{DIALECTS[name]}", __name__)
