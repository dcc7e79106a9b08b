"""The colours of the interface: two themes of our own, one that leaves all colours to the terminal,
and those of Textual by their names. Each of ours has one accent, one warning and one danger.

What is drawn in which of them is said beside each widget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SettingsError, nearest

if TYPE_CHECKING:
    from textual.theme import Theme

DARK, LIGHT, ANSI = "tally-dark", "tally-light", "tally-ansi"
OWN = (DARK, LIGHT, ANSI)
"""Our own themes."""


def own_themes() -> tuple[Theme, ...]:
    """Our own themes, to be registered."""
    return _dark(), _light(), _ansi()


def theme_names() -> tuple[str, ...]:
    """All themes, ours first."""
    from textual.theme import BUILTIN_THEMES

    return (*OWN, *sorted(BUILTIN_THEMES))


def theme_name(word: str, place: str) -> str:
    """The theme that a setting or a flag means, whatever its capitals; `place` is where the word
    stands. Raises `SettingsError` if there is none of that name."""
    name = word.strip().lower()
    if name in OWN or name in theme_names():
        return name
    close = nearest(name, theme_names())
    raise SettingsError(
        f"no theme is called {word!r} in {place}",
        hint=f"did you mean {close}?" if close else f"one of {', '.join(theme_names())}",
    )


def _dark() -> Theme:
    from textual.theme import Theme

    return Theme(
        name=DARK,
        dark=True,
        primary="#6cb6ff",
        secondary="#9db4c9",
        accent="#6cb6ff",
        success="#7bc77e",
        warning="#e3b341",
        error="#ff7b72",
        foreground="#d7dde4",
        background="#14181d",
        surface="#1b2027",
        panel="#222933",
        variables={
            "text": "#d7dde4",
            "text-muted": "#a3adb8",
            "text-disabled": "#88929d",
            "block-cursor-background": "#2f5d8c",
            "block-cursor-foreground": "#ffffff",
            "block-cursor-blurred-background": "#2a3644",
            "block-cursor-blurred-foreground": "#d7dde4",
            "border": "#6cb6ff",
            "border-blurred": "#3d4854",
            "footer-key-foreground": "#6cb6ff",
            "input-selection-background": "#2f5d8c",
        },
    )


def _light() -> Theme:
    from textual.theme import Theme

    return Theme(
        name=LIGHT,
        dark=False,
        primary="#0a58b0",
        secondary="#47586a",
        accent="#0a58b0",
        success="#1a6b2c",
        warning="#855300",
        error="#b3261e",
        foreground="#1d242b",
        background="#fbfcfd",
        surface="#f1f4f7",
        panel="#e6ebf0",
        variables={
            "text": "#1d242b",
            "text-muted": "#4d5864",
            "text-disabled": "#5f6a75",
            "block-cursor-background": "#0a58b0",
            "block-cursor-foreground": "#ffffff",
            "block-cursor-blurred-background": "#cfdcea",
            "block-cursor-blurred-foreground": "#1d242b",
            "border": "#0a58b0",
            "border-blurred": "#b4bec8",
            "footer-key-foreground": "#0a58b0",
            "input-selection-background": "#b8d4f2",
        },
    )


def _ansi() -> Theme:
    """Text and ground are those of the terminal, whichever they are; the rest is of its sixteen
    colours, and what is chosen is turned round."""
    from textual.theme import Theme

    return Theme(
        name=ANSI,
        ansi=True,
        primary="ansi_cyan",
        secondary="ansi_default",
        accent="ansi_cyan",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "text-muted": "ansi_default",
            "text-disabled": "ansi_default",
            "surface-active": "ansi_default",
            "block-cursor-background": "ansi_default",
            "block-cursor-foreground": "ansi_default",
            "block-cursor-text-style": "reverse",
            "block-cursor-blurred-text-style": "underline",
            "border": "ansi_cyan",
            "border-blurred": "ansi_bright_black",
            "footer-key-foreground": "ansi_cyan",
            "scrollbar": "ansi_cyan",
            "scrollbar-hover": "ansi_cyan",
            "scrollbar-active": "ansi_cyan",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
        },
    )
