"""`tally alert test`: a message that says what it is, to each address, and what became of it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..errors import UsageMistake, nearest
from ..exporting.delimited import json_text
from ..format import plain, span
from ..settings.toldvalues import masked
from .asking import begin, settings_for
from .options import json_option, run_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..alerts.channels import Channel
    from ..settings import Settings

SCHEMA = "tallybook.alert-test/1"


class _Tried(NamedTuple):
    """One address that was tried, and for how long. `trouble` is empty where it was reached."""

    channel: Channel
    trouble: str
    ms: int


@click.command("test", short_help="try every address now")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@json_option
@run_options
@click.pass_context
def alert_test(context: click.Context, names: tuple[str, ...], **_options: object) -> int:
    """Send a test to each address of the alerts, or of the named ones, and tell what became of it.
    The exit code is 1 where one was not reached."""
    shell, asked = begin(context)
    channels = _channels(settings_for(shell, asked), names)
    if not channels:
        mention("nobody is told of anything: tally alert add", quiet=asked.quiet)
        return 0
    with ThreadPoolExecutor(min(8, len(channels))) as threads:
        tried = [*threads.map(_try, channels, [shell.now_ms] * len(channels))]
    if asked.format == "json":
        say(json_text({"schema": SCHEMA, "rows": [_json(each) for each in tried]}))
    else:
        say("\n".join(_line(shell, each) for each in tried))
    return 1 if any(each.trouble for each in tried) else 0


def _channels(settings: Settings, names: tuple[str, ...]) -> list[Channel]:
    from ..alerts.channels import channels_of

    for name in names:
        if name not in settings.alerts:
            near = nearest(name, settings.alerts)
            hint = f"did you mean {near}?" if near else "tally alert list"
            raise UsageMistake(f"there is no [alert.{name}]", hint=hint)
    rules = [settings.alerts[name] for name in names] or settings.alerts.values()
    return [channel for rule in rules for channel in channels_of(rule)]


def _try(channel: Channel, now_ms: int) -> _Tried:
    from ..alerts.dispatching import send
    from ..alerts.message import trial

    begun = time.monotonic()
    name = channel.name.rpartition("/")[0]
    answer = send(trial(name, now_ms), channel.address, channel.secret)
    ms = int((time.monotonic() - begun) * 1000)
    return _Tried(channel, "" if answer.sent else answer.trouble or "no reason is known", ms)


def _json(tried: _Tried) -> dict[str, Any]:
    return {
        "channel": tried.channel.name,
        "to": masked(tried.channel.address),
        "sent": not tried.trouble,
        "trouble": tried.trouble or None,
    }


def _line(shell: Shell, tried: _Tried) -> str:
    where = f"{tried.channel.name}  {plain(masked(tried.channel.address))}"
    if not tried.trouble:
        return f"{where}  sent in {span(tried.ms)}"
    return f"{where}  not sent: {shell.hidden(tried.trouble)}"
