"""A status line in the form of the program that shows it, out of its pieces and a template.

Each form has its own way of colour and its own dangerous characters. Nothing is found out here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .statuslinehanded import Handed
from .statuslinepieces import BETWEEN, DASH, NAMES, Answer, Piece

SESSION = (
    "{session} session{today? · % today}{burn? · %}{limits? · %}{context? · ctx %}"
    "{quota? · %}{alerts? · %}{mark? %}"
)
"""For a bar that belongs to a session."""

ALL = "{today} today{burn? · %}{limits? · %}{quota? · %}{alerts? · %}{mark? %}"
"""For a bar that belongs to a machine."""

FORMATS = ("claude", "tmux", "shell", "waybar", "swiftbar", "json")

_HIGH, _FULL = 80, 90


class Line(NamedTuple):
    """What a form is made of. `colour` says whether any is wanted."""

    pieces: Mapping[str, Piece]
    answer: Answer
    handed: Handed
    template: str
    colour: bool


def shown(form: str, line: Line) -> str:
    """The whole text for stdout."""
    return _FORMS[form](line)


def template_for(form: str, given: str, handed: Handed) -> str:
    """The template that was given, else the usual one."""
    return given or (SESSION if form == "claude" or handed.session else ALL)


def filled(template: str, pieces: Mapping[str, Piece], dress: Callable[[Piece], str]) -> str:
    """A template with its pieces in their places: `{name}` is a piece, or a dash; `{name?text}` is
    the text with the piece for its `%`, or nothing. A name that is none is shown with a `?`."""
    made: list[str] = []
    rest = template
    while rest:
        before, opened, after = rest.partition("{")
        inside, closed, rest = after.partition("}")
        made.append(before)
        if not closed:
            made.append(opened + inside)
            break
        name, optional, text = inside.partition("?")
        piece = pieces.get(name)
        if name.removesuffix("_left") not in NAMES:
            made.append(f"{{{name}?}}")
        elif optional:
            made.append(text.replace("%", _dressed(piece, dress), 1) if piece else "")
        else:
            made.append(_dressed(piece, dress) if piece else DASH)
    return "".join(made)


def _dressed(piece: Piece, dress: Callable[[Piece], str]) -> str:
    return BETWEEN.join(map(dress, piece.parts or (piece,)))


def _claude(line: Line) -> str:
    return filled(line.template, line.pieces, _ansi if line.colour else _bare)


def _tmux(line: Line) -> str:
    return filled(line.template, line.pieces, _styled if line.colour else _hashed)


def _shell(line: Line) -> str:
    return filled(line.template, line.pieces, _bare)


def _waybar(line: Line) -> str:
    """Waybar's `return-type: json` (man waybar-custom): text and tooltip are Pango markup."""
    level = _level(line)
    told = {
        "text": filled(line.template, line.pieces, _marked),
        "tooltip": "\n".join(_marked(Piece(each)) for each in line.answer.lines),
        "class": "critical" if level >= _FULL else "warning" if level >= _HIGH else "normal",
        "percentage": min(level, 100),
    }
    return json.dumps(told, ensure_ascii=False)


def _swiftbar(line: Line) -> str:
    """SwiftBar and xbar: the first line is in the menu bar, those below `---` in its menu; what
    stands behind a `|` are parameters."""
    level = _level(line)
    colour = "red" if level >= _FULL else "orange" if level >= _HIGH else ""
    first = filled(line.template, line.pieces, _barless)
    parameters = f" | color={colour}" if colour and line.colour else ""
    below = [_barless(Piece(each)) for each in line.answer.lines]
    return "\n".join([first + parameters, "---", *below, "Refresh | refresh=true"])


def _json(line: Line) -> str:
    told = {
        "schema": "tallybook.statusline/1",
        "line": filled(line.template, line.pieces, _bare),
        "pieces": {name: each.text for name, each in line.pieces.items()},
        "handed_session": line.handed.session or None,
        **({"session": None, "today": None} | dict(line.answer.told)),
    }
    return json.dumps(told, ensure_ascii=False)


def _level(line: Line) -> int:
    """How full the fullest of what the line may speak of is."""
    return max((each.level for each in line.pieces.values()), default=0)


def _bare(piece: Piece) -> str:
    return piece.text


def _ansi(piece: Piece) -> str:
    colour = 31 if piece.level >= _FULL else 33 if piece.level >= _HIGH else 0
    return f"\x1b[{colour}m{piece.text}\x1b[0m" if colour else piece.text


def _hashed(piece: Piece) -> str:
    """tmux takes `#` for the beginning of a style or a format."""
    return piece.text.replace("#", "##")


def _styled(piece: Piece) -> str:
    colour = "red" if piece.level >= _FULL else "yellow" if piece.level >= _HIGH else ""
    text = _hashed(piece)
    return f"#[fg={colour}]{text}#[fg=default]" if colour else text


def _marked(piece: Piece) -> str:
    return piece.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _barless(piece: Piece) -> str:
    return piece.text.replace("|", "¦").replace("\n", " ")


_FORMS: Mapping[str, Callable[[Line], str]] = {
    "claude": _claude,
    "tmux": _tmux,
    "shell": _shell,
    "waybar": _waybar,
    "swiftbar": _swiftbar,
    "json": _json,
}
