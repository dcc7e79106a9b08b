"""`tally record`: enter a call that no log shows, or many of them from JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click

from ..clock import local
from ..errors import TallyError, UsageMistake
from ..exporting.delimited import json_text
from ..format import DASH, count, money, number, plain
from ..manual import FIELDS, WHO, Entry, Line, entries, entry_of, reading_of
from ..model import CLASSES
from ..places import expand, host_name
from ..query import amounts_json, exact_time
from .asking import PARTIAL, begin, settings_for
from .options import Asked, json_option, run_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..appraising import Appraising
    from ..book import Book
    from ..ledger.evidence import Call
    from ..reading import Reading

_SHOWN = 10
"""Failed lines that are told one by one."""


@click.command(short_help="enter a call that no log shows")
@click.option("--model", metavar="M", help="The model, or provider/model.")
@click.option(
    "--provider", metavar="P", help="Who served it, where that does not go without saying."
)
@click.option("--tokens", metavar="A=N,B=N", help="Tokens by class: input=1200,output=300, …")
@click.option("--at", metavar="WHEN", help="When the call was: a time, a day, a word. [now]")
@click.option("--cost", metavar="AMOUNT", help="What somebody says that it cost: 0.12USD.")
@click.option("--project", metavar="X", help="Its project.")
@click.option("--session", metavar="X", help="Its session.")
@click.option("--agent", metavar="X", help="Its agent.")
@click.option("--account", metavar="X", help="Its account.")
@click.option("--user", metavar="X", help="The person.")
@click.option("--note", metavar="TEXT", help="Kept with the call.")
@click.option("--id", metavar="ID", help="Its own id: the same one twice is one call.")
@click.option("--file", metavar="F", help="JSON lines, one call each, from a file or - (stdin).")
@click.option("--dry-run", is_flag=True, help="Count and price, record nothing.")
@click.option("--tz", metavar="ZONE", help="IANA time zone in which times are read and told.")
@json_option
@run_options
@click.pass_context
def record(context: click.Context, **options: object) -> int:
    """Enter a call that no log shows. Its source is `manual`, everywhere.

    It goes the way of all calls: counted, priced by its own time, recorded once. With --file
    many are read from JSON lines that have the same names; those that can't be understood are
    told with their numbers, and the others recorded.
    """
    shell, asked = begin(context)
    said = {name: options[name] for name in FIELDS if options.get(name) is not None}
    settings = settings_for(shell, asked)
    run = _Run(shell, asked, settings.tz, dry=bool(options.get("dry_run")))
    file = options.get("file")
    if file is not None and said:
        raise UsageMistake(
            "--file and a call on the command line exclude each other",
            hint=f"tally record --file {file}",
        )
    with shell.open_book(settings) as book:
        if file is None:
            return _one(run, book, entry_of(said, shell.frame(settings)))
        with _lines(shell, str(file)) as lines:
            found = list(entries(lines, shell.frame(settings)))
        return _many(run, book, found)


class _Run(NamedTuple):
    shell: Shell
    asked: Asked
    tz: str
    dry: bool


@contextmanager
def _lines(shell: Shell, name: str) -> Generator[IO[str]]:
    if name == "-":
        yield sys.stdin
        return
    path = shell.surroundings.cwd / expand(name, shell.surroundings.home)
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield file
    except OSError as problem:
        why = problem.strerror or str(problem)
        hint = f"another path: this one is {shell.shown(path)}"
        raise TallyError(f"can't read {name}", because=why, hint=hint) from problem


def _one(run: _Run, book: Book, entry: Entry) -> int:
    reading = reading_of(entry, book.prices, _machine(run))
    calls, known, voided = _recorded(run, book, [reading])
    if voided:
        (void,) = voided.values()
        raise TallyError(
            _is_voided(entry, void),
            because="it counts nowhere, also when it is recorded again",
            hint=_undoing(void),
        )
    (told,) = calls
    fresh = not (known or run.dry)
    if run.asked.format == "json":
        about = {"schema": "tallybook.event/1", "recorded": fresh, "dry_run": run.dry}
        say(json_text({**about, **call_json(told, run.tz)}))
        return 0
    word = "known already" if known else "would be recorded" if run.dry else "recorded"
    say(f"{word}: {_sentence(told, run)}")
    if known:
        mention("of two entries with one id the larger counts stand", quiet=run.asked.quiet)
    return 0


def _many(run: _Run, book: Book, lines: Sequence[Line]) -> int:
    failed = [(line.number, line.reason) for line in lines if line.entry is None]
    readings: dict[int, Reading] = {}
    for line in lines:
        if line.entry is None:
            continue
        try:
            readings[line.number] = reading_of(line.entry, book.prices, _machine(run))
        except UsageMistake as problem:
            failed.append((line.number, f"{problem}: {problem.because}"))
    calls, known, voided = _recorded(run, book, list(readings.values()))
    for line in lines:
        void = voided.get(readings[line.number].keys[0]) if line.number in readings else None
        if line.entry is not None and void is not None:
            failed.append((line.number, f"{_is_voided(line.entry, void)}: {_undoing(void)}"))
    failed.sort()
    if run.asked.format == "json":
        say(
            json_text(
                {
                    "schema": "tallybook.record/1",
                    "dry_run": run.dry,
                    "recorded": 0 if run.dry else len(calls) - known,
                    "known": known,
                    "failed": [{"line": at, "reason": reason} for at, reason in failed],
                    "events": [call_json(call, run.tz) for call in calls],
                }
            )
        )
    else:
        done = "would be recorded" if run.dry else "recorded"
        say(f"{count(len(calls) - known, 'call')} {done}, {number(known)} known already")
        _tell(failed)
    return 0 if not failed else 1 if voided and not calls else PARTIAL


def _is_voided(entry: Entry, void: int) -> str:
    return f"{entry.fields.get('id', 'this call')} is voided (void {void})"


def _undoing(void: int) -> str:
    return f"tally ledger void --undo {void}"


def _tell(failed: Sequence[tuple[int, str]]) -> None:
    for at, reason in failed[:_SHOWN]:
        mention(plain(f"line {at}: {reason}"))
    more = f", of which {_SHOWN} are shown" if len(failed) > _SHOWN else ""
    if failed:
        mention(f"{count(len(failed), 'line')} could not be recorded{more}")


def _machine(run: _Run) -> str | None:
    return host_name(run.shell.surroundings.environ)


class _Recorded(NamedTuple):
    """The calls that some readings are, how many of these were known before, and the voids of
    the others, by their identities."""

    calls: list[Call]
    known: int
    voided: Mapping[bytes, int]


def _recorded(run: _Run, book: Book, readings: Sequence[Reading]) -> _Recorded:
    """Record readings, unless nothing is to be. What is voided joins its voided event, for the
    day on which that counts again."""
    from ..appraising import Appraising
    from ..reading import Batch

    appraiser = Appraising(book.prices)
    keys = list(dict.fromkeys(reading.keys[0] for reading in readings))
    known = len(book.ledger.calls(keys))
    if run.dry:
        voided = book.ledger.voided(keys)
        counted = (each for each in readings if each.keys[0] not in voided)
        return _Recorded([_would_be(each, appraiser) for each in counted], known, voided)
    book.ledger.record(Batch(readings=list(readings)), appraiser)
    calls = book.ledger.calls(keys)
    found = [calls[key] for key in keys if key in calls]
    return _Recorded(found, known, book.ledger.voided(keys))


def _would_be(reading: Reading, appraiser: Appraising) -> Call:
    from ..ledger.evidence import Call
    from ..model import Money

    counts, nanos, currency, card, unpriced, _, assumed, _, billed = appraiser.appraise(reading)
    return Call(
        keys=reading.keys,
        who=reading.who,
        started_ms=reading.started_ms,
        ended_ms=reading.ended_ms,
        provider=reading.provider,
        model=reading.model,
        status=reading.status,
        counts=counts,
        cost=None if nanos is None else Money(nanos, currency or ""),
        reported=reading.reported,
        unpriced=unpriced,
        billed=Money(*billed) if billed else None,
        card=card or "",
        assumptions=assumed,
        usage=reading.usage,
    )


def call_json(call: Call, tz: str) -> dict[str, Any]:
    """A recorded call, as the contract names its fields."""
    import json

    said: dict[str, Any] = json.loads(call.usage or b"{}")
    amounts = {"cost": call.cost, "reported_cost": call.reported, "billed_cost": call.billed}
    return {
        "key": call.keys[0].hex(),
        "at": exact_time(call.started_ms, tz),
        "source": call.who.source,
        "provider": call.provider,
        "model": call.model,
        "status": call.status,
        **dict(zip(CLASSES, call.counts, strict=True)),
        "total": sum(call.counts),
        **{
            name: amounts_json({amount.currency: amount.nanos} if amount else {})
            for name, amount in amounts.items()
        },
        "unpriced_tokens": call.unpriced,
        "card": call.card or None,
        **{name: getattr(call.who, name) for name in (*WHO, "machine")},
        "note": said.get("note"),
        "assumptions": list(call.assumptions),
    }


def _sentence(call: Call, run: _Run) -> str:
    tokens = count(sum(call.counts), "token")
    cost = money(call.cost.nanos, call.cost.currency) if call.cost else DASH
    paid = (
        f", said to cost {money(call.reported.nanos, call.reported.currency)}"
        if call.reported
        else ""
    )
    at = local(call.started_ms, run.tz)
    unpriced = "" if call.cost or not call.unpriced else " (no price is known)"
    return plain(
        f"{call.provider}/{call.model}, {at:%Y-%m-%d %H:%M} ({run.tz}), {tokens}, "
        f"{cost}{unpriced}{paid}"
    )
