"""The shape of a page of text: sections with facts, a table, running text. Makers of pages know no
widget, and the widget (`reader`) knows nothing of usage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..format import begun, plain, size

if TYPE_CHECKING:
    from ..errors import TallyError

LONG = 20_000
"""Characters of a text that are shown: one may have millions, which nobody reads on a terminal."""

_TOLD = 60


class Section(NamedTuple):
    """A part of a page. `facts` are names and values; a `table` has rows of texts, the first of
    which stands left; `text` was written by others. One that `folds` shows `told` in the place of
    all that while it is folded; `more` says what was left out of the text."""

    title: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    more: str = ""
    folds: bool = False
    folded: bool = False
    told: str = ""


def text_section(title: str, text: str, *, folded: bool = False) -> Section:
    """A section of a text that others wrote, of a long one the beginning."""
    rest = text[LONG:]
    return Section(
        title=title,
        text=text[:LONG],
        more=f"… {size(len(rest.encode(errors='replace')))} more" if rest else "",
        folds=True,
        folded=folded,
        told=begun(plain(text[: 4 * _TOLD].strip()), _TOLD),
    )


def fault_section(problem: TallyError) -> Section:
    """Why there is nothing to show, and what to do."""
    facts = (("because", problem.because), ("try", problem.hint))
    told = tuple((name, plain(text)) for name, text in facts if text)
    return Section(title=plain(f"error: {problem}"), facts=told)
