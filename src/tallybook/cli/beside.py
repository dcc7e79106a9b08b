"""What `--path` names: the further folders, files and patterns that each source is to read.

A gateway's log may be a pattern, which goes on to be looked for, and must lie inside the folders
that the settings allow; an agent's history must be there.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageMistake
from ..reading import Complaint

if TYPE_CHECKING:
    from ..settings import Settings

Roots = dict[str, list[Path]]
"""By source, what it is to read beside the usual places."""

_DATABASE = b"SQLite format 3\0"
_HISTORIES = (".jsonl", ".json")


def named_sources(command: str, words: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The sources that a command line names, each once. Raises `UsageMistake` for unknown ones, and
    where the shell has put the files of a pattern among them."""
    from ..sources import source_name

    for word in words:
        if os.sep in word:
            raise UsageMistake(
                f"{word} is no source",
                because="it looks like a path; of a pattern without quotes the shell makes many",
                hint=f"tally {command} {'SOURCE' if word == words[0] else words[0]} --path 'PATH'",
            )
    return tuple(dict.fromkeys(source_name(word, settings.logs) for word in words))


def further_roots(settings: Settings, named: Sequence[str], paths: Iterable[str]) -> Roots:
    """What the named sources are to read of some paths; without names all that read the histories
    of agents. Raises `UsageMistake` for a path that none of them could read, or may."""
    from ..sources import is_log, source_names

    agents = [name for name in named or source_names() if not is_log(name)]
    logs = [name for name in named if name not in agents]
    found: Roots = {name: [] for name in named or agents}
    for text in paths:
        if not text.strip():  # as of a variable of the shell that is not set
            raise UsageMistake("--path names nothing", hint="tally sync SOURCE --path PATH")
        path = Path(text).expanduser().absolute()
        histories = [each for each in _matches(path) if _is_history(each)] if agents else []
        if not logs and not histories:
            raise _no_history(text, path)
        for name in logs:
            if not _holds_logs(name, path, settings.log_roots) and not histories:
                raise _no_log(name, path)
            found[name].append(path)
        for name in agents:
            found[name] += (root for each in histories for root in _homes(name, each))
    return found


def _matches(path: Path) -> Iterator[Path]:
    """The path, or what it fits as a pattern."""
    if path.exists() or not glob.has_magic(str(path)):
        yield path
    else:
        yield from map(Path, sorted(glob.glob(str(path), recursive=True)))


def _is_history(path: Path) -> bool:
    """Whether it is a folder, or a file that can be read on its own as the history of an agent."""
    if path.is_dir():
        return True
    return path.is_file() and (path.suffix in _HISTORIES or _is_database(path))


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return False


def _no_history(text: str, path: Path) -> UsageMistake:
    if not any(each.exists() for each in _matches(path)):
        return UsageMistake(f"there is nothing at {text}", hint="tally sync --path FOLDER")
    return UsageMistake(
        f"{text} is no history",
        because="it is no folder, no file that ends in .jsonl or .json, and no SQLite database",
        hint=f"tally sync --path FOLDER, or for a gateway's log: tally sync higress --path {text}",
    )


def _homes(name: str, path: Path) -> list[Path]:
    """Of a folder that is a copy of somebody's home, the folders in which an agent keeps its
    histories there; else the path itself."""
    from ..sources import open_source

    usual = open_source(name, environ={"HOME": str(path)}).roots() if path.is_dir() else ()
    inside = [root for root in usual if root.is_relative_to(path) and root.is_dir()]
    return inside or [path]


def _holds_logs(name: str, path: Path, roots: Sequence[Path]) -> bool:
    """Whether there is a log, or something closed of which the source itself will complain. Raises
    `UsageMistake` where none of what there is may be read."""
    from ..sources.logfolders import LogSearch

    found = list(LogSearch(name, roots).below(str(path)))
    if any(not isinstance(each, Complaint) or each.fatal for each in found):
        return True
    refused = next((each for each in found if isinstance(each, Complaint)), None)
    if refused is None:
        return False
    reason = refused.reason.removeprefix("not read: ")
    because = ": ".join(filter(None, (reason, ", ".join(map(str, roots)))))
    raise UsageMistake(f"{path} may not be read", because=because, hint=refused.hint)


def _no_log(name: str, path: Path) -> UsageMistake:
    if path.is_dir():
        return UsageMistake(
            f"there is no log in {path}",
            because="of a folder, files that end in .log, .jsonl or .ndjson are taken for logs",
            hint=f"if others are, name them: tally sync {name} --path '{path / '*.json'}'",
        )
    return UsageMistake(
        f"there is no log at {path}",
        because="no file has that name or fits that pattern, and no rotated one",
        hint=f"tally source explain {name}",
    )
