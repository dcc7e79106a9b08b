"""Changing a settings file: one key or one table at a time, everything else in it stays as it is.

Comments, order and layout are kept by tomlkit. A file is replaced as a whole or not at all.
What a value may be is decided by `keys`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from ..errors import SettingsError
from .keys import Setting
from .layers import MEND
from .values import Ground

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

OWN, SHARED = 0o600, 0o666
"""Modes of new files: only the user's, or as the user's mask has it."""


class Change(NamedTuple):
    """What is to become of one key: its path in the file, and its value there, None to take
    it out."""

    path: tuple[str, ...]
    value: object


def checked(setting: Setting, key: str, value: object, ground: Ground) -> None:
    """Raise `SettingsError` if a value is none that the setting can have."""
    try:
        setting.read(value, ground)
    except ValueError as problem:
        raise SettingsError(
            f"bad value for {key!r}" + ("" if setting.secret else f": {value!r}"),
            because=str(problem),
            hint=f"an example: tally config set {key} {setting.example}",
        ) from problem


def change_file(file: Path, change: Change, *, head: str = "", mode: int = OWN) -> bool:
    """Write one change into a settings file; False if it says that already. A new file begins
    with `head`. Raises `SettingsError` if the file can't be understood or written."""
    return _change(file, lambda _: (change,), head, mode)


def write_table(
    file: Path,
    path: tuple[str, str],
    values: Mapping[str, object],
    *,
    head: str = "",
    mode: int = OWN,
) -> bool:
    """Give a table of a settings file, such as `[quota.daily]`, these values and no others; False
    if it has them already. Comments stay with the keys that stay. A new file begins with `head`.
    Raises `SettingsError` for values that such a table can't have, and as `change_file` does."""
    return write_tables(file, {path: values}, head=head, mode=mode)


def write_tables(
    file: Path,
    tables: Mapping[tuple[str, str], Mapping[str, object]],
    *,
    head: str = "",
    mode: int = OWN,
) -> bool:
    """Several tables as `write_table` does one: all of them at once, or nothing."""
    for path, values in tables.items():
        demand_table(path, values, file)

    def needed(stored: Mapping[str, object]) -> list[Change]:
        changes: list[Change] = []
        for path, values in tables.items():
            there = _table_in(stored, path)
            changes += (Change((*path, key), None) for key in there if key not in values)
            told = ((key, value) for key, value in values.items() if there.get(key) != value)
            changes += (Change((*path, key), value) for key, value in told)
        return changes

    return _change(file, needed, head, mode)


def drop_table(file: Path, path: tuple[str, str]) -> bool:
    """Take a whole table out of a settings file; False if it is not there."""
    return file.is_file() and _change(file, lambda _: (Change(path, None),), "", OWN)


def demand_table(path: tuple[str, str], values: Mapping[str, object], file: Path) -> None:
    """Raise `SettingsError` for the first thing that is wrong with the values of a table."""
    from .layers import Layer
    from .tables import read_table

    def refuse(fault: SettingsError) -> None:
        raise fault

    read_table(path, values, Layer("this command", {}, Ground(file.parent, file.parent)), refuse)


def stored_table(file: Path, path: tuple[str, ...]) -> dict[str, object]:
    """The values of a table as they stand in a settings file; none if it is not there."""
    file = file.resolve()
    return _table_in(_values(file, _text_of(file)) if file.exists() else {}, path)


def _table_in(values: Mapping[str, object], path: Sequence[str]) -> dict[str, object]:
    inner: object = values
    for name in path:
        inner = cast("object", inner.get(name)) if isinstance(inner, dict) else None
    return cast("dict[str, object]", inner) if isinstance(inner, dict) else {}


Needed = Callable[[Mapping[str, object]], Sequence[Change]]
"""Tells from the values of a file which changes it needs."""


def _change(file: Path, needed: Needed, head: str, mode: int) -> bool:
    file = file.resolve()  # through a link, such as one into a folder of dotfiles
    try:
        with _alone(file.parent):
            return _change_alone(file, needed, head, mode)
    except OSError as problem:
        blocked = next(filter(os.path.isfile, file.parents), None)
        text = f"{blocked} is a file, not a folder" if blocked else problem.strerror
        mend = "move it away" if blocked else "mend the permissions of its folder"
        raise SettingsError(
            f"can't write {file}",
            because=text or str(problem),
            hint=f"{mend}, or name another file by TALLY_CONFIG",
        ) from problem


def _change_alone(file: Path, needed: Needed, head: str, mode: int) -> bool:
    """Change a file that nobody else changes meanwhile."""
    there = file.exists()
    old = _text_of(file) if there else ""
    changes = needed(_values(file, old))
    if not changes:
        return False
    new = _edited(file, old, changes)
    if there and new == old:
        return False
    try:
        replace_file(file, new if there else head + new, mode)
    except UnicodeEncodeError as problem:
        raise SettingsError(
            f"this value of {_names(changes)} can't be written into {file}",
            because="a settings file is UTF-8 text, and the value is none",
            hint="give a path another name, or make a link to it that has one",
        ) from problem
    return True


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Wait until no other process changes a settings file in this folder, so that none of two
    changes is lost. The folder itself is locked: nothing is left in it, and who is killed lets go.
    Where the system locks no folders nobody is waited for."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # on Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _names(changes: Sequence[Change]) -> str:
    return ", ".join(".".join(change.path) for change in changes)


def replace_file(file: Path, text: str, mode: int = OWN) -> None:
    """Write a whole file, which is at every moment the old one or the new one. `mode` is that
    of a new file; an old one keeps its own. Raises `OSError`."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(handle, "wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            beside.chmod(file.stat().st_mode & 0o777)
        os.replace(beside, file)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(f"can't read {file}", because=str(problem), hint=MEND) from problem


def _edited(file: Path, old: str, changes: Sequence[Change]) -> str:
    """The text of the file after the changes, proved to say these and nothing else."""
    wanted = _values(file, old)
    import tomlkit

    document = tomlkit.parse(old)
    for change in changes:
        _apply(document, change)
        wanted = _changed(wanted, change)
    new = document.as_string()
    if old.endswith("\n") and not new.endswith("\n"):
        new += "\n"  # lost where the last table goes
    if "\r\n" in old:
        new = re.sub(r"(?<!\r)\n", "\r\n", new)
    if _pruned(_values(file, new)) != _pruned(wanted):
        raise SettingsError(
            f"{file} is laid out in a way that can't be changed safely",
            because=f"nothing was written; {_names(changes)} has to be changed by hand",
            hint=f"write it in an editor, then: tally config check {file}",
        )
    return new


def _values(file: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as problem:
        raise SettingsError(
            f"{file} is not valid TOML", because=str(problem), hint=f"tally config check {file}"
        ) from problem


def _apply(document: TOMLDocument, change: Change) -> None:
    """Change a document, unless something that is no table stands in the way."""
    import tomlkit
    from tomlkit.items import InlineTable

    *above, last = change.path
    table = cast("dict[str, object]", document)
    for name in above:
        if name not in table:
            if change.value is None:
                return
            fresh = tomlkit.table(is_super_table=name != above[-1])
            table[name] = tomlkit.inline_table() if isinstance(table, InlineTable) else fresh
        below = table[name]
        if not isinstance(below, dict):
            return
        table = cast("dict[str, object]", below)
    if change.value is not None:
        table[last] = change.value
    elif last in table:
        del table[last]


def _changed(before: Mapping[str, object], change: Change) -> dict[str, object]:
    """What the values should be after the change."""
    first, *rest = change.path
    after = dict(before)
    if rest:
        inner = after.get(first)
        if isinstance(inner, dict) or change.value is not None:
            table = cast("dict[str, object]", inner) if isinstance(inner, dict) else {}
            after[first] = _changed(table, Change(tuple(rest), change.value))
    elif change.value is None:
        after.pop(first, None)
    else:
        after[first] = change.value
    return after


def _pruned(values: Mapping[str, object]) -> dict[str, object]:
    """The values without tables that hold none: those mean nothing."""
    tables = {
        key: _pruned(cast("dict[str, object]", value))
        for key, value in values.items()
        if isinstance(value, dict)
    }
    kept = {key: tables.get(key, value) for key, value in values.items()}
    return {key: value for key, value in kept.items() if value != {}}
