"""Blocks for other programs: `tallybook.blocks/1`, JSON Lines, CSV and TSV.

What they look like to people is `blocktable`; how they are counted is `tallybook.blocks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..blocks import Block, BlockReport, Pace, Projection, pace_of, projection_of
from ..clock import HOUR_MS, iso
from ..errors import UsageMistake, nearest
from ..exporting.delimited import delimited_text, flat_cells, flat_names, json_text, units_of
from ..format import tenths
from ..limits import limit_json
from ..query import MEASURES, Figures, amounts_json, figures_json, report_json
from ..questions import named_fields

if TYPE_CHECKING:
    from ..reading import LimitSnapshot

SCHEMA = "tallybook.blocks/1"

_OWN = ("start", "end", "active", "cut", "gap_before_hours")
_COUNTED = tuple(name for name in MEASURES if name != "sessions")
FLAT_FIELDS = (*_OWN, *_COUNTED, "limit_percent", "models")
"""What a block has in the flat forms, in order."""

FIELDS = (*FLAT_FIELDS, "by_model", "pace", "projection")
"""What a block has in JSON."""


class Allowance(NamedTuple):
    """The tokens that a block may have, as the user said them: a number, or the largest block
    that ended (`largest`), None where none has."""

    tokens: int | None
    largest: bool

    def tenths(self, tokens: int) -> int | None:
        """The share of it in tenths of a per cent, rounded down: what is reached is reached."""
        return None if self.tokens is None else tokens * 1000 // self.tokens


class Shown(NamedTuple):
    """Blocks with what stands beside them: the present moment, the allowance if one was given,
    the official windows of their sources, whether models have rows of their own, and whether
    text tells list costs."""

    found: BlockReport
    now_ms: int
    allowance: Allowance | None
    limits: tuple[LimitSnapshot, ...]
    breakdown: bool
    costs: bool

    def share(self, block: Block) -> int | None:
        """A block's share of the allowance in tenths of a per cent; None where there is none, and
        where calls of the block may be left out."""
        if self.allowance is None or block.cut:
            return None
        return self.allowance.tenths(block.figures.total)

    @property
    def tz(self) -> str:
        """The zone in which times are told."""
        return self.found.report.query.tz


def block_fields(form: str) -> tuple[str, ...]:
    """The fields that a block has in one of the forms of `--format`."""
    return FIELDS if form in ("json", "jsonl") else FLAT_FIELDS


def chosen_block_fields(words: Sequence[str], form: str) -> tuple[str, ...]:
    """The fields of a form that words mean, each once. Raises `UsageMistake` with the nearest
    name, or with the form that has it."""
    known = block_fields(form)
    chosen: list[str] = []
    for word in words:
        meant = named_fields(word, known)
        if not meant and word in FIELDS:
            raise UsageMistake(
                f"{word} is no column: only JSON has it", hint="--format json or jsonl"
            )
        if not meant:
            close = nearest(word, known)
            hint = f"did you mean {close}?" if close else f"use some of {', '.join(known)}"
            raise UsageMistake(f"unknown field {word!r}", hint=hint)
        chosen += meant
    return tuple(dict.fromkeys(chosen))


def blocks_json(shown: Shown, fields: Sequence[str] = ()) -> dict[str, Any]:
    """The whole answer as `tallybook.blocks/1`. Of a block, `cost` and its like map currency to
    a decimal string; `pace` and `projection` are null where they can't be told."""
    told = report_json(shown.found.report)
    allowance = shown.allowance
    return {
        "schema": SCHEMA,
        "query": told["query"],
        "length_hours": shown.found.length_ms // HOUR_MS,
        "now": iso(shown.now_ms, shown.tz),
        "token_limit": None
        if allowance is None
        else {"tokens": allowance.tokens, "largest_block": allowance.largest},
        "revision": told["revision"],
        "complete": told["complete"],
        "blocks": list(_narrowed(block_objects(shown), fields)),
        "totals": told["totals"],
        "limits": [limit_json(each, shown.tz) for each in shown.limits],
        "notes": told["notes"],
    }


def block_lines(shown: Shown, fields: Sequence[str] = ()) -> list[str]:
    """One JSON object a line and block."""
    return [json_text(each, indent=None) for each in _narrowed(block_objects(shown), fields)]


def block_objects(shown: Shown) -> Iterator[dict[str, Any]]:
    """The blocks as objects with all `FIELDS`."""
    for block in shown.found.blocks:
        yield {
            **_own(block, shown),
            **_measures(block.figures, shown.tz),
            "limit_percent": share_text(shown.share(block)),
            "models": [row.dims["model"] for row in block.models],
            "by_model": [{**row.dims, **_measures(row.figures, shown.tz)} for row in block.models],
            "pace": _pace(pace_of(block, shown.now_ms)),
            "projection": _projection(projection_of(block, shown.now_ms)),
        }


def separated_blocks(shown: Shown, fields: Sequence[str], delimiter: str) -> str:
    """CSV or TSV with a heading, one row a block, or with a breakdown a block and model, which are
    named then; measures are those of the model."""
    names = list(fields or FLAT_FIELDS)
    rows = list(block_objects(shown))
    if shown.breakdown:
        names = list(dict.fromkeys(("start", "provider", "model", *(fields or _COUNTED))))
        rows = [{**row, **model} for row in rows for model in row["by_model"]]
    units = units_of([shown.found.report])
    cells = (flat_cells(row, names, units) for row in rows)
    return delimited_text([flat_names(names, units), *cells], delimiter)


def share_text(share: int | None) -> str | None:
    """Tenths of a per cent as a decimal: `42.1`."""
    return None if share is None else tenths(share)


def _own(block: Block, shown: Shown) -> dict[str, Any]:
    return {
        "start": iso(block.start_ms, shown.tz),
        "end": iso(block.end_ms, shown.tz),
        "active": block.is_active(shown.now_ms),
        "cut": block.cut,
        "gap_before_hours": None if block.gap_ms is None else block.gap_ms // HOUR_MS,
    }


def _measures(figures: Figures, tz: str) -> dict[str, Any]:
    told = figures_json(figures, tz)
    return {name: told[name] for name in _COUNTED}


def _pace(pace: Pace | None) -> dict[str, Any] | None:
    if pace is None:
        return None
    return {
        "elapsed_seconds": pace.elapsed_ms // 1000,
        "tokens_per_minute": pace.tokens_per_minute,
        "cost_per_hour": amounts_json(pace.cost_per_hour),
    }


def _projection(projection: Projection | None) -> dict[str, Any] | None:
    if projection is None:
        return None
    return {
        "remaining_seconds": projection.remaining_ms // 1000,
        "total": projection.total,
        "cost": amounts_json(projection.cost),
    }


def _narrowed(
    rows: Iterable[Mapping[str, Any]], fields: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    return ({name: row[name] for name in fields} if fields else row for row in rows)
