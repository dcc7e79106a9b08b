"""Paths of programs and scripts as they come from Linux, macOS and Windows, compared by their last
parts. Nothing here asks the file system."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache

_DELETED = " (deleted)"
"""What Linux says behind the path of an executable that was replaced while it ran."""

_RUNTIMES = ("node", "nodejs", "bun", "deno")
"""The programs that run scripts of npm packages."""

_PACKAGE = re.compile(r".*/node_modules/((?:@[^/]+/)?[^/]+)/", re.DOTALL)
"""Finds the innermost package of a path: what a package brings along is not the package."""


def plain_path(path: str) -> str:
    """A path with slashes only, without what systems add to it (`.exe`, `(deleted)`)."""
    path = path.removesuffix(_DELETED)
    if path[1:3] == ":\\" or path.startswith("\\\\"):
        path = path.replace("\\", "/")
    return path[:-4] if path[-4:].lower() == ".exe" else path


@lru_cache(maxsize=4096)  # the same few paths, again and again
def ends_like(path: str, trails: tuple[str, ...]) -> bool:
    """Whether the last parts of a plain path are like one of the trails, see
    `ProcessSignature.names`."""
    parts = path.split("/")
    for trail in trails:
        want = trail.split("/")
        have = parts[-len(want) :]
        if len(have) == len(want) and all(map(fnmatchcase, have, want)):
            return True
    return False


def is_runtime(path: str) -> bool:
    """Whether a plain path is that of a JavaScript runtime, such as `node` or `node-22`."""
    return re.split(r"[-_0-9]", last_part(path), maxsplit=1)[0].lower() in _RUNTIMES


def package_of(path: str) -> str:
    """The npm package to which a script belongs, empty if to none."""
    found = _PACKAGE.match(path)
    return found[1] if found else ""


def last_part(path: str) -> str:
    """The name of a file, from a plain path."""
    return path.rsplit("/", 1)[-1]
