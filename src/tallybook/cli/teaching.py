"""How commands learn the switches of other tools: hidden options, read before the command runs.

Which there are, and what they mean, is `familiar`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, cast

import click

from ..errors import UsageMistake
from .familiar import READING, SWITCHES, Switch, command_name, grouping_words, switches_of
from .shell import Shell, mention

Callback = Callable[[click.Context, click.Parameter, str | bool | None], None]

HELP = ("-h", "--help")
"""The spellings of the option that every command has."""

JQ = "--jq"
"""The option that sends JSON through the program of that name."""

_TOLD = "tallybook.familiar"
"""Where the switches of a command line wait in its context until all of it is read."""


class Said(NamedTuple):
    """Something that a command line says: the option as it is spelled, and the pair that it is
    (see `tallybook.questions`; beside those `format`, and `amounts` with a field of amounts)."""

    flag: str
    key: str
    text: str


def teach(command: click.Command, name: str) -> click.Command:
    """Give a command of ours the switches of others, once; `name` is its name in the tree."""
    known = switches_of(name)
    if known and not any(isinstance(each, _Familiar) for each in command.params):
        taken = {flag for each in command.params for flag in each.opts}
        for option in _options(name, known):
            free = [flag for flag in option.opts if flag not in taken]
            option.opts = free
            taken.update(free)
            command.params += [option] if free else []
    return command


def flags_of(command: click.Command) -> set[str]:
    """Every spelling of an option that a command understands, its own and familiar ones."""
    known = (each for each in command.params if not getattr(each, "answers", False))
    return {*HELP}.union(*((*each.opts, *each.secondary_opts) for each in known))


def worth_trying(command: click.Command, flags: Iterable[str]) -> list[str]:
    """Those options that would do something, out of some that were probably meant."""
    idle = {flag for each in SWITCHES.values() if _is_idle(each) for flag in each.flags}
    return [flag for flag in flags if flag in flags_of(command) - idle]


def translated(context: click.Context) -> list[Said]:
    """What the familiar switches of a command line mean."""
    told = cast("dict[str, tuple[str, str]]", context.meta.get(_TOLD, {}))
    said: list[Said] = []
    for name, (flag, text) in told.items():
        found = SWITCHES[name].understood[command_name(context)](context, text)
        known = {each.text for each in said if each.key == "by"}
        said += [Said(flag, *pair) for pair in found if pair[0] != "by" or pair[1] not in known]
    return said


def counted(context: click.Context, last: str) -> str:
    """A `--last` that is a mere number counts the rows of the table: days, weeks, months."""
    if not last.strip().isdecimal():
        return last
    units = {"hour": "h", "day": "d", "week": "w", "month": "mo"}
    return last.strip() + next(
        (units[word] for word in grouping_words(context) if word in units), "d"
    )


class _Familiar(click.Option):
    """A hidden option that puts its value aside, or only `answers` what takes its place."""

    def __init__(self, name: str, switch: Switch, callback: Callback, *, answers: bool) -> None:
        super().__init__(
            [f"familiar_{name}", *switch.flags],
            is_flag=None if switch.takes else True,
            metavar=switch.takes or None,
            type=click.Choice(switch.takes.split("|")) if "|" in switch.takes else None,
            callback=callback,
            hidden=True,
            expose_value=False,
        )
        self.answers = answers


def _options(command: str, known: Mapping[str, Switch]) -> Iterator[_Familiar]:
    """Every switch as an option; those that the command understands have the first choice of
    spellings."""
    for name in sorted(known, key=lambda each: command not in known[each].understood):
        switch = known[name]
        if command in switch.understood:
            yield _Familiar(name, switch, _aside(name), answers=False)
        elif switch.instead:
            yield _Familiar(name, switch, _refusing(switch), answers=True)
        else:
            yield _Familiar(name, switch, _idle(switch.why), answers=False)
    if command in READING:
        yield _Familiar("color", Switch(("--color",)), _coloured, answers=False)
        yield _Familiar("jq", Switch((JQ,), "EXPR"), _through_jq, answers=False)


def _is_idle(switch: Switch) -> bool:
    return not (switch.understood or switch.instead)


def _aside(name: str) -> Callback:
    def keep(context: click.Context, option: click.Parameter, value: str | bool | None) -> None:
        if value not in (None, False):
            _tell(context, name, option.opts[0], str(value))

    return keep


def _tell(context: click.Context, name: str, flag: str, text: str) -> None:
    told = cast("dict[str, tuple[str, str]]", context.meta.setdefault(_TOLD, {}))
    told[name] = flag, text


def _refusing(switch: Switch) -> Callback:
    def refuse(context: click.Context, option: click.Parameter, value: str | bool | None) -> None:
        if value not in (None, False):
            what = f"{context.command_path} has no option {' or '.join(option.opts)}"
            raise UsageMistake(what, because=switch.why, hint=switch.instead)

    return refuse


def _idle(why: str) -> Callback:
    def pass_over(
        context: click.Context, option: click.Parameter, value: str | bool | None
    ) -> None:
        def tell() -> None:
            if context.params.get("verbose") is True:
                mention(f"{option.opts[0]} changes nothing: {why}")

        if value not in (None, False):
            context.call_on_close(tell)

    return pass_over


def _coloured(context: click.Context, _option: click.Parameter, value: str | bool | None) -> None:
    shell = context.find_object(Shell)
    if value is True and shell is not None:
        context.obj = replace(shell, colour=True)


def _through_jq(context: click.Context, _option: click.Parameter, value: str | bool | None) -> None:
    if isinstance(value, str):
        from .jq import through_jq

        context.with_resource(through_jq(value))
        _tell(context, "json", JQ, value)
