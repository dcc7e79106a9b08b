"""The source `pi`: the pi coding agent, from 0.7 on, from its own session files.

Where the files are, what is missing in them and how the parts work together; the parts are
`pi_files`, `pi_reader` and `pi_recall`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..places import pi_roots, pi_sessions
from ..reading import Complaint, Cursor, Observation, ProcessSignature, Round
from .around import Around
from .pi_files import NAME, locate
from .source import Place
from .tail import Buffers

MISSING = (
    "Calls made with --no-session, or killed before the reply was over, leave nothing.",
    "Before 0.81, summaries (/compact, /tree) tell no usage: each is an unmetered call.",
    "Before 0.80.3 reasoning is not told apart: it is a part of the output.",
    "Before 0.79.4 it is not told which cache writes live for an hour: all count as short ones.",
    "Before 0.70 OpenAI's Chat API may have its reasoning in the output twice.",
    "Some versions, 0.73 among them, hide OpenAI's cache writes in the input.",
    "Sub-agents of an extension count where it keeps their messages, usage or sessions.",
    "Sessions that were deleted before they were read are lost; what was recorded stays.",
)

SIGNATURE = ProcessSignature(
    names=("pi/pi",),  # the folder of its release: other programs are called pi as well
    packages=("@mariozechner/pi-coding-agent", "@earendil-works/pi-coding-agent"),
    commands=("pi",),
    modes=(
        ("config|install|list|remove|uninstall|update", ""),
        ("--export", ""),
        ("--list-models", ""),
        ("--mode=rpc", "server"),
        ("--mode=json", "run"),
        ("-p", "run"),
        ("--print", "run"),
    ),
    valued=(
        *("--provider", "--model", "--api-key", "--system-prompt", "--append-system-prompt"),
        *("--mode", "--session", "--fork", "--session-dir", "--models", "--tools", "-t"),
        *("--thinking", "--extension", "-e", "--skill", "--prompt-template", "--theme"),
        *("--export", "--list-models"),
    ),
    sessions=("--session",),
    session=r"(?:^|_)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.jsonl)?$",
)


class Pi:
    """See `Source`. `machine` names this computer in attributions (default: its host name)."""

    name = NAME
    aliases = ()
    title = "pi"
    dialect = "pi"
    signature = SIGNATURE
    version = 1
    missing = MISSING
    variables = ("PI_CODING_AGENT_DIR", "PI_CODING_AGENT_SESSION_DIR", "CODING_AGENT_DIR")

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
        return (*self._homes(), *self._folders())

    def locate(self) -> Iterator[Place | Complaint]:
        """The session files that exist now, each real file once, in the order of their paths."""
        return locate(self._homes(), self._folders())

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        """What a file says since the cursor; see `pi_reader.read_file`."""
        from .pi_reader import read_file  # with the decoder: not needed when nothing changed

        return read_file(place, since, self.version, self._around.machine, self._buffers)

    def recall(self, session: str) -> Iterator[Round]:
        """The conversation of a session, from the files as they are now."""
        from .pi_recall import recall

        return recall(self.locate(), session)

    def configured(self, _project: Path | None = None) -> Mapping[tuple[str, str], str]:
        """Nothing: this tool's configuration gives no agent a model that we read."""
        return {}

    def _homes(self) -> tuple[Path, ...]:
        return self._around.roots(pi_roots, ".pi")

    def _folders(self) -> tuple[Path, ...]:
        return (*pi_sessions(self._around.environ, self._around.home()), *self._extra)
