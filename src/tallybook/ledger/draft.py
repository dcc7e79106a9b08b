"""The readings of one batch, gathered by call before anything is written.

Readings that share a key, directly or through others, are one draft. Almost every draft is
a single reading, so that case costs little more than its dictionary entry.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..reading import Reading

Draft = list[Reading]


def gather(readings: Iterable[Reading]) -> list[Draft]:
    """Drafts in the order in which their first reading came."""
    drafts: dict[int, Draft] = {}
    owner: dict[bytes, int] = {}
    known = owner.keys()
    for number, reading in enumerate(readings):
        keys = reading.keys
        if len(keys) == 1:
            home = owner.setdefault(keys[0], number)
            if home == number:
                drafts[home] = [reading]
            else:
                drafts[home].append(reading)
        elif known.isdisjoint(keys):
            drafts[number] = [reading]
            for key in keys:
                owner[key] = number
        else:
            _link(number, reading, drafts, owner)
    return list(drafts.values())


def _link(number: int, reading: Reading, drafts: dict[int, Draft], owner: dict[bytes, int]) -> None:
    homes = {owner[key] for key in reading.keys if key in owner}
    home = min(homes, default=number)
    draft = drafts.setdefault(home, [])
    draft.append(reading)
    for other in homes - {home}:
        moved = drafts.pop(other)
        draft.extend(moved)
        owner.update((key, home) for each in moved for key in each.keys)
    owner.update((key, home) for key in reading.keys)


def keys_of(draft: Draft) -> set[bytes]:
    """All identities of a draft."""
    return {key for reading in draft for key in reading.keys}
