"""The error boundary of the command line: every way a command can end, as an exit code.

How an error is worded is `faults`, what is wrong with the streams `streams`. No traceback is
shown without `--debug`. What a command does is not here.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable, Sequence

import click

from ..errors import TallyError, nearest
from .app import COMMANDS, arrange, tally
from .exits import INTERRUPTED
from .faults import complain, fault_lines, worded
from .shell import Shell
from .streams import abandon, is_closed, make_safe

_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""What a stream answers when its disk or device takes no more; files that we open ourselves are
named in such an error."""


def run(arguments: Sequence[str], shell: Shell | None = None) -> int:
    """Run one command line in a shell (default: the real one) and return its exit code."""
    debug = "--debug" in arguments
    make_safe()
    if is_closed():
        complain(fault_lines("stdout is closed", "there is nowhere to answer", "leave out >&-"))
        return 1
    try:
        code = _invoke(arguments, shell)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader left, as `head` does: no error, also at shutdown
        abandon()
        return 0
    except (KeyboardInterrupt, click.Abort):
        hint = "run it again: what was recorded stays, nothing is lost"
        complain(fault_lines("interrupted", hint=hint))
        return INTERRUPTED
    except Exception as problem:
        if debug and not isinstance(problem, click.ClickException):
            raise
        return _failed(problem, arguments, shell)
    return code


def _invoke(arguments: Sequence[str], shell: Shell | None) -> int:
    try:
        shell = shell or Shell.real()
        with tally.make_context("tally", arrange(arguments, shell), obj=shell) as context:
            code = tally.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return code if isinstance(code, int) else 0


def _failed(problem: Exception, arguments: Sequence[str], shell: Shell | None) -> int:
    """Say what went wrong; the exit code of that kind of error."""
    if isinstance(problem, click.ClickException):
        return _misused(problem, arguments)
    if isinstance(problem, TallyError):
        complain(_homely(worded(problem), shell))
        return problem.exit_code
    if isinstance(problem, OSError):
        return _refused(problem, shell)
    complain(
        fault_lines(
            "this should not have happened",
            f"{type(problem).__name__}: {problem}",
            "run it again with --debug and report what it prints",
        )
    )
    return 1


def _homely(lines: Iterable[str], shell: Shell | None) -> Iterable[str]:
    """The home as `~`, as in answers; unless it is the surroundings that can't be told."""
    try:
        return map((shell or Shell.real()).hidden, lines)
    except OSError:
        return lines


def _refused(problem: OSError, shell: Shell | None) -> int:
    """The system said no. When it is the answer that can't be written (a full disk behind a
    redirection), what is left of it must not be tried again when Python ends."""
    what = problem.strerror or str(problem)
    if problem.filename is None and problem.errno in _UNWRITABLE:
        abandon()
        complain(fault_lines("the answer can't be written", what, "write it somewhere else"))
    else:
        where = f": {os.fsdecode(problem.filename)}" if problem.filename else ""
        hint = "mend the permissions or the path; tally doctor tells what was found"
        lines = fault_lines(f"{what[:1].lower()}{what[1:]}{where}", hint=hint)
        complain(_homely(lines, shell))
    return 1


def _misused(problem: click.ClickException, arguments: Sequence[str]) -> int:
    context = problem.ctx if isinstance(problem, click.UsageError) else None
    path = context.command_path if context else _command_of(arguments)
    hint, message = f"{path} --help", problem.format_message().rstrip(".")
    if isinstance(problem, click.NoSuchOption):
        message = f"{path} has no option {problem.option_name}"
        hint = nearest(problem.option_name, problem.possibilities or ()) or hint
    elif isinstance(problem, click.BadParameter):
        hint = _nearest_choice(problem, message) or hint
    complain(fault_lines(message[:1].lower() + message[1:], hint=hint))
    return problem.exit_code


def _command_of(arguments: Sequence[str]) -> str:
    """The command of a line that click gave up before it knew the command."""
    first = next(iter(arrange(arguments)), "")
    return f"tally {first}" if first in COMMANDS else "tally"


def _nearest_choice(problem: click.BadParameter, message: str) -> str | None:
    """The one of a few allowed words that was probably meant."""
    kind = problem.param.type if problem.param else None
    said = re.search(r"'([^']*)' is not one of", message)
    if not isinstance(kind, click.Choice) or said is None:
        return None
    close = nearest(said[1], map(str, kind.choices))
    return f"did you mean {close}?" if close else None
