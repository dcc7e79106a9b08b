"""A running process of an agent, and the names of the modes in which it can run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MODES: Mapping[str, str] = MappingProxyType(
    {
        "cli": "CLI",
        "server": "Server",
        "web": "Web",
        "acp": "ACP",
        "mcp": "MCP",
        "run": "Run",
        "attach": "Attach",
        "desktop": "Desktop",
        "lsp": "LSP",
        "helper": "Helper",
        "unknown": "Unknown",
    }
)
"""Mode → its title, in the order in which groups are shown. `unknown` is an agent whose arguments
may not be read."""

HELPERS = frozenset({"lsp", "helper"})
"""The modes in which an agent's own executable is no agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process. `source` is the name of the agent's source; a `helper` serves the agent whose
    pid is `agent` (None if that has ended). `cpu` is in tenths of a percent of one core since the
    last look, `memory` in bytes of RAM: None where they are not known yet, or not allowed to be.
    `session` is told only where arguments or files leave no doubt. `program` is the path of the
    executable, or of the script that a runtime runs; arguments may hold prompts and keys, and are
    never kept."""

    pid: int
    started_ms: int
    source: str
    mode: str
    helper: bool = False
    agent: int | None = None
    cpu: int | None = None
    memory: int | None = None
    threads: int | None = None
    directory: str | None = None
    session: str | None = None
    program: str = ""
