"""The command that shows the calls an advice stands on, ready to be pasted."""

from __future__ import annotations

import shlex
from dataclasses import replace

from ..query import Filter, Query
from ..questions import query_pairs


def usage_command(grouping: str, query: Query, *more: Filter) -> str:
    """`tally usage` by something, of a question's time and conditions and some more."""
    asked = replace(query, by=(), sort=None, limit=None, bucket=None, where=(*query.where, *more))
    left = ("tz", "week-start", "currency")  # the settings have them
    pairs = [(key, text) for key, text in query_pairs(asked) if key not in left]
    return shlex.join(["tally", "usage", grouping, *(w for k, t in pairs for w in (f"--{k}", t))])


def session_command(session: str, *, rounds: bool = False) -> str:
    """`tally session` of one session."""
    return shlex.join(["tally", "session", session, *(["--rounds"] if rounds else [])])


def only(dimension: str, *values: str) -> Filter:
    """The condition that a dimension is to the letter one of some values."""
    return Filter(dimension=dimension, op="==", values=values)
