"""Words that are read from a log at this moment, blackened like those that are kept. Nothing of
them is stored; what is looked for is `redaction`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..reading import Round
from .redaction import Redaction


class Blackening:
    """Blackens rounds one by one, with the shipped rules and the `patterns` of their source."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._redaction = Redaction(patterns)
        self._before: dict[str, str] = {}

    def __call__(self, one: Round) -> Round:
        """The round without secrets; the same object if nothing in it had to go. What was captured
        has met the rules before."""
        if one.origin == "captured":
            return one
        known = dict[str, str]()
        clean = one._replace(
            question=self._text(one.question, known),
            answer=self._text(one.answer, known),
            reasoning=self._text(one.reasoning, known),
            messages=tuple(self._texts(each, known) for each in one.messages),
            tool_calls=tuple(self._texts(each, known) for each in one.tool_calls),
        )
        self._before = known
        return one if clean == one else clean

    def _texts(self, texts: Mapping[str, str], known: dict[str, str]) -> Mapping[str, str]:
        return {name: self._text(text, known) for name, text in texts.items()}

    def _text(self, text: str, known: dict[str, str]) -> str:
        """A text blackened. A log repeats with each call what was said before: that is looked
        through once."""
        if text not in known:
            found = self._before.get(text)
            known[text] = self._redaction(text) if found is None else found
        return known[text]
