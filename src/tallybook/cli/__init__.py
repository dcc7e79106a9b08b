"""The command line. `program` is the entry point of the command `tally`, `main` that of others.

Only the shortest ways to `tally --version` and `tally statusline` are found here; everything else
loads when needed.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence

from .. import __version__

GARBAGE = 50_000
"""New objects before cycles among them are looked for. Loading a command makes about as many and no
cycles; by Python's own measure of a few hundred they would be searched a hundred times."""


def program() -> None:
    """Run the command line of this process, and end it. Python's own end takes everything apart
    that the system takes back anyway, which costs a sixth of a short command's time."""
    gc.set_threshold(GARBAGE, 10, 10)
    code = main()
    if _is_alone() and not _is_watched():
        atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage] - as Python's own end does
        if _is_told():
            os._exit(code)
    sys.exit(code)


def _is_told() -> bool:
    """Whether all that was written is out. What a stream can't take, Python's own end tells."""
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):
        return False
    return True


def _is_watched() -> bool:
    """Whether somebody wants to see Python's own end: a profiler, a debugger, `python -i`."""
    flags = sys.flags
    return bool(flags.inspect or flags.dev_mode or sys.getprofile() or sys.gettrace())


def _is_alone() -> bool:
    """Whether no other thread has anything left to do."""
    threading = sys.modules.get("threading")
    return threading is None or threading.active_count() == 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["-V"]) and sys.stdout and sys.stdout is sys.__stdout__:
        try:
            # Past the buffer, which would keep what could not be written and try it once more.
            os.write(sys.stdout.fileno(), f"tally {__version__}{os.linesep}".encode())
            return 0
        except OSError:
            pass  # tried again below, where a full disk is told as what it is
    if arguments[:1] == ["statusline"] and argv is None:
        from .statuslinequick import answered

        if answered(arguments[1:]):
            return 0
    if argv is None and (asked := os.environ.get("_TALLY_COMPLETE")):
        from .completing import answer

        return answer(asked)
    try:
        from .boundary import run

        return run(arguments)
    except KeyboardInterrupt:  # while it was still loading; later it is told as what it is
        return 130
