"""`tally sync`: read the histories, record them, and give a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageMistake
from ..format import DASH, compact, count, number, plain, size
from ..model import CLASSES
from ..query import Figures, Query, Report, report_json
from .asking import PARTIAL, begin, settings_for
from .delimited import json_text
from .options import Asked, json_option, run_options
from .progress import ProgressLine
from .shell import Shell, say

if TYPE_CHECKING:
    from ..flow import SyncReceipt
    from ..reading import Complaint
    from .tables import Column

SCHEMA = "tallybook.sync/1"
_SAMPLES = 3
_DATABASE = b"SQLite format 3\0"
_HISTORIES = (".jsonl", ".json")


@click.command(short_help="read the agents' histories into the ledger")
@click.argument("sources", nargs=-1, metavar="[SOURCE]…")
@click.option("--full", is_flag=True, help="Read everything again, not only what is new.")
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="P",
    type=click.Path(exists=True, path_type=Path),
    help="Also read this folder, history file or database.",
)
@json_option
@run_options
@click.pass_context
def sync(
    context: click.Context,
    sources: tuple[str, ...],
    full: bool,
    paths: tuple[Path, ...],
    **_options: object,
) -> int:
    """Read what is new in the histories of the agents, all by default, into the ledger.

    Reading anything twice changes nothing. With --path a folder or file is read beside
    the usual ones, as one of the SOURCEs named (or of all).
    """
    from ..sources import source_name, source_names

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    names = tuple(dict.fromkeys(map(source_name, sources)))
    more = [_history(path) for path in paths]
    chosen = names or (source_names() if more else ())
    beside = {name: _beside(name, more) for name in chosen} if more else None
    with (
        shell.open_book(settings) as book,
        ProgressLine(live=shell.live and not asked.quiet, width=shell.width) as line,
    ):
        receipt = book.sync(chosen, full=full, paths=beside, progress=line)
        known = len(book.complaints())
        holds = book.ask(Query(by=("provider",)))
    if asked.format == "json":
        say(json_text(receipt_json(receipt, holds)))
    else:
        say("\n".join(receipt_lines(shell, asked, receipt, holds, known)))
    return 0 if receipt.complete else PARTIAL


def _history(path: Path) -> Path:
    """A folder, or a file that can be read on its own; raises `UsageMistake` for any other."""
    if path.is_dir() or path.suffix in _HISTORIES or (path.is_file() and _is_database(path)):
        return path.absolute()
    raise UsageMistake(
        f"{path} is no history",
        because="it is no folder, no file that ends in .jsonl or .json, and no SQLite database",
        hint="tally sync --path FOLDER",
    )


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return False


def _beside(name: str, paths: Sequence[Path]) -> list[Path]:
    """The further roots of one source. Of a folder that is a copy of somebody's home they are
    the ones in which the agent keeps its histories there."""
    from ..sources import open_source

    found: list[Path] = []
    for path in paths:
        usual = open_source(name, environ={"HOME": str(path)}).roots() if path.is_dir() else ()
        inside = [root for root in usual if root.is_relative_to(path) and root.is_dir()]
        found += inside or [path]
    return found


def receipt_json(receipt: SyncReceipt, holds: Report) -> dict[str, Any]:
    """The receipt as `tallybook.sync/1`, with what the ledger now holds by provider."""
    ledger = report_json(holds)
    tokens = dict(zip(CLASSES, receipt.counts, strict=True))
    return {
        "schema": SCHEMA,
        "sources": list(receipt.sources),
        "complete": receipt.complete,
        "places": {
            "found": receipt.places_found,
            "read": receipt.places_read,
            "unchanged": receipt.places_unchanged,
        },
        "bytes_read": receipt.bytes_read,
        "sessions": receipt.sessions,
        "messages": receipt.messages,
        "tokens": {**tokens, "total": sum(receipt.counts)},
        "new_events": receipt.new_events,
        "joined": receipt.joined,
        "healed": receipt.healed,
        "outdated": receipt.outdated,
        "complaints": [complaint_json(each) for each in receipt.complaints],
        "by_provider": ledger["rows"],
        "totals": ledger["totals"],
        "ledger": receipt.ledger,
        "seconds": f"{receipt.seconds:.3f}",
    }


def complaint_json(complaint: Complaint) -> dict[str, Any]:
    """One complaint with its place and its next step."""
    return {
        "source": complaint.source,
        "place": complaint.place,
        "position": complaint.position,
        "reason": complaint.reason,
        "hint": complaint.hint,
        "fatal": complaint.fatal,
    }


def receipt_lines(
    shell: Shell, asked: Asked, receipt: SyncReceipt, holds: Report, known: int = 0
) -> list[str]:
    """The receipt for people: what was read, what was new, what the ledger now holds. `known`
    complaints stand, those of this sync included."""
    from .footnotes import footnotes
    from .tables import Ink, draw, facts, folded

    ink = Ink(on=shell.colour and asked.colour)
    read = f"{count(receipt.places_read, 'place')}, {size(receipt.bytes_read)}"
    unchanged = (
        f", {number(receipt.places_unchanged)} unchanged" if receipt.places_unchanged else ""
    )
    pairs = [
        ("sources", ", ".join(map(plain, receipt.sources))),
        (
            "read",
            f"{read} in {receipt.seconds:.2f} s (found {number(receipt.places_found)}{unchanged})",
        ),
        ("new", _new(receipt)),
        ("seen before", count(receipt.joined, "reading") if receipt.joined else ""),
        ("priced now", _healed(receipt)),
        ("priced before", _outdated(receipt)),
        ("complaints", _complaints(receipt, known)),
    ]
    lines = facts([pair for pair in pairs if pair[1]], ink, shell.width)
    lines += _complaint_lines(shell, receipt)
    if holds.rows:
        columns = _by_provider(shell, holds)
        total = len(holds.rows) > 1
        lines += ["", "The ledger now holds", "", *draw(columns, shell.width, ink, total=total)]
        notes = footnotes(holds, told=frozenset({"complaints"}))
        lines += [""] if notes else []
        lines += [part for note in notes for part in folded(note, shell.width)]
    if not receipt.places_found:
        closed = any(each.fatal for each in receipt.complaints)
        found = "No history could be read. Why?" if closed else "No history was found. Where?"
        lines += ["", f"{found} tally doctor"]
    return [*lines, "", f"Ledger: {shell.shown(receipt.ledger)}"]


def _new(receipt: SyncReceipt) -> str:
    if not receipt.new_events:
        return "nothing"
    parts = (
        count(receipt.new_events, "event"),
        count(receipt.messages, "message"),
        f"{number(sum(receipt.counts))} tokens",
        f"in {count(receipt.sessions, 'session')}",
    )
    return ", ".join(parts)


def _healed(receipt: SyncReceipt) -> str:
    """Calls that had no price when they were recorded and have one since."""
    return f"{count(receipt.healed, 'call')} that had no price" if receipt.healed else ""


def _outdated(receipt: SyncReceipt) -> str:
    """Calls that were priced while another price book was in use."""
    calls = f"{count(receipt.outdated, 'call')} by another price book or other prices of your own"
    return f"{calls}: tally price apply shows what would change" if receipt.outdated else ""


def _complaints(receipt: SyncReceipt, known: int) -> str:
    if found := len(receipt.complaints):
        return f"{number(found)}, to see all of them: tally doctor"
    return f"none new ({number(known)} known: tally doctor)" if known else "none"


def _complaint_lines(shell: Shell, receipt: SyncReceipt) -> list[str]:
    return [
        f"  {shell.shown(each.place)}: {plain(each.reason)}"
        for each in receipt.complaints[:_SAMPLES]
    ]


def _by_provider(shell: Shell, report: Report) -> list[Column]:
    from .reportcolumns import Manner, cost_text
    from .tables import Column

    manner = Manner(width=shell.width)
    word = number if manner.wide else compact
    named = [(plain(row.dims.get("provider") or DASH), row.figures) for row in report.rows]
    rows: list[tuple[str, Figures]] = [
        *named,
        *([("Total", report.totals)] if len(named) > 1 else []),
    ]
    counts = {
        "In": (0,),
        "Out": (1, 2),
        "Cache": (3, 4, 5),
    }
    columns = [Column(title="Provider", cells=tuple(name for name, _ in rows), text=True)]
    columns += [
        Column(title=title, cells=tuple(word(sum(f.counts[i] for i in which)) for _, f in rows))
        for title, which in counts.items()
    ]
    for currency in sorted(report.totals.cost) or ["USD"]:
        cells = tuple(cost_text(figures, "cost", currency, manner) for _, figures in rows)
        columns.append(Column(title=f"Cost {currency}", cells=cells))
    return columns
