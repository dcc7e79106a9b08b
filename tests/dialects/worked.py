"""The worked examples: one file an API, each with what it is to be counted as. The tests run them,
and `docs/counting.md` shows them.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tallybook.model import CLASSES, Counts, six

FOLDER = Path(__file__).parent / "examples"


class Example(NamedTuple):
    """A usage object and what it is counted as. `reported` is the provider's own amount."""

    api: str
    name: str
    dialect: str
    provider: str
    raw: bytes
    tokens: Counts
    units: Mapping[str, int]
    context: str
    assumptions: tuple[str, ...]
    complaints: tuple[str, ...]
    reported: str | None

    @property
    def usage(self) -> dict[str, Any]:
        """The usage object."""
        return json.loads(self.raw)


class Api(NamedTuple):
    """One way to write usage. `fields` are the names of the numbers, by what they are."""

    title: str
    providers: tuple[str, ...]
    dialect: str
    stream: str
    traps: tuple[str, ...]
    fields: Mapping[str, str]
    examples: tuple[Example, ...]


def apis() -> tuple[Api, ...]:
    """All of them, by title."""
    read = (tomllib.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.toml"))
    return tuple(sorted((_api(said) for said in read), key=lambda api: api.title.lower()))


def examples() -> Iterator[Example]:
    """Every example of every API."""
    for api in apis():
        yield from api.examples


def _api(said: dict[str, Any]) -> Api:
    found = tuple(_example(said, one) for one in said["example"])
    listed = (tuple(said["providers"]), said["dialect"], said["stream"], tuple(said["traps"]))
    return Api(said["title"], *listed, said["fields"], found)


def _example(said: dict[str, Any], one: dict[str, Any]) -> Example:
    tokens = one["tokens"]
    assert tokens.keys() <= set(CLASSES), tokens
    return Example(
        api=said["title"],
        name=one["name"],
        dialect=one.get("dialect", said["dialect"]),
        provider=said["providers"][0],
        raw=one["usage"].strip().encode(),
        tokens=six(tokens.get(name, 0) for name in CLASSES),
        units=one.get("units", {}),
        context=one.get("context", ""),
        assumptions=tuple(one.get("assumptions", ())),
        complaints=tuple(one.get("complaints", ())),
        reported=one.get("reported"),
    )
