"""The colours: every pair that text is drawn in can be read, and the terminal's own are obeyed."""

from __future__ import annotations

import itertools

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tallybook.errors import SettingsError
from tallybook.tui.themes import ANSI, DARK, LIGHT, OWN, own_themes, theme_name, theme_names

THEMES = {theme.name: theme for theme in own_themes()}
GROUNDS = ("background", "surface", "panel")
TEXTS = (
    *("text", "text-muted", "text-disabled", "foreground"),
    *("accent", "warning", "error", "success", "primary", "secondary"),
)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    first, second = sorted((luminance(one), luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def luminance(text: str) -> float:
    red, green, blue = (linear(part / 255) for part in Color.parse(text).rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def test_the_ratio_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", [DARK, LIGHT])
@pytest.mark.parametrize(("text", "ground"), [*itertools.product(TEXTS, GROUNDS)])
def test_text_can_be_read(name: str, text: str, ground: str) -> None:
    colours = THEMES[name].to_color_system().generate()
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("name", [DARK, LIGHT])
@pytest.mark.parametrize("state", ["block-cursor", "block-cursor-blurred"])
def test_the_chosen_row_can_be_read(name: str, state: str) -> None:
    colours = THEMES[name].to_color_system().generate()
    assert contrast(colours[f"{state}-foreground"], colours[f"{state}-background"]) >= 4.5


def test_the_theme_of_the_terminal_names_no_colour_of_its_own() -> None:
    colours = THEMES[ANSI].to_color_system().generate()
    own = {key: value for key, value in colours.items() if value.startswith(("#", "rgb"))}
    assert own == {}
    assert colours["background"] == colours["foreground"] == "ansi_default"
    assert colours["block-cursor-text-style"] == "reverse"
    assert set(BUILTIN_THEMES["ansi-dark"].to_color_system().generate()) <= set(colours)


def test_one_accent_one_warning_one_danger() -> None:
    for theme in THEMES.values():
        assert len({theme.accent, theme.warning, theme.error}) == 3
        assert theme.primary == theme.accent


def test_themes_are_known_by_name() -> None:
    assert theme_names()[:3] == OWN
    assert theme_name(" Tally-Light ", "x") == LIGHT
    assert theme_name("nord", "x") == "nord"
    with pytest.raises(SettingsError, match="no theme is called 'tally-lihgt' in ~/c") as told:
        theme_name("tally-lihgt", "~/c")
    assert told.value.hint == "did you mean tally-light?"
