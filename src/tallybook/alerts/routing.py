"""Which channels an alert goes to: what the settings' tables `[alert.NAME]` listen to, and what is
mute at the moment.

How a channel is reached is decided elsewhere; here it is only a name, such as `team/0`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..ledger.notices import Alert, Mute
from ..settings.told import AlertRule
from .sighting import SEVERITIES, severity_of

DIGEST = "digest:"
"""How the rule of a table with a `view` begins: it goes to that table's own addresses alone."""

_OF_LIMITS = ("quota:", "limit:")
"""How the rules begin whose level is a part of a limit."""


def channels_for(
    rules: Mapping[str, AlertRule], alert: Alert, mutes: Iterable[Mute]
) -> tuple[str, ...]:
    """The channels of an alert: `team/0` is the first address of `[alert.team]`. There are none
    while its rule is mute."""
    if is_mute(alert.rule, mutes, alert.at_ms):
        return ()
    return tuple(
        f"{name}/{number}"
        for name, rule in rules.items()
        if _hears(rule, alert)
        for number in range(len(rule.to))
    )


def is_mute(rule: str, mutes: Iterable[Mute], now_ms: int) -> bool:
    """Whether nothing of a rule is sent at a moment."""
    lasting = (each for each in mutes if each.until_ms is None or each.until_ms > now_ms)
    return any(fits(each.rule, rule) for each in lasting)


def fits(pattern: str, rule: str) -> bool:
    """Whether a rule is meant by its name, by a beginning with `*`, or by `*`."""
    if pattern.endswith("*"):
        return rule.startswith(pattern[:-1])
    return rule == pattern


def _hears(rule: AlertRule, alert: Alert) -> bool:
    if alert.rule.startswith(DIGEST):
        return bool(rule.view) and alert.rule == f"{DIGEST}{rule.name}"
    heard = any(fits(pattern, alert.rule) for pattern in rule.on)
    return heard and _is_enough(alert, rule.at_least)


def _is_enough(alert: Alert, least: int) -> bool:
    """Whether an alert is as bad as so many per cent of a limit. One that speaks of none is held
    against how bad that would be: from 90 on a notice is not enough, from 100 on no warning."""
    if alert.rule.startswith(_OF_LIMITS):
        return alert.level >= least
    return SEVERITIES.index(alert.severity) >= SEVERITIES.index(severity_of(least))
