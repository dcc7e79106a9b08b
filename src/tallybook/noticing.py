"""Noticing that something below some folders changed, by the system's own events.

What changed is not told, and nothing is read: whoever waits here looks for himself. Network
drives, some containers and folders that are not there yet give no events, and a system has only so
many to give, so nobody may rely on them alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

_GATHER_MS = 200
"""How long further events are waited for once there is one."""

_STEP_MS = 100
"""How often the system's events are looked at; each time costs about 0.2 ms of a
machine that has nothing else to do."""

_Mark = tuple[int, int]


class Stop(Protocol):
    """What ends the waiting; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether it is time to end."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait so many seconds, or until it is time to end."""
        ...


class Noticing:
    """Waits for events below the folders of several owners. Close it: it has a thread of the
    system's, and none of Python's."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._roots: Mapping[str, Sequence[str]] = {}
        self._marks: Mapping[str, _Mark] = {}
        self._deaf: frozenset[str] = frozenset()
        self._ears: RustNotify | None = None

    def attend(self, roots: Mapping[str, Sequence[Path]]) -> bool:
        """Listen below the folders (or to the files) of each owner, as far as they exist. Costs
        next to nothing while they are the same ones. True if they are others than before: what
        happened until now was not heard, and nobody is told of it."""
        self._roots = {name: [str(root) for root in each] for name, each in roots.items()}
        marks = _marks({root for each in self._roots.values() for root in each})
        if marks == self._marks:
            return False
        self.close()
        self._marks = marks
        self._listen()
        return True

    def hears(self, owner: str) -> bool:
        """Whether events of everything that an owner has are told."""
        known = [root for root in self._roots.get(owner, ()) if root in self._marks]
        return self._ears is not None and self._deaf.isdisjoint(known)

    def wait(self, seconds: float) -> set[str]:
        """The owners of what changed since the last time. Returns as soon as there are any, or
        after that many seconds, or when it is time to stop."""
        if self._ears is None:
            self._stop.wait(seconds)
            return set()
        try:
            found = self._ears.watch(_GATHER_MS, _STEP_MS, int(seconds * 1000), self._stop)
        except RuntimeError:  # events were lost: look at everything, and listen anew
            self.close()
            return {*self._roots}
        if found == "signal":  # a handler raised, of which only this is told
            raise KeyboardInterrupt
        return set() if isinstance(found, str) else self._owners(path for _, path in found)

    def close(self) -> None:
        """Listen to nothing any more."""
        if self._ears is not None:
            self._ears.close()
        self._ears, self._marks, self._deaf = None, {}, frozenset()

    def _listen(self) -> None:
        """Listen to as much as the system allows."""
        there = sorted(self._marks)
        self._ears = _ears(there)
        if self._ears is None and len(there) > 1:
            self._deaf = frozenset(root for root in there if not _can_be_heard(root))
            self._ears = _ears([root for root in there if root not in self._deaf])

    def _owners(self, paths: Iterable[str]) -> set[str]:
        """Whose these paths are; everybody's where a path is told in another spelling."""
        found: set[str] = set()
        for path in paths:
            owners = [name for name, each in self._roots.items() if _is_below(path, each)]
            found.update(owners or self._roots)
        return found


def _ears(roots: Sequence[str]) -> RustNotify | None:
    """Something that hears what happens below these folders; None where the system refuses."""
    from watchfiles._rust_notify import RustNotify  # with much else: only for who follows

    if not roots:
        return None
    try:
        return RustNotify(
            watch_paths=[*roots],
            debug=False,
            force_polling=False,
            poll_delay_ms=0,
            recursive=True,
            ignore_permission_denied=True,
        )
    except (OSError, RuntimeError):  # no more events to be had, or gone meanwhile
        return None


def _can_be_heard(root: str) -> bool:
    ears = _ears([root])
    if ears is not None:
        ears.close()
    return ears is not None


def _is_below(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _marks(roots: set[str]) -> dict[str, _Mark]:
    """Which of these exist, and which ones they are: a folder that was made anew is another."""
    found: dict[str, _Mark] = {}
    for root in roots:
        try:
            status = os.stat(root)
        except (OSError, ValueError):
            continue
        found[root] = (status.st_dev, status.st_ino)
    return found
