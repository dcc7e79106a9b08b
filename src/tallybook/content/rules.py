"""What is kept of a source's words: everything, or only how they begin, and never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .redaction import Redaction

PREVIEW = 200
"""Characters of a question and an answer that a preview has at most."""


NAME = 120
"""Characters of a name that are kept."""


class Rules(NamedTuple):
    """How the words of one source are kept: as a `preview` (how question and answer begin, the
    names of the tools) or whole; blackened in any case."""

    preview: bool
    redaction: Redaction

    def kept(self, text: str) -> str:
        """What is kept of a text. It is blackened before it is cut: of half a secret nobody
        would know that it is one."""
        clean = self.redaction(text)
        if self.preview and len(clean) > PREVIEW:
            return clean[:PREVIEW].rstrip() + "…"
        return clean

    def named(self, name: str) -> str:
        """What is kept of the name of a model, a role, a reply: those who choose it may write
        anything there."""
        return self.redaction(name)[:NAME]
