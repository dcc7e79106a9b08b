"""`tally price quote`: what a call costs, or would cost, with every line of its arithmetic.

Hearing, counting and pricing are done in `quoting`; here is how it is asked for and shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import click

from ..clock import local
from ..errors import UsageMistake
from ..exporting.delimited import json_text
from ..format import DASH, amount, number, plain
from ..model import NANOS, decimal_text, instant
from ..periods import period
from ..places import expand
from .asking import begin, settings_for
from .options import excluding, json_option, run_options
from .shell import Shell, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..prices import PriceBook
    from ..quoting import Quote
    from ..settings import Settings
    from .tables import Column, Ink

_HINT = "--tokens input=1200,output=300, or --usage FILE"
BASES: Mapping[str, str] = {
    "rated": "the list price of that very model",
    "alias": "the list price that its name leads to",
    "override": "a price of your own",
    "estimate": "an estimate by another model's price, for want of its own",
    "free": "free by rule, which is not the same as unknown",
}


@click.command("quote", short_help="what a call costs, or would cost, line by line")
@click.option("--provider", metavar="P", help="Who serves it, where that is not plain.")
@click.option("--model", metavar="M", help="The model, or provider/model. [the response's]")
@click.option("--usage", metavar="FILE", help="A usage object, response or stream; - is stdin.")
@click.option("--tokens", metavar="A=N,B=N", help="Or counts: input=1200,output=300, …")
@click.option("--at", metavar="WHEN", help="When it was: a time, a day, a word. [now]")
@click.option("--context", "given", multiple=True, metavar="K=V,…", help="service_tier=flex, …")
@click.option("--tz", metavar="ZONE", help="IANA time zone in which times are read and told.")
@json_option
@run_options
@click.pass_context
def price_quote(context: click.Context, **options: object) -> int:
    """What a call costs, or would cost. Nothing is recorded.

    The usage may be a provider's usage object, a whole response or the text of a streamed one,
    also one that was cut off. Without a price the amount is unknown, and it says why.
    """
    from ..prices import open_price_book
    from ..quoting import quote_json

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    said = _Said(**{name: options.get(name) for name in _Said._fields})
    found = _quote(shell, settings, said, open_price_book(settings.prices, settings.price_data))
    if asked.format == "json":
        say(json_text(quote_json(found)))
        return 0
    from .tables import Ink

    ink = Ink(on=shell.colour and asked.colour)
    say("\n".join(_lines(found, shell.width, ink, settings.tz)))
    return 0


class _Said(NamedTuple):
    """The options as they were given."""

    provider: object
    model: object
    usage: object
    tokens: object
    at: object
    given: object


def _quote(shell: Shell, settings: Settings, said: _Said, prices: PriceBook) -> Quote:
    from ..quoting import Inquiry, quoted

    asked = Inquiry(
        provider=said.provider if isinstance(said.provider, str) else "",
        model=said.model if isinstance(said.model, str) else "",
        usage=_usage(shell, said),
        at=_moment(shell, settings, said.at),
        context=_context(said.given),
    )
    return quoted(prices, asked)


def _usage(shell: Shell, said: _Said) -> bytes | Mapping[str, object]:
    if isinstance(said.usage, str) and isinstance(said.tokens, str):
        raise excluding("--usage", "--tokens")
    if isinstance(said.usage, str):
        return _read(shell, said.usage)
    if not isinstance(said.tokens, str):
        raise UsageMistake("nothing says what was used", hint=_HINT)
    from ..manual import told_counts

    counts = told_counts(said.tokens)
    if not counts:
        raise UsageMistake("--tokens tells no counts", hint=_HINT)
    from ..owncounts import own_counts

    own_counts(counts)  # for its mistakes: a name that is unknown would make it another's object
    return counts


def _read(shell: Shell, name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read() if sys.stdin else b""
    path: Path = shell.surroundings.cwd / expand(name, shell.surroundings.home)
    try:
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise UsageMistake(
            f"can't read {name}", because=why, hint="--usage FILE, or -"
        ) from problem


def _moment(shell: Shell, settings: Settings, at: object) -> datetime:
    if not isinstance(at, str):
        return instant(shell.now_ms)
    at_ms = period(at, shell.frame(settings)).since_ms
    if at_ms is None:
        raise UsageMistake("a call is at one time", hint="--at 2026-01-15T14:30")
    return instant(at_ms)


def _context(given: object) -> dict[str, str]:
    """The price context of all `--context`; of two values for one key the later one holds."""
    found: dict[str, str] = {}
    for text in cast("tuple[str, ...]", given):
        for part in filter(str.strip, text.split(",")):
            key, equals, value = part.partition("=")
            if not equals or not key.strip() or not value.strip():
                raise UsageMistake(
                    f"can't read the price context {part!r}"[:200],
                    because="it is made of keys with values",
                    hint="--context service_tier=flex",
                )
            found[key.strip().lower()] = value.strip()
    return found


def _lines(found: Quote, width: int, ink: Ink, tz: str) -> Iterator[str]:
    from .tables import facts, folded

    at = local(found.at_ms, tz)
    context = "".join(f", {key}={value}" for key, value in found.context.items())
    name = plain(f"{found.provider}/{found.model}, {at:%Y-%m-%d %H:%M} ({tz}){context}")
    yield from folded(name, width)
    yield from quote_table(found, width, ink)
    yield ""
    yield from facts(list(_facts(found)), ink, width)


def quote_table(found: Quote, width: int, ink: Ink) -> Iterator[str]:
    """The classes of a quote with their rates and amounts, below an empty line."""
    from .tables import draw

    rows = _rows(found)
    if rows:
        yield ""
        yield from draw(_columns(found, rows), width, ink, total=True)


def _rows(found: Quote) -> list[tuple[str, int, str, str, int | None]]:
    """Name, count, rate, what it is for, and amount in nano-units: of each line, of what has no
    price, and of everything."""
    lines = found.charge.lines if found.charge else ()
    rows = [
        (line.name, line.count, decimal_text(line.rate), _per(line.per), line.amount)
        for line in lines
    ]
    bare = [(name, count, DASH, "", None) for name, count in found.unpriced.items()]
    everything = found.amount.nanos if found.amount else None
    known = rows or bare or found.amount
    return [*rows, *bare, ("total", found.tokens.total, "", "", everything)] if known else []


def _columns(found: Quote, rows: Sequence[tuple[str, int, str, str, int | None]]) -> list[Column]:
    from .tables import Column

    currency = found.charge.currency if found.charge else ""
    places = max((_places(row[4]) for row in rows), default=2)
    amounts = [DASH if row[4] is None else amount(row[4], places) for row in rows]
    if found.amount and not found.complete:
        amounts[-1] = f"≥{amounts[-1]}"
    return [
        Column("Class", tuple(row[0] for row in rows), text=True, least=16),
        Column("Count", tuple(number(row[1]) for row in rows)),
        Column("Rate", tuple(row[2] for row in rows), rank=2),
        Column("Per", tuple(row[3] for row in rows), rank=2),
        Column(f"Amount {currency}".strip(), tuple(amounts)),
    ]


def _per(units: int) -> str:
    return "million" if units == 1_000_000 else number(units)


def _places(nanos: int | None) -> int:
    """The decimals that an amount needs, two at least."""
    fraction = f"{(nanos or 0) % NANOS:09d}".rstrip("0")
    return max(2, len(fraction))


def _facts(found: Quote) -> Iterator[tuple[str, str]]:
    from ..wording import assumed
    from .pricefactors import factor_facts

    if found.charge:
        yield "card", plain(found.charge.card)
        yield "basis", BASES[found.charge.basis]
    yield from factor_facts(found.factors)
    if found.reported:
        yield "reported", f"{found.reported.text} {found.reported.currency}, by the provider itself"
    if found.reason:
        yield "unpriced", plain(found.reason)
    bare = {f"no-rate-for:{name}" for name in found.unpriced}
    yield from (("assumed", assumed(code)) for code in found.assumptions if code not in bare)
    yield from (("complaint", plain(text)) for text in found.complaints)
