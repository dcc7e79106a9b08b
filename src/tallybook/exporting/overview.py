"""The same calls looked at in several ways at one moment: what a finance report and a page are
made of. How that is drawn is `page`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .. import __version__
from ..clock import DAY_MS, iso
from ..query import Bucket, Query, Report, query_json, report_json

SCHEMA = "tallybook.export/1"

WAYS: Mapping[str, tuple[str, ...]] = {
    "date": ("date",),
    "model": ("model",),
    "source": ("source",),
    "project": ("project",),
    "user": ("user",),
    "account": ("account",),
    "session": ("session", "title"),
}
"""The reports of an overview, and what the rows of each are."""

Ask = Callable[[Query], Report]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Reports of the same calls by their names in `WAYS`, and `over_time`, by date and model in
    the steps that a drawing has room for."""

    reports: Mapping[str, Report]
    over_time: Report

    @property
    def whole(self) -> Report:
        """The report whose totals, notes and revision are those of all."""
        return self.reports["date"]


def overview(ask: Ask, query: Query, step: Bucket | None = None) -> Overview:
    """An overview of the calls of a question's conditions and time, by date in `step`, else in days
    and drawn in as many as there is room for. It asks several times, which has to be in one moment
    of the ledger."""
    plain = replace(query, by=(), bucket=None, sort=None, limit=None)
    reports = {name: ask(_by(plain, by, step)) for name, by in WAYS.items()}
    steps = step or _bucket(reports["date"])
    over_time = ask(replace(plain, by=("date", "model"), bucket=steps))
    return Overview(reports=reports, over_time=over_time)


def overview_json(found: Overview, made_ms: int) -> dict[str, Any]:
    """An overview in the form of `tallybook.export/1`: each report is a `tallybook.report/1`."""
    whole = report_json(found.whole)
    query = found.whole.query
    return {
        "schema": SCHEMA,
        "program": f"tallybook {__version__}",
        "made_at": iso(made_ms, query.tz),
        "query": query_json(replace(query, by=(), bucket=None)),
        "revision": whole["revision"],
        "complete": whole["complete"],
        "totals": whole["totals"],
        "reports": {name: report_json(report) for name, report in found.reports.items()},
        "notes": whole["notes"],
    }


def _by(query: Query, by: tuple[str, ...], step: Bucket | None) -> Query:
    return replace(query, by=by, bucket=(step or "day") if "date" in by else None)


def _bucket(report: Report) -> Bucket:
    """Steps that make no more than about a hundred of the time between first and last call."""
    first, last = report.totals.first_ms or 0, report.totals.last_ms or 0
    days = (last - first) // DAY_MS
    return "day" if days <= 100 else "week" if days <= 700 else "month"
