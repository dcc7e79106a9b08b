"""The error boundary of the command line: every way a command can end, as an exit code.

How an error is worded is `faults`, what is wrong with the streams `streams`. No traceback is
shown without `--debug`. What a command does is not here.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence

import click

from ..errors import TallyError, nearest
from .app import arrange, tally
from .faults import complain, fault_lines, worded
from .shell import Shell
from .streams import abandon, is_closed, make_safe

INTERRUPTED = 130

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
        return _failed(problem)
    return code


def _invoke(arguments: Sequence[str], shell: Shell | None) -> int:
    try:
        with tally.make_context("tally", arrange(arguments), obj=shell or Shell.real()) as context:
            code = tally.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return code if isinstance(code, int) else 0


def _failed(problem: Exception) -> int:
    """Say what went wrong; the exit code of that kind of error."""
    if isinstance(problem, click.ClickException):
        return _misused(problem)
    if isinstance(problem, TallyError):
        complain(worded(problem))
        return problem.exit_code
    if isinstance(problem, OSError):
        return _refused(problem)
    complain(
        fault_lines(
            "this should not have happened",
            f"{type(problem).__name__}: {problem}",
            "run it again with --debug and report what it prints",
        )
    )
    return 1


def _refused(problem: OSError) -> int:
    """The system said no. When it is the answer that can't be written (a full disk behind a
    redirection), what is left of it must not be tried again when Python ends."""
    what = problem.strerror or str(problem)
    if problem.filename is None and problem.errno in _UNWRITABLE:
        abandon()
        complain(fault_lines("the answer can't be written", what, "write it somewhere else"))
    else:
        complain(fault_lines(what, str(problem), "tally doctor, or add --debug to see where"))
    return 1


def _misused(problem: click.ClickException) -> int:
    context = problem.ctx if isinstance(problem, click.UsageError) else None
    path = context.command_path if context else "tally"
    hint, message = f"{path} --help", problem.format_message().rstrip(".")
    if isinstance(problem, click.NoSuchOption):
        message = f"{path} has no option {problem.option_name}"
        hint = nearest(problem.option_name, problem.possibilities or ()) or hint
    complain(fault_lines(message[:1].lower() + message[1:], hint=hint))
    return problem.exit_code
