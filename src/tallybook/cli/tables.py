"""Tables as text: which columns fit, how wide they are, and their lines.

What stands in the columns is decided elsewhere. Widths are terminal cells, so that Chinese,
Japanese and Korean text lines up; that knowledge is rich's. Numbers are never wrapped or cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from ..format import begun, shorten

GAP = 2
_SMALLEST = 4

LISTED = ", "
"""Between the parts of a list."""

VITAL = 2
"""Ranks up to this one are figures without which a table is no answer: names are cut short,
down to `tight` cells, before one of them goes."""


class Column(NamedTuple):
    """One column. `rank` 0 always stays; of the others the highest goes first when room is
    short, and all of one rank together; of rank 1, the amounts, the last goes alone. `text`
    columns stand left and may be shortened, in the middle, down to `least`, and to `tight` where
    a vital figure would have to go; lists, whose parts stand `LISTED`, keep their first parts and
    tell how many more there are, and `prose` keeps its beginning. `name` is the field that it
    shows, where it shows one."""

    title: str
    cells: tuple[str, ...]
    rank: int = 0
    text: bool = False
    least: int = 12
    tight: int = 8
    listed: bool = False
    prose: bool = False
    name: str = ""

    @property
    def natural(self) -> int:
        """The width at which nothing is cut."""
        return max(map(cell_len, (self.title, *self.cells)))

    @property
    def needed(self) -> int:
        """The width below which the column is no use."""
        return (
            min(self.natural, max(self.least, cell_len(self.title))) if self.text else self.natural
        )

    @property
    def tightest(self) -> int:
        """The width that is left to it for the sake of a vital figure."""
        return min(self.needed, self.tight) if self.text else self.natural


class Ink(NamedTuple):
    """Bold and faint print, or plain where colour is off: meaning never hangs on it."""

    on: bool

    def bold(self, text: str) -> str:
        """Headings and totals."""
        return f"\x1b[1m{text}\x1b[0m" if self.on and text else text

    def faint(self, text: str) -> str:
        """Footnotes."""
        return f"\x1b[2m{text}\x1b[0m" if self.on and text else text


def draw(columns: Sequence[Column], width: int, ink: Ink, *, total: bool = False) -> list[str]:
    """The lines of a table within `width`; with `total` the last row is set apart."""
    kept, widths = fit(columns, width)
    lines = [_line([column.title for column in kept], kept, widths)]
    lines += [
        _line([column.cells[row] for column in kept], kept, widths)
        for row in range(len(kept[0].cells))
    ]
    lines[0] = ink.bold(lines[0])
    if total:
        rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
        lines[-1:] = [ink.faint(rule), ink.bold(lines[-1])]
    return lines


def fit(columns: Sequence[Column], width: int) -> tuple[list[Column], list[int]]:
    """The columns that are shown at this width, and how wide each is. Where a large column had to
    go, smaller ones of less importance may come back."""
    kept = list(columns)
    while room(kept) > width:
        worst = max(column.rank for column in kept)
        if worst == 0 or (worst <= VITAL and _tight_room(kept) <= width):
            break
        if worst == 1:
            del kept[max(at for at, column in enumerate(kept) if column.rank == worst)]
        else:
            kept = [column for column in kept if column.rank != worst]
    kept = _refilled(columns, kept, width)
    widths = [column.natural for column in kept]
    needed = [column.needed for column in kept]
    tightest = [column.tightest for column in kept]
    for floor in (needed, tightest, [_SMALLEST] * len(kept)):
        _squeeze(kept, widths, floor, width)
    return kept, widths


def _refilled(columns: Sequence[Column], kept: list[Column], width: int) -> list[Column]:
    """The kept columns with those ranks of the others that still fit, the better ones first;
    none of them where a vital figure had to go."""
    if _vital(kept) < _vital(columns):
        return kept
    ranks = {column.rank for column in kept}
    for rank in sorted({column.rank for column in columns} - ranks):
        more = [column for column in columns if column.rank in ranks | {rank}]
        if room(more) <= width:
            ranks.add(rank)
    return [column for column in columns if column.rank in ranks]


def _vital(columns: Sequence[Column]) -> int:
    return sum(column.rank <= VITAL for column in columns)


def room(columns: Sequence[Column], rank: int | None = None) -> int:
    """The cells that these columns need at least, leaving out those above a rank."""
    needed = [column.needed for column in columns if rank is None or column.rank <= rank]
    return sum(needed) + GAP * (len(needed) - 1)


def _tight_room(columns: Sequence[Column]) -> int:
    return sum(column.tightest for column in columns) + GAP * (len(columns) - 1)


def no_room(columns: Sequence[Column], width: int, rank: int = 1) -> Iterator[str]:
    """The remark on those of the columns up to a rank that are not shown at this width."""
    kept = fit(columns, width)[0]
    gone = [column.title for column in columns if column.rank <= rank and column not in kept]
    if gone:
        yield f"No room for {', '.join(dict.fromkeys(gone))}. All columns: --format md"


def markdown(columns: Sequence[Column]) -> list[str]:
    """The whole table in Markdown, nothing shortened."""
    from ..exporting.markdown import table

    rows = zip(*(column.cells for column in columns), strict=True)
    titles = [column.title for column in columns]
    return list(table(titles, [not column.text for column in columns], rows))


def _squeeze(kept: list[Column], widths: list[int], floor: list[int], width: int) -> None:
    while sum(widths) + GAP * (len(widths) - 1) > width:
        wide = [i for i, column in enumerate(kept) if column.text and widths[i] > floor[i]]
        if not wide:
            return
        widths[max(wide, key=lambda i: widths[i])] -= 1


def _line(cells: list[str], columns: list[Column], widths: list[int]) -> str:
    parts: list[str] = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        cut = _first_parts if column.listed else begun if column.prose else shorten
        text = cut(cell, width, cell_len) if column.text else cell
        space = " " * (width - cell_len(text))
        parts.append(text + space if column.text else space + text)
    return (" " * GAP).join(parts).rstrip()


def _first_parts(text: str, width: int, measure: Callable[[str], int]) -> str:
    """As many parts of a list as fit, with the number of the others; of the first at least its
    ends."""
    if measure(text) <= width:
        return text
    parts = text.split(LISTED)
    for kept in range(len(parts) - 1, 0, -1):
        rest = f" +{len(parts) - kept}"
        short = LISTED.join(parts[:kept])
        if measure(short + rest) <= width:
            return short + rest
        if kept == 1 and width > len(rest) + _SMALLEST:
            return shorten(short, width - len(rest), measure) + rest
    return shorten(text, width, measure)


def facts(pairs: Sequence[tuple[str, str]], ink: Ink, width: int) -> list[str]:
    """Names and values, the values below each other and folded to fit."""
    edge = max((cell_len(name) for name, _ in pairs), default=0)
    lines: list[str] = []
    for name, value in pairs:
        first, *more = folded(value, max(width - edge - GAP, _SMALLEST))
        lines.append(f"{ink.faint(name)}{' ' * (edge - cell_len(name))}  {first}".rstrip())
        lines += [" " * edge + part for part in more]
    return lines


def folded(text: str, width: int) -> list[str]:
    """Running text in lines of at most `width` cells, broken between words; further lines
    are set in a little."""
    if text.isascii() and text.isprintable():
        return _folded_plain(text.strip(" "), width)
    lines, line, used = list[str](), "", 0
    for word in text.split(" "):
        size = cell_len(word)
        if not line.strip():
            line, used = line + word, used + size
        elif used + 1 + size > width:
            lines.append(line)
            line, used = f"  {word}", 2 + size
        else:
            line, used = f"{line} {word}", used + 1 + size
    return [*lines, line]


def _folded_plain(text: str, width: int) -> list[str]:
    """The same for letters of which each takes a cell: a conversation has millions of them."""
    lines, inset, at = list[str](), "", 0
    while len(text) - at + len(inset) > width:
        end = text.rfind(" ", at, at + max(width - len(inset), 0) + 1)
        end = end if end > at else text.find(" ", at)
        if end < 0:
            break
        lines.append(inset + text[at:end])
        inset, at = "  ", end + 1
        while text.startswith(" ", at):
            at += 1
    return [*lines, inset + text[at:]]
