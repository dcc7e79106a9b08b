"""What the reader of Codex keeps between two reads of a file: reading on from here says the same
as reading all at once.
"""

from __future__ import annotations

from io import FileIO
from pathlib import PurePath

import msgspec
from msgspec import Struct

from ..naming import storable
from ..reading import Cursor
from .codex_calls import Call, Totals
from .codex_files import thread_of
from .codex_flow import Flow
from .codex_thread import Thread
from .line_files import resumed


class State(Struct, gc=False):
    """What is kept in a cursor: all that a later line can depend on."""

    thread: Thread
    totals: Totals
    flow: Flow
    call: Call | None = None
    offset: int = 0
    mark: str = ""

    def begin_again(self, path: str) -> None:
        """Forget what was read: the file goes on with a copy of itself."""
        fresh = fresh_state(path)
        self.thread, self.totals, self.flow = fresh.thread, fresh.totals, fresh.flow


def fresh_state(path: str) -> State:
    """The state before the first line of a file."""
    named = thread_of(path)
    stem = PurePath(path).stem
    return State(Thread(named or storable(stem), named is not None), Totals(), Flow())


_state = msgspec.json.Decoder(State).decode


def resume(file: FileIO, since: Cursor | None, version: int, path: str) -> State:
    """The state to go on from, that of a file's beginning if there is none; see `resumed`."""
    return resumed(file, since, version, _state) or fresh_state(path)
