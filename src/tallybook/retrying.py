"""How long to wait before something that went wrong is tried again."""

from __future__ import annotations

FIRST_S, LAST_S = 1.0, 60.0


def later(waited_s: float) -> float:
    """Seconds to wait next, after a wait of so many (0 for none yet): twice as long each time."""
    return min(max(waited_s * 2, FIRST_S), LAST_S)
