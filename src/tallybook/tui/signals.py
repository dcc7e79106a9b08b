"""What the system says to the application, by signals and by taking its terminal away: to end, to
give the terminal back for a while, and to draw anew. What other keys than Ctrl+Z do is not here.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

_INTERRUPTED = 130

_PATIENCE_S = 1.5
"""How long an end may take. Where the terminal is gone or takes nothing any more, those who write
to it would wait for ever."""

_LOOK_S = 0.5
"""Between two looks whether the terminal is still there."""

_GONE_S = 1.0
"""How long an end may take then, while whoever reads from it is told without rest that there is
nothing."""


def heed(app: App[int]) -> None:
    """Let signals be heard in the thread of the screens, which must be this one. Nothing where it
    is not the main one, as in tests, or where there are no such signals."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        return
    deeds: dict[int, Callable[[], object]] = {
        signal.SIGTERM: partial(_end, app, 0),
        signal.SIGHUP: partial(_end, app, 0),
        signal.SIGINT: partial(_end, app, _INTERRUPTED),
        signal.SIGTSTP: partial(_stand_aside, app, os.getpid()),
        # Textual's own answer to this one would begin anew on a terminal that was never left.
        signal.SIGCONT: partial(app.refresh, layout=True),
    }
    loop = asyncio.get_running_loop()
    for each, deed in deeds.items():
        loop.add_signal_handler(each, deed)
    if not app.is_headless:
        end = partial(loop.call_soon_threadsafe, app.exit, 0)
        threading.Thread(target=_watch, args=(end,), name="terminal", daemon=True).start()


def stop_job(app: App[int]) -> bool:
    """What Ctrl+Z does in other programs: everything that the shell has started with this one is
    stopped, until the shell lets it go on. False where no shell is that could: one that keeps jobs
    gives each a group of its own, apart from the group of the session."""
    if sys.platform == "win32" or os.getpgrp() == os.getsid(0):
        return False
    _stand_aside(app, 0)
    return True


def _end(app: App[int], code: int) -> None:
    """As `q` does, so that the terminal is left as it was."""
    app.exit(code)
    last = threading.Timer(_PATIENCE_S, os._exit, (code,))
    last.daemon = True
    last.start()


def _watch(end: Callable[[], object]) -> None:
    """End when the terminal is gone: SIGHUP comes only to those whose own terminal it was. This is
    no deed of the loop, which may be waiting for just that terminal to take something."""
    ends = [stream.fileno() for stream in (sys.__stdin__, sys.__stderr__) if stream]
    while all(map(_is_there, ends)):
        time.sleep(_LOOK_S)
    with suppress(RuntimeError):  # the loop is over already
        end()
    time.sleep(_GONE_S)
    os._exit(0)


def _is_there(terminal: int) -> bool:
    """Whether somebody holds the other end of a terminal."""
    poll = select.poll()
    poll.register(terminal, 0)
    hung = any(told & (select.POLLHUP | select.POLLERR) for _, told in poll.poll(0))
    return not hung and os.isatty(terminal)


def _stand_aside(app: App[int], whom: int) -> None:
    """Leave the terminal to the shell, and stop a process, or with 0 all of its group, this one
    among them, until it goes on."""
    with app.suspend():
        os.kill(whom, signal.SIGSTOP)
