"""What is wrong with a log of the settings that only shows beside the sources and dialects there
are. What its table itself says is read in `tallybook.settings.logs`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..dialects import DIALECTS
from ..errors import SettingsError, nearest
from ..manual import MANUAL
from ..settings.logs import LogMapping
from ..sources import SOURCES


def faults_of(logs: Mapping[str, LogMapping]) -> Iterator[SettingsError]:
    """Logs that are called like a source that there is, and dialects that there are none of."""
    for name, mapping in logs.items():
        if name == MANUAL:
            yield SettingsError(
                f"'log.{name}' in {mapping.place()} can't be used",
                because=f"{name} is what calls are recorded under that a person tells of",
                hint="choose another name",
            )
        if name in SOURCES:
            yield SettingsError(
                f"'log.{name}' in {mapping.place()} can't be used",
                because=f"{name} is a source that ships with Tallybook",
                hint=f"choose another name, or [source.{name}] paths for where its files are",
            )
        if mapping.dialect not in DIALECTS:
            close = nearest(mapping.dialect, DIALECTS)
            known = f"there are {', '.join(DIALECTS)}"
            yield SettingsError(
                f"bad value for 'log.{name}.dialect' in {mapping.place('dialect')}: "
                f"{mapping.dialect!r}",
                because="no dialect is called so",
                hint=f"did you mean {close!r}? {known}" if close else known,
            )
