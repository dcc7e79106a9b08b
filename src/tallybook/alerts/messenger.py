"""A process that carries one message and ends: what hangs can be ended, what it loaded goes with
it, and a fault of a library harms nobody else.

Its errand comes on stdin, where no list of processes shows it; its answer is a line on stdout.
"""

from __future__ import annotations

import os
import sys
import threading

from .wire import Answer, Errand, answer_line, errand_of

_SPARE_S = 2
"""Whoever sent it ends it in time; where that one is gone, it ends by itself so much later."""


def main() -> int:
    """Carry the message that stdin has; the exit code."""
    errand = errand_of(sys.stdin.buffer.readline())
    end = threading.Timer(errand.limit_s + _SPARE_S, os._exit, (1,))
    end.daemon = True
    end.start()
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no answer
    line = answer_line(_carried(errand))
    while line:
        line = line[os.write(out, line) :]
    return 0


def _carried(errand: Errand) -> Answer:
    if errand.kind == "webhook":
        from .posting import post

        return post(errand)
    from .apprising import notify

    return notify(errand)
