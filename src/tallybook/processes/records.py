"""The file in which a running agent notes its own session, where it has one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from string import Template
from typing import cast

from ..places import expand, home_folder
from ..reading import ProcessRecord

_LARGEST = 1 << 16
_SLACK_MS = 2000
"""Clocks of the system and of an agent differ by less."""


def session_noted(
    record: ProcessRecord, pid: int, started_ms: int, environ: Mapping[str, str]
) -> str | None:
    """The session that the process notes now; None without a file, and for one that an earlier
    process of the same number left behind."""
    for path in record.paths:
        whole = str(expand(Template(path).safe_substitute(environ), home_folder(environ)))
        noted = {} if "$" in whole else _fields(whole.replace("{pid}", str(pid)))
        started, session = noted.get(record.started), noted.get(record.session)
        if isinstance(session, str) and isinstance(started, int):
            return session if session and started >= started_ms - _SLACK_MS else None
    return None


def _fields(path: str) -> dict[str, object]:
    try:
        with open(path, "rb") as file:
            found: object = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}  # none, or half written
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}
