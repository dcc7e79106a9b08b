"""What is sent: one message of one alert, or of many where many are due at once.

The words of an alert are its rule's. Who it is sent to, and how, is not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from ..clock import iso
from ..format import plain
from ..ledger.notices import Alert, Delivery, Severity
from .sighting import SEVERITIES
from .spans import bounds

SCHEMA = "tallybook.alert/1"

MANY = 5
"""Of more than so many alerts that are due for one channel, one message is made."""

LISTED = 20
"""Of so many it has the titles, the gravest first: services take no text of any length."""


class Message(NamedTuple):
    """One message. `number` is the same each time that it is sent, so that a receiver can drop what
    it has already; `body` is the JSON of webhooks and commands, `at_ms` when it was raised."""

    number: str
    title: str
    text: str
    severity: Severity
    at_ms: int
    body: str
    rule: str
    subject: str = ""
    level: int = 0


def messages(due: Sequence[Delivery]) -> tuple[tuple[Message, tuple[Delivery, ...]], ...]:
    """What to send of all that is due for one channel, each with the deliveries that it settles: a
    storm is one message."""
    if len(due) > MANY:
        return ((_digest(due), tuple(due)),)
    return tuple((_single(each), (each,)) for each in due)


def trial(name: str, now_ms: int) -> Message:
    """A message that says itself that it is a test."""
    alert = Alert(
        number=0,
        rule="test",
        subject=name,
        window="",
        level=0,
        severity="notice",
        at_ms=now_ms,
        title="Tallybook: a test",
        text=f"This is a test of the alerts [{name}]. Nothing has happened.",
    )
    return _single(Delivery(number=0, alert=alert, channel=name))


def number_of(delivery: Delivery) -> str:
    """The lasting number of a delivery, which is no other's, whatever ledger it is in."""
    alert = delivery.alert
    parts = (alert.rule, alert.subject, alert.window, str(alert.level), str(alert.at_ms))
    text = "\x1f".join((*parts, delivery.channel))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _single(delivery: Delivery) -> Message:
    alert = delivery.alert
    number = number_of(delivery)
    title = plain(alert.title)
    return Message(
        number=number,
        title=title,
        text=alert.text,
        severity=alert.severity,
        at_ms=alert.at_ms,
        body=_body(number, title, alert.text, alert.severity, [delivery]),
        rule=alert.rule,
        subject=alert.subject,
        level=alert.level,
    )


def _digest(due: Sequence[Delivery]) -> Message:
    worst = max((each.alert for each in due), key=lambda each: SEVERITIES.index(each.severity))
    numbers = "".join(map(number_of, due))
    number = blake2b(numbers.encode(), digest_size=16).hexdigest()
    title = f"{len(due)} alerts, the gravest: {plain(worst.title)}"
    gravest = sorted(due, key=lambda each: -SEVERITIES.index(each.alert.severity))
    lines = [f"- {plain(each.alert.title)}" for each in gravest[:LISTED]]
    if len(due) > LISTED:
        lines.append(f"… and {len(due) - LISTED} more: tally alert history")
    text = "\n".join(lines)
    return Message(
        number=number,
        title=title,
        text=text,
        severity=worst.severity,
        at_ms=due[-1].alert.at_ms,
        body=_body(number, title, text, worst.severity, due),
        rule=worst.rule,
        subject=worst.subject,
        level=worst.level,
    )


def _body(number: str, title: str, text: str, severity: Severity, due: Sequence[Delivery]) -> str:
    told = {
        "schema": SCHEMA,
        "delivery": number,
        "title": title,
        "text": text,
        "severity": severity,
        "alerts": [{"delivery": number_of(each), **alert_json(each.alert)} for each in due],
    }
    return json.dumps(told, ensure_ascii=False)


def alert_json(alert: Alert) -> Mapping[str, object]:
    """One alert for programs."""
    return {
        "rule": alert.rule,
        "subject": alert.subject,
        "window": _window(alert.window),
        "level": alert.level,
        "severity": alert.severity,
        "at": iso(alert.at_ms, "UTC"),
        "title": alert.title,
        "text": alert.text,
        "facts": json.loads(alert.facts),
    }


def _window(name: str) -> Mapping[str, str | None] | None:
    since, until = (None if each is None else iso(each, "UTC") for each in bounds(name))
    return {"since": since, "until": until} if since or until else None
