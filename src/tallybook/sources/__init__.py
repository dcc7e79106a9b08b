"""COLLECT: one module family a tool, and the registry. A new source is one line in `SOURCES`.

Nothing is imported from a source before somebody opens it. No counting, pricing or storing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from ..errors import UsageMistake, nearest
from .source import Place, Source

__all__ = ["SOURCES", "Place", "Source", "open_source", "source_name", "source_names"]

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "claude-code": "claude_code:ClaudeCode",
        "codex": "codex:Codex",
        "gemini-cli": "gemini_cli:GeminiCli",
        "opencode": "opencode:OpenCode",
        "pi": "pi:Pi",
    }
)
"""Source name → `module:Class` in this package. Add the one line of a new source here."""


def source_names() -> tuple[str, ...]:
    """The names of all sources, in order."""
    return tuple(SOURCES)


def source_name(word: str) -> str:
    """The source that a word means: its name, or the beginning of just one name (`claude` for
    `claude-code`). `UsageMistake` with the nearest name if there is none."""
    meant = [name for name in SOURCES if name.startswith(word)] if len(word) > 2 else []
    if word in SOURCES or len(meant) == 1:
        return word if word in SOURCES else meant[0]
    close = nearest(word, SOURCES)
    suggestion = f"did you mean {close}? " if close else ""
    raise UsageMistake(
        f"unknown source {word!r}",
        because=f"known sources are: {', '.join(SOURCES)}",
        hint=f"{suggestion}`tally source list` shows all of them",
    )


def open_source(
    name: str, extra_roots: Sequence[Path] = (), environ: Mapping[str, str] | None = None
) -> Source:
    """A source by name or alias, ready to be read. `extra_roots` are looked into beside the
    usual ones; `environ` stands in for the process's environment."""
    module, _, kind = SOURCES[source_name(name)].partition(":")
    make: Callable[..., Source] = getattr(import_module(f".{module}", __name__), kind)
    return make(extra_roots=extra_roots, environ=os.environ if environ is None else environ)
