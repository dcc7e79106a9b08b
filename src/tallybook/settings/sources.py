"""What the settings say of one source, `[source.NAME]`, as the program uses it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, cast

Capture = Literal["off", "preview", "full"]

_NONE: Mapping[str, str] = MappingProxyType({})


class SourceSettings(NamedTuple):
    """One source: further folders to read, and of gateways' logs how much of what is said is kept
    (`capture`), for how many days and up to how many bytes (None: no limit), with what fits one
    of the regular expressions of `redact` blackened; `providers` are who serves the calls of each
    of a gateway's services."""

    paths: tuple[Path, ...] = ()
    capture: Capture = "off"
    keep_days: int | None = None
    keep_bytes: int | None = None
    redact: tuple[str, ...] = ()
    providers: Mapping[str, str] = _NONE


def source_settings(values: Mapping[str, object]) -> dict[str, SourceSettings]:
    """The tables of all sources, from the values of `source.NAME.KEY`."""
    tables: defaultdict[str, dict[str, object]] = defaultdict(dict)
    for key, value in values.items():
        if key.startswith("source."):
            name, _, last = key.removeprefix("source.").rpartition(".")
            tables[name][last] = value
    return {name: _one(table) for name, table in tables.items()}


def _one(table: Mapping[str, object]) -> SourceSettings:
    return SourceSettings(
        paths=cast("tuple[Path, ...]", table.get("paths", ())),
        capture=cast("Capture", table.get("capture", "off")),
        keep_days=cast("int | None", table.get("keep_days")),
        keep_bytes=cast("int | None", table.get("keep_bytes")),
        redact=cast("tuple[str, ...]", table.get("redact", ())),
        providers=cast("Mapping[str, str]", table.get("providers", _NONE)),
    )
