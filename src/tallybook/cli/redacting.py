"""Making what the doctor tells fit to be given to strangers.

Of a path only the names that every installation shares are kept; every other name becomes a mark
that is the same for the same name in one telling and means nothing in the next. Of running
text, what was quoted from a file, what looks like a key or an address, and every text that is
known to be the user's own is left out. What is told at all is decided elsewhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, cast

from ..format import plain, tilde

HIDDEN = "…"
_PATHS = frozenset({"path", "place", "files"})
_LEAST, _WORD = 4, 9
"""Characters of a text of the user's from which on it is looked for in other texts: as a whole
word, and anywhere."""

_FOLDERS = """
~ . .. home Users root mnt media srv opt usr var etc tmp private proc dev Volumes c C: D: lib
Library Application Support AppData Local Roaming .local share .config state zoneinfo localtime
tallybook ledger.db content.db config.toml prices.toml tally.toml backups
.claude claude Claude projects subagents local-agent-mode-sessions claude-code-sessions
.codex sessions archived_sessions opencode
opencode.db storage message part session project session_diff .pi agent
.gemini chats projects.json trustedFolders.json .project_root
log access.log higress proxy litellm envoy-ai-gateway
"""
_SHARED = frozenset(_FOLDERS.split())
"""Names in paths that every installation has and that say nothing of anybody."""

_SUFFIXES = frozenset({".jsonl", ".json", ".db", ".toml", ".zst", ".sqlite", ".db-wal", ".log"})
_TOLD = re.compile(r"\d{1,4}|‹[0-9a-f]{6}›")
"""Parts of dates, and marks that stand already for a name."""

_QUOTED = re.compile(
    r"(?<!\w)'((?:\\.|[^'\\])*)'(?!\w)|\"((?:\\.|[^\"\\])*)\"|“([^”]*)”", re.DOTALL
)
_PATH = re.compile(r"(?<![\w/\\.~-])(?:~|[A-Za-z]:)?[/\\][^\s'\"“”,;()]+")
_TELLING = re.compile(
    r"""
      \b(?:sk|pk|rk|ghp|gho|ghs|ghu|xox[abprs]|glpat|hf|npm|AKIA|ASIA|AIza)[-_]?[\w-]{8,}  # keys
    | \beyJ[\w-]+(?:\.[\w-]+)*  # tokens
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)*  # mail
    | \b\w[\w+.-]*://\S+  # addresses
    | [\w-]{32,}  # ids
    """,
    re.VERBOSE,
)


class Telling(NamedTuple):
    """How texts are told: one way for paths, one for everything else."""

    path: Callable[[str], str]
    text: Callable[[str], str]

    def value(self, value: object) -> object:
        """Data with every text in it as it is told; under `path` and `place` stand paths."""
        if isinstance(value, dict):
            items = cast("Mapping[str, object]", value)
            return {key: self._item(key, each) for key, each in items.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in cast("Iterable[object]", value)]
        return self.text(value) if isinstance(value, str) else value

    def _item(self, key: str, value: object) -> object:
        if key in _PATHS and isinstance(value, str):
            return self.path(value)
        if key in _PATHS and isinstance(value, list):
            return [self.path(str(each)) for each in cast("list[object]", value)]
        return self.value(value)


class Redactor:
    """What may be told of a text. `home` is the user's folder, `own` are texts that are the
    user's (each is left out wherever it occurs), `words` those that may stand in quotes."""

    def __init__(self, home: Path, own: Iterable[str] = (), words: Iterable[str] = ()) -> None:
        self._home = home
        self._salt = os.urandom(16)
        known = {each for each in own if len(each) >= _LEAST} - {"", *_SHARED}
        self._own = sorted(known, key=len, reverse=True)
        self._words = frozenset(words)

    def path(self, text: str) -> str:
        """A path with its own names as marks: `~/.claude/projects/‹3fa1c2›/‹90b1aa›.jsonl`."""
        parts = re.split(r"([/\\])", tilde(text, self._home))
        return "".join(self._name(part) for part in parts)

    def text(self, text: str) -> str:
        """Running text without anything that is the user's."""
        for own in self._own:
            if own in text:
                told = self.path(own) if os.path.isabs(own) else HIDDEN
                edge = r"(?<!\w){}(?!\w)" if len(own) < _WORD else "{}"
                text = re.sub(edge.format(re.escape(own)), lambda _found, told=told: told, text)
        text = _QUOTED.sub(self._quoted, text)
        text = _PATH.sub(self._inside, text)
        return plain(_TELLING.sub(HIDDEN, text))

    def telling(self) -> Telling:
        """Both ways."""
        return Telling(self.path, self.text)

    def _inside(self, found: re.Match[str]) -> str:
        """A path within a text; the number of a line behind it stays."""
        line = re.search(r":(\d+:?)?$", found[0])
        cut = line.start() if line else len(found[0])
        return self.path(found[0][:cut]) + found[0][cut:]

    def _name(self, part: str) -> str:
        stem, suffix = os.path.splitext(part)
        suffix = suffix if suffix in _SUFFIXES else ""
        if part in _SHARED or part in ("", "/", "\\") or _TOLD.fullmatch(stem if suffix else part):
            return part
        mark = blake2b((stem if suffix else part).encode("utf-8", "replace"), key=self._salt)
        return f"‹{mark.hexdigest()[:6]}›{suffix}"

    def _quoted(self, found: re.Match[str]) -> str:
        inner = next(filter(None, found.groups()), "")
        if inner in self._words:
            return found[0]
        kept = self.path(inner) if os.path.isabs(inner) or inner[:2] == "~/" else HIDDEN
        return f"{found[0][0]}{kept}{found[0][-1]}"
