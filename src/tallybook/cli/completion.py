"""`tally completion`: the script that makes a shell complete command lines of `tally`.

The script asks the program itself at each press of Tab; what it is answered is in `completing`.
"""

from __future__ import annotations

import click

from .app import tally
from .completing import SHELLS, VARIABLE
from .options import run_options
from .shell import say

_CUT, _CUT_ONCE = 'string split ","', 'string split --max 1 ","'
"""click's script for fish loses what stands behind a comma; ours suggests lists."""


@click.command(short_help="commands, options and names at a press of Tab")
@click.argument("name", type=click.Choice(SHELLS), metavar="SHELL")
@run_options
@click.pass_context
def completion(_context: click.Context, name: str, **_options: object) -> int:
    """The script that makes a SHELL (bash, zsh or fish) complete commands, options, and what
    they take: groupings, sources, and the models, projects and sessions of your ledger.

    \b
    bash   tally completion bash > ~/.local/share/bash-completion/completions/tally
    zsh    tally completion zsh > ~/.zfunc/_tally     (with ~/.zfunc in fpath, before compinit)
    fish   tally completion fish > ~/.config/fish/completions/tally.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(name)
    assert kind is not None, "click knows the shells that the argument allows"
    script = kind(tally, {}, "tally", VARIABLE).source().rstrip()
    say(script.replace(_CUT, _CUT_ONCE))
    return 0
