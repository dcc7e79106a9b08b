"""The whole of building a price book: inputs and curated files in, the text of every data file
out. Where the inputs come from is decided in `inputs`, where the files go by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from ...errors import PriceError
from ..cards import Multiplier
from ..shelf import alias_tables
from ..windows import FILE as WINDOWS
from .curated import Curated, read_curated
from .drafts import Books, Log
from .genai import genai_books, newest_day
from .inputs import LICENCES, Input
from .layering import (
    as_listed,
    bedrock_names,
    explicit_reads,
    finish,
    halve_batch,
    inclusive,
    layered,
    rename,
    vertex_apart,
)
from .snapshot import read_snapshot, schedules, snapshot_books
from .windows import windows_text
from .writing import index_text, multiplier_data, provider_text

EPOCH_BEGINS = date(2026, 1, 1)

SERIALS = 64
"""How many books of one day have an epoch of their own; the upper half is for `UPDATED`."""

UPDATED = 32
"""Serials from here on are of books that `tally price update` made."""

_STRANGE = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError,
    ValueError, re.error,
)  # fmt: skip
"""What reading data of a form that nobody has seen yet may come to."""


def epoch_of(day: str, serial: int) -> int:
    """The number that rises with every book: by its day, then by its serial of that day."""
    return (date.fromisoformat(day) - EPOCH_BEGINS).days * SERIALS + serial


def build(inputs: Mapping[str, Input], log: Log) -> dict[str, str]:
    """File name → text of every file of the book that a release ships."""
    curated = read_curated()
    return _files(
        inputs, curated, curated.day, {"epoch": epoch_of(curated.day, curated.serial)}, log
    )


def build_newer(
    inputs: Mapping[str, Input], base: str, after: int, today: date, log: Log
) -> dict[str, str]:
    """The same from newer packages. The book bears the newest day that its data names, says on
    which shipped book it stands (`base`, an id) and has an epoch above `after`. Raises
    `PriceError` for data that can't be understood."""
    try:
        curated = read_curated()
        snapshot = read_snapshot(inputs["model-prices"].text)
        days = (
            curated.day,
            str(snapshot.get("updated_at", ""))[:10],
            newest_day(inputs["genai-prices"].text, today).isoformat(),
        )
        day = max(days)
        epoch = max(epoch_of(day, UPDATED), after + 1)
        return _files(inputs, curated, day, {"epoch": epoch, "base": base}, log)
    except _STRANGE as problem:
        raise PriceError(
            "the data packages can't be understood",
            because=f"{type(problem).__name__}: {problem}".rstrip(": "),
            hint="is one of them newer than this Tallybook? A later release may know its form",
        ) from problem


def _files(
    inputs: Mapping[str, Input],
    curated: Curated,
    day: str,
    head: Mapping[str, object],
    log: Log,
) -> dict[str, str]:
    snapshot = read_snapshot(inputs["model-prices"].text)
    genai, pages = genai_books(inputs["genai-prices"].text, curated.genai, log)
    books = _books(curated, genai, snapshot_books(snapshot, curated.spelling, log), log)
    multipliers: dict[str, list[object]] = {
        provider: [multiplier_data(each) for each in found]
        for provider, found in curated.multipliers.items()
    }
    for provider, more in schedules(snapshot, curated.spelling).items():
        multipliers.setdefault(provider, []).extend(more)
    for provider in curated.explicit_reads:
        half = _half_reads(provider, explicit_reads(books[provider]), curated.explicit_source)
        multipliers.setdefault(provider, []).append(multiplier_data(half))
    files = {
        f"{provider}.json": provider_text(
            provider, models, multipliers.get(provider, []), pages.get(provider, "")
        )
        for provider, models in sorted(books.items())
        if models
    }
    content = {
        **head,
        "providers": sorted(name.removesuffix(".json") for name in files),
        "aliases": curated.aliases,
        "sources": _sources(inputs, curated, snapshot),
    }
    return {
        **files,
        "index.json": index_text(files, day, content),
        WINDOWS: windows_text(inputs["genai-prices"].text, curated.genai),
    }


def _half_reads(provider: str, models: list[str], source: str) -> Multiplier:
    return Multiplier(
        provider=provider,
        classes=("cache_read",),
        numerator=1,
        denominator=2,
        when={"cache_mode": "explicit"},
        models=tuple(models),
        source=source,
    )


def _books(curated: Curated, genai: Books, second: Books, log: Log) -> Books:
    """The layers in their order of trust, and the rules for every card."""
    for layer in (genai, second):
        as_listed(layer, curated.listed, log)
        halve_batch(layer["anthropic"], log)
    for provider in curated.inclusive:
        inclusive(second[provider])
    first = {provider: second.pop(provider) for provider in curated.preferred}
    vertex_apart(genai)
    tables = alias_tables(curated.aliases)
    books = layered([curated.books, first, genai, second], tables, log)
    rename(books, curated.names, tables)
    bedrock_names(books["aws"])
    finish(books, curated)
    return books


def _sources(
    inputs: Mapping[str, Input], curated: Curated, snapshot: Mapping[str, object]
) -> list[dict[str, object]]:
    own: dict[str, object] = {"name": "curated", "version": curated.day, "licence": "MIT"}
    packages: list[dict[str, object]] = [
        {"name": name, "version": each.version, "licence": LICENCES[name]}
        for name, each in inputs.items()
    ]
    packages[-1]["updated"] = snapshot.get("updated_at")
    return [own, *packages]
