"""A settings file in which an address or secret stands in clear: only its owner reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from .shell import Shell, mention


def keep_close(shell: Shell, file: Path, values: Mapping[str, object], *, quiet: bool) -> None:
    """See to it that nobody else reads a file in which a table `[alert.NAME]` of these values
    stands, if there is anything to hide in them."""
    if not _clear(values):
        return
    if os.name == "posix" and file.stat().st_mode & 0o077:
        file.chmod(0o600)
        mention(f"{shell.shown(file)} is now readable for you alone", quiet=quiet)
    mention(
        f"An address or secret stands in {shell.shown(file)} in clear. To keep it out of the file,"
        " put it into a variable and write env:NAME in its place.",
        quiet=quiet,
    )


def _clear(values: Mapping[str, object]) -> bool:
    """Whether a secret stands in the table itself."""
    told = [*listed(values.get("to")), *listed(values.get("secret"))]
    return any(not each.startswith(("env:", "command:")) for each in told)


def listed(value: object) -> list[str]:
    """The texts of a key that holds one, several or none."""
    if isinstance(value, str):
        return [value]
    return cast("list[str]", value) if isinstance(value, list) else []
