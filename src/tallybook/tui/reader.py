"""The widget that a page of text is read in: sections that fold, and lines that are broken to the
width. Only lines in sight are drawn, and a folded section is not even broken into lines.

What stands in the sections is made elsewhere (`roundpage`, `roundsheet`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from .linelist import POINTER, Ink, LineList
from .section import Section
from .tablefit import GAP, cell, cells, folded, wrapped

_FOLDED, _OPEN = "▸", "▾"
_INSET = 2
"""Cells by which the text of a section is set in below its title."""

_WIDEST = 120
"""Cells beyond which a line of running text is hard to read."""


class _Drawn(NamedTuple):
    """One line of the page: its text, how it is drawn, and its section's place."""

    text: str
    ink: Ink | None
    section: int


class Reader(LineList):
    """A page of sections. Enter, or a second click, folds or unfolds the one under the cursor."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id)
        self._sections: tuple[Section, ...] = ()
        self._turned: frozenset[str] = frozenset()
        self._drawn: tuple[_Drawn, ...] = ()

    @property
    def lines_in_all(self) -> int:
        """How many lines the page has at this width."""
        return len(self._drawn)

    def show(self, sections: Sequence[Section], *, anew: bool = False) -> None:
        """Show a page; `anew` it begins at its top. What was folded or unfolded stays so."""
        self._sections = tuple(sections)
        if anew:
            self._cursor = 0
            self.scroll_to(y=0, animate=False)
        self._lay_out()

    def open_line(self) -> None:
        """Fold or unfold the section under the cursor."""
        if not self._drawn:
            return
        at = self._drawn[self._cursor].section
        if self._sections[at].folds:
            self._turned ^= {self._sections[at].title}
            self._lay_out()
            self.move_to(next(n for n, each in enumerate(self._drawn) if each.section == at))

    def fold_all(self) -> None:
        """Unfold all sections; fold them all where none is folded."""
        folding = [each for each in self._sections if each.folds]
        unfold = any(self._is_folded(each) for each in folding)
        self._turned = frozenset(each.title for each in folding if each.folded is unfold)
        self._lay_out()
        self.move_to(0)

    def on_resize(self) -> None:
        """Lines break elsewhere."""
        self._lay_out()

    def on_click(self, event: events.Click) -> None:
        """Go there; a title folds at once."""
        at = self.line_at(event.y)
        if at is not None:
            self.click_at(at)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        at = self.line_at(y)
        if at is None:
            return Strip.blank(self.size.width, self.rich_style)
        line = self._drawn[at]
        if at == self._cursor:
            return self.text_strip(line.text, self.ink("cursor"), POINTER)
        return self.text_strip(line.text, self.ink(line.ink) if line.ink else None)

    def _is_folded(self, section: Section) -> bool:
        return section.folds and section.folded is not (section.title in self._turned)

    def _lay_out(self) -> None:
        if not self.room:
            return
        self._drawn = tuple(self._lines(self.room))
        self._cursor = max(min(self._cursor, len(self._drawn) - 1), 0)
        self.virtual_size = Size(self.size.width, len(self._drawn))
        self.bring_in_sight()
        self.refresh()

    def _lines(self, width: int) -> Iterator[_Drawn]:
        for at, section in enumerate(self._sections):
            hidden = self._is_folded(section)
            if section.title:
                sign = f"{_FOLDED if hidden else _OPEN} " if section.folds else ""
                told = f"  {section.told}" if section.told and hidden else ""
                yield _Drawn(f"{sign}{section.title}{told}", "head", at)
            if not hidden:
                inset = " " * _INSET if section.title else ""
                for text in _texts(section, min(width, _WIDEST) - len(inset)):
                    yield _Drawn(inset + text, None, at)
                if section.more:
                    yield _Drawn(inset + section.more, "note", at)
                yield _Drawn("", None, at)


def _texts(section: Section, width: int) -> Iterator[str]:
    """The lines of a section: facts, a table, and running text."""
    edge = max((cells(name) for name, _ in section.facts), default=0)
    for name, value in section.facts:
        first, *more = folded(value, max(width - edge - GAP, 8))
        yield f"{cell(name, edge)}{' ' * GAP}{first}"
        yield from (" " * (edge + GAP) + part for part in more)
    columns = list(zip(*section.table, strict=True))
    widths = [max(map(cells, column)) for column in columns]
    for row in section.table:
        parts = [
            cell(text, room, right=at > 0)
            for at, (text, room) in enumerate(zip(row, widths, strict=True))
        ]
        yield (" " * GAP).join(parts)
    yield from wrapped(section.text, width)
