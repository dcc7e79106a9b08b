"""Settings in layers, each value with its origin.

The order is flag, `TALLY_*` variable, the project's `tally.toml`, the user's `config.toml`,
default. Only a quota or a view of the user's own holds before one of that name in a project: what
somebody clones must not put its limit in the place of his. Nothing is written here
(`tallybook.settings.writing` does), and where Tallybook's own files live is told from outside
(`tallybook.places` knows). A wrong key, type or value is a fault that names the file, the line and
the key, even when a stronger layer overrides it: `load_settings` raises the first one,
`survey_settings` leaves the faulty parts out and gives all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from ..clock import NO_ZONE, system_zone
from ..errors import SettingsError
from .keys import KEYS, SETTINGS, TOLD, VARIABLES
from .layers import Layer, Tell, closed, file_layer, known_values
from .sources import SourceSettings, source_settings
from .values import Glyphs, Ground, located

if TYPE_CHECKING:
    from ..quota import Quota
    from .logs import LogMapping
    from .tables import Table
    from .told import AlertRule, Probe, View

__all__ = [
    "KEYS",
    "SETTINGS",
    "VARIABLES",
    "Settings",
    "SourceSettings",
    "Surroundings",
    "load_settings",
    "project_file",
    "survey_file",
    "survey_settings",
    "user_file",
    "zone_warning",
]

_T = TypeVar("_T")
_Held = tuple[object, str]

PROJECT_FILE = "tally.toml"

PRICE_DATA = "prices"
"""The folder beside the ledger's usual place for a newer price book."""

CONTENT = "content.db"
"""The store of captured content beside the ledger's usual place."""


class Surroundings(NamedTuple):
    """What settings are read from: the environment, the user's home, the working directory,
    and where the user's settings file and ledger are unless a setting says otherwise."""

    environ: Mapping[str, str]
    home: Path
    cwd: Path
    config_file: Path
    ledger_file: Path


class ReadFrom(NamedTuple):
    """From where settings were read, so that they can be read again."""

    surroundings: Surroundings
    flags: Mapping[str, str | None]

    def places(self) -> tuple[Path, Path]:
        """The files in which they may stand, there or not."""
        return user_file(self.surroundings), project_file(self.surroundings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. `ledger` is a file or a database address, `tz` an IANA zone, `week_start`
    0 for Monday to 6 for Sunday, `prices` the file of the user's own prices, `price_data` where a
    newer price book is kept if one was built, `content_file` where captured content is, `currency`
    the one in which amounts are told (None for those of their prices), `titles` whether session
    titles are kept, `active_within` for how many seconds after its last call a session counts as
    active, `theme` and `glyphs` how the live interface looks, `keys` the keys of those of its
    actions that have others than usual, `log_roots` the only folders that logs may be read from
    (empty: any), `max_rotate` how many rotated files of each log are looked at (None: all; only a
    command line says so), `paths`
    further roots by source, `sources` all that is set of a source, `logs` the kinds of logs that
    are read without code, `quotas`, `alerts`, `views` and `probes` the
    tables of those names, and `tables` all of them as they stand in a file, by kind and name.
    `origins` tells for each key where its value was found, `overlooked` for each table of the
    user's the project's file that has one of that name, too; `files` are the settings files that
    were read; they are read again by `read_from`."""

    ledger: str
    tz: str = "UTC"
    week_start: int = 0
    prices: Path | None = None
    price_data: Path | None = None
    content_file: Path | None = None
    currency: str | None = None
    titles: bool = True
    active_within: int = 300
    theme: str = "tally-dark"
    glyphs: Glyphs = "auto"
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    log_roots: tuple[Path, ...] = ()
    max_rotate: int | None = None
    paths: Mapping[str, tuple[Path, ...]] = field(default_factory=dict[str, tuple[Path, ...]])
    sources: Mapping[str, SourceSettings] = field(default_factory=dict[str, SourceSettings])
    logs: Mapping[str, LogMapping] = field(default_factory=dict[str, "LogMapping"])
    quotas: Mapping[str, Quota] = field(default_factory=dict[str, "Quota"])
    alerts: Mapping[str, AlertRule] = field(default_factory=dict[str, "AlertRule"])
    views: Mapping[str, View] = field(default_factory=dict[str, "View"])
    probes: Mapping[str, Probe] = field(default_factory=dict[str, "Probe"])
    tables: Mapping[tuple[str, str], Table] = field(
        default_factory=dict[tuple[str, str], "Table"], repr=False
    )
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    overlooked: Mapping[str, str] = field(default_factory=dict[str, str])
    files: tuple[Path, ...] = ()
    read_from: ReadFrom | None = field(default=None, repr=False, compare=False)

    def is_flag(self, key: str) -> bool:
        """Whether the value of a key was given with the command itself."""
        return self.origins.get(key) == _flag(key)


def load_settings(
    surroundings: Surroundings, flags: Mapping[str, str | None] | None = None
) -> Settings:
    """Read all layers. `flags` are values of the command line by key; None means not given.
    Raises `SettingsError` for the first fault in any layer."""

    def refuse(fault: SettingsError) -> None:
        raise fault

    return _settings(surroundings, flags or {}, refuse)


def survey_settings(
    surroundings: Surroundings, flags: Mapping[str, str | None] | None = None
) -> tuple[Settings, tuple[SettingsError, ...]]:
    """The settings as far as they are understood, and every fault in them: for commands whose
    business is to tell what is wrong."""
    faults: list[SettingsError] = []
    return _settings(surroundings, flags or {}, faults.append), tuple(faults)


def survey_file(path: Path, home: Path) -> tuple[dict[str, object], tuple[SettingsError, ...]]:
    """The known values of one settings file by key, and every fault in it."""
    faults: list[SettingsError] = []
    values = dict(known_values(file_layer(path, home, faults.append), faults.append))
    return values, tuple(faults)


def user_file(surroundings: Surroundings) -> Path:
    """The user's settings file, there or not: TALLY_CONFIG, else the usual place."""
    named = surroundings.environ.get("TALLY_CONFIG")
    ground = Ground(surroundings.cwd, surroundings.home)
    return located(named, ground) if named else surroundings.config_file


def project_file(surroundings: Surroundings) -> Path:
    """The project's settings file: the nearest `tally.toml` from the working directory up to
    the root of its repository, else the one that would stand at that root. Outside a repository
    only the working directory itself counts, never somebody's /tmp."""
    here = surroundings.cwd
    folders = [here, *here.parents]
    roots = [folder for folder in folders if os.path.exists(folder / ".git")]
    inside = folders[: folders.index(roots[0]) + 1] if roots else [here]
    there = (folder / PROJECT_FILE for folder in inside if os.path.isfile(folder / PROJECT_FILE))
    return next(there, inside[-1] / PROJECT_FILE)


def zone_warning(settings: Settings) -> str:
    """What to say when the variable TZ was no use; else empty."""
    origin = settings.origins["tz"]
    if not origin.startswith(NO_ZONE):
        return ""
    return f"{origin.removeprefix('default, as ')}: days are cut in UTC"


def _settings(surroundings: Surroundings, flags: Mapping[str, str | None], tell: Tell) -> Settings:
    files = list(_files(surroundings, tell))
    layered = _found(surroundings, flags, files, tell)
    found = layered.values
    origins = {key: origin for key, (_, origin) in found.items()}
    sources = source_settings({key: value for key, (value, _) in found.items()})
    tables = dict(_tables(found))
    told = {path: layered.settled(path, table) for path, table in tables.items()}
    return Settings(
        ledger=str(found["ledger"][0]),
        tz=_value(found, "tz", ""),
        week_start=_value(found, "week_start", 0),
        prices=_value(found, "prices", None),
        price_data=surroundings.ledger_file.parent / PRICE_DATA,
        content_file=surroundings.ledger_file.parent / CONTENT,
        currency=_value(found, "currency", None),
        titles=_value(found, "titles", True),
        active_within=_value(found, "active_within", 300),
        theme=_value(found, "theme", "tally-dark"),
        glyphs=_value(found, "glyphs", "auto"),
        keys=dict(_keystrokes(found)),
        log_roots=_value(found, "log_roots", ()),
        paths={name: each.paths for name, each in sources.items() if _paths_of(name) in found},
        sources=sources,
        logs=dict(_logs(found)),
        quotas=cast("Mapping[str, Quota]", _of_kind("quota", told)),
        alerts=cast("Mapping[str, AlertRule]", _of_kind("alert", told)),
        views=cast("Mapping[str, View]", _of_kind("view", told)),
        probes=cast("Mapping[str, Probe]", _of_kind("probe", told)),
        tables=tables,
        origins={**dict.fromkeys(SETTINGS, "default"), **origins},
        overlooked=layered.overlooked,
        files=tuple(files),
        read_from=ReadFrom(surroundings._replace(environ=dict(surroundings.environ)), flags),
    )


class _Found(NamedTuple):
    """The value of each key in the strongest layer that has it, and where that is; the same of the
    layers that are the `user`'s own; and for tables of these the project that has one, too."""

    values: dict[str, _Held]
    user: dict[str, _Held]
    overlooked: dict[str, str]

    def settled(self, path: tuple[str, str], table: Table) -> object:
        """What a table means: one of the user's by his own zone and week."""
        held = self.user if ".".join(path) in self.user else self.values
        return table.settled(_value(held, "tz", ""), _value(held, "week_start", 0))


def _found(
    surroundings: Surroundings, flags: Mapping[str, str | None], files: Sequence[Path], tell: Tell
) -> _Found:
    ground = Ground(surroundings.cwd, surroundings.home)
    layers = [
        *_given(flags, ground),
        *_variables(surroundings.environ, ground),
        *(_file(path, surroundings, tell) for path in files),
    ]
    found, user = dict[str, _Held](), dict[str, _Held]()
    for layer in layers:
        for key, value in known_values(layer, tell):
            found.setdefault(key, (value, layer.origin))
            if not layer.shared:
                user.setdefault(key, (value, layer.origin))
    overlooked = {key: found[key][1] for key in user if _is_table(key)}
    overlooked = {key: origin for key, origin in overlooked.items() if origin != user[key][1]}
    found |= {key: user[key] for key in overlooked}
    for each in (found, user):
        each["tz"] = each.get("tz") or system_zone(surroundings.environ)
    found.setdefault("ledger", (surroundings.ledger_file, "default"))
    return _Found(found, user, overlooked)


def _is_table(key: str) -> bool:
    return key.partition(".")[0] in TOLD


def _value(found: Mapping[str, _Held], key: str, default: _T) -> _T:
    """The value of a key, which its reader has made one of the kind that it is used as."""
    return cast("_T", found[key][0]) if key in found else default


def _file(path: Path, surroundings: Surroundings, tell: Tell) -> Layer:
    shared = path != user_file(surroundings)
    return file_layer(path, surroundings.home, tell)._replace(shared=shared)


def _logs(found: Mapping[str, _Held]) -> Iterator[tuple[str, LogMapping]]:
    """The kinds of logs, by name."""
    for key, (value, _) in found.items():
        if key.startswith("log."):
            yield key.removeprefix("log."), cast("LogMapping", value)


def _tables(
    found: Mapping[str, _Held],
) -> Iterator[tuple[tuple[str, str], Table]]:
    """The tables of what is kept an eye on, by kind and name."""
    for key, (value, _) in found.items():
        if _is_table(key):
            kind, _, name = key.partition(".")
            yield (kind, name), cast("Table", value)


def _of_kind(kind: str, told: Mapping[tuple[str, str], object]) -> dict[str, object]:
    return {name: each for (own, name), each in told.items() if own == kind}


def _keystrokes(
    found: Mapping[str, _Held],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys of actions, by action."""
    for key, (value, _) in found.items():
        if key.startswith("keys."):
            yield key.removeprefix("keys."), cast("tuple[str, ...]", value)


def _paths_of(source: str) -> str:
    return f"source.{source}.paths"


def _flag(key: str) -> str:
    return f"flag --{key.replace('_', '-')}"


def _given(flags: Mapping[str, str | None], ground: Ground) -> Iterator[Layer]:
    """The flags that were given."""
    given = ((key, value) for key, value in flags.items() if value is not None)
    return (Layer(_flag(key), {key: value}, ground) for key, value in given)


def _variables(environ: Mapping[str, str], ground: Ground) -> Iterator[Layer]:
    for name, key in VARIABLES.items():
        if value := environ.get(name):
            several = SETTINGS[key].form["type"] == "array"
            yield Layer(name, {key: value.split(os.pathsep) if several else value}, ground)


def _is_same(project: Path, path: Path) -> bool:
    try:
        return os.path.samefile(project, path)
    except OSError:  # one is not there, or in a closed folder
        return False


def _files(surroundings: Surroundings, tell: Tell) -> Iterator[Path]:
    """The settings files that are there, the stronger one first."""
    project, path = project_file(surroundings), user_file(surroundings)
    if os.path.isfile(project) and not _is_same(project, path):
        yield project
    try:
        there = path.is_file()
    except OSError as problem:  # a closed folder: not the same as no file
        tell(closed(path, problem))
        return
    if there:
        yield path
    elif surroundings.environ.get("TALLY_CONFIG"):
        tell(
            SettingsError(
                f"there is no settings file {path}",
                because="TALLY_CONFIG names it",
                hint="unset TALLY_CONFIG, or write the file: tally config set tz Europe/Berlin",
            )
        )
