"""Reading beside a screen: a process of its own follows the histories and records what is new, so
that the one that draws never waits for files. This one starts it, hears it, and ends it.

`keeping` is this side of it, `child` the other one, `words` what they say to each other. How
histories are followed is `following`'s; nothing is drawn here.
"""

from __future__ import annotations

from .keeping import Background
from .words import Alerted, Following, Gone, Paused, Recorded, Said, Trouble, Underway

__all__ = [
    "Alerted",
    "Background",
    "Following",
    "Gone",
    "Paused",
    "Recorded",
    "Said",
    "Trouble",
    "Underway",
]
