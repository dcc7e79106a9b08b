"""How a fault is worded: what happened, why, and what to do next.

Catching errors and their exit codes are the business of `boundary`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from ..errors import SettingsError, TallyError, UsageMistake
from ..format import plain

_NEXT = "tally doctor"


def fault_lines(message: str, because: str = "", hint: str = "") -> list[str]:
    """Three lines, or more where the reason is a list of several lines."""
    reasons = because.splitlines()
    lines = [f"error: {message}"]
    lines += [f"  because: {reasons[0]}"] if reasons else []
    lines += [f"           {more}" for more in reasons[1:]]
    lines += [f"  try: {hint}"] if hint else []
    return [plain(line) for line in lines]


def worded(problem: TallyError) -> list[str]:
    """An error of ours; there is always something to try."""
    hint = problem.hint
    if not hint:
        hint = "tally help" if isinstance(problem, UsageMistake) else _NEXT
    return fault_lines(str(problem), problem.because, hint)


def complain(lines: Iterable[str]) -> None:
    """Say it on stderr."""
    if sys.stderr:  # None if it was closed by `2>&-`
        print("\n".join(lines), file=sys.stderr)


def complain_of(faults: Iterable[SettingsError]) -> int:
    """Say each fault of the settings on stderr; the exit code that they mean, 0 without any."""
    code = 0
    for fault in faults:
        complain(worded(fault))
        code = fault.exit_code
    return code
