"""How marks of texts look in the styles of Textual, in the colours of the theme. No Textual."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .sheet import Mark

STYLES: Mapping[Mark, str] = MappingProxyType(
    {
        "": "",
        "dim": "$text-muted",
        "good": "$success",
        "warn": "$warning",
        "bad": "bold $error",
        "accent": "$accent",
    }
)
"""The style of each mark."""
