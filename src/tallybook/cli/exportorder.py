"""What `tally export` is asked for: which rows, in which form, into which file.

Words may come in any order; a file is known by its ending.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ..errors import UsageMistake
from ..places import expand
from .shell import Shell

USAGE, SESSIONS, EVENTS = "usage", "sessions", "events"
KINDS = (USAGE, SESSIONS, EVENTS)

FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "csv": KINDS,
        "jsonl": KINDS,
        "json": KINDS,
        "md": (USAGE, SESSIONS),
        "html": (USAGE,),
        "parquet": KINDS,
        "focus": (USAGE,),
    }
)
"""The forms, and of what each can be."""

_ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        ".csv": "csv",
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".json": "json",
        ".md": "md",
        ".markdown": "md",
        ".html": "html",
        ".htm": "html",
        ".parquet": "parquet",
    }
)
_STDOUT = "-"


class Order(NamedTuple):
    """What was asked for. `words` are the groupings and the period; `target` is None for
    stdout."""

    kind: str
    form: str
    words: tuple[str, ...]
    target: Path | None

    @property
    def is_single(self) -> bool:
        """Whether each call is looked at by itself, so that rows can't be grouped."""
        return self.kind == EVENTS or self.form == "focus"

    def is_overview(self, *, grouped: bool) -> bool:
        """Whether it shows the calls in every way, and not in rows of one kind."""
        return self.form == "html" or (self.form == "json" and self.kind == USAGE and not grouped)


def order_of(shell: Shell, words: Sequence[str], output: str | None, form: str) -> Order:
    """An order of the words and options of a command line; `form` is empty if none was told. Raises
    `UsageMistake` where they contradict each other, and for a file whose form nobody can tell."""
    files = [word for word in words if form_of(word)]
    kinds = [word for word in words if word in KINDS]
    named = [*files, *([output] if output else [])]
    if len(named) > 1:
        raise UsageMistake(f"{named[0]} and {named[1]} are two files", hint="give one of them")
    if len(set(kinds)) > 1:
        raise UsageMistake(f"{kinds[0]} and {kinds[1]} are two exports", hint="one after the other")
    for word in words:
        if _is_file_name(word) and not form_of(word):
            raise _formless(word)
    name = named[0] if named else _STDOUT
    order = Order(
        kind=kinds[0] if kinds else USAGE,
        form=form or _told_form(name),
        words=tuple(word for word in words if word not in (*files, *KINDS)),
        target=None if name == _STDOUT else _path(shell, name),
    )
    _check(order)
    return order


def _path(shell: Shell, name: str) -> Path:
    return shell.surroundings.cwd / expand(name, shell.surroundings.home)


def _told_form(name: str) -> str:
    if name == _STDOUT:
        return "csv"
    form = form_of(name)
    if not form:
        raise _formless(name)
    return form


def _formless(name: str) -> UsageMistake:
    hint = f"--output {name} --format {'|'.join(FORMS)}"
    return UsageMistake(f"{name} does not tell what to write", hint=hint)


def _is_file_name(word: str) -> bool:
    """Whether a word looks like a file rather than a grouping or a time."""
    return re.fullmatch(r"\.[A-Za-z]\w{0,9}", Path(word).suffix) is not None


def form_of(name: str) -> str:
    """The form of a file by its ending, empty for another one; `focus.csv` is one of its own."""
    path = Path(name)
    form = _ENDINGS.get(path.suffix.lower(), "")
    return "focus" if form == "csv" and path.stem.lower().endswith("focus") else form


def _check(order: Order) -> None:
    if order.kind not in FORMS[order.form]:
        fitting = [form for form, kinds in FORMS.items() if order.kind in kinds]
        raise UsageMistake(
            f"{order.kind} can't be exported as {order.form}",
            hint=f"tally export {order.kind} --format {'|'.join(fitting)}",
        )
    if order.form == "parquet" and order.target is None:
        raise UsageMistake(
            "Parquet is no text for a terminal", hint=f"tally export {order.kind} usage.parquet"
        )
