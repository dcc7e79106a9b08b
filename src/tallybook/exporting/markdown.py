"""Tables in Markdown. What stands in their cells is decided by who makes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_OBEYED = re.compile(r"[\\`*<&|~\[\]]")
"""What begins or ends something in Markdown. An underline inside a name does not."""


def literal(text: str) -> str:
    """A text as Markdown shows it: no part of it is a tag, a link, a picture or the end of a
    cell."""
    return _OBEYED.sub(r"\\\g<0>", text)


def table(
    titles: Sequence[str], right: Sequence[bool], rows: Iterable[Sequence[str]]
) -> Iterator[str]:
    """The lines of a table; `right` tells of each column whether it holds figures."""
    yield _line(titles)
    yield _line(["---:" if figures else "---" for figures in right])
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(literal, cells))} |"
