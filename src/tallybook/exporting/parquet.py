"""Tables as Parquet: counts as integers, amounts as decimals, times as instants in UTC.

It needs `pyarrow`, which is an extra of the package and loaded only here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import TallyError
from .events import Field

_CHUNK = 10_000
"""Rows that are held at a time; each becomes a group of rows in the file."""

_DIGITS, _DECIMALS = 38, 9
"""Of an amount: nano-units of a currency, in the widest decimal that readers of Parquet know."""

Cell = str | int | None


def write_table(file: Path, fields: Sequence[Field], rows: Iterable[Sequence[Cell]]) -> int:
    """Write rows of cells into a file, and say how many they were. Empty texts and None are null.
    Raises `TallyError` if `pyarrow` is not installed."""
    arrow, writer_of = _pyarrow()
    kinds = {
        "text": arrow.string(),
        "count": arrow.int64(),
        "amount": arrow.decimal128(_DIGITS, _DECIMALS),
        "time": arrow.timestamp("ms", tz="UTC"),
        "flag": arrow.bool_(),
    }
    schema = arrow.schema([(field.name, kinds[field.kind]) for field in fields])
    written = 0
    with writer_of(file, schema, compression="zstd") as writer:
        for chunk in _chunks(rows):
            columns = zip(*chunk, strict=True)
            arrays = [
                arrow.array([_value(field, cell) for cell in column], type=kinds[field.kind])
                for field, column in zip(fields, columns, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            written += len(chunk)
    return written


_READ: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {"time": datetime.fromisoformat, "amount": Decimal, "flag": lambda text: text == "true"}
)


def _value(field: Field, cell: Cell) -> object:
    """A cell as Arrow takes it."""
    if cell is None or cell == "":
        return None
    read = _READ.get(field.kind)
    return read(cell) if read and isinstance(cell, str) else cell


def _chunks(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Sequence[Cell]]]:
    ahead = iter(rows)
    while chunk := list(islice(ahead, _CHUNK)):
        yield chunk


def _pyarrow() -> tuple[Any, Any]:
    """The library and its writer of Parquet; it has no types of its own."""
    try:
        import pyarrow  # pyright: ignore[reportMissingTypeStubs] - an extra without stubs
        from pyarrow.parquet import (  # pyright: ignore[reportMissingTypeStubs] - an extra, too
            ParquetWriter,
        )
    except ImportError as problem:
        raise TallyError(
            "Parquet files can't be written here",
            because="the package pyarrow is not installed",
            hint="pip install 'tallybook[parquet]'",
        ) from problem
    return pyarrow, ParquetWriter
