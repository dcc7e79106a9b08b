"""Putting a newer price book into Tallybook's own data folder, and taking it out again. A book is
there as a whole or not at all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ...errors import PriceError


def install(files: Mapping[str, str], folder: Path) -> None:
    """Writes the files of a book beside the folder, then puts them in its place. `PriceError` if
    the disk refuses; what was there stays then."""
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}.new")
    try:
        fresh.mkdir(parents=True)
        for name, text in files.items():
            (fresh / name).write_text(text, encoding="utf-8", newline="\n")
        remove(folder)
        fresh.rename(folder)
    except OSError as problem:
        shutil.rmtree(fresh, ignore_errors=True)
        raise PriceError(
            f"the price book can't be written to {folder}", because=str(problem)
        ) from problem


def remove(folder: Path) -> bool:
    """Takes an installed book out; False if there was none. The index goes first: a folder
    without it is no book."""
    if not folder.exists():
        return False
    try:
        (folder / "index.json").unlink(missing_ok=True)
        shutil.rmtree(folder)
    except OSError as problem:
        raise PriceError(f"{folder} can't be removed", because=str(problem)) from problem
    return True
