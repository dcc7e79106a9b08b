"""Text in the cells of a table: which columns fit, how wide each is, and a text brought to that
width. Widths are cells of the terminal, so that Chinese, Japanese and Korean text lines up; that
knowledge is rich's. No Textual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from ..format import begun, compact, plain, shorten
from .sheet import Column

GAP = 2
"""Cells between two columns."""

_LEAST, _TIGHT, _BEST = 14, 20, 28
"""Cells to which a wide column may shrink before another column goes; the best one only does so
where that is less than two fifths of all room, and farther for columns that matter."""

_NEEDED, _SHORT = 5, 6
"""The ranks of columns that matter, and the cells of a number that is told compactly."""

_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+")
_PROVIDER = re.compile(r"[^\s,]+/")

_LONG = 2_000
"""Characters of a text of which the cells are counted: no screen is wider."""

_NAME = re.compile(r"(?=\S*[\d/\\])[!-~]{2,}|[^\s/\\]*[/\\]\S*")
"""A path, an id, the name of a model."""

_HEAD = 6
"""Cells that the beginning of a path must have to be worth them, with what divides it."""

_DATED = re.compile(r"(.*[^-])-(?:20\d{6}|20\d\d-\d\d-\d\d)")
"""The name of a model with the day on which it came out, which tells least of it."""

_SEVERAL = re.compile(r"((?=[^,\s]*\d)[!-~]+)(?:, [!-~]+)+")
"""Names, of which the first is the one that matters most."""

_MORE = " …"
"""What ends a text that goes on."""

_BETWEEN = " · "
_SENTENCE = re.compile(r"\. (?=[A-Z])")
_CLAUSE = re.compile(r"[,;:.] (?![^(]*\))")
"""Where a remark may end early: behind a clause, but not inside of brackets."""

_SHY = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\U0001f3fb-\U0001f3ff]")
"""What changes how the character before it looks: terminals don't agree how wide that is then."""

_PILE = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{2})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
"""More than two accents on one letter: they would run over the lines above and below."""


class Place(NamedTuple):
    """Where a column stands: its number in the sheet, its first cell and its width."""

    column: int
    left: int
    width: int


def calm(text: str) -> str:
    """Text that every terminal draws as wide as it is counted here, and that drives none."""
    if text.isascii() and text.isprintable():
        return text
    text = plain(text)
    if not text.isprintable():
        text = "".join(each if each.isprintable() else "·" for each in text)
    return text if text.isascii() else _PILE.sub(r"\1", _SHY.sub("", text))


def cells(text: str) -> int:
    """How many cells a text takes that is already calm."""
    return len(text) if text.isascii() else cell_len(text)


class Plan(NamedTuple):
    """Which columns stand where, and whether their numbers are told compactly."""

    places: tuple[Place, ...] = ()
    compact: bool = False


def planned(columns: Sequence[Column], naturals: Sequence[int], room: int, order: str = "") -> Plan:
    """The columns that are shown, see `fit`, with all digits, unless one that matters has no room
    then and has some where numbers are compact."""
    needed = sum(each.rank <= _NEEDED for each in columns)
    best = Plan(fit(columns, naturals, room, order))
    if len(best.places) >= needed:
        return best
    short = [
        min(wide, max(_SHORT, title_width(column))) if column.compact else wide
        for column, wide in zip(columns, naturals, strict=True)
    ]
    for least in (_BEST, _TIGHT):
        close = fit(columns, short, room, order, least)
        if len(close) > len(best.places):
            best = Plan(close, compact=True)
        if len(close) >= needed:
            break
    return best


def title_width(column: Column) -> int:
    """The cells of a title and of the arrow that may stand beside it: what stands in order by
    another column must not move. One without a title keeps room for a sign."""
    return cells(column.title) + 2 if column.title else 1


def short_number(text: str) -> str:
    """A whole number in about three digits; any other text as it is."""
    return compact(int(text.replace(",", ""))) if _NUMBER.fullmatch(text) else text


def bare_name(text: str) -> str:
    """The names of models without those of their providers."""
    return _PROVIDER.sub("", text)


def fit(
    columns: Sequence[Column],
    naturals: Sequence[int],
    room: int,
    order: str = "",
    least_best: int = _BEST,
) -> tuple[Place, ...]:
    """The columns that are shown where there is so much room, from the left. `naturals` are the
    widths at which nothing is cut. The best ranks come first, and right behind the very best the
    column of the key `order`; from the first one on that has no room, the others stay away, so
    that a screen made narrower only loses columns."""
    kept: dict[int, int] = {}
    used = -GAP
    best = min((each.rank for each in columns), default=0)
    ranks = [best if each.key == order else each.rank for each in columns]
    for at in sorted(range(len(columns)), key=lambda at: (ranks[at], -columns[at].wide)):
        floor = _LEAST if kept else max(_LEAST, min(least_best, room * 2 // 5))
        least = min(naturals[at], floor) if columns[at].wide else naturals[at]
        if kept and used + GAP + least > room:
            break
        kept[at] = min(least, max(room, 1))
        used += GAP + kept[at]
    _spread(columns, naturals, kept, room - used)
    places, left = list[Place](), 0
    for at in sorted(kept):
        places.append(Place(at, left, kept[at]))
        left += kept[at] + GAP
    return tuple(places)


def _spread(
    columns: Sequence[Column], naturals: Sequence[int], kept: dict[int, int], spare: int
) -> None:
    """Give what room is left to the wide columns, in equal parts up to what they need; the first
    one takes the rest, so that the figures beside it stand still whatever it holds."""
    wide = [at for at in kept if columns[at].wide]
    needy = _needy(wide, naturals, kept)
    while spare > 0 and needy:
        part = max(spare // len(needy), 1)
        for at in needy:
            more = min(part, naturals[at] - kept[at], spare)
            kept[at] += more
            spare -= more
        needy = _needy(needy, naturals, kept)
    if wide and spare > 0:
        kept[wide[0]] += spare


def _needy(wide: Sequence[int], naturals: Sequence[int], kept: Mapping[int, int]) -> list[int]:
    return [at for at in wide if kept[at] < naturals[at]]


def natural(texts: Iterable[str]) -> int:
    """The width at which none of some texts is cut."""
    return max((cells(calm(each[:_LONG])) for each in texts), default=0)


def cell(text: str, width: int, *, right: bool = False) -> str:
    """A text of exactly so many cells, see `cut`."""
    text = cut(calm(text[:_LONG]), width)
    space = " " * (width - cells(text))
    return space + text if right else text + space


def cut(text: str, width: int) -> str:
    """A text of at most so many cells. A name that is too long is cut so that its last part stays,
    any other text at its end."""
    if cells(text) <= width:
        return text
    if _NAME.fullmatch(text):
        return cut_name(text, width)
    if width > 1 and (several := _SEVERAL.fullmatch(text)):
        return f"{cut_name(several[1], width - 1).removesuffix('…')}…"
    return begun(text, width, cells)


def cut_name(name: str, width: int) -> str:
    """A name, which may have spaces, of at most so many cells. Its last part is whole if there is
    any room for it, since what comes before it (a folder, a provider) is often that of its
    neighbours too; the date in the name of a model goes first."""
    if cells(name) <= width:
        return name
    edge = max(name.rstrip("/\\").rfind(each) for each in "/\\")
    last = name[edge + 1 :]
    if edge > 0 and cells(last) + _HEAD <= width:
        return begun(name[:edge], width - cells(last) - 1, cells) + name[edge:]
    if edge >= 0 and cells(last) <= width:
        return last
    dated = _DATED.fullmatch(last)
    if dated and cells(dated[1]) < width:
        return f"{dated[1]}…"
    return shorten(dated[1] if dated else last, width, cells)


def folded(text: str, width: int) -> list[str]:
    """Running text in lines of at most so many cells, broken between words, or inside one that is
    too long, as all text is that has no spaces."""
    lines, line = list[str](), ""
    for word in calm(text).split(" "):
        joined = f"{line} {word}" if line else word
        if cells(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, max(width, 2))
        lines += full
    return [*lines, line]


def told_in(text: str, width: int, most: int) -> list[str]:
    """Running text in at most so many lines, see `folded`. Where that is not all of it, the last
    one ends in `…` behind a whole word, if one has room."""
    lines = folded(text, width)
    if len(lines) <= most:
        return lines
    *full, last = lines[:most] or [""]
    while cells(last) + len(_MORE) > width and " " in last:
        last = last.rpartition(" ")[0]
    last = last.rstrip(" ·,:;")
    whole = cells(last) + len(_MORE) <= width
    return [*full, last + _MORE if whole else begun(f"{last}…", width, cells)][:most]


def notes_in(notes: Sequence[str], width: int, most: int) -> list[str]:
    """Remarks one after another in at most so many lines, as many from the first one on as have
    room. Those that have none are left out whole, and the last line ends in `…` then; of a single
    one that has no room by itself the first clauses stay."""
    parts = [_SENTENCE.split(note) for note in notes]
    left = sum(map(len, parts))
    told = list[str]()
    for note in parts:
        for part in note:  # what to do about it is not told where that is left out
            more = _MORE if left > len(told) + 1 else ""
            if len(folded(_BETWEEN.join((*told, part)) + more, width)) > most:
                break
            told.append(part)
    if not told and notes and most and width > 0:
        return _clauses_in(parts[0][0], width, most)
    return folded(_BETWEEN.join(told) + (_MORE if left > len(told) else ""), width) if told else []


def _clauses_in(text: str, width: int, most: int) -> list[str]:
    """The first clauses of a text, where there are any that have room."""
    for found in reversed([*_CLAUSE.finditer(text)]):
        lines = folded(text[: found.start()] + _MORE, width)
        if len(lines) <= most:
            return lines
    return told_in(text, width, most)


def wrapped(text: str, width: int) -> list[str]:
    """A text that others wrote, in lines of at most so many cells. What was set in stays set in."""
    lines = list[str]()
    for raw in text.expandtabs(4).strip("\n").splitlines():
        inner = raw.lstrip()
        inset = " " * min(len(raw) - len(inner), width // 2)
        lines += [inset + part for part in folded(inner.rstrip(), width - len(inset))]
    return lines


def _pieces(word: str, width: int) -> list[str]:
    pieces = list[str]()
    while cells(word) > width:
        end = min(len(word), width)
        while cells(word[:end]) > width:
            end -= 1
        pieces.append(word[:end])
        word = word[end:]
    return [*pieces, word]
