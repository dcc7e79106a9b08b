"""A report as lines of plain text for chats and mails, whose letters are of different widths."""

from __future__ import annotations

from collections.abc import Iterator

from ..figurewords import costs_text
from ..format import DASH, count, plain
from ..query import Figures, Report
from ..remarks import remarks

MOST = 20
"""Rows that are told one by one."""


def digest_lines(report: Report) -> Iterator[str]:
    """The lines: one for each row, their total, and what has to be known beside it."""
    if not report.rows:
        yield "Nothing was used."
        return
    for row in report.rows[:MOST]:
        name = " · ".join(plain(row.dims.get(each) or DASH) for each in row.dims)
        yield f"{name}: {_figures(row.figures)}"
    if len(report.rows) > MOST:
        yield f"… and {count(len(report.rows) - MOST, 'more row')}"
    if len(report.rows) > 1:
        yield f"Total: {_figures(report.totals)}"
    for remark in remarks(report):
        yield f"({remark})"


def _figures(figures: Figures) -> str:
    cost = costs_text(figures.cost, 2)
    least = "≥ " if figures.unpriced_tokens and figures.cost else ""
    return (
        f"{count(figures.requests, 'call')}, {count(sum(figures.counts), 'token')}, {least}{cost}"
    )
