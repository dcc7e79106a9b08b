"""How a fault is worded: what happened, why, and what to do next.

Catching errors and their exit codes are the business of `boundary`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import PriceError, SettingsError, TallyError, UsageMistake
from ..format import plain

if TYPE_CHECKING:
    from .shell import Shell

_NEXT: tuple[tuple[type[TallyError], str], ...] = (
    (UsageMistake, "tally help"),
    (SettingsError, "tally help prices, which shows the form of such a file"),
    (PriceError, "tally help prices, which shows the form of such a file"),
    (TallyError, "tally doctor"),
)
"""What to try where an error itself does not say it. Faults of the settings all do, so that one
without is of a file of prices."""


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
    hint = problem.hint or next(hint for kind, hint in _NEXT if isinstance(problem, kind))
    return fault_lines(str(problem), problem.because, hint)


def complain(lines: Iterable[str]) -> None:
    """Say it on stderr."""
    if sys.stderr:  # None if it was closed by `2>&-`
        print("\n".join(lines), file=sys.stderr)


def complain_of(faults: Iterable[SettingsError], shell: Shell) -> int:
    """Say each fault of the settings on stderr; the exit code that they mean, 0 without any."""
    code = 0
    for fault in faults:
        complain(map(shell.hidden, worded(fault)))
        code = fault.exit_code
    return code
