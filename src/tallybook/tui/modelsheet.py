"""The models of a look, who served them, and what part of all each was."""

from __future__ import annotations

from collections.abc import Iterator

from ..format import DASH, count, plain, tenths
from ..query import Figures, Query, Row
from .look import Crumb
from .sheet import Column, Opening, Rows, Sheet
from .sheetfields import (
    Field,
    Found,
    Ranks,
    bar_field,
    count_field,
    figures_fields,
    share_field,
)
from .sheetmaking import Kind, Stand, sheet_from


def models_sheet(stand: Stand) -> Sheet:
    """One line a model of a provider, the one with the most tokens first."""
    kind = Kind(
        title="Models",
        noun="model",
        by=("model",),
        names=("provider", "model"),
        usual="-total",
        fields=_fields,
        opens=_opens,
    )
    return sheet_from(stand, kind)


def _fields(found: Found) -> Iterator[Field]:
    column = Column("model", "Model", "Provider and model", 1, False, True, provider=True)
    yield Field(column, model_text, count(len(found.report.rows), "model"))
    yield from figures_fields(found, Ranks())
    yield count_field(found, "messages", "Msgs", "Messages of the assistant", 4)
    yield share_field(found, 3)
    yield bar_field(found, 6)
    column = Column("cache_hit", "Cache hit", "Part of the prompts that came from a cache", 5)
    hit = cache_hit(found.totals)
    yield Field(
        column,
        lambda row: hit_text(cache_hit(row.figures)),
        hit_text(hit),
        rank=lambda row: (-1 if (each := cache_hit(row.figures)) is None else each,),
    )


def cache_hit(figures: Figures) -> int | None:
    """Which part of all prompt tokens was read from a cache, in thousandths; None without any."""
    fresh, _, _, read, short, long = figures.counts
    prompt = fresh + read + short + long
    return (read * 2000 + prompt) // (prompt * 2) if prompt else None


def hit_text(permille: int | None) -> str:
    """Thousandths in per cent."""
    return DASH if permille is None else f"{tenths(permille)} %"


def model_text(row: Row) -> str:
    """Provider and model of a row."""
    return plain(f"{row.dims['provider'] or '?'}/{row.dims['model'] or '?'}")


def _opens(row: Row, _query: Query) -> Opening:
    name = f"{row.dims['provider'] or ''}/{row.dims['model'] or ''}"
    return Rows("sessions", (Crumb("model", name, model_text(row)),))
