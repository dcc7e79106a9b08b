"""What is wrong with the tables of quotas, alerts, views and probes that only shows beside each
other, and beside the sources and probes there are; and which of a project are not gone by.

What a table alone means is `tallybook.settings.tables`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from ..errors import SettingsError, nearest
from ..periods import Frame
from ..settings import Settings, project_file
from .shell import Shell, mention

if TYPE_CHECKING:
    from ..quota import Quota
    from ..settings.tables import Table
    from ..settings.told import AlertRule, Probe, View

MISSPELT = 0.8
"""How near a name must come to one of ours to be taken for it: one of its words may be the same."""


class Tables(NamedTuple):
    """The tables, by kind and name; `logs` are the names of logs of the settings, which are
    sources, too."""

    quotas: Mapping[str, Quota]
    alerts: Mapping[str, AlertRule]
    views: Mapping[str, View]
    probes: Mapping[str, Probe]
    logs: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> Tables:
        """Those of all settings files."""
        logs = frozenset(settings.logs)
        return cls(settings.quotas, settings.alerts, settings.views, settings.probes, logs)

    @classmethod
    def in_file(cls, values: Mapping[str, object]) -> Tables:
        """Those of one file, of its known values."""
        return cls(
            cast("dict[str, Quota]", _meanings("quota", values)),
            cast("dict[str, AlertRule]", _meanings("alert", values)),
            cast("dict[str, View]", _meanings("view", values)),
            cast("dict[str, Probe]", _meanings("probe", values)),
            frozenset(key.removeprefix("log.") for key in values if key.startswith("log.")),
        )

    def faults(self, frame: Frame, elsewhere: Iterable[str] = ()) -> Iterator[SettingsError]:
        """What is wrong with them; `elsewhere` are the quotas of other files."""
        from ..views import view_faults

        yield from view_faults(self.views, self.alerts, frame)
        yield from self._probe_faults()
        for quota in self.quotas.values():
            yield from self._source_faults(quota)
        for rule in self.alerts.values():
            yield from self.deaf(rule, {*self.quotas, *elsewhere})

    def _probe_faults(self) -> Iterator[SettingsError]:
        """Probes that there are none of."""
        from ..probes import probe_names

        for name, each in self.probes.items():
            if name not in probe_names():
                close = nearest(name, probe_names())
                known = f"there are {', '.join(probe_names())}"
                yield SettingsError(
                    f"unknown probe {name!r} in {_place(each.origin, 'probe', name)}",
                    hint=f"did you mean {close}?" if close else known,
                )

    def _source_faults(self, quota: Quota) -> Iterator[SettingsError]:
        """Sources that are misspelt in the conditions of a quota. Calls that are recorded by hand
        may name any source, so only what comes near to one that is read is a fault."""
        known = self._sources()
        for name in _sources_of(quota):
            close = nearest(name.lower(), known, MISSPELT)
            if close and not any(each.startswith(name) for each in known):
                place = _place(quota.origin, "quota", quota.name, "where")
                yield SettingsError(
                    f"no source is called {name!r}, as the quota {quota.name!r} in {place} has it",
                    because="no call would be held against it",
                    hint=f"did you mean {close}?",
                )

    def deaf(self, rule: AlertRule, quotas: Iterable[str]) -> Iterator[SettingsError]:
        """Rules that an alert listens to and that there are none of."""
        from ..alerts.routing import fits

        there = [*(f"quota:{name}" for name in quotas), *self._limits()]
        for pattern in rule.on:
            kind, colon, name = pattern.partition(":")
            if not colon or name == "*" or any(fits(pattern, each) for each in there):
                continue
            alike = [each for each in there if each.startswith(f"{kind}:")]
            close = nearest(pattern, alike)
            known = f"there are {', '.join(alike)}" if alike else "tally quota list"
            yield SettingsError(
                f"{pattern!r} in {_place(rule.origin, 'alert', rule.name, 'on')} hears nothing",
                because=f"no {_NOUNS[kind]} fits {name!r}",
                hint=f"did you mean {close}?" if close else known,
            )

    def _limits(self) -> Iterator[str]:
        """The rules of official limits: of sources, and of what probes tell of."""
        from ..probes import open_probe, probe_names

        told = (open_probe(each).source for each in probe_names())
        yield from dict.fromkeys(f"limit:{name}" for name in (*self._sources(), *told))

    def _sources(self) -> tuple[str, ...]:
        from ..sources import source_names

        return source_names(sorted(self.logs))


def _sources_of(quota: Quota) -> Iterator[str]:
    for each in quota.where:
        if each.dimension == "source" and each.op != "~":
            yield from each.values


_NOUNS = {"quota": "quota", "limit": "source of official limits"}


def overlooked_faults(settings: Settings) -> Iterator[SettingsError]:
    """Tables of a project that are not gone by."""
    for key, origin in settings.overlooked.items():
        kind, _, name = key.partition(".")
        yield SettingsError(
            f"{key!r} in {_place(origin, kind, name)} is not gone by",
            because=f"your own file has a {kind} of that name, which holds",
            hint="give one of them another name",
        )


def tell_of_project(
    shell: Shell, settings: Settings, names: Container[str] = (), *, quiet: bool
) -> None:
    """Say beside standings what a project has to do with them: quotas, all or those of these names,
    that it has in vain, and prices."""
    tell_overlooked(shell, settings, "quota", names, quiet=quiet)
    origin = settings.origins["prices"]
    if settings.quotas and origin == str(project_file(shell.surroundings)):
        mention(f"amounts are by the prices that {shell.shown(origin)} names", quiet=quiet)


def tell_overlooked(
    shell: Shell, settings: Settings, kind: str, names: Container[str] = (), *, quiet: bool
) -> None:
    """Say beside an answer which tables of a kind, all or those of these names, a project has in
    vain."""
    for key, origin in settings.overlooked.items():
        own, _, name = key.partition(".")
        if own == kind and (not names or name in names):
            said = f"your own {kind} {name} holds, not the one in {shell.shown(origin)}"
            mention(f"{said}; to have both, give one another name", quiet=quiet)


def _meanings(kind: str, values: Mapping[str, object]) -> dict[str, object]:
    """What the tables of a kind mean, by name."""
    tables = {
        key: cast("Table", each) for key, each in values.items() if key.startswith(f"{kind}.")
    }
    return {key.partition(".")[2]: table.meaning for key, table in tables.items()}


def _place(origin: str, *path: str) -> str:
    from ..settings.layers import place_in

    return place_in(Path(origin), *path)
