"""Names as agents write them, and what they tell: who served a model, which models are one.
Prices and display names live elsewhere.
"""

from __future__ import annotations

UNKNOWN = "unknown"


def provider_of(model: str, response: str = "") -> str:
    """Who served a Claude reply, told by the response id's prefix (the vendor's clouds mark
    theirs) and then by the model's spelling. A model of another maker came through a proxy
    that we can't name: `unknown` is the honest answer."""
    if response.startswith(_CLOUD_IDS):
        return "aws" if response.startswith("msg_bdrk_") else "google-vertex"
    if model.startswith("claude"):
        return "anthropic"
    return "aws" if "anthropic." in model else UNKNOWN


_CLOUD_IDS = ("msg_bdrk_", "msg_vrtx_")


def undated(model: str) -> str:
    """A model's name without release date and client markers, so that one model told in two
    ways is recognised: `claude-sonnet-4-5-20250929[1m]` → `claude-sonnet-4-5`."""
    name = model.split("[", 1)[0].lower()
    stem, _, date = name.rpartition("-")
    return stem if stem and len(date) == 8 and date.isdigit() else name


def storable(text: str) -> str:
    """A text that any database takes: what is no character (half of a pair, or a byte of a path
    that is no UTF-8) is written as its code, `\\udcff`. Everything else stays as it is."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()
