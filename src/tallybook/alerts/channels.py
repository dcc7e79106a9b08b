"""The channels of the settings: `team/0` is the first address of the table `[alert.team]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..settings.told import AlertRule


class Channel(NamedTuple):
    """One address of one table. `secret` signs what is posted there."""

    name: str
    address: str
    secret: str


def channels_of(rule: AlertRule) -> Iterator[Channel]:
    """The channels of a table."""
    for at, address in enumerate(rule.to):
        yield Channel(f"{rule.name}/{at}", address, rule.secret)


def channel_named(rules: Mapping[str, AlertRule], name: str) -> Channel | None:
    """A channel by its name; None where the settings have it no more."""
    rule = rules.get(name.rpartition("/")[0])
    return next((each for each in channels_of(rule) if each.name == name), None) if rule else None


def known_channels(rules: Mapping[str, AlertRule]) -> frozenset[str]:
    """The names of all channels."""
    return frozenset(each.name for rule in rules.values() for each in channels_of(rule))
