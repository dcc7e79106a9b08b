"""Blocks as people read them: a table with its gaps, or one active block at length.

For other programs they are `blockrows`; how they are counted is `tallybook.blocks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..blocks import Block, pace_of, projection_of
from ..clock import local
from ..figurewords import costs_text
from ..format import DASH, compact, count, number, plain, span
from ..limits import limit_json, limit_text
from ..query import Report, Row
from .blockrows import Allowance, Shown, block_objects, share_text
from .footnotes import footnotes
from .labels import undated
from .options import Asked
from .output import COARSE_NOTE, asked_manner, below_lines
from .reportcolumns import Manner, columns_of, suited
from .shell import Shell
from .tables import Column, Ink, draw, facts, folded, markdown, no_room

ACTIVE = "*"
_NONE_ENDED = "no block has ended yet, so there is no largest one"
_FULL, _NEAR = 1000, 800
"""Tenths of a per cent of an allowance at which it is used up, and at which it is said."""


class _Line(NamedTuple):
    """A row of the table: a block, one of its models, or, without figures, a gap."""

    label: str
    row: Row | None
    block: Block | None = None


def table_of_blocks(shell: Shell, asked: Asked, shown: Shown, title: str) -> list[str]:
    """A heading, the blocks with the gaps between them, and what has to be known of them."""
    ink = Ink(on=shell.colour and asked.colour)
    lines = list(_lines(shown))
    report = _as_report(shown, lines)
    manner = asked_manner(shell, replace(asked, fields=()))
    columns, coarse = suited(report, manner)
    columns = _dressed(columns, shown, lines)
    if asked.fields:
        columns = _chosen(shown, lines, asked.fields, manner)
    coarse = coarse and not asked.fields
    notes = [*no_room(columns, shell.width), *_below(shown), *([COARSE_NOTE] if coarse else [])]
    notes += _footnotes(shown, asked)
    drawn = draw(columns, shell.width, ink, total=_has_total(lines))
    return [*folded(title, shell.width), "", *drawn, *below_lines(notes, shell.width, ink)]


def markdown_of_blocks(asked: Asked, shown: Shown, title: str) -> list[str]:
    """The same in Markdown, nothing shortened."""
    lines = list(_lines(shown))
    manner = Manner(amounts=asked.amounts)
    columns = _dressed(columns_of(_as_report(shown, lines), manner), shown, lines)
    if asked.fields:
        columns = _chosen(shown, lines, asked.fields, manner)
    below = [f"\n{note}" for note in (*_below(shown), *_footnotes(shown, asked))]
    return [f"**{title}**", "", *markdown(columns), *below]


def active_lines(shell: Shell, asked: Asked, shown: Shown, title: str) -> list[str]:
    """The active block at length: by model, then how fast, and where that leads."""
    ink = Ink(on=shell.colour and asked.colour)
    block = shown.found.blocks[-1]
    query = replace(shown.found.report.query, by=("model",), bucket=None, limit=None)
    report = replace(shown.found.report, query=query, rows=block.models, totals=block.figures)
    columns, coarse = suited(report, asked_manner(shell, asked))
    drawn = draw(_without_sessions(columns), shell.width, ink, total=len(report.rows) > 1)
    notes = [*([COARSE_NOTE] if coarse else []), *_footnotes(shown, asked)]
    return [
        *folded(title, shell.width),
        "",
        *drawn,
        "",
        *facts(list(_facts(shown, block)), ink, shell.width),
        *below_lines(notes, shell.width, ink),
    ]


def _facts(shown: Shown, block: Block) -> Iterator[tuple[str, str]]:
    now, figures = shown.now_ms, block.figures
    begun, ends = local(block.start_ms, shown.tz), local(block.end_ms, shown.tz)
    left = span(block.end_ms - now)
    yield "window", f"{begun:%Y-%m-%d %H:%M} to {ends:%H:%M} ({shown.tz}), {left} left"
    if figures.first_ms is not None:
        yield "first call", f"{local(figures.first_ms, shown.tz):%H:%M:%S}"
    cost = _cost(shown, block, figures.cost, ", {}")
    yield "so far", f"{number(figures.total)} tokens{cost}"
    pace, projection = pace_of(block, now), projection_of(block, now)
    if pace is not None:
        cost = _cost(shown, block, pace.cost_per_hour, ", {} an hour")
        yield "pace", f"{number(pace.tokens_per_minute)} tokens a minute{cost}"
    if projection is not None:
        cost = _cost(shown, block, projection.cost, ", {}")
        whole = f"{number(projection.total)} tokens{cost}"
        yield "by its end", f"{whole}, if it goes on like this"
    if shown.allowance is not None:
        expected = projection.total if projection is not None else figures.total
        yield "limit", _allowance_text(shown.allowance, figures.total, expected)
    for limit in shown.limits:
        yield "official", limit_text(limit_json(limit, shown.tz), now)


def _allowance_text(allowance: Allowance, tokens: int, expected: int) -> str:
    share, later = allowance.tenths(tokens), allowance.tenths(expected)
    if allowance.tokens is None or share is None or later is None:
        return _NONE_ENDED
    text = f"{share_text(share)}% of {number(allowance.tokens)} tokens"
    text += " (the largest block that ended)" if allowance.largest else ""
    if share >= _FULL:
        return f"{text}: it is used up"
    said = f"{text}; {share_text(later)}% by its end"
    return f"{said}: it will not do" if later >= _FULL else said


def _lines(shown: Shown) -> Iterator[_Line]:
    """The rows in the order of the blocks, which may fall, and the gap before each block that
    has another one on its other side."""
    blocks = shown.found.blocks
    rising = list(blocks) == sorted(blocks, key=lambda each: each.start_ms)
    for at, block in enumerate(blocks):
        inner = at > 0 if rising else at + 1 < len(blocks)
        gap = [_Line(f"  gap of {span(block.gap_ms)}", None)] if block.gap_ms and inner else []
        yield from gap if rising else ()
        yield from _of_block(block, shown)
        yield from () if rising else gap


def _of_block(block: Block, shown: Shown) -> Iterator[_Line]:
    mark = f" {ACTIVE}" if block.is_active(shown.now_ms) else ""
    names = tuple(row.dims["model"] or DASH for row in block.models)
    row = Row({"date": DASH}, block.figures, names)
    yield _Line(f"{local(block.start_ms, shown.tz):%Y-%m-%d %H:%M}{mark}", row, block)
    for model in block.models if shown.breakdown else ():
        name = undated(plain(model.dims["model"] or DASH))
        yield _Line(f"  {name}", Row({"date": DASH}, model.figures))


def _as_report(shown: Shown, lines: Sequence[_Line]) -> Report:
    """Blocks as rows of a report, which knows how to word and to fit figures."""
    report = shown.found.report
    query = replace(report.query, by=("date",), bucket="hour")
    return replace(report, query=query, rows=tuple(each.row for each in lines if each.row))


def _dressed(columns: Sequence[Column], shown: Shown, lines: Sequence[_Line]) -> list[Column]:
    """The columns of the rows with figures, with gaps between them and the blocks' names."""
    total = _has_total(lines)
    first, *rest = _without_sessions(columns)
    labels = (*(each.label for each in lines), *(["Total"] if total else []))
    dressed = [first._replace(title="Block", cells=labels, least=18, tight=18)]
    for column in rest:
        dressed.append(column._replace(cells=_spread(column.cells, lines)))
        if column.name == "total" and shown.allowance is not None:
            dressed.append(_share_column(shown, lines))
    return dressed


def _spread(cells: Sequence[str], lines: Sequence[_Line]) -> tuple[str, ...]:
    """The cells of rows with figures, and empty ones where there is a gap."""
    left = iter(cells)
    return (*("" if each.row is None else next(left) for each in lines), *left)


def _share_column(shown: Shown, lines: Sequence[_Line]) -> Column:
    shares = ["" if each.block is None else _percent(shown.share(each.block)) for each in lines]
    return Column(title="Limit", cells=(*shares, *([""] if _has_total(lines) else [])), rank=2)


def _percent(share: int | None) -> str:
    return DASH if share is None else f"{share_text(share)}%"


def _chosen(
    shown: Shown, lines: Sequence[_Line], fields: Sequence[str], manner: Manner
) -> list[Column]:
    """The columns of chosen fields, in their order, beside the names of the blocks."""
    objects = iter(block_objects(shown))
    told = [next(objects) if each.block is not None else None for each in lines]
    report = _as_report(shown, lines)
    columns = _dressed(columns_of(report, manner), shown, lines)[:1]
    for name in fields:
        if name in ("start", "end", "active", "cut", "gap_before_hours", "limit_percent"):
            cells = ["" if each is None else _worded(each[name]) for each in told]
            cells += [""] if _has_total(lines) else []
            columns.append(Column(title=name, cells=tuple(cells)))
        else:
            found = columns_of(report, manner._replace(names=("date", name), fixed=True))[1:]
            columns += [each._replace(cells=_spread(each.cells, lines)) for each in found]
    return columns


def _worded(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return DASH if value is None else str(value)[:16].replace("T", " ")


def _without_sessions(columns: Sequence[Column]) -> list[Column]:
    """A session may be in several hours: how many a block has is not told by adding them."""
    return [column for column in columns if column.name != "sessions"]


def _has_total(lines: Sequence[_Line]) -> bool:
    return sum(each.row is not None for each in lines) > 1


def _below(shown: Shown) -> Iterator[str]:
    """What the table means, and what of it goes on."""
    blocks = shown.found.blocks
    yield from (_active_text(shown, each) for each in blocks if each.is_active(shown.now_ms))
    cut = [each for each in blocks if each.cut]
    if cut:
        moments = " and ".join(f"{local(each.start_ms, shown.tz):%m-%d %H:%M}" for each in cut)
        they = "their paces and shares are" if len(cut) > 1 else "its pace and share are"
        yield f"Only a part of {moments} is in this time and counted here: {they} not told."
    if shown.allowance is not None:
        yield f"Limit: {_reached(shown, shown.allowance)}."
    for limit in shown.limits:
        yield f"Official {limit_text(limit_json(limit, shown.tz), shown.now_ms)}"


def _active_text(shown: Shown, block: Block) -> str:
    text = f"{ACTIVE} active, {span(block.end_ms - shown.now_ms)} left"
    pace, projection = pace_of(block, shown.now_ms), projection_of(block, shown.now_ms)
    if pace is None or projection is None:
        return f"{text}. More: tally blocks --active"
    hourly = _cost(shown, block, pace.cost_per_hour, ", {} an hour")
    whole = _cost(shown, block, projection.cost, " and {}")
    rate = f"{compact(pace.tokens_per_minute)} tokens a minute{hourly}"
    end = f"{compact(projection.total)} tokens{whole} by its end"
    return f"{text}: {rate}; {end}. More: tally blocks --active"


def _reached(shown: Shown, allowance: Allowance) -> str:
    if allowance.tokens is None:
        return _NONE_ENDED
    what = "the largest block that ended" if allowance.largest else "as given"
    text = f"{number(allowance.tokens)} tokens ({what})"
    shares = [share for each in shown.found.blocks if (share := shown.share(each)) is not None]
    if not shares:
        return text
    over = sum(each >= _FULL for each in shares)
    near = sum(_NEAR <= each < _FULL for each in shares)
    said = [f"{count(over, 'block')} reached it"] if over else ["no block reached it"]
    said += [f"{count(near, 'block')} came near (80 %)"] if near else []
    return f"{text}; {', '.join(said)}"


def _cost(shown: Shown, block: Block, amounts: Mapping[str, int], form: str) -> str:
    """A cost of a block, or one that follows from its own, worded; nothing where costs are not
    told."""
    mark = "≥ " if block.figures.unpriced_tokens else ""
    return form.format(mark + costs_text(amounts, 2)) if shown.costs else ""


def _footnotes(shown: Shown, asked: Asked) -> list[str]:
    report = replace(shown.found.report, rows=())
    return footnotes(report, fields=(*asked.fields, *asked.amounts))
