"""Programs of others that agents start to help them: language servers and MCP servers. They count
only below an agent; who has such a program without one is not our concern. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .paths import is_runtime, last_part, plain_path

_LAUNCHERS = frozenset(
    (
        *("sh", "bash", "zsh", "dash", "fish", "cmd", "powershell", "pwsh", "env", "sudo"),
        *("npm", "npx", "pnpm", "pnpx", "yarn", "bunx", "uv", "uvx", "pipx", "mise", "volta"),
    )
)
"""They start the helper as a process of its own."""

_LANGUAGE_SERVERS = frozenset(
    (
        *("gopls", "rust-analyzer", "clangd", "vtsls", "zls", "texlab", "nixd", "nil", "ocamllsp"),
        *("tsserver", "intelephense", "solargraph", "svelteserver", "tinymist", "omnisharp"),
        *("elixir-ls", "terraform-ls", "csharp-ls", "jdtls", "fsautocomplete", "pylsp"),
    )
)
_LANGUAGE_SERVER = re.compile(
    r"lang(?:uage)?[-_]?server|tsserver|(?:^|[-_.])lsp(?:$|[-_.])|eclipse\.jdt\.ls", re.IGNORECASE
)
_MCP = re.compile(r"(?:^|[-_.@/:])mcp(?:$|[-_.@/:\d])|modelcontextprotocol", re.IGNORECASE)

_NEAR = 4
"""So many last parts of a path tell what a script is: `@playwright/mcp/dist/cli.js`."""

_INTERPRETER = re.compile(r"(?:python|ruby|java|php|perl|dotnet|tsx)[\d.]*$")
_CONTAINERS = frozenset(("docker", "podman"))
_IMAGE = 8
"""So many words after `run` may come before the name of an image."""


def companion_mode(program: str, argv: Sequence[str]) -> str:
    """The mode of a program that helps an agent, empty if it is none. What starts it, such as a
    shell or `npx`, is not it."""
    first = plain_path(program or (argv[0] if argv else ""))
    title = plain_path(argv[0].split(" ")[0]) if argv else first
    if last_part(first) in _LAUNCHERS or last_part(title) in _LAUNCHERS:
        return ""
    named = [last_part(first), *_named(first, argv)]
    if any(word in _LANGUAGE_SERVERS or _LANGUAGE_SERVER.search(word) for word in named):
        return "lsp"
    return "mcp" if any(map(_MCP.search, named)) else ""


def _named(program: str, argv: Sequence[str]) -> list[str]:
    """What a program is told to run, if running others is what it does: `rg mcp` is a search."""
    words = [word for word in argv[1:] if word and not word.startswith("-")]
    name = last_part(program)
    if name in _CONTAINERS:
        named = words[1:_IMAGE] if words[:1] == ["run"] else []
    elif is_runtime(program) or _INTERPRETER.match(name):
        named = words[1:2] if words[:1] == ["run"] else words[:1]
    else:
        return []
    return ["/".join(word.replace("\\", "/").split("/")[-_NEAR:]) for word in named]
