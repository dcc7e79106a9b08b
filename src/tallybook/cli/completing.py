"""What Tab is answered: commands and options as click knows them, and the values they take.

Asked by the scripts of `tally completion`, in a process of its own for each press of Tab. So it
has to be quick, and it never says an error: where nothing is known, nothing is suggested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from ..errors import TallyError
from .app import arrange, tally
from .suggested import VALUES, Values, setting_values_of

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_TALLY_COMPLETE"
"""Set by the scripts: which shell asks, and for what."""

_BREAKS = "=:"
"""Where bash, by itself, ends one word and begins the next."""


def answer(instruction: str) -> int:
    """Print what the script of a shell has asked for; the exit code."""
    name, _, task = instruction.partition("_")
    kind = get_completion_class(name)
    if kind is None or task != "complete":
        return 1
    asked = kind(tally, {}, "tally", VARIABLE)
    words, typed = asked.get_completion_args()
    if name == "bash":
        words, typed = _glued(words, typed)
    for item in suggestions(asked, words, typed):
        if name == "bash":
            item.value = _as_bash_has_it(item, typed)
        click.echo(asked.format_completion(item).encode())  # bytes: whatever the locale is
    return 0


def suggestions(
    asked: ShellComplete, words: Sequence[str], typed: str
) -> Iterator[CompletionItem[str]]:
    """Whole words that may stand where `typed` stands, behind the other words."""
    name, sign, value = typed.partition("=")
    option = f"{name}{sign}" if sign and typed.startswith("-") else ""
    try:
        line = arrange([*words, "_"])[:-1]  # as if something stood here already
        _teach(line)
        found = asked.get_completions([*line, name] if option else line, value if option else typed)
        if not line and typed.startswith("-"):  # without a command they are those of `today`
            _teach(["today"])
            found += asked.get_completions(["today"], typed)
    except (TallyError, click.ClickException):  # no such command: there is nothing to complete
        return
    for item in found:
        if item.value.startswith(value if option else typed) or item.type != "plain":
            item.value = f"{option}{item.value}"
            yield item


_LISTS = frozenset({"by", "fields"})
"""Parameters whose value is a list divided by commas."""


class _Suggested(click.ParamType[str]):
    """The type of a parameter for which we know values. Any text passes."""

    name = "text"

    def __init__(self, values: Values) -> None:
        self._values = values

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """The values that begin with what was typed; of a list, those of its last part."""
        listed = param.name in _LISTS and "," in incomplete
        before = incomplete[: incomplete.rindex(",") + 1] if listed else ""
        typed = incomplete[len(before) :]
        return [
            CompletionItem(before + each.text, help=each.about or None)
            for each in self._values(typed)
            if each.text.startswith(typed) and each.text.isprintable()
        ]


def _teach(line: Sequence[str]) -> None:
    """Give the parameters of the command that a line is about the values we know. They are
    those of this process alone, which ends with the answer."""
    command: click.Command = tally
    for word in line:
        if not isinstance(command, click.Group):
            break
        with click.Context(command) as context:
            command = command.get_command(context, word) or command
    for each in command.params:
        values = VALUES.get(f"{command.name} {each.name}") or VALUES.get(str(each.name))
        if list(line[:2]) == ["config", "set"] and each.name == "values" and line[2:]:
            values = setting_values_of(line[2])
        if values is not None:
            each.type = _Suggested(values)


def _glued(words: Sequence[str], typed: str) -> tuple[list[str], str]:
    """The words as they were typed: bash gives `--source=cl` as three of them."""
    glued: list[str] = []
    for word in (*words, typed):
        breaks = word != "" and not word.strip(_BREAKS)
        if glued and (breaks or glued[-1].endswith(tuple(_BREAKS))):
            glued[-1] += word
        else:
            glued.append(word)
    return glued[:-1], glued[-1]


def _as_bash_has_it(item: CompletionItem[str], typed: str) -> str:
    """Only what stands behind the last break of a word, with everything marked that bash
    would take for its own; all marks twice, as click's script takes one of each two away."""
    begun = max((typed.rfind(mark) for mark in _BREAKS), default=-1) + 1
    rest = item.value[begun:] if item.type == "plain" else item.value
    return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", rest).replace("\\", "\\\\")
