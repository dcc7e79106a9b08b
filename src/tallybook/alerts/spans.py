"""How an alert's state names the window that it speaks of: `1763996400000/1764082800000`.

Two names may mean one window: a provider's reset wanders by minutes from sight to sight, and a call
that is read late moves the beginning of a window that begins with the first use.
"""

from __future__ import annotations

from ..clock import HOUR_MS

ENDLESS = ""
"""The name where there is no window, or always the same."""


def span_name(since_ms: int | None, until_ms: int | None) -> str:
    """A window's name by its half-open range in epoch milliseconds; what is not known of it is not
    in its name either."""
    if since_ms is None and until_ms is None:
        return ENDLESS
    return "/".join("" if each is None else str(each) for each in (since_ms, until_ms))


def same_span(one: str, other: str) -> bool:
    """Whether two names mean one window: the ranges share at least half of the longer one, or where
    only their ends are known, those lie within an hour."""
    if one == other:
        return True
    (since, until), (since_too, until_too) = bounds(one), bounds(other)
    if since is since_too is None and until is not None and until_too is not None:
        return abs(until - until_too) <= HOUR_MS
    if since is None or since_too is None or until is None or until_too is None:
        return False
    shared = min(until, until_too) - max(since, since_too)
    return shared > 0 and 2 * shared >= max(until - since, until_too - since_too)


def bounds(name: str) -> tuple[int | None, int | None]:
    """The range of a name; None where it is open."""
    since, _, until = name.partition("/")
    return (int(since) if since else None), (int(until) if until else None)


def is_over(name: str, now_ms: int) -> bool:
    """Whether a window has ended."""
    until = bounds(name)[1]
    return until is not None and until <= now_ms
