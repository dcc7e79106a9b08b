"""Whose a call is, as a mapping finds it in a line, and how much of that is sure."""

from __future__ import annotations

from hashlib import sha256

from ..reading import Attribution, attr_of
from ..settings.logs import LogMapping
from .lookup import Line, finder, name

_SECRET = (
    *("sk-", "sk_", "bearer ", "basic ", "eyj", "aiza", "akia", "gsk_", "xai-", "hf_", "pplx-"),
    *("csk-", "nvapi-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-"),
)
"""How keys and tokens begin, in small letters."""

_WHO = ("session", "project", "agent", "account", "user", "machine")

_LOG_RANK = 0
"""A log knows least about whose a call is: what an agent says of itself goes before it."""

_SUREST = 15
"""How sure a name is that stands at the first path of its field; each further one is less so."""


class Whose:
    """What tells whose a call is, by one mapping."""

    def __init__(self, mapping: LogMapping) -> None:
        self._source = mapping.name
        self._ways = [[finder((path,)) for path in mapping.fields.get(each, ())] for each in _WHO]
        self._key = finder(mapping.fields.get("key", ()))

    def told(self, line: Line) -> tuple[Attribution, int]:
        """Whose the call of a line is, and its `Reading.attr`: of two lines about one call the one
        counts that names the session at the earlier path, then the project, and so on."""
        found: list[str | None] = []
        order = 0
        for ways in self._ways:
            told = ((name(find(line)), at) for at, find in enumerate(ways))
            word, at = next((pair for pair in told if pair[0]), ("", _SUREST))
            found.append(word or None)
            order = order * (_SUREST + 1) + max(0, _SUREST - at)
        session, project, agent, account, user, machine = found
        who = Attribution(
            self._source, session, project, agent, account, user, self._key_name(line), machine
        )
        return who, attr_of(_LOG_RANK, order)

    def _key_name(self, line: Line) -> str | None:
        """The name or hash of a key: nobody's secret is kept."""
        key = name(self._key(line))
        secret = key.lower().startswith(_SECRET)
        return (sha256(key.encode()).hexdigest() if secret else key) or None
