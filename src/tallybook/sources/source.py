"""What every source offers: the `Source` protocol and the `Place` it reads.

The flow asks `locate`, leaves out places whose cursor still fits, and hands the others to
`read`. Sources never count, price or store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from ..reading import Complaint, Cursor, Observation, ProcessSignature, Round, Spot


class Place(NamedTuple):
    """A file, database or folder that can be read on its own: its path, size in bytes (0 for a
    folder) and time of last change. For a database both take in the write-ahead log beside it."""

    path: str
    size: int
    mtime_ns: int


class Source(Protocol):
    """One agent or tool whose usage history can be read.

    `name` and `aliases` are what a user types, `title` what is shown. `dialect` is the usual
    accounting dialect of its readings. `version` rises when the reader gets better at
    something it complained of. `signature` tells how its running processes are known, None for what
    runs elsewhere. `missing` says in plain sentences what this tool never writes
    down, `variables` which environment variables move its files.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    dialect: str
    signature: ProcessSignature | None
    version: int
    missing: tuple[str, ...]
    variables: tuple[str, ...]

    def roots(self) -> Sequence[Path]:
        """Every folder that is looked into, existing or not."""
        ...

    def locate(self) -> Iterator[Place | Complaint]:
        """The places that exist now, in a stable order, and what could not be looked into."""
        ...

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        """What a place says since the cursor (None: from its beginning). Ends with a cursor;
        never raises on bad data, which becomes complaints."""
        ...

    def recall(self, session: str) -> Iterator[Round]:
        """The conversation of a session, read from the tool's own files at this moment.
        Yields nothing when the files are gone."""
        ...

    def configured(self, project: Path | None = None, /) -> Mapping[tuple[str, str], str]:
        """The models that the tool's configuration asks for at this moment, to stand beside those
        that ran: (`agent` or `category`, name in its normal form) → `provider/model`. `project` is
        a folder that may have a configuration of its own. Empty for tools that know no such
        thing; nothing of it is ever recorded."""
        ...


@runtime_checkable
class Revisiting(Protocol):
    """A source whose rounds are found by where the lines of their calls stand, such as a log, which
    says nothing of sessions as a whole. Its `recall` yields nothing."""

    def revisit(self, spots: Sequence[Spot]) -> Iterator[Round]:
        """The rounds whose lines are still there, each file opened once, offsets ascending. A spot
        whose file or line is gone yields nothing."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A source that has to know how far its places were read to tell which files they are now:
    logs are renamed, copied and packed while they are followed."""

    def remember(self, cursors: Mapping[str, Cursor]) -> None:
        """What is known of the places, by their paths. Comes before `locate`."""
        ...
