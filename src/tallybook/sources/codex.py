"""The source `codex`: Codex CLI, its desktop application and editor extension, from their own
rollout files.

Where the files are, what is missing in them and how the parts work together; the parts are
`codex_files`, `codex_reader` and `codex_recall`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..places import codex_roots
from ..reading import Complaint, Cursor, Observation, ProcessSignature, Round
from .around import Around
from .codex_files import NAME, locate
from .source import Place
from .tail import Buffers

MISSING = (
    "A reply whose stream breaks, or that is killed, leaves no usage; only the next try counts.",
    "Calls made with --ephemeral are not written at all.",
    "Requests that were refused, and those that were tried again, leave no usage.",
    "Versions before cache writes were counted show them as plain input.",
    "Histories that Codex has compressed (.jsonl.zst) have to be unpacked to be read.",
    "A thread that is deleted before it was read is lost; what was recorded before stays.",
)

SIGNATURE = ProcessSignature(
    names=("codex", "codex-x86_64-*", "codex-aarch64-*"),
    desktop=("Codex",),
    packages=("@openai/codex",),
    commands=("codex",),
    guises=("apply_patch", "applypatch", "codex-linux-sandbox", "codex-execve-wrapper"),
    companions=("codex-code-mode-host", "codex-voice-host"),
    modes=(
        ("app-server daemon pid-update-loop", "helper"),
        ("app-server --managed-daemon", "helper"),  # all terminals have their work done there
        ("app-server daemon|generate-ts|generate-json-schema", ""),
        ("app-server|exec-server|remote-control", "server"),
        ("mcp-server", "mcp"),
        ("mcp serve", "mcp"),
        ("proto", "server"),
        ("exec|e|review", "run"),
        ("apply|a|archive|completion|debug|delete|doctor|features|help|login|logout|mcp", ""),
        ("migrate-rollouts|migrate-nfs-db|plugin|queue|sandbox|unarchive|update", ""),
        ("--remote", "attach"),
    ),
    valued=(
        *("-c", "--config", "--enable", "--disable", "--remote", "--remote-auth-token-env"),
        *("-i", "--image", "-m", "--model", "--local-provider", "-p", "--profile"),
        *("-s", "--sandbox", "-a", "--ask-for-approval", "-C", "--cd", "--add-dir"),
        *("--output-schema", "--color", "-o", "--output-last-message", "--listen"),
    ),
    sessions=("resume", "exec resume", "e resume"),
    session=r"^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
    files=r"[/\\]rollout-[0-9T-]{19}-([0-9a-f-]{36})\.jsonl$",
)


class Codex:
    """See `Source`. `machine` names this computer in attributions (default: its host name)."""

    name = NAME
    aliases = ()
    title = "Codex"
    dialect = "openai"
    signature = SIGNATURE
    version = 1
    missing = MISSING
    variables = ("CODEX_HOME",)

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
        """The rollout files that exist now, each real file once, in the order of their paths."""
        return locate(self._usual_roots(), self._extra)

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        """What a file says since the cursor; see `codex_reader.read_file`."""
        from .codex_reader import read_file  # with the decoder: not needed when nothing changed

        return read_file(place, since, self.version, self._around.machine, self._buffers)

    def recall(self, session: str) -> Iterator[Round]:
        """The conversation of a session, from the files as they are now."""
        from .codex_recall import recall

        return recall(self.locate(), session)

    def configured(self, _project: Path | None = None) -> Mapping[tuple[str, str], str]:
        """Nothing: this tool's configuration gives no agent a model that we read."""
        return {}

    def _usual_roots(self) -> tuple[Path, ...]:
        return self._around.roots(codex_roots, ".codex")
