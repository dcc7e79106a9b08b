"""COLLECT: one module family a tool, and the registry. A new source is one line in `SOURCES`.

Nothing is imported from a source before somebody opens it. No counting, pricing or storing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import UsageMistake, nearest
from .source import Place, Source

if TYPE_CHECKING:
    from ..settings import Settings
    from ..settings.logs import LogMapping
    from .logs import LogOptions

__all__ = [
    "LOGS",
    "SOURCES",
    "Place",
    "Source",
    "is_log",
    "open_source",
    "open_source_as_set",
    "source_name",
    "source_names",
]

_AGENTS = {
    "claude-code": "claude_code:ClaudeCode",
    "codex": "codex:Codex",
    "gemini-cli": "gemini_cli:GeminiCli",
    "opencode": "opencode:OpenCode",
    "pi": "pi:Pi",
}
_LOGS = {
    "envoy-ai-gateway": "envoy_ai_gateway:EnvoyAIGateway",
    "higress": "higress:Higress",
    "litellm": "litellm:LiteLLM",
}
"""Source name → `module:Class` in this package: of agents' histories, and of gateways' logs, which
are read as `LogOptions` say. Add the one line of a new source here."""

SOURCES: Mapping[str, str] = MappingProxyType(dict(sorted((_AGENTS | _LOGS).items())))
"""All that ship, in the order of their names."""

LOGS = frozenset(_LOGS)
"""Those of them that are gateways' logs."""


def is_log(name: str) -> bool:
    """Whether a source is a gateway's log: one that ships, or any that the settings name."""
    return name not in _AGENTS


def source_names(mapped: Iterable[str] = ()) -> tuple[str, ...]:
    """The names of all sources, in order: the shipped ones, then the kinds of logs that the
    settings map."""
    return (*SOURCES, *(name for name in mapped if name not in SOURCES))


def source_name(word: str, mapped: Iterable[str] = ()) -> str:
    """The source that a word means: its name, or the beginning of just one name (`claude` for
    `claude-code`). `UsageMistake` with the nearest name if there is none."""
    known = source_names(mapped)
    meant = [name for name in known if name.startswith(word)] if len(word) > 2 else []
    if word in known or len(meant) == 1:
        return word if word in known else meant[0]
    close = nearest(word, known)
    suggestion = f"did you mean {close}? " if close else ""
    raise UsageMistake(
        f"unknown source {word!r}",
        because=f"known sources are: {', '.join(known)}",
        hint=f"{suggestion}`tally source list` shows all of them",
    )


def open_source(
    name: str,
    extra_roots: Sequence[Path] = (),
    environ: Mapping[str, str] | None = None,
    logs: LogOptions | None = None,
    mappings: Mapping[str, LogMapping] = MappingProxyType({}),
) -> Source:
    """A source by name or alias, ready to be read. `extra_roots` are looked into beside the
    usual ones; `environ` stands in for the process's environment; `logs` is how logs are to be
    read; `mappings` are the kinds of logs of the settings."""
    name = source_name(name, mappings)
    if name not in SOURCES:
        from .mapped import MappedLog

        return MappedLog(mappings[name], extra_roots, logs)
    module, _, kind = SOURCES[name].partition(":")
    make: Callable[..., Source] = getattr(import_module(f".{module}", __name__), kind)
    options = {"logs": logs} if is_log(name) else {}
    return make(
        extra_roots=extra_roots, environ=os.environ if environ is None else environ, **options
    )


def open_source_as_set(settings: Settings, name: str, paths: Sequence[Path] = ()) -> Source:
    """A source by name or alias with all that the settings say of it, and further roots."""
    name = source_name(name, settings.logs)
    logs = None
    if is_log(name):
        from .logs import LogOptions

        own = settings.sources.get(name)
        logs = LogOptions(
            roots=settings.log_roots,
            max_rotate=settings.max_rotate,
            capture=own is not None and own.capture != "off",
            providers=own.providers if own is not None else MappingProxyType({}),
        )
    extra = (*settings.paths.get(name, ()), *paths)
    return open_source(name, extra, logs=logs, mappings=settings.logs)
