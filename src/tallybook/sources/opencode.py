"""The source `opencode`: OpenCode, from 0.1 to 2.0, from its own files and databases.

Where the files are, what is missing in them and how the parts work together. All generations are
read together: a message has the same identity in an old file and in a database, so that it does not
matter which of them is read, or first. The parts are `opencode_files`, `opencode_folder`,
`opencode_database` and `opencode_recall`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..places import OPENCODE_DATA, opencode_database, opencode_roots
from ..reading import Complaint, Cursor, Observation, ProcessSignature, Round
from .around import Around
from .opencode_files import NAME, is_database, is_orphan, locate
from .source import Place

if TYPE_CHECKING:
    from .opencode_folder import Setting

MISSING = (
    "Calls for session titles are never stored, in any version: one or two a session.",
    "Aborted and killed calls have no usage: they are counted as unmetered, without tokens.",
    "Attempts that broke and were repeated leave nothing, though the provider may charge them.",
    "Deleted sessions, and messages behind a revert, are gone; what was recorded before stays.",
    "Version 0.1 stores the tokens of a message's last step only.",
    "Version 0.5 stores no tokens of providers that are only compatible with OpenAI's interface.",
    "Cache writes are not told by lifetime: all count as short ones.",
    "OpenCode 1.2 and older hide OpenAI's cache writes in the input.",
    "Tool names and counts are stored, but not recorded; `tally session ID --rounds` shows them.",
)

_SCRIPT = "*.js|*.cjs|*.mjs|*.ts"
_SCRIPT_PATH = "|".join(f"{top}{end}" for top in ("/", "?:[/\\]") for end in _SCRIPT.split("|"))
SIGNATURE = ProcessSignature(
    names=(
        *("opencode", "opencode-cli", ".opencode-wrapped"),
        *("opencode-linux-*", "opencode-darwin-*", "opencode-windows-*"),
    ),
    desktop=("OpenCode", "opencode-desktop", "ai.opencode.desktop"),
    packages=("opencode-ai",),
    scripts=("packages/opencode/src/index.ts",),
    commands=("opencode",),
    modes=(
        # The executable is a JavaScript runtime too, and runs with it what OpenCode needs.
        (f"run {_SCRIPT} --stdio", "lsp"),
        (f"{_SCRIPT} --stdio", "lsp"),
        (f"run {_SCRIPT_PATH}", "helper"),
        (_SCRIPT_PATH, "helper"),
        ("add|install --cwd", "helper"),
        ("x *", "helper"),
        ("serve", "server"),
        ("web", "web"),
        ("acp", "acp"),
        ("attach", "attach"),
        ("run", "run"),
        ("github run", "run"),
        ("agent|auth|completion|db|debug|export|github|import|mcp|models|plugin|plug", ""),
        ("providers|session|stats|uninstall|upgrade", ""),
    ),
    valued=(
        *("--log-level", "--port", "--hostname", "--mdns-domain", "--cors", "-m", "--model"),
        *("-s", "--session", "--prompt", "--agent", "--replay-limit", "--cwd", "--dir"),
        *("--command", "--format", "-f", "--file", "--title", "--attach", "--variant"),
        *("-p", "--password", "-u", "--username"),
    ),
    sessions=("--session", "-s"),
    branches=("--fork",),
    session=r"^(ses_[0-9A-Za-z]+)$",
)


class OpenCode:
    """See `Source`. `machine` names this computer in attributions (default: its host name);
    `now_ms` stands in for the clock."""

    name = NAME
    aliases: tuple[str, ...] = ()
    title = "OpenCode"
    dialect = "opencode"
    signature = SIGNATURE
    version = 1
    missing = MISSING
    variables = ("XDG_DATA_HOME", "OPENCODE_DB", "OPENCODE_DATA_DIR", "OMO_QUOTA_HOME")

    def __init__(
        self,
        extra_roots: Sequence[Path] = (),
        environ: Mapping[str, str] | None = None,
        platform: str = sys.platform,
        machine: str | None = None,
        now_ms: int | None = None,
    ) -> None:
        self._around = Around(environ, platform, machine)
        self._extra = tuple(extra_roots)
        self._now_ms = now_ms
        self._setting: Setting | None = None

    def roots(self) -> Sequence[Path]:
        """Every folder that is looked into, existing or not."""
        return (*self._usual_roots(), *self._extra)

    def locate(self) -> Iterator[Place | Complaint]:
        """The databases and message folders that exist now, each once, in a stable order."""
        self._setting = None  # sessions may have come since they were last looked up
        usual = self._usual_roots()
        return locate((*usual, *self._extra), opencode_database(self._around.environ, usual[0]))

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        """What a place says since the cursor; see `read_database`, `read_folder` and
        `read_orphans`."""
        if is_database(place.path):
            from .opencode_database import read_database

            return read_database(place, since, self._shared())
        if is_orphan(place.path):
            from .opencode_orphans import read_orphans

            return read_orphans(place, since, self._shared())
        from .opencode_folder import read_folder

        return read_folder(place, since, self._shared())

    def recall(self, session: str) -> Iterator[Round]:
        """The conversation of a session, from the files as they are now."""
        from .opencode_recall import recall

        return recall(self.locate(), session, self._shared())

    def configured(self, project: Path | None = None) -> Mapping[tuple[str, str], str]:
        """The models that oh-my-opencode's configuration asks for now, to stand beside those that
        ran: (`agent` or `category`, name in its normal form) → `provider/model`. `project` is a
        folder whose own configuration goes before the usual one."""
        from .opencode_configured import config_folders, configured_models

        around = self._around
        folders = config_folders(around.environ, around.home(), around.platform, project)
        return configured_models(folders)

    def _shared(self) -> Setting:
        if self._setting is None:
            from .opencode_folder import Setting
            from .opencode_sessions import SessionFiles

            now = int(time.time() * 1000) if self._now_ms is None else self._now_ms
            self._setting = Setting(self.version, self._around.machine, now, SessionFiles())
        return self._setting

    def _usual_roots(self) -> tuple[Path, ...]:
        return self._around.roots(opencode_roots, OPENCODE_DATA)
