"""Which session somebody speaks of who runs inside an agent: the one of a hook, of the agent that
started the command, or the latest in a folder.

What is known of that session is `sessions`. No ids are guessed: what an agent names and the ledger
does not hold is told as that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, NamedTuple

from .query import Filter, Query
from .sessions import current_session

if TYPE_CHECKING:
    from .ledger import Ledger

VARIABLES = {
    "CLAUDE_CODE_SESSION_ID": "claude-code",
    "CODEX_THREAD_ID": "codex",
    "OPENCODE_SESSION_ID": "opencode",
}
"""The variables in which agents tell the commands that they run which session they are in, and
whose they are. Claude Code sets its own for tools and hooks since 2.1.132 (issue 56879 of
anthropics/claude-code), Codex its own for every shell. OpenCode sets none (issue 12158 of
anomalyco/opencode): there the plugin of docs/hooks.md does."""

By = Literal["hook", "environment", "folder", "latest"]
"""How a session was found: an agent handed its id over, the environment has it, it is the latest of
the project that a folder lies in, or the latest of all."""


class Whose(NamedTuple):
    """A session, and by what it was found. `detail` is the variable or the folder. `recorded` is
    False where the ledger has no call of it yet; `source` is empty where nothing tells it."""

    session: str
    source: str
    by: By
    detail: str = ""
    recorded: bool = True

    def said(self) -> str:
        """By what it was found, in words."""
        return {
            "hook": "the id that was handed over",
            "environment": f"{self.detail} in the environment",
            "folder": f"the latest of {self.detail}",
            "latest": "the latest of all",
        }[self.by]


def whose_session(
    ledger: Ledger, environ: Mapping[str, str], folder: PurePath, handed: str = ""
) -> Whose | None:
    """The session that is meant by who runs in a folder and an environment: the one whose id was
    `handed` over, else the one that an agent tells its commands, else the latest of the folder's
    project, else the latest of all. None where no agent says and the ledger is empty."""
    if handed:
        return _named(ledger, handed, "hook")
    named = [name for name in VARIABLES if environ.get(name)]
    told = [_named(ledger, environ[name], "environment", name) for name in named]
    if told:
        return max(told, key=lambda each: _latest(ledger, each))
    found = current_session(ledger, folder)
    if found is None:
        return None
    here = _folder_of(ledger, found, folder)
    by: By = "folder" if here else "latest"
    return _named(ledger, found, by, here)


def with_descendants(ledger: Ledger, sessions: Sequence[str]) -> tuple[str, ...]:
    """Sessions and all below them, to which they gave a part of their work."""
    found = dict.fromkeys(sessions)
    parents = ledger.parents()
    grown = True
    while grown:
        below = dict.fromkeys(child for (_, child), up in parents.items() if up in found)
        grown = not below.keys() <= found.keys()
        found |= below
    return tuple(found)


def _named(ledger: Ledger, session: str, by: By, detail: str = "") -> Whose:
    """A session by its whole id: a part of one is nobody's."""
    exact = [source for source, found in ledger.find_sessions(session) if found == session]
    expected = VARIABLES.get(detail, "")
    source = expected if expected in exact or not exact else exact[0]
    return Whose(session, source, by, detail, recorded=bool(exact))


def _latest(ledger: Ledger, whose: Whose) -> int:
    """When the last call of a session was: agents start agents, and their variables pile up."""
    if not whose.recorded:
        return -1
    record = ledger.ask(Query(where=_only(whose.session))).totals
    return record.last_ms or 0


def _folder_of(ledger: Ledger, session: str, folder: PurePath) -> str:
    """The project of a session if the folder lies in it, else nothing."""
    rows = ledger.ask(Query(by=("project",), where=_only(session))).rows
    above = {str(each) for each in (folder, *folder.parents)}
    return next((name for row in rows if (name := row.dims["project"] or "") in above), "")


def _only(session: str) -> tuple[Filter, ...]:
    return (Filter(dimension="session", op="==", values=(session,)),)
