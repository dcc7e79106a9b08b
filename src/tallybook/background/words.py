"""What the two processes say to each other: words of the one that reads, a line of JSON each, and
what it is handed when it starts. The shape only; who says what and when is in `child`.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from copyreg import dispatch_table
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeVar, cast

from ..errors import TallyError
from ..settings import Settings

RENEW = 75
"""The exit code of a process that wants to be started again, which gives its memory back."""

K = TypeVar("K")
V = TypeVar("V")

Order = Literal["look", "full", "pause", "go"]
"""What the reading process is told after it has started, a line each."""


class Underway(NamedTuple):
    """A long reading goes on: how far it has come. Over with the next word of another kind."""

    source: str
    places_done: int
    places_total: int
    bytes_done: int
    bytes_total: int

    @property
    def share(self) -> int:
        """How much is done, in whole percent."""
        return 100 * self.bytes_done // max(self.bytes_total, 1)


class Recorded(NamedTuple):
    """Something was read, and what was new in it is recorded. `tokens` are those it added;
    `closed` are (place, reason) of what can't be read at the moment, `complaints` counts all that
    was complained of; `asked` where it answers a look that was asked for."""

    sources: tuple[str, ...] = ()
    new_events: int = 0
    joined: int = 0
    healed: int = 0
    tokens: int = 0
    complaints: int = 0
    closed: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    asked: bool = False


class Trouble(NamedTuple):
    """Nothing can be recorded at the moment, and why; told once. It is tried again, and when it
    is over there is a `Following`."""

    message: str
    because: str = ""
    hint: str = ""

    @classmethod
    def of(cls, problem: TallyError) -> Trouble:
        """An error as a word."""
        return cls(str(problem), problem.because, problem.hint)


class Following(NamedTuple):
    """All that there was is recorded, and what is written from now on will be."""


class Gone(NamedTuple):
    """The folders that were there and are not any more; none when they are back."""

    folders: tuple[str, ...]


class Paused(NamedTuple):
    """Nothing is read until it is told to go on."""


class Alerted(NamedTuple):
    """Somebody is to be told: titles of new alerts, each with its severity, and what could not be
    sent or looked at."""

    alerts: tuple[tuple[str, str], ...] = ()
    troubles: tuple[str, ...] = ()


Said = Underway | Recorded | Trouble | Following | Gone | Paused | Alerted

_KINDS: Mapping[str, Callable[..., Said]] = {
    kind.__name__: kind for kind in (Underway, Recorded, Trouble, Following, Gone, Paused, Alerted)
}


class Handover(NamedTuple):
    """What the reading process has to know: settings as they are here (flags and variables are in
    them), what to follow as in `following.Pursuit` (no names: all), whose child it is, and whether
    it is `renewed`: takes the place of one that ended because it had grown."""

    settings: Settings
    names: tuple[str, ...]
    paths: Mapping[str, Sequence[Path]]
    every_s: float
    parent: int
    paused: bool = False
    renewed: bool = False


def line_of(said: Said) -> bytes:
    """A word as a line."""
    return json.dumps([type(said).__name__, *said]).encode() + b"\n"


def said_of(line: bytes) -> Said | None:
    """What a line says; None for what is no word, as the last words of a process that breaks."""
    try:
        name, *fields = cast("list[object]", json.loads(line))
        return _KINDS[cast("str", name)](*map(_frozen, fields))
    except (ValueError, TypeError, KeyError):
        return None


def _frozen(value: object) -> object:
    return tuple(map(_frozen, cast("list[object]", value))) if isinstance(value, list) else value


def packed(handed: Handover) -> bytes:
    """What is handed over, as bytes for a pipe that nobody else can write to. Mappings that can't
    be changed are packed as well, which `pickle` leaves to whoever has some."""
    file = BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dispatch_table = {**dispatch_table, MappingProxyType: _reduced}
    pickler.dump(handed)
    return file.getvalue()


def unpacked(data: bytes) -> Handover:
    """What was handed over."""
    return cast("Handover", pickle.loads(data))


def _reduced(mapping: MappingProxyType[K, V]) -> tuple[Callable[..., object], tuple[object]]:
    return unchanging, (dict(mapping),)


def unchanging(mapping: dict[K, V]) -> MappingProxyType[K, V]:
    """A mapping that can't be changed: its type can't be named in what is packed."""
    return MappingProxyType(mapping)
