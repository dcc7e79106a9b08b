"""Which reply a line of Claude Code's history belongs to, and the identity of that reply.

The provider's own response ids are unique and tell both. Other providers are reached through
proxies, which may give every reply the same id; then the request id tells, or the chain of the
lines, each of which names the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Protocol

from ..naming import UNKNOWN
from ..reading import key_of
from .claude_lines import Line, parent_of

LONG = 6
"""Characters behind an id's last mark from which on it is no counter and no constant word."""


def trusted(provider: str, response: str) -> bool:
    """Whether a response id is unique. The provider's own are, in its clouds too. A proxy may
    give every reply the same one, or count from one in each session (`msg_1`, `chatcmpl-0`); a
    long id is believed all the same, because copies of the oldest versions keep nothing else."""
    if provider != UNKNOWN and response.startswith("msg_"):
        return True
    return len(re.split("[-_]", response)[-1]) >= LONG


class Names:
    """What tells a reply from others where its response id does not: the session that asked, the
    request, its lines' own ids (copies keep them), or at last a digest of its only line."""

    __slots__ = ("digest", "lines", "request", "response", "session")

    def __init__(self, session: str, request: str, response: str, digest: str = "") -> None:
        self.session = session
        self.request = request
        self.response = response
        self.digest = digest
        self.lines: list[str] = []

    def name(self, offset: int) -> str:
        """What to call the reply among the open ones of its file; `offset` is its line's."""
        if self.request:
            return f"\x1f{self.session}\x1f{self.request}\x1f{self.response}"
        return f"\x1f{self.lines[0] if self.lines else offset}"

    def keys(self) -> tuple[bytes, ...]:
        """The identities, at least one."""
        keys: list[bytes] = []
        if self.lines:
            keys.append(key_of("claude-code:line", self.lines[0], self.response))
        if self.request:
            keys.append(key_of("claude-code:request", self.session, self.request, self.response))
        return tuple(keys) or (key_of("claude-code:usage", self.session, self.digest),)


def asked_by(line: Line) -> str | None:
    """The session that a copied line names as its own origin."""
    return line.forked_from.session_id if line.forked_from else line.request_session_id


def names_of(line: Line, response: str, session: str, raw: bytes) -> Names:
    """The names of a reply that begins with this line, whose text is `raw`; `session` is the
    file's own."""
    asked = asked_by(line) or line.session_id or session
    if line.uuid or line.request_id:
        names = Names(asked, line.request_id or "", response)
        names.lines = [line.uuid] if line.uuid else []
        return names
    return Names(asked, "", response, blake2b(raw, digest_size=16).hexdigest())


class Named(Protocol):
    """An open reply, as far as its names go."""

    names: Names | None


def continued(line: Line, response: str, raw: bytes, known: Iterable[Named]) -> Names | None:
    """Which of the open replies, if it has no request id, this line belongs to: the one with
    the same response id that holds the line before it, or this very line."""
    parent = parent_of(raw)
    for reply in known:
        names = reply.names
        if names is None or names.request or names.response != response:
            continue
        if line.uuid in names.lines:
            return names
        if parent in names.lines and line.uuid:
            names.lines.append(line.uuid)
            return names
    return None
