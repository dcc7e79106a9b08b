"""Lists of sessions for other programs, and the choice between these and a table.

They are `tallybook.report/1` with more fields in a row: project, models, whether the session is
going on, and in a tree where it stands and what its family used. Tables are `sessiontable`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ..exporting.delimited import chosen_fields, field_names, json_text, separated
from ..query import Query, Report, Row, figures_json, report_json
from .options import Asked
from .output import asked_in_full, markdown_lines, table_lines
from .shell import Shell, say

if TYPE_CHECKING:
    from ..families import Member

_EXTRA = ("models", "users", "active")
_ALSO: Mapping[str, str] = {"user": "users", "consumer": "users", "consumers": "users"}
"""Other words for fields."""
_TREE = ("parent", "depth", "descendants")
_SUMS = ("own", "with_descendants")


class Listing(NamedTuple):
    """A report by session and, for a tree, its sessions in their places. Sessions with a call
    at or after `active_ms` are going on."""

    report: Report
    members: tuple[Member, ...] | None
    active_ms: int

    def rows(self) -> tuple[Row, ...]:
        """What is listed, in its order."""
        if self.members is None:
            return self.report.rows
        return tuple(each.row for each in self.members)

    def is_active(self, row: Row) -> bool:
        """Whether a session is going on."""
        return bool(row.dims["session"]) and (row.figures.last_ms or 0) >= self.active_ms


def extra_fields(tree: bool) -> tuple[str, ...]:
    """The fields that a list of sessions has beside those of a report."""
    return (*_EXTRA, *(_TREE if tree else ()))


def session_fields(words: Sequence[str], query: Query, *, tree: bool) -> tuple[str, ...]:
    """The fields of a list of sessions that words mean, each once. Raises `UsageMistake` for one
    that means none."""
    extra, wider = extra_fields(tree), replace(query, by=("session", "title", "project"))
    names: list[str] = []
    for word in words:
        name = _ALSO.get(word.lower(), word)
        names += [name] if name in extra else chosen_fields((word,), wider)
    return tuple(dict.fromkeys(names))


def show_rows(shell: Shell, asked: Asked, listing: Listing, title: str) -> None:
    """Print a list of sessions in the form that was asked for."""
    if asked.format == "json":
        say(json_text(listing_json(listing, asked.fields)))
    elif asked.format == "jsonl":
        for row in listing_json(listing, asked.fields)["rows"]:
            say(json_text(row, indent=None))
    elif asked.format in ("csv", "tsv"):
        flat = _flat(listing)
        names = asked.fields or _names(listing)
        say(separated(flat, names, "," if asked.format == "csv" else "\t"))
    elif asked.fields:
        flat, written = _flat(listing), asked.format == "md"
        lines = (
            markdown_lines(flat, title, asked_in_full(asked))
            if written
            else table_lines(shell, asked, flat, title)
        )
        say("\n".join(lines))
    else:
        from .sessiontable import listing_lines, listing_markdown

        if asked.format == "md":
            say("\n".join(listing_markdown(listing, title)))
        else:
            say("\n".join(listing_lines(shell, asked, listing, title)))


def listing_json(listing: Listing, fields: tuple[str, ...] = ()) -> dict[str, Any]:
    """The envelope of a report. A row's own measures stand in it as in any report; in a tree
    they are told once more as `own`, beside `with_descendants`."""
    whole = report_json(listing.report)
    rows = list(_objects(listing))
    if fields:
        rows = [{name: row[name] for name in fields} for row in rows]
        totals: dict[str, Any] = whole["totals"]
        whole["totals"] = {name: totals[name] for name in fields if name in totals}
    return {**whole, "rows": rows}


def _objects(listing: Listing) -> Iterator[dict[str, Any]]:
    tz = listing.report.query.tz
    for at, row in enumerate(listing.rows()):
        own = figures_json(row.figures, tz)
        about = {**row.dims, "models": list(row.models), "users": list(row.users)}
        about |= {"active": listing.is_active(row)}
        if listing.members is None:
            yield {**about, **own}
            continue
        member = listing.members[at]
        place = {"parent": member.parent, "depth": member.depth, "descendants": member.below}
        sums = (own, figures_json(member.family, tz))
        yield {**about, **place, **own, **dict(zip(_SUMS, sums, strict=True))}


def _names(listing: Listing) -> tuple[str, ...]:
    extra = extra_fields(listing.members is not None)
    by, *measures = field_names(listing.report.query)
    return (by, measures[0], "project", *extra, *measures[1:])


def _flat(listing: Listing) -> Report:
    """The same as a report whose rows have every field as a text."""
    rows: list[Row] = []
    for at, row in enumerate(listing.rows()):
        dims = {
            **row.dims,
            "models": "; ".join(row.models),
            "users": "; ".join(row.users),
            "active": "yes" if listing.is_active(row) else "",
        }
        if listing.members is not None:
            member = listing.members[at]
            dims |= {
                "parent": member.parent,
                "depth": str(member.depth),
                "descendants": str(member.below),
            }
        rows.append(row._replace(dims=dims))
    return replace(listing.report, rows=tuple(rows))
