"""Counts that somebody tells by our own names: the six classes, and units beside and in them.

What a provider's usage object means is the dialects' business.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import UsageMistake, nearest
from .model import CLASSES, Counts, six
from .prices.cards import BESIDE, PART_OF

MOST = 10**18
"""The largest count that is taken: more than all the world has used."""

HINT = "--tokens input=1200,output=300"

NAMES = frozenset((*CLASSES, *PART_OF, *BESIDE))
"""Every name that a count may have."""


def own_counts(told: Mapping[str, object]) -> tuple[Counts, dict[str, int]]:
    """Counts by our own names as six classes, and the units. Tokens of a kind (`audio_input`,
    `cache_write_12h`) are part of the count of their class, which is theirs where it is not told.
    Raises `UsageMistake` for an unknown name or an impossible count."""
    counts: dict[str, int] = {}
    for name, count in told.items():
        if name not in NAMES:
            close = nearest(name, NAMES)
            hint = f"did you mean {close}?" if close else f"the classes are {', '.join(CLASSES)}"
            raise UsageMistake(f"there is no token class or unit {name!r}"[:200], hint=hint)
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST:
            raise UsageMistake(
                f"{name} is no count: {count!r}"[:200],
                because=f"a count is a whole number from 0 to {MOST}",
                hint=HINT,
            )
        counts[name] = count
    parts: dict[str, int] = dict.fromkeys(CLASSES, 0)
    for name, count in counts.items():
        if name in PART_OF:
            parts[PART_OF[name]] += count
    for name, count in parts.items():
        if count > counts.setdefault(name, count):
            kinds = " and ".join(kind for kind in counts if PART_OF.get(kind) == name)
            raise UsageMistake(
                f"{name} is less than {kinds}",
                because=f"{kinds} tokens are counted in {name}, too",
                hint=f"give {name} as the whole, or leave it out",
            )
    units = {name: count for name, count in counts.items() if name not in CLASSES and count}
    return six(counts[name] for name in CLASSES), units
