"""What `tally config` does with the tables that count as a whole: quotas, alerts, views, probes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..settings import Settings
from ..settings.keys import TOLD
from .shell import Shell, mention


def is_table(word: str) -> bool:
    """Whether a word names a whole table, such as `view.costs`."""
    return word.count(".") == 1 and word.partition(".")[0] in TOLD


def table_keys(settings: Settings, word: str) -> Iterator[str]:
    """The keys of the tables that there are, and of the one that a word may mean."""
    from ..settings.tablekeys import TABLE_KEYS

    tables = list(settings.tables)
    kind, _, rest = word.partition(".")
    if kind in TOLD and "." in rest:
        tables.append((kind, rest.partition(".")[0]))
    for own, name in tables:
        yield from (f"{own}.{name}.{key}" for key in TABLE_KEYS[own])


def demand_whole(path: tuple[str, ...], value: object, file: Path) -> None:
    """Raise what would be wrong with a table as a whole once a key of it has another value, or
    with None is gone; nothing for other keys."""
    from ..settings.writing import demand_table, stored_table

    if path[0] not in TOLD:
        return
    kind, name, key = path
    after = {**stored_table(file, (kind, name)), key: value}
    left = {each: told for each, told in after.items() if told is not None}
    if left:
        demand_table((kind, name), left, file)


def outgoing(path: tuple[str, ...], file: Path) -> tuple[str, ...]:
    """What goes from a file with a key: its whole table, where that has no other."""
    from ..settings.writing import stored_table

    alone = path[0] in TOLD and set(stored_table(file, path[:2])) <= {path[-1]}
    return path[:2] if alone else path


def drop(shell: Shell, key: str, file: Path, *, quiet: bool) -> int:
    """Take a whole table out of a file; the exit code."""
    from ..settings.writing import drop_table

    kind, _, name = key.partition(".")
    word = "taken out of" if drop_table(file, (kind, name)) else "is not set in"
    mention(f"{key}  {word} {shell.shown(file)}", quiet=quiet)
    return 0
