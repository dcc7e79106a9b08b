"""The error boundary of the command line: every way a command can end, as an exit code.

Errors are worded here as `error: … / because: … / try: …` on stderr. No traceback is shown
without `--debug`. What a command does is not here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ..errors import TallyError
from ..format import plain
from ..query import nearest
from .app import arrange, tally
from .shell import Shell

INTERRUPTED = 130


def run(arguments: Sequence[str], shell: Shell | None = None) -> int:
    """Run one command line in a shell (default: the real one) and return its exit code."""
    debug = "--debug" in arguments
    _make_streams_safe()
    try:
        with tally.make_context("tally", arrange(arguments), obj=shell or Shell.real()) as context:
            code = tally.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except BrokenPipeError:
        return _reader_left()
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted", hint="run it again: what was recorded stays, nothing is lost")
        return INTERRUPTED
    except Exception as problem:
        if debug and not isinstance(problem, click.ClickException):
            raise
        return _failed(problem)
    return code if isinstance(code, int) else 0


def _failed(problem: Exception) -> int:
    """Say what went wrong; the exit code of that kind of error."""
    if isinstance(problem, click.ClickException):
        return _misused(problem)
    if isinstance(problem, TallyError):
        complain(str(problem), problem.because, problem.hint)
        return problem.exit_code
    if isinstance(problem, OSError):
        complain(problem.strerror or str(problem), str(problem), "add --debug to see where")
        return 1
    complain(
        "this should not have happened",
        f"{type(problem).__name__}: {problem}",
        "run it again with --debug and report what it prints",
    )
    return 1


def complain(message: str, because: str = "", hint: str = "") -> None:
    """Say on stderr what happened, why, and what to do next."""
    lines = [f"error: {message}"]
    lines += [f"  because: {because}"] if because else []
    lines += [f"  try: {hint}"] if hint else []
    print("\n".join(plain(line) for line in lines), file=sys.stderr)


def _misused(problem: click.ClickException) -> int:
    context = problem.ctx if isinstance(problem, click.UsageError) else None
    path = context.command_path if context else "tally"
    hint, message = f"{path} --help", problem.format_message().rstrip(".")
    if isinstance(problem, click.NoSuchOption):
        message = f"{path} has no option {problem.option_name}"
        hint = nearest(problem.option_name, problem.possibilities or ()) or hint
    complain(message[:1].lower() + message[1:], hint=hint)
    return problem.exit_code


def _reader_left() -> int:
    """The reader of our output went away (as `head` does): be quiet, also at shutdown."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _make_streams_safe() -> None:
    """A terminal that can't show a character gets `?`, never an error."""
    import io

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
