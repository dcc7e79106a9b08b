"""What the reader of pi keeps between two reads of a file: reading on from here says the same as
reading all at once.
"""

from __future__ import annotations

from io import FileIO
from pathlib import PurePath

import msgspec
from msgspec import Struct

from ..naming import storable
from ..reading import Cursor
from .line_files import resumed
from .pi_files import session_of
from .pi_session import Session


class State(Struct, gc=False):
    """What is kept in a cursor: all that a later line can depend on."""

    session: Session
    offset: int = 0
    mark: str = ""


def fresh_state(path: str) -> State:
    """The state before the first line of a file."""
    named = session_of(path)
    return State(Session(storable(named or PurePath(path).stem), named is not None))


_state = msgspec.json.Decoder(State).decode


def resume(file: FileIO, since: Cursor | None, version: int, path: str) -> State:
    """The state to go on from, that of a file's beginning if there is none; see `resumed`."""
    return resumed(file, since, version, _state) or fresh_state(path)
