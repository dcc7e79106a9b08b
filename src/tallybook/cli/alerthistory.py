"""`tally alert history`: what was told, when, and what became of each delivery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from ..alerts.message import alert_json
from ..clock import iso, local
from ..exporting.delimited import json_text
from ..format import count, plain, span
from ..ledger.notices import Alert, Delivery
from .asking import begin, settings_for
from .options import json_option, run_options
from .shell import Shell, say

SCHEMA = "tallybook.alert-history/1"
_USUAL = 20


@click.command("history", short_help="what was told, and whether it arrived")
@click.argument("rule", default="", metavar="[RULE]")
@click.option("--limit", type=click.IntRange(1), default=_USUAL, metavar="N", help="[20]")
@json_option
@run_options
@click.pass_context
def alert_history(context: click.Context, rule: str, limit: int, **_options: object) -> int:
    """The alerts so far, the newest first, with what became of each delivery; of one RULE
    (quota:daily, quota:*, pace) if it is named."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with shell.open_book(settings) as book:
        notices = book.ledger.notices
        alerts = notices.alerts(limit, rule)
        deliveries = notices.deliveries([each.number for each in alerts])
    if asked.format == "json":
        rows = [{**alert_json(each), "deliveries": _json(each, deliveries)} for each in alerts]
        say(json_text({"schema": SCHEMA, "rows": rows}))
        return 0
    if not alerts:
        say(f"Nothing was told of {plain(rule)} so far." if rule else "Nothing was told so far.")
    for each in alerts:
        say("\n".join(_lines(shell, settings.tz, each, deliveries)))
    return 0


def _lines(shell: Shell, tz: str, alert: Alert, deliveries: Sequence[Delivery]) -> Iterator[str]:
    from .tables import folded

    head = f"{local(alert.at_ms, tz):%Y-%m-%d %H:%M}  {alert.severity}  {plain(alert.rule)}"
    yield head + (f" {plain(alert.subject)}" if alert.subject else "")
    yield from (f"  {line}" for line in folded(plain(alert.title), shell.width - 2))
    own = [each for each in deliveries if each.alert.number == alert.number]
    for each in own:
        text = f"{each.channel} {_became(shell, each)}"
        yield from (f"    {line}" for line in folded(shell.hidden(text), shell.width - 4))
    if not own:
        yield "    sent to nobody: no [alert.NAME] tells of it, or it was mute"


def _became(shell: Shell, delivery: Delivery) -> str:
    if delivery.state == "sent":
        return "sent"
    why = f": {delivery.trouble}" if delivery.trouble else ""
    if delivery.state == "lost":
        return f"given up after {count(delivery.tries, 'try', 'tries')}{why}"
    left = max(0, delivery.due_ms - shell.now_ms)
    return f"waits, next try {f'in {span(left)}' if left else 'now'}{why}"


def _json(alert: Alert, deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
    return [
        {
            "channel": each.channel,
            "state": each.state,
            "tries": each.tries,
            "next_try": iso(each.due_ms, "UTC") if each.state == "waiting" else None,
            "trouble": each.trouble or None,
        }
        for each in deliveries
        if each.alert.number == alert.number
    ]
