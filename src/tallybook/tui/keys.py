"""Every key of the interface, in one table: the bindings, the footer, the help and the table in the
documents are all made of it. What a key does is written where its action lives. No Textual.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from .look import SPANS, VIEWS

Scope = Literal["everywhere", "main", "table", "session", "round"]
"""Where a key works: on every screen without a dialog, on the main screen, in a list that has the
focus, on the screen of a session, on that of a round."""

Group = Literal["Views", "Time", "Rows", "Shown", "Live", "Round", "General"]


class Key(NamedTuple):
    """One thing to do. `id` names it in the settings (`[keys]`); `keys` are those of Textual, with
    commas between; `action` is the one of its place; `word` stands in the footer (those of one word
    are put together there), in the order of `rank`, and not at all with 0; `tip` is its line in the
    help. An `eager` key works in dialogs and inputs too."""

    id: str
    keys: str
    action: str
    word: str
    tip: str
    group: Group
    scope: Scope = "main"
    rank: int = 0
    eager: bool = False


_VIEW_TIPS = {
    "overview": "what runs, what today used, where the limits are",
    "sessions": "the sessions, the latest first",
    "projects": "what each project used",
    "models": "what each model used, and its share",
    "agents": "what each agent used",
    "timeline": "what was used over time",
}


def _view_keys() -> Iterator[Key]:
    for at, view in enumerate(VIEWS, 1):
        tip = _VIEW_TIPS[view]
        yield Key(view, str(at), f"view('{view}')", "view", tip, "Views", "everywhere", rank=1)


def _span_keys() -> Iterator[Key]:
    for span, name in SPANS.items():
        tip = f"only {name}" if span != "all" else "all time"
        yield Key(span, span[0], f"span('{span}')", "range", tip, "Time", rank=5)


KEYS: tuple[Key, ...] = (
    *_view_keys(),
    Key("next-view", "tab", "next_view(1)", "", "the next view", "Views"),
    Key("previous-view", "shift+tab", "next_view(-1)", "", "the view before", "Views"),
    Key(
        "previous-agent",
        "[,ctrl+left",
        "next_tab(-1)",
        "agent",
        "the agent before",
        "Views",
        rank=3,
    ),
    Key("next-agent", "],ctrl+right", "next_tab(1)", "agent", "the next agent", "Views", rank=3),
    *_span_keys(),
    Key("range", "d", "range", "", "a time of your own, in the words of --since", "Time"),
    Key("down", "j,down", "down", "", "the row below", "Rows", "table"),
    Key("up", "k,up", "up", "", "the row above", "Rows", "table"),
    Key("page-down", "pagedown", "page_down", "", "a page down", "Rows", "table"),
    Key("page-up", "pageup", "page_up", "", "a page up", "Rows", "table"),
    Key("top", "g,home", "top", "", "the first row", "Rows", "table"),
    Key("bottom", "G,end", "bottom", "", "the last row", "Rows", "table"),
    Key("open", "enter", "open", "open", "what the row stands for", "Rows", "table", rank=6),
    Key(
        "back",
        "escape",
        "back",
        "back",
        "out again: the filter first, then a level",
        "Rows",
        "everywhere",
        rank=2,
    ),
    Key(
        "details",
        "i",
        "details",
        "details",
        "all that is known of the session, or its rounds again",
        "Rows",
        "session",
        rank=4,
    ),
    Key(
        "other-list",
        "tab",
        "other_list",
        "",
        "from the rounds to the sessions around, and back",
        "Rows",
        "session",
    ),
    Key("next-round", "],n", "next_round(1)", "round", "the next round", "Round", "round", rank=2),
    Key(
        "previous-round",
        "[,N",
        "next_round(-1)",
        "round",
        "the round before",
        "Round",
        "round",
        rank=2,
    ),
    Key(
        "fold-all", "z", "fold_all", "unfold", "unfold all, or fold again", "Round", "round", rank=4
    ),
    Key("filter", "/", "filter", "filter", "only rows that match, as you type", "Rows", rank=4),
    Key("sort", "s", "sort", "sort", "order by the next column", "Rows", rank=7),
    Key("reverse", "S", "reverse", "", "the other way round", "Rows"),
    Key(
        "copy",
        "y",
        "copy",
        "",
        "copy the id of the row, or all of it as JSON",
        "Rows",
        "everywhere",
    ),
    Key("shown", "c", "shown", "tokens/cost", "tokens, cost or both", "Shown", rank=8),
    Key("classes", "v", "classes", "", "all six token classes, or folded", "Shown"),
    Key("compare", "x", "compare", "compare", "beside the period before", "Shown", rank=9),
    Key(
        "refresh",
        "r",
        "refresh",
        "refresh",
        "read what is new, and ask again",
        "Live",
        "everywhere",
        rank=11,
    ),
    Key(
        "reread", "R", "reread", "", "read all histories from their beginning", "Live", "everywhere"
    ),
    Key(
        "pause",
        "p",
        "pause",
        "pause",
        "let the screen stand still, or go on",
        "Live",
        "everywhere",
        rank=12,
    ),
    Key("export", "e", "export", "export", "write this view into a file", "General", rank=13),
    Key("browse", "o", "browse", "", "this page in a browser", "General", "everywhere"),
    Key(
        "palette",
        "ctrl+p,:",
        "palette",
        "find",
        "find a view, an agent, a session, a theme",
        "General",
        "everywhere",
        rank=10,
    ),
    Key(
        "jump",
        "ctrl+o",
        "jump",
        "",
        "letters on everything that can be reached",
        "General",
        "everywhere",
    ),
    Key(
        "help",
        "?,f1",
        "keys_help",
        "help",
        "the keys of where you are",
        "General",
        "everywhere",
        rank=2,
    ),
    Key("quit", "q", "leave", "quit", "leave: nothing is lost", "General", "everywhere", rank=1),
    Key(
        "suspend",
        "ctrl+z",
        "stand_aside",
        "",
        "back to the shell for a while; fg goes on",
        "General",
        "everywhere",
        eager=True,
    ),
    Key(
        "interrupt",
        "ctrl+c",
        "leave",
        "",
        "leave, from anywhere",
        "General",
        "everywhere",
        eager=True,
    ),
)
"""All keys, in the order of the help."""


def inner_keys(keys: Iterable[Key], scopes: Collection[Scope]) -> list[Key]:
    """The keys of a screen that lies on others: how one comes back stands in its footer."""
    found = [key for key in keys if key.scope in scopes]
    return [key._replace(rank=1) if key.id == "back" else key for key in found]


def keys_of(*scopes: Scope) -> Iterator[Key]:
    """The keys of some places."""
    return (key for key in KEYS if key.scope in scopes)


_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "escape": "esc",
        "pagedown": "pgdn",
        "pageup": "pgup",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "slash": "/",
        "question_mark": "?",
        "colon": ":",
        "down": "↓",
        "up": "↑",
        "ctrl+left": "ctrl+←",
        "ctrl+right": "ctrl+→",
        "f1": "F1",
    }
)


def key_names(keys: str) -> tuple[str, ...]:
    """The keys of a binding as people call them: `?`, `ctrl+p`, `esc`."""
    return tuple(_NAMES.get(each.strip(), each.strip()) for each in keys.split(","))


def joined(names: Iterable[str]) -> str:
    """Several keys in little room: `1–6`, `t w m a`."""
    found = list(names)
    digits = [int(each) for each in found if each.isdecimal()]
    row = len(digits) == len(found) > 2 and digits == list(range(digits[0], digits[-1] + 1))
    return f"{found[0]}–{found[-1]}" if row else " ".join(found)
