"""The lines around the figures as parts of text: agent tabs, views and times, the way here, and
the keys below. What fits the width is decided here; no Textual, nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Literal, NamedTuple

from rich.cells import cell_len

from ..format import begun
from .keys import Key, Scope, joined, key_names
from .livestate import Live
from .look import SPANS, VIEWS, Look, View, span_name
from .tablefit import cut

Tone = Literal["", "brand", "here", "dim", "good", "warn", "bad"]

MIDDLE = 80
"""Below so many columns the first line has room for little but the tabs."""

_SIDES: Mapping[str, View] = MappingProxyType(
    {"project": "projects", "model": "models", "agent": "agents", "date": "timeline"}
)
_HOLDERS: Mapping[Scope, str] = MappingProxyType({"everywhere": "app", "table": "focused"})
"""Whose the actions of the keys of a place are; those of the others are the screen's."""

_LONGEST_CRUMB, _LONGEST_SPAN = 40, 16


class Part(NamedTuple):
    """A piece of a line: its text, how it stands out (never alone: the text says it too), and the
    action that a click on it is."""

    text: str
    tone: Tone = ""
    action: str = ""


class Tab(NamedTuple):
    """An agent's tab: the name of its source, empty for all of them, and its title."""

    source: str
    title: str


class Pens(NamedTuple):
    """The signs that a terminal may not have."""

    left: str = "▸"
    right: str = "◂"
    way: str = "▸"
    dot: str = "·"
    more: str = "…"


PENS = Pens()
PLAIN_PENS = Pens(">", "<", ">", "-", "~")


def pens_for(encoding: str | None) -> Pens:
    """The signs that an encoding takes."""
    try:
        "".join(PENS).encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return PLAIN_PENS
    return PENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the first lines tell. `clock` is the time of day as text; the words in `idle` were typed
    to filter by and choose nothing here."""

    look: Look
    tabs: tuple[Tab, ...]
    clock: str
    live: Live
    pens: Pens
    idle: tuple[str, ...] = ()


def head_parts(head: Head, width: int) -> list[Part]:
    """The first line: the name, the agents' tabs, and at the right when, now and how live."""
    dot, look = f" {head.pens.dot} ", head.look
    sign, word, tone = head.live.told()
    when = span_name(look.span) + dot if width >= MIDDLE else ""
    right = [
        Part(f"{when}{head.clock}{dot}", "dim"),
        Part(f"{sign} {word} ", tone, "app.pause"),
    ]
    brand = [Part(" Tallybook  ", "brand")] if width >= MIDDLE else []
    room = width - sum(cell_len(part.text) for part in (*brand, *right)) - 1
    return spread([*brand, *_tab_parts(head, max(room, 0))], right, width)


def _tab_parts(head: Head, room: int) -> list[Part]:
    """As many tabs around the one that is looked at as there is room for."""
    here = next((at for at, tab in enumerate(head.tabs) if tab.source == head.look.tab), 0)
    names = [tab.title for tab in head.tabs]
    if sum(cell_len(name) + 2 for name in names) > room:
        names = [_short(name) for name in names]
    first, last = _window([cell_len(name) + 2 for name in names], here, room)
    parts = [
        _choice(names[at], f"screen.tab('{head.tabs[at].source}')", at == here, head.pens)
        for at in range(first, last)
    ]
    more = Part(head.pens.more, "dim")
    return [*[more][: first > 0], *parts, *[more][: last < len(names)]]


def _window(widths: Sequence[int], here: int, room: int) -> tuple[int, int]:
    """The largest row of neighbours of `here` that fits, and two cells that say there are more."""
    if sum(widths) <= room:
        return 0, len(widths)
    first, last, left = here, here + 1, room - 2 - widths[here]
    while True:
        if last < len(widths) and widths[last] <= left:
            left -= widths[last]
            last += 1
        elif first > 0 and widths[first - 1] <= left:
            first -= 1
            left -= widths[first]
        else:
            return first, last


def _short(title: str) -> str:
    return begun(title.split()[0], 9, cell_len) if title.split() else title


def _choice(text: str, action: str, is_here: bool, pens: Pens) -> Part:
    """One of several: the chosen one stands between two signs, the others between blanks."""
    left, right = (pens.left, pens.right) if is_here else (" ", " ")
    return Part(f"{left}{text}{right}", "here" if is_here else "", action)


def view_parts(head: Head, width: int) -> list[Part]:
    """The second line: the views by their digits, and the times that have a key of their own."""
    look, pens = head.look, head.pens
    right = [_choice(span[0], f"screen.span('{span}')", span == look.span, pens) for span in SPANS]
    if width < MIDDLE and look.span not in SPANS:
        right.append(Part(f" {begun(span_name(look.span), _LONGEST_SPAN, cell_len)} ", "here"))
    room = width - sum(cell_len(part.text) for part in right)
    for length in (99, 4, 0):
        parts = [
            _choice(
                _view_name(at, view, length, look.view),
                f"screen.view('{view}')",
                view == look.view,
                pens,
            )
            for at, view in enumerate(VIEWS, 1)
        ]
        if sum(cell_len(part.text) for part in parts) <= room:
            break
    return spread(parts, right, width)


def _view_name(at: int, view: View, length: int, here: View) -> str:
    """`2 Sessions`, cut where there is no room, but not that of the view that is looked at."""
    name = view.title() if view == here else view.title()[:length]
    return f"{at} {name}".rstrip()


def crumb_parts(head: Head, width: int) -> list[Part]:
    """The way here, and what is filtered by; nothing where neither is."""
    look, pens = head.look, head.pens
    parts: list[Part] = []
    for at, (dimension, crumbs) in enumerate(groupby(look.crumbs, lambda each: each.dimension)):
        label = ", ".join(cut(each.label, _LONGEST_CRUMB) for each in crumbs)
        side = _SIDES.get(dimension)
        parts += [
            Part(f" {side.title() if side else dimension} {pens.way} ", "dim", f"screen.out({at})"),
            Part(label, "here"),
            Part(f" {pens.way}", "dim"),
        ]
    if parts:
        parts.append(Part(f" {look.view.title()}"))
    if look.text:
        parts.append(Part(f" / {look.text}", "warn", "screen.filter"))
    if head.idle:
        parts.append(Part(f"  (not here: {' '.join(head.idle)})", "dim"))
    if parts:
        parts.append(Part("   esc out" if look.crumbs else "   esc all rows", "dim", "app.back"))
    return _cut(parts, width)


def foot_parts(keys: Iterable[Key], width: int, *, inside: bool = True) -> list[Part]:
    """The most useful keys that fit, each with its word; the one that leads back only where there
    is a level to leave."""
    told = _foot_groups(key for key in keys if inside or key.id != "back")
    while told and sum(cell_len(each.text) for each in told) + 1 > width:
        told.remove(max(told, key=lambda each: each.rank))
    parts = [Part(" ")]
    for each in told:
        parts += [*each.keys, Part(f" {each.word}  ", "dim", each.action)]
    return parts


class _Foot(NamedTuple):
    """Keys of one word, put together, each to be clicked. A click on the word is one on the key,
    where there is but one."""

    keys: tuple[Part, ...]
    word: str
    rank: int
    action: str

    @property
    def text(self) -> str:
        return f"{''.join(part.text for part in self.keys)} {self.word}  "


def _foot_groups(keys: Iterable[Key]) -> list[_Foot]:
    named = [key for key in keys if key.rank]
    groups: dict[str, list[Key]] = {}
    for key in named:
        groups.setdefault(key.word, []).append(key)
    return [
        _Foot(
            tuple(_key_parts(group)),
            word,
            group[0].rank,
            _action(group[0]) if len(group) == 1 else "",
        )
        for word, group in groups.items()
    ]


def _key_parts(group: Sequence[Key]) -> Iterator[Part]:
    """Keys of one word: of a row of digits, the first and the last."""
    names = [key_names(key.keys)[0] for key in group]
    is_row = joined(names) != " ".join(names)
    ends = (0, len(group) - 1) if is_row else range(len(group))
    for at in ends:
        if at:
            yield Part("–" if is_row else " ", "here")
        yield Part(names[at], "here", _action(group[at]))


def _action(key: Key) -> str:
    return f"{_HOLDERS.get(key.scope, 'screen')}.{key.action}"


def spread(left: list[Part], right: list[Part], width: int) -> list[Part]:
    """Two groups at the two ends of a line; the left one is cut where both are too long."""
    room = width - sum(cell_len(part.text) for part in right)
    left = _cut(left, room)
    gap = room - sum(cell_len(part.text) for part in left)
    return _cut([*left, Part(" " * max(gap, 0)), *right], width)


def _cut(parts: Iterable[Part], width: int) -> list[Part]:
    """No more than fits, the last part shortened."""
    kept: list[Part] = []
    for part in parts:
        room = width - sum(cell_len(each.text) for each in kept)
        if room <= 0:
            break
        kept.append(part._replace(text=begun(part.text, room, cell_len)))
    return kept
