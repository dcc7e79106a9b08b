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
    """Logs that are called like a source that there is, dialects that there are none of, and counts
    that a dialect does not read."""
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
        elif mapping.usage:
            yield from _idle_counts(mapping)


def _idle_counts(mapping: LogMapping) -> Iterator[SettingsError]:
    """Counts by a name that the dialect does not read: the calls would be priced without them."""
    from ..dialects.probing import idle, known_names

    for path in idle(mapping.dialect, tuple(mapping.usage)):
        name = ".".join(map(str, path))
        close = nearest(name, known_names(mapping.dialect))
        yield SettingsError(
            f"{name!r} in {_place(mapping, name)} counts nothing",
            because=f"the dialect {mapping.dialect!r} reads no count of this name",
            hint=f"did you mean {close!r}?"
            if close
            else "the names are those of the provider's own usage object: tally help logs",
        )


def _place(mapping: LogMapping, count: str) -> str:
    """Where a count stands: in the table `usage`, or in `counts`."""
    places = ((mapping.place("fields", of, count), of) for of in ("counts", "usage"))
    own = (place for place, of in places if place != mapping.place("fields", of))
    return next(own, mapping.place("fields", "usage", count))
