"""The tree of commands. Each command lives in a module of its own, which loads when used.

Nothing is done here: no settings, no ledger, no output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

import click

from .. import __version__
from ..errors import UsageMistake, nearest


class Entry(NamedTuple):
    """Where a command lives (its module and its name there) and its line in the help."""

    module: str
    name: str
    line: str


COMMANDS: Mapping[str, Entry] = {
    "today": Entry("today", "today", "today at a glance (this is what `tally` alone does)"),
    "usage": Entry("usage", "usage", "what was used, by day, model, project, …"),
    "sessions": Entry("sessions", "sessions", "recent sessions with their titles"),
    "session": Entry("session", "session", "one session, down to a single round"),
    "sync": Entry("sync", "sync", "read the agents' histories into the ledger"),
    "demo": Entry("demo", "demo", "see it work on sample histories"),
    "source": Entry("source", "source", "the agents that can be read: list, explain, test"),
    "price": Entry("price", "price", "the price book: list, show"),
    "ledger": Entry("ledger", "ledger", "the ledger: path, info, verify"),
    "config": Entry("config", "config", "the settings: show, path"),
    "doctor": Entry("doctor", "doctor", "what was found, what was not, and why"),
    "help": Entry("help", "help_topic", "topics: time, filters, output, notes, …"),
}

ALIASES: Mapping[str, tuple[str, ...]] = {
    "daily": ("usage", "day"),
    "weekly": ("usage", "week"),
    "monthly": ("usage", "month"),
}
"""Other names for whole beginnings of a command line."""

_SWITCHES = frozenset(
    {"--json", "--no-sync", "--quiet", "-q", "--no-color", "-v", "--verbose", "--debug"}
)
_OWN = frozenset({"--help", "-h", "--version", "-V"})


class NearMissGroup(click.Group):
    """A group that answers a misspelt command with the nearest one, and none with its help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, but no command at all is no mistake."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown name is our own error with a suggestion."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is not None:
            return name, command, args[1:]
        known = [*self.list_commands(ctx), *(ALIASES if ctx.parent is None else ())]
        close = nearest(name, known)
        hint = f"{ctx.command_path} {close}" if close else f"{ctx.command_path} --help"
        raise UsageMistake(f"{ctx.command_path} has no command {name!r}", hint=hint)


class _Tally(NearMissGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As below, with the words that an alias stands for put behind it."""
        _, *words = ALIASES.get(args[0], (args[0],))
        name, command, rest = super().resolve_command(ctx, args)
        return name, command, [*words, *rest]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command of a name or of an alias, loaded now."""
        entry = COMMANDS.get(ALIASES.get(cmd_name, (cmd_name,))[0])
        if entry is None:
            return None
        found = getattr(import_module(f".{entry.module}", __package__), entry.name)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])


def arrange(arguments: Sequence[str]) -> list[str]:
    """The command line as click takes it: no command means `today`, and switches before the
    command go behind it."""
    given = list(arguments)
    if given and given[0] in _OWN:
        return given
    first = next((i for i, word in enumerate(given) if not word.startswith("-")), len(given))
    leading, rest = given[:first], given[first:]
    if rest and (not leading or (rest[0] in {*COMMANDS, *ALIASES} and {*leading} <= _SWITCHES)):
        return [rest[0], *leading, *rest[1:]]
    return ["today", *given]


@click.group(
    cls=_Tally,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command has --help. Topics: tally help time, tally help filters, …",
)
@click.version_option(__version__, "--version", "-V", message="tally %(version)s")
def tally() -> None:
    """Count every token of your AI coding agents once, price it, keep it.

    Without a command: today at a glance.
    """
