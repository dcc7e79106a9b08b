"""`tally sync`: read the histories, record them, and give a receipt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ..exporting.delimited import json_text
from ..format import DASH, compact, count, number, plain, size
from ..model import CLASSES
from ..query import Figures, Filter, Query, Report, report_json
from ..whereabouts import root_lines, source_json
from .alerting import alert_once
from .asking import PARTIAL, begin, settings_for
from .beside import further_roots, named_sources
from .byhand import not_kept
from .options import Asked, excluding, json_option, path_options, run_options
from .probed import probe_once
from .progress import ProgressLine
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..flow import SyncReceipt
    from ..reading import Complaint
    from ..sources import Source
    from .tables import Column, Ink

SCHEMA = "tallybook.sync/1"
_SAMPLES = 3


@click.command(short_help="read the agents' histories into the ledger")
@click.argument("sources", nargs=-1, metavar="[SOURCE]…")
@click.option("--full", is_flag=True, help="Read everything again, not only what is new.")
@click.option("--watch", "stay", is_flag=True, help="Go on reading until Ctrl-C.")
@click.option("--every", metavar="TIME", help="With --watch: look at least so often. [1s]")
@path_options
@click.option(
    "--session",
    "--session-key",
    metavar="X",
    help="Show only this session; all are recorded.",
)
@json_option
@run_options
@click.pass_context
def sync(
    context: click.Context,
    sources: tuple[str, ...],
    paths: tuple[str, ...],
    max_rotate: int | None,
    session: str | None,
    **options: object,
) -> int:
    """Read what is new in the histories of the agents, all by default, into the ledger.

    Reading anything twice changes nothing. With --path a folder or file is read beside
    the usual ones, as one of the SOURCEs named (or of all agents); for a gateway's log also
    a 'pattern' in quotes. With --watch or --every it goes on, a line each time.
    """
    full = options["full"] is True
    shell, asked = begin(context)
    settings = replace(settings_for(shell, asked), max_rotate=max_rotate)
    if options["stay"] or options["every"]:
        if session is not None:
            raise excluding("--session", "--watch", "tally watch --session X shows one session")
        from .syncwatch import keep_reading
        from .watch import watching_of

        with shell.open_book(settings) as book:
            return keep_reading(watching_of(context, shell, asked, book), full=full)
    names = named_sources("sync", sources, settings)
    more = further_roots(settings, names, paths) if paths else {}
    with shell.open_book(settings) as book:
        with ProgressLine(live=shell.live and not asked.quiet, width=shell.width) as line:
            receipt = book.sync(tuple(more) or names, full=full, paths=more, progress=line)
        only = (Filter(dimension="session", values=(session,)),) if session else ()
        if asked.format == "json":
            holds = book.ask(Query(by=("provider",), where=only), estimate=False)
            say(json_text(receipt_json(receipt, holds)))
        elif asked.quiet:
            _tell_closed(shell, receipt)
        else:
            holds = book.ask(Query(by=("provider",), where=only), estimate=False)
            lines = receipt_lines(shell, asked, receipt, holds, len(book.complaints()))
            missed = () if receipt.places_found else names
            sought = [book.source(each, more.get(each, ())) for each in missed]
            lines += _log_hint(receipt, paths) if paths and not names else []
            say("\n".join([*lines, *_sought(shell, sought), *not_kept(settings, more)]))
        probe_once(book, shell, asked)  # the answer waits for no network
        alert_once(book, shell, asked, wait=True, receipt=receipt)
    return 0 if receipt.complete else PARTIAL


def _tell_closed(shell: Shell, receipt: SyncReceipt) -> None:
    """On stderr, why the exit code is not 0: what could not be read at all."""
    closed = [each for each in receipt.complaints if each.fatal]
    if closed:
        first, rest = closed[0], len(closed) - 1
        more = f", and {count(rest, 'other place')}" if rest else ""
        why = f"{shell.shown(first.place)}: {plain(first.reason)}{more}"
        mention(f"error: not everything could be read\nbecause: {why}\ntry: tally doctor")
    elif not receipt.complete:
        mention("error: not everything could be read\ntry: tally doctor")


def _sought(shell: Shell, sources: Sequence[Source]) -> list[str]:
    """Where sources were looked for that were named and not found."""
    lines: list[str] = []
    for known in map(source_json, sources):
        roots = [f"  {line}" for line in root_lines(known, shell.shown)]
        first = (
            f"Looked for {known['title']} in" if roots else f"{known['title']} has no usual place"
        )
        lines += ["", first, *roots, f"Elsewhere: tally sync {known['name']} --path PATH"]
    return lines


def _log_hint(receipt: SyncReceipt, paths: Sequence[str]) -> list[str]:
    """Where to go with paths in which there was no agent's history, but maybe a gateway's log."""
    from shlex import quote

    if receipt.new_events or receipt.joined or receipt.places_unchanged:
        return []
    log = f"tally sync higress --path {plain(quote(paths[0]))}"
    return ["", f"No agent's history holds a call there. A gateway's log: {log}"]


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
        "captured": receipt.kept,
        "not_captured": receipt.unkept,
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
    from .tables import Ink, facts

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
        ("captured", _captured(receipt)),
        ("complaints", _complaints(receipt, known)),
    ]
    lines = facts([pair for pair in pairs if pair[1]], ink, shell.width)
    lines += _complaint_lines(shell, receipt)
    lines += _holdings(shell, ink, holds)
    if not receipt.places_found:
        closed = any(each.fatal for each in receipt.complaints)
        found = "No history could be read. Why?" if closed else "No history was found. Where?"
        lines += ["", f"{found} tally doctor"]
    return [*lines, "", f"Ledger: {shell.shown(receipt.ledger)}"]


def _holdings(shell: Shell, ink: Ink, holds: Report) -> list[str]:
    """What the ledger now holds: by provider, with what has to be known beside it."""
    from .footnotes import footnotes
    from .tables import draw, folded

    whose = "".join(f" of the session {plain(each.values[0])}" for each in holds.query.where)
    if not holds.rows:
        return ["", f"Nothing is recorded{whose}. Those that are: tally sessions"] if whose else []
    table = draw(_by_provider(shell, holds), shell.width, ink, total=len(holds.rows) > 1)
    notes = footnotes(holds, told=frozenset({"complaints"}))
    below = [part for note in notes for part in folded(note, shell.width)]
    return ["", f"The ledger now holds{whose}", "", *table, *([""] if notes else []), *below]


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
    if not receipt.outdated:
        return ""
    calls = f"{count(receipt.outdated, 'call')}; since then the price book or your prices changed"
    return f"{calls}. Whether that concerns them: tally price apply"


def _captured(receipt: SyncReceipt) -> str:
    """Calls whose words went into the store of captured content, and those whose words could
    not."""
    said = f"the words of {count(receipt.kept, 'call')}: tally content show"
    if receipt.unkept:
        said = f"the words of {count(receipt.kept, 'call')}, not those of {number(receipt.unkept)}"
    return said if receipt.kept or receipt.unkept else ""


def _complaints(receipt: SyncReceipt, known: int) -> str:
    if found := len(receipt.complaints):
        return f"{number(found)}, to see all of them: tally doctor"
    return f"none new ({number(known)} known: tally doctor)" if known else "none"


def _complaint_lines(shell: Shell, receipt: SyncReceipt) -> list[str]:
    told = Counter((each.place, each.reason) for each in receipt.complaints)
    return [
        f"  {shell.shown(place)}: {plain(reason)}"
        + (f" ({number(times)} times)" if times > 1 else "")
        for (place, reason), times in list(told.items())[:_SAMPLES]
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
