"""Where a thing stands in a line of a log, as a person writes it: `response.usage`,
`choices[0].message.content`, `"x.y".z`. How a value is fetched by it is not known here.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

FieldPath = tuple[str | int, ...]
"""Names of fields, and numbers of items in lists: from 0, or from -1 backwards."""

_LONGEST = 500
_STEP = re.compile(
    r"""\[\s*(?P<item>-?\d{1,6})\s*\]           # [0]
      | \[\s*(?P<inner>"(?:[^"\\]|\\.)*")\s*\]  # ["a name"]
      | (?P<dot>\.?)(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bare>[^\s."'\[\]=!]+))
    """,
    re.VERBOSE,
)


class Condition(NamedTuple):
    """What a line must say: that there is something at a path (`value` None), that it is the
    text `value`, or with `unlike` that it is anything else or nothing."""

    path: FieldPath
    value: str | None = None
    unlike: bool = False


def field_path(text: str) -> FieldPath:
    """The path that a text means. Raises `ValueError`."""
    path, rest = _taken(text.strip())
    if rest:
        raise ValueError(f"nothing is understood from {rest[:40]!r} on")
    return path


def condition(text: str) -> Condition:
    """What `type=chat`, `kind!=health` or `usage` asks of a line. Raises `ValueError`."""
    path, rest = _taken(text.strip())
    if not rest:
        return Condition(path)
    sign = re.match(r"\s*(!?)=\s*", rest, re.ASCII)
    if sign is None:
        raise ValueError(f"after the field = or != is expected, not {rest[:40]!r}")
    return Condition(path, rest[sign.end() :], unlike=bool(sign[1]))


def _taken(text: str) -> tuple[FieldPath, str]:
    """The path that a text begins with, and what follows it."""
    path: list[str | int] = []
    at = 0
    while len(path) <= _LONGEST and (step := _STEP.match(text, at)):
        if step["dot"] is not None and bool(step["dot"]) != bool(path):
            break  # a name stands alone at the beginning, and behind a dot later
        quoted = step["inner"] or step["quoted"]
        if step["item"] is not None:
            path.append(int(step["item"]))
        else:
            path.append(str(json.loads(quoted, strict=False)) if quoted else step["bare"])
        at = step.end()
    if not path:
        raise ValueError(f"{text[:40]!r} names no field; write it as in response.usage or a[0].b")
    return tuple(path), text[at:]
