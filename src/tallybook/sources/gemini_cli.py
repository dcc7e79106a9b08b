"""The source `gemini-cli`: Gemini CLI, from the session files that it keeps by itself.

Where the files are, what is missing in them and how the parts work together; the parts are
`gemini_files`, `gemini_projects`, `gemini_reader`, `gemini_document` and `gemini_recall`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..places import gemini_roots
from ..reading import Complaint, Cursor, Observation, ProcessSignature, Round
from .around import Around
from .gemini_files import NAME, is_document, locate
from .source import Place
from .tail import Buffers

MISSING = (
    "The router of the model auto is not written, nor are checks, summaries and compression.",
    "A reply whose stream breaks, or that is killed, leaves no usage; only the next try counts.",
    "Requests that were refused, and those that were tried again, leave no usage.",
    "Early versions write the model auto, not the one that answered: it has no price.",
    "Whether a call was paid for, or free with an account of Google, is not told.",
    "Versions 0.1 wrote prompts only, no counts.",
    "A session that is deleted before it was read is lost; what was recorded before stays.",
)

SIGNATURE = ProcessSignature(
    packages=("@google/gemini-cli",),
    commands=("gemini",),
    modes=(
        ("extensions|extension|gemma|hooks|hook|mcp|skills|skill", ""),
        ("--acp", "acp"),
        ("--experimental-acp", "acp"),
        ("-p", "run"),
        ("--prompt", "run"),
    ),
    valued=(
        *("-m", "--model", "-p", "--prompt", "-i", "--prompt-interactive", "-w", "--worktree"),
        *("--approval-mode", "--policy", "--admin-policy", "--allowed-mcp-server-names"),
        *("--allowed-tools", "-e", "--extensions", "-r", "--resume", "--session-file"),
        *("--session-id", "--delete-session", "--include-directories", "-o", "--output-format"),
    ),
    sessions=("--session-id", "--resume", "-r"),
    session=r"^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
)


class GeminiCli:
    """See `Source`. `machine` names this computer in attributions (default: its host name)."""

    name = NAME
    aliases = ()
    title = "Gemini CLI"
    dialect = "gemini-cli"
    signature = SIGNATURE
    version = 1
    missing = MISSING
    variables = ("GEMINI_CLI_HOME", "GEMINI_DATA_DIR")

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
        """The session files that exist now, each real file once, in the order of their paths."""
        return locate(self._usual_roots(), self._extra)

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        """What a file says since the cursor: one that grows by lines, or one document."""
        if is_document(place.path):
            from .gemini_document import read_document  # with the decoder, only when needed

            return read_document(place, since, self.version, self._around.machine)
        from .gemini_reader import read_file

        return read_file(place, since, self.version, self._around.machine, self._buffers)

    def recall(self, session: str) -> Iterator[Round]:
        """The conversation of a session, from the files as they are now."""
        from .gemini_recall import recall

        return recall(self.locate(), session)

    def configured(self, _project: Path | None = None) -> Mapping[tuple[str, str], str]:
        """Nothing: this tool's configuration gives no agent a model that we read."""
        return {}

    def _usual_roots(self) -> tuple[Path, ...]:
        return self._around.roots(gemini_roots, ".gemini")
