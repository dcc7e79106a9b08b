"""An answer in JSON through the program `jq`, if the machine has it.

The expression is jq's own business; nothing of its language is known here.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from io import StringIO

from ..errors import UsageMistake
from .shell import say

_MISSING = "give the JSON to a program of your own: tally … --json | …"


@contextmanager
def through_jq(expression: str) -> Generator[None, None, None]:
    """What is said on stdout meanwhile goes through `jq`, and what jq makes of it is said.
    Raises `UsageMistake` where there is no jq, and for an expression that it refuses."""
    from shutil import which

    program = which("jq")
    if program is None:
        raise UsageMistake("the program jq is not installed", hint=_MISSING)
    with redirect_stdout(StringIO()) as held:
        yield
    if held.getvalue():
        say(_filtered(program, expression, held.getvalue()))


def _filtered(program: str, expression: str, text: str) -> str:
    import subprocess

    # A blank before it, so that jq takes no expression for an option.
    command = [program, f" {expression}"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        because = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UsageMistake(f"jq refuses {expression!r}", because=because, hint="man jq")
    return done.stdout.decode(errors="replace").rstrip("\n")
