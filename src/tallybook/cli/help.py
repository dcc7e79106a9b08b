"""`tally help [TOPIC]`: a topic, or the help of a command. The texts are in `topics`."""

from __future__ import annotations

import click

from ..errors import UsageMistake, nearest
from .app import ALIASES, COMMANDS
from .options import run_options
from .shell import say
from .topics import TOPICS

__all__ = ["TOPICS", "help_topic"]


@click.command("help", short_help="topics: time, filters, output, notes, …")
@click.argument("topic", nargs=-1, metavar="[TOPIC|COMMAND]…")
@run_options
@click.pass_context
def help_topic(context: click.Context, topic: tuple[str, ...], **_options: object) -> int:
    """Help on a TOPIC (time, filters, output, notes, exit-codes, settings, environment,
    prices, currencies) or on a COMMAND, such as: tally help config set."""
    root = context.find_root()
    first = " ".join(topic)
    if not topic:
        say(root.get_help())
        say(f"\nTopics: {', '.join(TOPICS)}")
    elif first in TOPICS:
        say(TOPICS[first].rstrip())
    else:
        say(_of_command(root, topic))
    return 0


def _of_command(root: click.Context, words: tuple[str, ...]) -> str:
    """The help of the command that words name. Raises `UsageMistake` if there is none."""
    command, context = root.command, root
    for word in words:
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is None:
            raise _no_topic(" ".join(words), command, context)
        command, context = found, click.Context(found, info_name=word, parent=context)
    return command.get_help(context)


def _no_topic(name: str, command: click.Command, context: click.Context) -> UsageMistake:
    above = context.command_path.partition(" ")[2]
    below = command.list_commands(context) if isinstance(command, click.Group) else []
    known = [f"{above} {each}".strip() for each in below]
    close = nearest(name, (*TOPICS, *known, *(() if above else (*COMMANDS, *ALIASES))))
    hint = f"tally help {close}" if close else f"topics: {', '.join(TOPICS)}"
    return UsageMistake(f"there is no help topic {name!r}", hint=hint)
