"""Whose histories a file or folder holds: every source is asked, and the ones that find calls in
it are tried.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..reading import Reading
from ..sources import source_names
from .samples import Subject, places_of

if TYPE_CHECKING:
    from ..settings.logs import LogMapping

_LOOK = 50
"""Places of a source that are looked into for a first call."""

_ABOVE = 5
"""Folders above a single file that may tell what it is: `sessions/2026/11/22/…`."""


def subjects_in(
    path: Path,
    stage: Path,
    names: Iterable[str] = (),
    mappings: Mapping[str, LogMapping] = MappingProxyType({}),
) -> Iterator[Subject]:
    """Every source, or of some, that finds calls in a folder or file, as it sees them. A single
    file is first put into `stage`, an empty folder, with what belongs to it. Logs that the settings
    map are only tried by name: a mapping fits many a file."""
    ways = list(_file_roots(path, stage)) if path.is_file() else [path]
    for name in names or source_names():
        bare = {key: replace(each, paths=()) for key, each in mappings.items() if key == name}
        tries = [Subject(name, (root,), mappings=bare) for root in ways]
        if path.is_dir():
            tries.insert(0, Subject(name, home=path))
        found = next((each for each in tries if _has_calls(each)), None)
        if found is not None:
            yield found


def _file_roots(path: Path, stage: Path) -> Iterator[Path]:
    """The copy of a file, and the folders above it, nearest first: whichever a source takes."""
    parts = path.absolute().parts[1:][-_ABOVE - 1 :]
    copy = stage.joinpath(*parts)
    copy.parent.mkdir(parents=True, exist_ok=True)
    for each in path.parent.iterdir():
        if each.is_file() and (each == path or each.name.startswith(f"{path.name}-")):
            shutil.copy2(each, copy.parent / each.name)
    yield copy
    for folder in copy.parents:
        yield folder
        if folder == stage:
            return


def _has_calls(subject: Subject) -> bool:
    source = subject.open()
    return any(
        isinstance(each, Reading)
        for place in places_of(source)[:_LOOK]
        for each in source.read(place, None)
    )
