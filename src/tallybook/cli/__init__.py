"""The command line. `main` is the entry point of the command `tally`.

Only the shortest ways to `tally --version` and `tally statusline` are found here; everything else
loads when needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .. import __version__


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
