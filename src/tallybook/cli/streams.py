"""The streams of the process: closed ones, full ones, and terminals that know few characters.

What is written to them is not here.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress

_PLAIN = {
    "–": "-",
    "─": "-",
    "×": "x",
    "·": ".",
    "→": "->",
    "└": "+",
    "≥": ">=",
    "“": '"',
    "”": '"',
    "’": "'",
    "€": "EUR ",
    "£": "GBP ",
}
"""What stands for a character that a stream can't take. The other ones become `?`."""


def make_safe() -> None:
    """Let no character be an error, and no message fall into the answer: a stream that can't
    take a character gets a plain one, and a closed stderr takes everything and keeps nothing."""
    codecs.register_error("tally", _plainer)
    if not sys.stderr:  # closed by `2>&-`
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="tally")


def is_closed() -> bool:
    """Whether nobody can read the answer, as after `>&-`."""
    return not sys.stdout


def takes(text: str) -> bool:
    """Whether stdout has all these characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def abandon() -> None:
    """Write what is still in the buffer of stdout nowhere: it can't be written where it should
    be, and Python would say so once more when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plainer(problem: UnicodeError) -> tuple[str, int]:
    """The codec's error handler: one character at a time, its width kept where it matters."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    text, at = problem.object, problem.start
    letter, beyond = text[at], text[at + 1 : at + 2]
    if letter == "≥" and beyond == " ":  # in a table: `≥ $1` becomes `>=$1`
        return ">=", at + 2
    if letter == "…":  # in the middle of a cut name, or at the end of a list
        return "~" if at and text[at - 1 : at].isalnum() and beyond.isalnum() else "...", at + 1
    from unicodedata import east_asian_width

    known = _PLAIN.get(letter)
    return known or "?" * (2 if east_asian_width(letter) in "WF" else 1), at + 1
