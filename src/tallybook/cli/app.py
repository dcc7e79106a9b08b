"""The tree of commands. Each command lives in a module of its own, which loads when used.

Nothing is done here: no settings, no ledger, no output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import click

from .. import __version__
from ..errors import UsageMistake, nearest
from .teaching import HELP, teach, worth_trying

if TYPE_CHECKING:
    from .shell import Shell


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
    "blocks": Entry("blocks", "blocks", "windows of 5 hours, the active one, where it leads"),
    "report": Entry("report", "report", "how it went by day, week, month, and by provider"),
    "advise": Entry("advise", "advise", "what would have been cheaper, priced exactly"),
    "export": Entry("export", "export", "usage, sessions or calls as a file: csv, html, focus, …"),
    "status": Entry("status", "status", "plans, budgets, balances, limits: what stands of them"),
    "quota": Entry("quota", "quota", "limits of your own: list, set, check, rm"),
    "update": Entry("update", "update", "say what was used of a quota: 120, +5, -5"),
    "reset": Entry("reset", "reset", "let a quota begin anew"),
    "alert": Entry("alert", "alert", "be told: list, add, test, mute, rm, history"),
    "record": Entry("record", "record", "enter a call that no log shows"),
    "init": Entry("init", "init", "set up quotas: plans, balances, budgets"),
    "sync": Entry("sync", "sync", "read the agents' histories into the ledger"),
    "watch": Entry("watch", "watch", "follow the histories, live"),
    "ps": Entry("ps", "ps", "the agents that run now, and what they use"),
    "top": Entry("top", "top", "the live screen: agents, sessions, models, limits"),
    "statusline": Entry(
        "statusline", "statusline", "one line for Claude Code, tmux, prompts, waybar"
    ),
    "demo": Entry("demo", "demo", "see it work on sample histories"),
    "source": Entry("source", "source", "the agents that can be read: list, explain, test"),
    "price": Entry("price", "price", "the price book: list, quote, explain, apply, …"),
    "content": Entry("content", "content", "captured words of calls: show, purge"),
    "ledger": Entry("ledger", "ledger", "the ledger: path, info, verify, backup, void, …"),
    "install": Entry("install", "install", "let cron, systemd or launchd read what is new"),
    "config": Entry("config", "config", "the settings: show, get, set, check, …"),
    "doctor": Entry("doctor", "doctor", "what was found, what was not, and why"),
    "mcp": Entry("mcp", "mcp", "answer agents over the Model Context Protocol"),
    "completion": Entry("completion", "completion", "names and options at a press of Tab"),
    "help": Entry("help", "help_topic", "topics: time, filters, output, notes, …"),
}

ALIASES: Mapping[str, tuple[str, ...]] = {
    "daily": ("usage", "day"),
    "weekly": ("usage", "week"),
    "monthly": ("usage", "month"),
    "stats-model": ("usage", "model"),
    "stats-date": ("usage", "day"),
    "list": ("sessions",),
    "show": ("session",),
    "dashboard": ("today",),
}
"""Other names for whole beginnings of a command line."""

_SWITCHES = frozenset(
    (
        *("--json", "-j", "--compact", "--no-sync", "--quiet", "-q", "--no-color", "--color"),
        *("-v", "--verbose", "--debug", "--offline", "-O"),
    )
)
"""What may stand before any command."""
_ALSO_WORDS = frozenset({"today", "session", "source"})
"""Commands that are words of `tally usage` too, and these where its options stand before them."""
_VIEW = "@"
"""What a saved view of `tally usage` begins with."""

_OWN = frozenset({*HELP, "--version", "-V"})


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
        return None if entry is None else _loaded(entry)

    def invoke(self, ctx: click.Context) -> object:
        """As click does, but no option is suggested that would only be refused."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as problem:
            near = problem.possibilities or ()
            near = worth_trying(problem.ctx.command, near) if problem.ctx else near
            raise click.NoSuchOption(
                problem.option_name, possibilities=near, ctx=problem.ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])


def _loaded(entry: Entry) -> click.Command | None:
    """The command of an entry, with the switches that users of other tools know."""
    found = getattr(import_module(f".{entry.module}", __package__), entry.name)
    return teach(found, entry.name) if isinstance(found, click.Command) else None


def arrange(arguments: Sequence[str], shell: Shell | None = None) -> list[str]:
    """The command line as click takes it: no command means `today` (or `usage`, if the options
    are its), options before the command go behind it, and a first word of another tool's
    becomes one of ours."""
    given = list(arguments)
    if given and given[0] in _OWN:
        return given
    leading, rest = _parted(given)
    if rest and (not leading or _opens(rest[0], leading, shell)):
        if rest[0] not in {*COMMANDS, *ALIASES} and not rest[0].startswith(_VIEW):
            from .firstword import translated_words

            rest = translated_words(rest, shell)
        if rest and rest[0].startswith(_VIEW):
            rest.insert(0, "usage")
        named = bool(rest) and not rest[0].startswith("-")
        given = [*rest[:named], *leading, *rest[named:]]
    if given and not given[0].startswith("-"):
        return ["sessions", *given[1:]] if _is_a_list(given) else given
    return ["usage" if given and not _fits_today(given) else "today", *given]


def _parted(given: list[str]) -> tuple[list[str], list[str]]:
    """The options before the first word, with their values, and what is left."""
    first = next((at for at, word in enumerate(given) if not word.startswith("-")), len(given))
    usage = _loaded(COMMANDS["usage"]) if 0 < first < len(given) else None
    if usage is not None:
        from .firstword import options_before

        first = options_before(usage, given)
    return given[:first], given[first:]


def _opens(word: str, leading: Sequence[str], shell: Shell | None) -> bool:
    """Whether the first word behind some options is that of a command line."""
    if word in _ALSO_WORDS and not {*leading} <= _SWITCHES:
        return False
    if word in {*COMMANDS, *ALIASES} or word.startswith(_VIEW):
        return True
    from .firstword import source_of

    return source_of(word, shell) is not None


def _is_a_list(given: Sequence[str]) -> bool:
    if given[0] != "session":
        return False
    from .firstword import lists_sessions

    session = _loaded(COMMANDS["session"])
    return bool(session and lists_sessions(session, given[1:]))


def _fits_today(given: Sequence[str]) -> bool:
    from .firstword import fits

    today = _loaded(COMMANDS["today"])
    return bool(today and fits(today, given))


@click.group(
    cls=_Tally,
    context_settings={"help_option_names": [*HELP], "max_content_width": 100},
    epilog="Every command has --help. Topics: tally help time, tally help filters, …",
)
@click.version_option(__version__, "--version", "-V", message="tally %(version)s")
def tally() -> None:
    """Count every token of your AI agents and gateways once, price it, keep it.

    Without a command: today at a glance.
    """
