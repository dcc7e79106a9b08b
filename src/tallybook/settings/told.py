"""The shapes of what settings say about being told: alert rules, saved views, probes.

How they are read from tables is `tallybook.settings.tables`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """A table `[alert.NAME]`: which rules it listens to (`quota:daily`, `quota:*`, `limit:*`,
    `pace`, `unpriced`, `silent`, `cache`, `*`), where it sends what they tell, from which per cent
    on. `to` are addresses as they stand in the file: one of Apprise's URLs, `https://…` for a
    signed webhook, `command:…`, or `env:NAME` for a variable that holds one. `secret` signs
    webhooks, and may be `env:NAME`, too. With `view` and `at` it is a digest: what the view shows,
    sent at that time (`09:00`, `monday 09:00`, `1 09:00`)."""

    name: str
    on: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    at_least: int = 0
    secret: str = ""
    view: str = ""
    at: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A table `[view.NAME]`: `usage` is what stands behind `tally usage`, as words."""

    name: str
    usage: tuple[str, ...]
    title: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A table `[probe.NAME]`: the user's word that a provider may be asked for its official limits
    with the credentials that are there. `every_s` is how old an answer may get before it is asked
    for again. `key` names the variable that holds an API key, where that is not the usual one.
    `url` is where it is asked instead of the provider's own address, as at a gateway of one's own:
    the credentials go there."""

    name: str
    consent: bool
    every_s: int = 300
    key: str = ""
    url: str = ""
    origin: str = ""
