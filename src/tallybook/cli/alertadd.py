"""`tally alert add`: a table `[alert.NAME]` in your own settings file. A digest begins with that.

What such a table may hold is `tallybook.settings.tablekeys`. It is never written into a project's
file: where somebody is told is his own business, and an address is a secret.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import click

from ..errors import SettingsError, UsageMistake
from ..settings import Settings, user_file
from ..settings.told import AlertRule
from ..settings.toldvalues import masked
from .asking import begin, settings_for
from .keepingclose import keep_close, listed
from .options import run_options
from .shell import Shell, mention, say

STDIN = "-"

_HERE = "An address, env:NAME, command:…, or - to be asked for it."


@click.command("add", short_help="tell of a rule at an address")
@click.argument("name")
@click.option("--on", multiple=True, metavar="RULE", help="quota:daily, quota:*, limit:*, pace, …")
@click.option("--to", multiple=True, metavar="ADDRESS", help=_HERE)
@click.option("--at-least", type=click.IntRange(0, 1000), metavar="N", help="From N per cent on.")
@click.option("--secret", metavar="TEXT", help="Signs webhooks; better env:NAME.")
@click.option("--view", metavar="NAME", help="A digest: what this saved view shows.")
@click.option("--at", metavar="TIME", help="When it is sent: '09:00', 'monday 09:00', '1 09:00'.")
@run_options
@click.pass_context
def alert_add(
    context: click.Context, name: str, on: tuple[str, ...], to: tuple[str, ...], **options: object
) -> int:
    """Have rules told at addresses, or more of them where NAME is there already.

    Addresses are those of Apprise (discord://…, slack://…, tgram://…, mailto://…, ntfy://…), of a
    webhook (https://…), a program (command:…) or a variable that holds one (env:NAME). To be sure
    that it arrives: tally alert test NAME
    """
    from ..settings.writing import stored_table, write_table
    from .filehead import user_head

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    addresses = [*_addresses(to)]
    for each in addresses:
        _demand_known(each)
    view = cast("str | None", options["view"])
    if view is not None and view not in settings.views:
        hint = f"views: {', '.join(settings.views) or 'none; tally usage … --save NAME'}"
        raise UsageMistake(f"there is no view {view!r}", hint=hint)
    file = user_file(shell.surroundings)
    before = stored_table(file, ("alert", name)) if file.is_file() else {}
    values = _values(before, on, addresses, options)
    written = write_table(file, ("alert", name), values, head=user_head(shell, file))
    word = "written to" if written else "stands already in"
    say(f"[alert.{name}] {word} {shell.shown(file)}")
    keep_close(shell, file, values, quiet=asked.quiet)
    _take_up(shell, settings_for(shell, replace(asked, quiet=True)), name, quiet=asked.quiet)
    mention(f"To see that it arrives: tally alert test {name}", quiet=asked.quiet)
    return 0


def _take_up(shell: Shell, settings: Settings, name: str, *, quiet: bool) -> None:
    """Say what such a table would never hear of. A digest is new from now on, whenever somebody
    first looks at it."""
    rule = settings.alerts[name]
    for line in _unheard(settings, rule):
        mention(line, quiet=quiet)
    if rule.view:
        from ..alerts.digests import begin_digest

        with shell.open_book(settings) as book:
            begin_digest(book, name, shell.now_ms)


def _unheard(settings: Settings, rule: AlertRule) -> Iterator[str]:
    """What is said of rules that there are none of now. One may yet come, or stand in a project."""
    from .tablefaults import Tables

    for fault in Tables.of(settings).deaf(rule, settings.quotas):
        yield f"warning: {fault}: {fault.because}; {fault.hint}"


def _addresses(given: Sequence[str]) -> Iterator[str]:
    """The addresses, with that of `-` read from stdin, so that no shell remembers it."""
    if given.count(STDIN) > 1:
        raise UsageMistake("--to - can be given once")
    for each in given:
        if each != STDIN:
            yield each
        elif sys.stdin.isatty():
            yield click.prompt("Address", hide_input=True, err=True).strip()
        else:
            address = sys.stdin.readline().strip()
            if not address:
                raise UsageMistake("no address came on stdin", hint="echo ADDRESS | tally alert …")
            yield address


def _demand_known(address: str) -> None:
    """Raise what is wrong with an address, also where no service has one like it."""
    from ..alerts.addresses import kind_of

    if kind_of(address) != "apprise":
        return
    from ..alerts.apprising import knows

    if not knows(address):
        raise SettingsError(
            f"no service has an address such as {masked(address)}",
            because="its kind is not known, or a part of it is missing",
            hint="tally help alerts has examples of each kind",
        )


def _values(
    before: Mapping[str, object],
    on: Sequence[str],
    to: Sequence[str],
    options: Mapping[str, object],
) -> dict[str, object]:
    """What the table is to hold: lists grow, everything else is as it was said last."""
    keys = ("at_least", "secret", "view", "at")
    told = {key: options[key] for key in keys if options[key] is not None}
    values = {**before, **told}
    for key, more in (("on", on), ("to", to)):
        if joined := dict.fromkeys([*listed(before.get(key)), *more]):
            values[key] = list(joined)
    return values
