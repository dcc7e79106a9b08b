"""Official limits: what a provider itself says that is used of a plan, asked with the credentials
that its agent keeps. One module a provider, behind one small protocol.

A probe only reads: it asks addresses that tell usage, never one that calls a model or begins a
window, and it neither renews nor stores credentials. Who allowed it, how often it may ask and
where the answer goes is `tallybook.probing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import UsageMistake, nearest

if TYPE_CHECKING:
    from .probe import Probe

__all__ = ["PROBES", "open_probe", "probe_names"]

PROBES: Mapping[str, str] = MappingProxyType(
    {
        "claude": "claude:ClaudeProbe",
        "codex": "codex:CodexProbe",
        "copilot": "copilot:CopilotProbe",
        "antigravity": "antigravity:AntigravityProbe",
        "openrouter": "openrouter:OpenRouterProbe",
        "zai": "zai:zai",
        "bigmodel": "zai:bigmodel",
        "opencode-go": "opencode_go:OpenCodeGoProbe",
    }
)
"""Where each probe is: a module of this package and what makes it."""


def probe_names() -> tuple[str, ...]:
    """The names of all probes, as in `[probe.NAME]`."""
    return tuple(PROBES)


def open_probe(name: str) -> Probe:
    """A probe by its name. Raises `UsageMistake` for an unknown one."""
    if name not in PROBES:
        close = nearest(name, PROBES)
        raise UsageMistake(
            f"unknown probe {name!r}",
            because=f"known ones are: {', '.join(PROBES)}",
            hint=f"did you mean {close}?" if close else "name one of these",
        )
    module, _, kind = PROBES[name].partition(":")
    make: Callable[[], Probe] = getattr(import_module(f".{module}", __name__), kind)
    return make()
