"""`tally statusline`: the command with all its options. Bars themselves are answered by
`statuslinequick`, which loads none of this."""

from __future__ import annotations

import click

from ..errors import UsageMistake, nearest
from ..places import data_folder
from .shell import Shell, say
from .statuslinefiles import Files
from .statuslineforms import FORMATS
from .statuslinehanded import handed_by, read_stdin
from .statuslinepieces import NAMES
from .statuslinequick import Wanted, answer_of, context_of, line_of
from .statuslinerefresh import refresh_all
from .statuslinesnippets import SNIPPETS


@click.command(short_help="one line for Claude Code, tmux, prompts, waybar")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="claude", help="Who shows it. [claude]"
)
@click.option("--template", metavar="TEXT", help="What stands in it: {session}, {today? · %}, …")
@click.option("--quota", metavar="NAME", help="Show this quota instead of the fullest.")
@click.option("--print", "snippet", type=click.Choice(tuple(SNIPPETS)), help="How to set it up.")
@click.option("--refresh", is_flag=True, help="Find everything out first, and wait for that.")
@click.pass_context
def statusline(
    context: click.Context,
    form: str,
    template: str | None,
    quota: str | None,
    snippet: str | None,
    refresh: bool,
) -> None:
    """One line for a status bar: what this session and today cost, how fast that goes, official
    limits and your own, alerts. Claude Code hands its session over as JSON on stdin.

    It is answered at once with what was found out a few seconds ago, and never fails: a dash is
    unknown, … is being found out, ! is a trouble that tally doctor tells.
    """
    if snippet is not None:
        say(SNIPPETS[snippet])
        return
    _check(template or "")
    shell = context.find_object(Shell) or Shell.real()
    around = shell.surroundings
    handed = handed_by(read_stdin())
    wanted = Wanted(form, template or "", quota or "")
    files = Files(data_folder(around.environ, around.home), around.environ)
    asked = context_of(handed, wanted, str(around.cwd))
    seen_ms = shell.now_ms
    if handed.limits:
        seen_ms = files.hand(handed.session, handed.limits, shell.now_ms)
    if refresh:
        refresh_all(shell, files, [asked])
    answer = answer_of(files, asked)
    say(line_of(answer, handed, wanted, (shell.now_ms, seen_ms), colour=shell.colour))


def _check(template: str) -> None:
    """Raise `UsageMistake` for a piece that there is not: a person is at hand to read it."""
    for part in template.split("{")[1:]:
        name = part.partition("}")[0].partition("?")[0]
        if name.removesuffix("_left") not in NAMES:
            close = nearest(name, NAMES)
            hint = f"did you mean {{{close}}}?" if close else f"there are {', '.join(NAMES)}"
            raise UsageMistake(f"a status line has no piece {{{name}}}", hint=hint)
