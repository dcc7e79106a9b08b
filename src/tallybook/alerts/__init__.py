"""Told in time, once: rules that look at the ledger, where each stands, and what is sent.

The names load when first touched: what carries a message needs none of the rules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .attending import Attendant, News, attend_once
    from .delivering import deliver
    from .evaluating import evaluate
    from .routing import channels_for, is_mute
    from .sent import Sent

__all__ = [
    "Attendant",
    "News",
    "Sent",
    "attend_once",
    "channels_for",
    "deliver",
    "evaluate",
    "is_mute",
]

_HOMES = {
    "Attendant": "attending",
    "News": "attending",
    "Sent": "sent",
    "attend_once": "attending",
    "channels_for": "routing",
    "deliver": "delivering",
    "evaluate": "evaluating",
    "is_mute": "routing",
}


def __getattr__(name: str) -> object:
    """Load a name from the module where it lives; `AttributeError` for any other."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)
