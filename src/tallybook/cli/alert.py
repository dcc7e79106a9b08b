"""`tally alert`: who is told of what, and where. Here it is listed, taken away and made mute.

Adding is `alertadd`, trying `alerttest`, what was told so far `alerthistory`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from ..clock import DAY_MS, HOUR_MS, iso
from ..errors import UsageMistake, nearest
from ..exporting.delimited import json_text
from ..format import DASH, count, plain, span
from ..ledger.notices import Mute
from ..settings import Settings, user_file
from ..settings.told import AlertRule
from ..settings.toldvalues import RULES, masked, read_rules
from ..settings.values import Ground
from .alertadd import alert_add
from .alerthistory import alert_history
from .alerttest import alert_test
from .app import NearMissGroup
from .asking import begin, settings_for
from .options import Asked, json_option, run_options
from .shell import Shell, mention, say

SCHEMA = "tallybook.alerts/1"
FIRST = "tally alert add me --on 'quota:*' --to ntfy://ntfy.sh/MY-TOPIC"
"""How to begin."""

_SPAN = re.compile(r"(\d{1,4})\s*(min|m|h|d|w)")
_UNITS_MS: Mapping[str, int] = {
    "min": HOUR_MS // 60,
    "m": HOUR_MS // 60,
    "h": HOUR_MS,
    "d": DAY_MS,
    "w": 7 * DAY_MS,
}


@click.group(cls=NearMissGroup, short_help="be told: list, add, test, mute, rm, history")
def alert() -> None:
    """Be told in time, once, where you look: Discord, Slack, Telegram, mail, a webhook, a
    command, …"""


for _verb in (alert_add, alert_test, alert_history):
    alert.add_command(_verb)


@alert.command("list", short_help="what is told to whom")
@json_option
@run_options
@click.pass_context
def alert_list(context: click.Context, **_options: object) -> int:
    """Every [alert.NAME] of your settings: what it listens to, where it sends, and what is mute.
    Addresses are not shown whole: who has one can write there."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with shell.open_book(settings) as book:
        notices = book.ledger.notices
        mutes = [each for each in notices.mutes() if _lasts(each, shell.now_ms)]
        waiting, _ = notices.waiting()
    if asked.format == "json":
        say(json_text(_json(settings, mutes, waiting)))
        return 0
    lines = _table(shell, asked, settings)
    lines += [f"Mute: {plain(each.rule)}, {_until(each, shell)}" for each in mutes]
    if waiting:
        lines.append(f"{count(waiting, 'delivery', 'deliveries')} on the way: tally alert history")
    say("\n".join(lines))
    return 0


@alert.command("rm", short_help="take one away")
@click.argument("name")
@run_options
@click.pass_context
def alert_rm(context: click.Context, name: str, **_options: object) -> int:
    """Take the table [alert.NAME] out of your own settings file. What was told stays in the
    history."""
    from ..alerts.routing import DIGEST
    from ..settings.writing import drop_table

    shell, asked = begin(context)
    settings, file = settings_for(shell, asked), user_file(shell.surroundings)
    if not drop_table(file, ("alert", name)):
        known = settings.alerts
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else "tally alert list"
        raise UsageMistake(f"there is no [alert.{name}] in {shell.shown(file)}", hint=hint)
    with shell.open_book(settings) as book:
        book.ledger.notices.drop_states(f"{DIGEST}{name}")
        book.ledger.notices.call_off(name, shell.now_ms)
    mention(f"[alert.{name}] taken out of {shell.shown(file)}", quiet=asked.quiet)
    return 0


@alert.command("mute", short_help="send nothing of a rule for a time")
@click.argument("rule")
@click.option("--for", "length", metavar="TIME", help="30min, 2h, 3d, 1w; else until unmute.")
@run_options
@click.pass_context
def alert_mute(context: click.Context, rule: str, length: str | None, **_options: object) -> int:
    """Send nothing of a RULE (quota:daily, limit:*, pace, digest:NAME, *). It is still looked at,
    and what it would have told is in the history."""
    shell, asked = begin(context)
    _demand_rule(rule)
    until_ms = None if length is None else shell.now_ms + _length_ms(length)
    mute = Mute(rule, until_ms, shell.now_ms)
    with shell.open_book(settings_for(shell, asked)) as book:
        book.ledger.notices.mute(mute)
    mention(f"{rule} is mute {_until(mute, shell)}", quiet=asked.quiet)
    return 0


@alert.command("unmute", short_help="send it again")
@click.argument("rule")
@run_options
@click.pass_context
def alert_unmute(context: click.Context, rule: str, **_options: object) -> int:
    """Send a RULE again that was made mute."""
    shell, asked = begin(context)
    with shell.open_book(settings_for(shell, asked)) as book:
        notices = book.ledger.notices
        there = notices.unmute(rule)
        known = [each.rule for each in notices.mutes() if _lasts(each, shell.now_ms)]
    if not there:
        hint = f"mute are {', '.join(known)}" if known else "nothing is mute"
        raise UsageMistake(f"{rule!r} is not mute", hint=hint)
    mention(f"{rule} is sent again", quiet=asked.quiet)
    return 0


def _table(shell: Shell, asked: Asked, settings: Settings) -> list[str]:
    rules = list(settings.alerts.values())
    if not rules:
        return [f"Nobody is told of anything yet. To begin: {FIRST}"]
    from .tables import Column, Ink, draw

    columns = [
        Column(title="Alert", cells=tuple(each.name for each in rules), text=True),
        Column(title="Tells of", cells=tuple(map(_heard, rules)), text=True, listed=True),
        Column(title="At least", cells=tuple(map(_least, rules)), rank=3),
        Column(
            title="To",
            cells=tuple(", ".join(map(masked, each.to)) for each in rules),
            text=True,
            listed=True,
        ),
    ]
    return draw(columns, shell.width, Ink(on=shell.colour and asked.colour))


def _heard(rule: AlertRule) -> str:
    """What a table tells of."""
    digest = [f"@{rule.view} at {rule.at}"] if rule.view else []
    return ", ".join([*rule.on, *digest])


def _least(rule: AlertRule) -> str:
    return f"{rule.at_least} %" if rule.at_least else DASH


def _json(settings: Settings, mutes: list[Mute], waiting: int) -> dict[str, Any]:
    rows = [
        {
            "name": each.name,
            "on": list(each.on),
            "to": [masked(address) for address in each.to],
            "at_least": each.at_least,
            "signed": bool(each.secret),
            "view": each.view or None,
            "at": each.at or None,
            "origin": each.origin,
        }
        for each in settings.alerts.values()
    ]
    muted = [
        {"rule": each.rule, "until": None if each.until_ms is None else iso(each.until_ms, "UTC")}
        for each in mutes
    ]
    return {"schema": SCHEMA, "rows": rows, "mutes": muted, "waiting": waiting}


def _lasts(mute: Mute, now_ms: int) -> bool:
    return mute.until_ms is None or mute.until_ms > now_ms


def _until(mute: Mute, shell: Shell) -> str:
    if mute.until_ms is None:
        return f"until: tally alert unmute '{plain(mute.rule)}'"
    return f"for {span(max(0, mute.until_ms - shell.now_ms))}"


def _demand_rule(rule: str) -> None:
    """Raise `UsageMistake` for what is no rule. Digests are told by their names."""
    from ..alerts.routing import DIGEST

    if rule.startswith(DIGEST):
        return
    try:
        from pathlib import Path

        read_rules([rule], Ground(Path(), Path()))
    except ValueError as problem:
        raise UsageMistake(str(problem), hint=f"rules: {', '.join((*RULES, 'digest:*'))}") from None


def _length_ms(text: str) -> int:
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None or not int(found[1]):
        raise UsageMistake(f"can't read the time {text!r}", hint="--for 30min, 2h, 3d or 1w")
    return int(found[1]) * _UNITS_MS[found[2]]
