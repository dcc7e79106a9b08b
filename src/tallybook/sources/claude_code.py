"""The source `claude-code`: Claude Code, versions 1.x and 2.x, from its own history files.

Where the files are, what is missing in them and how the parts work together; the parts are
`claude_files`, `claude_reader` and `claude_recall`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..places import claude_roots
from ..reading import Complaint, Cursor, Observation, ProcessRecord, ProcessSignature, Round
from .around import Around
from .claude_files import NAME, locate
from .source import Place
from .tail import Buffers

MISSING = (
    "Calls made with --no-session-persistence, or killed before the first block, leave no usage.",
    "Compaction has no line of its own: 2.x shows it in running totals (recovered), 1.x does not.",
    "Version 1.x does not record its small-model helper calls, often more than half of all calls.",
    "1.x, 2.0 and early 2.1 often write only a placeholder of the output count: partial.",
    "Some of these versions always do, such as 2.1.30 for every reply that was streamed.",
    "Claude Code deletes files after 30 days by default; what was recorded before stays.",
)

SIGNATURE = ProcessSignature(
    names=("claude", "claude/versions/*"),
    packages=("@anthropic-ai/claude-code",),
    commands=("claude",),
    others=("AnthropicClaude", "Claude_*"),  # the chat application of the same maker
    guises=("rg", "ugrep", "bfs"),  # search tools inside the same executable
    modes=(
        ("mcp serve", "mcp"),
        ("--claude-in-chrome-mcp", "helper"),
        ("--computer-use-mcp", "helper"),
        ("--chrome-native-host", "helper"),
        ("--bg-pty-host", "helper"),
        ("--bg-spare", "helper"),
        ("daemon", "helper"),
        ("-p", "run"),
        ("-cp", "run"),
        ("--print", "run"),
        ("--input-format=stream-json", "run"),  # an editor or a program that drives it
        ("auth|auto-mode|config|doctor|install|mcp|migrate-installer|plugin|plugins|project", ""),
        ("setup-token|update|upgrade", ""),
        ("gateway|remote-control|rc", "server"),
        ("ultrareview", "run"),
    ),
    valued=(
        *("--add-dir", "--agent", "--agents", "--allowedTools", "--allowed-tools"),
        *("--append-system-prompt", "--betas", "--disallowedTools", "--disallowed-tools"),
        *("--debug-file", "--effort", "--fallback-model", "--file", "--input-format"),
        *("--json-schema", "--max-budget-usd", "--max-turns", "--mcp-config", "--model"),
        *("--name", "-n", "--output-format", "--permission-mode", "--plugin-dir", "--plugin-url"),
        *("--resume", "-r", "--session-id", "--setting-sources", "--settings"),
        *("--system-prompt", "--tools", "--worktree", "-w"),
    ),
    sessions=("--session-id", "--resume", "-r"),
    branches=("--fork-session",),
    session=r"^([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$",
    record=ProcessRecord(
        ("$CLAUDE_CONFIG_DIR/sessions/{pid}.json", "~/.claude/sessions/{pid}.json"),
        session="sessionId",
        started="startedAt",
    ),
)


class ClaudeCode:
    """See `Source`. `machine` names this computer in attributions (default: its host name)."""

    name = NAME
    aliases = ("claude",)
    title = "Claude Code"
    dialect = "anthropic"
    signature = SIGNATURE
    version = 1
    missing = MISSING
    variables = ("CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME")

    def __init__(
        self,
        extra_roots: Sequence[Path] = (),
        environ: Mapping[str, str] | None = None,
        platform: str = sys.platform,
        machine: str | None = None,
    ) -> None:
        self._around = Around(environ, platform, machine)
        self._extra = tuple(extra_roots)
        self._buffers = Buffers()

    def roots(self) -> Sequence[Path]:
        """Every folder that is looked into, existing or not."""
        return (*self._usual_roots(), *self._extra)

    def locate(self) -> Iterator[Place | Complaint]:
        """The history files that exist now, each real file once, in the order of their paths."""
        return locate(self._usual_roots(), self._extra)

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        """What a file says since the cursor; see `claude_reader.read_file`."""
        from .claude_reader import read_file  # with the decoder: not needed when nothing changed

        return read_file(place, since, self.version, self._around.machine, self._buffers)

    def recall(self, session: str) -> Iterator[Round]:
        """The conversation of a session, from the files as they are now."""
        from .claude_recall import recall

        return recall(self.locate(), session)

    def configured(self, _project: Path | None = None) -> Mapping[tuple[str, str], str]:
        """Nothing: this tool's configuration gives no agent a model that we read."""
        return {}

    def _usual_roots(self) -> tuple[Path, ...]:
        return self._around.roots(claude_roots, ".claude")
