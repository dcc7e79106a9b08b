"""What `tally init` would add to the settings file, shown as a difference, and adding it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..settings.writing import stored_table, write_tables
from .filehead import user_head
from .initplans import Proposal
from .shell import Shell, mention, say


def fresh_of(wanted: Iterable[Proposal], file: Path) -> list[Proposal]:
    """Those that the file has no table of."""
    return [each for each in wanted if not stored_table(file, each.path)]


def tell_standing(wanted: Iterable[Proposal], file: Path, *, quiet: bool) -> None:
    """What is there already and stays as it is, with the difference if there is one."""
    for each in wanted:
        there = stored_table(file, each.path)
        if there == each.values:
            mention(f"[{'.'.join(each.path)}] is there already", quiet=quiet)
        elif there:
            mention(f"[{'.'.join(each.path)}] is there already and stays as it is:", quiet=quiet)
            lines = [*_lines("- ", each.values, there), *_lines("+ ", there, each.values)]
            for line in lines:
                mention(f"  {line}", quiet=quiet)


def show(fresh: Sequence[Proposal]) -> None:
    """What is to be added, as it will stand in the file."""
    for each in fresh:
        say(f"# {each.about}")
        say(f"+ [{'.'.join(each.path)}]")
        for line in _lines("+ ", {}, each.values):
            say(line)


def write(shell: Shell, fresh: Sequence[Proposal], file: Path) -> int:
    """Add them, all at once, but for what came there while somebody was asked; how many."""
    tables = {each.path: each.values for each in fresh_of(fresh, file)}
    write_tables(file, tables, head=user_head(shell, file))
    return len(tables)


def _lines(sign: str, other: Mapping[str, object], values: Mapping[str, object]) -> list[str]:
    """The keys whose values are not those of another table."""
    import tomlkit

    told = ((key, value) for key, value in values.items() if other.get(key) != value)
    return [f"{sign}{key} = {tomlkit.item(value).as_string()}" for key, value in told]
