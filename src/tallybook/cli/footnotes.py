"""The remarks below a table, see `tallybook.remarks`: long names are cut by the cells that they
take in a terminal.
"""

from __future__ import annotations

from collections.abc import Collection

from rich.cells import cell_len

from ..query import Report
from ..remarks import remarks


def footnotes(
    report: Report, told: frozenset[str] = frozenset(), fields: Collection[str] = ("cost",)
) -> list[str]:
    """One line for each thing that a reader of the figures has to know."""
    return remarks(report, told, fields, cell_len)
