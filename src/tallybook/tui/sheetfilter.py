"""What is typed to filter rows: conditions in the words of `--where`, and plain words that are
looked for in what a row shows.

    model~opus project="/srv/my shop" !draft parser

Conditions go into the question. All words have to be in a row, those behind `!` must not be. What
is typed so far is never an error: a condition without its value waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ..errors import UsageMistake
from ..periods import Frame
from ..query import Filter, Query
from ..questions import parse_query
from .look import Look, question

_PART = re.compile(r"""(?:"[^"]*"?|(?<![^\s,=~!])'[^']*'?|[^\s,"])+""")
_QUOTED = re.compile(r""""([^"]*)"?|(?<![^\s,=~!])'([^']*)'?""")
_CONDITION = re.compile(r"(!?)([A-Za-z_]+)(!=|==|=|~)(.*)", re.DOTALL)
_NEITHER = "\0"
_SIGNS = {"=": "=", "==": "==", "!=": "!=", "~": "~", "!!=": "=", "!~": _NEITHER, "!==": _NEITHER}
"""The sign of a condition by what was typed before and in it; nothing stands for *contains not*."""


class Typed(NamedTuple):
    """What was understood: conditions, the words that a row has and has not, in lower case, and
    what is wrong with the rest."""

    where: tuple[Filter, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def picks(self) -> bool:
        """Whether rows are looked through for words."""
        return bool(self.words or self.without)

    def fits(self, texts: Sequence[str]) -> bool:
        """Whether a row that shows these texts is one of those that are looked for."""
        shown = "\n".join(texts).casefold()
        return all(word in shown for word in self.words) and not any(
            word in shown for word in self.without
        )


def typed(text: str, frame: Frame) -> Typed:
    """What a text filters by, as far as it says so yet."""
    conditions: list[str] = []
    words: list[str] = []
    without: list[str] = []
    notes: list[str] = []
    for part in _PART.findall(text):
        found = None if part[0] in "\"'" else _CONDITION.fullmatch(part)
        if found is None:
            word = _bare(part.removeprefix("!")).casefold()
            (without if part.startswith("!") else words).extend([word] if word else [])
        elif found[4]:
            condition = f"{found[2].lower()}{_SIGNS[found[1] + found[3]]}{_bare(found[4])}"
            wrong = _mistake(condition, frame)
            (notes if wrong else conditions).append(wrong or condition)
    where = parse_query([("where", each) for each in conditions], frame).where
    return Typed(where, tuple(words), tuple(without), tuple(dict.fromkeys(notes)))


def narrowed(look: Look, frame: Frame, currency: str | None = None) -> Query:
    """What a look asks, together with the conditions that were typed; words are left out. Raises
    `UsageMistake` for a time that nobody understands."""
    query = question(look, frame, currency)
    return replace(query, where=(*query.where, *typed(look.text, frame).where))


def _mistake(condition: str, frame: Frame) -> str:
    """Why a condition can't be asked; empty if it can."""
    if _NEITHER in condition:
        return "! goes before a plain word; to leave a name out write !="
    try:
        parse_query([("where", condition)], frame)
    except UsageMistake as problem:
        return f"{problem}: {problem.hint}" if problem.hint else str(problem)
    return ""


def _bare(text: str) -> str:
    """A text without the quotes that hold it together."""
    return _QUOTED.sub(lambda found: found[1] or found[2] or "", text)
