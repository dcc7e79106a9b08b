"""Calls that no log shows, told by a person or a program: what such an entry may say, and how it
becomes a reading that goes the way of all others.

Counting, pricing and recording are done elsewhere; so is everything that talks to a terminal.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from .clock import EARLIEST_MS
from .errors import UsageMistake, nearest
from .model import CLASSES, DEAREST, Money, decimal_text, instant, nanos_of
from .periods import WORDS, Frame, period
from .rawusage import LIMIT
from .reading import Attribution, Reading, Witness, attr_of, key_of
from .serving import served

if TYPE_CHECKING:
    from .prices import PriceBook

MANUAL = "manual"
"""The source of such calls."""

DIALECT = "tallybook"

WHO = ("project", "session", "agent", "account", "user")
FIELDS = ("id", "model", "provider", "tokens", "at", "cost", *WHO, "note")
"""What an entry may say. `tokens` is an object or a text such as `input=1200,output=300`, `cost`
an amount with its currency, such as `0.12 USD`."""

_AHEAD_MS = 24 * 3_600_000
"""How far in the future a call may lie: clocks and zones differ."""

_COST = re.compile(r"\s*(\d[\d.]*)\s*([A-Za-z]{3})\s*|\s*([A-Za-z]{3})\s*(\d[\d.]*)\s*")


class Entry(NamedTuple):
    """One call as it was told. `usage` is what it used, JSON text in our own classes with the
    note, if there is one; `fields` are the rest as texts, by their names. `content` is by what it
    is known where it has no `id` and is not another call each time."""

    fields: Mapping[str, str]
    usage: bytes
    at_ms: int
    reported: Money | None
    content: str = ""


class Line(NamedTuple):
    """A line of a file: its number from 1, and the entry that it is, or why it is none."""

    number: int
    entry: Entry | None = None
    reason: str = ""


def entry_of(said: Mapping[str, object], frame: Frame) -> Entry:
    """The entry that some fields make; without `at` it is of this moment. Raises `UsageMistake`
    for whatever can't be understood."""
    if unknown := [name for name in said if name not in FIELDS]:
        close = nearest(unknown[0], FIELDS)
        hint = f"did you mean {close}?" if close else f"an entry has {', '.join(FIELDS)}"
        raise UsageMistake(f"an entry has no field {unknown[0]!r}", hint=hint)
    fields = {name: _text(name, said[name]) for name in FIELDS if _is_text(name, said.get(name))}
    if not fields.get("model"):
        raise UsageMistake("an entry needs a model", hint="tally record --model NAME …")
    counts = _counts(said.get("tokens"))
    reported = _money(fields["cost"]) if "cost" in fields else None
    if not counts and reported is None:
        raise UsageMistake(
            "an entry needs tokens, or what the call cost",
            hint="--tokens input=1200,output=300 or --cost 0.12USD",
        )
    note = {"note": fields["note"]} if "note" in fields else {}
    usage = json.dumps({**counts, **note}, ensure_ascii=False, separators=(",", ":"))
    return Entry(
        fields, usage.encode("utf-8", "backslashreplace"), _moment(fields, frame), reported
    )


def entries(lines: Iterable[str], frame: Frame) -> Iterator[Line]:
    """The entries of JSON lines, one object a line; empty lines are passed over. Each has to say
    when it was. One without an `id` is known by what it says, whatever the zone in which that is
    read: the second of two equal lines is another call, and reading the same lines again, in
    whatever order they name their counts, tells the same calls."""
    met: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = _entry_in(line, frame)
        except UsageMistake as problem:
            yield Line(number, reason=str(problem))
            continue
        if "id" not in entry.fields:
            content = json.dumps([dict(entry.fields), entry.usage.decode()])
            met[content] += 1
            own = key_of("tallybook:line", content, str(met[content])).hex()
            entry = entry._replace(content=own)
        yield Line(number, entry)


def _entry_in(line: str, frame: Frame) -> Entry:
    try:
        said: object = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise UsageMistake(f"not a JSON object: {problem}") from problem
    if not isinstance(said, dict):
        raise UsageMistake("not a JSON object")
    fields = cast("dict[str, object]", said)
    if not fields.get("at"):
        raise UsageMistake("an entry in a file needs the time of its call: at")
    entry = entry_of(fields, frame)
    if entry.fields["at"].lower() in (*WORDS, "now"):
        raise UsageMistake(
            f"{entry.fields['at']!r} is another time each day: an entry needs a date"
        )
    return entry


def reading_of(entry: Entry, prices: PriceBook, machine: str | None = None) -> Reading:
    """The reading that an entry is; without an `id` it is another call each time. Raises
    `UsageMistake` if nobody says who served the model."""
    fields = entry.fields
    provider, model = fields.get("provider", ""), fields["model"]
    if not provider:
        provider, model = served(model, prices)
    return Reading(
        keys=(key_of("tallybook:manual", fields.get("id") or entry.content or _new_id()),),
        who=Attribution(MANUAL, **{name: fields.get(name) for name in WHO}, machine=machine),
        attr=attr_of(1, entry.at_ms),
        started_ms=entry.at_ms,
        ended_ms=entry.at_ms,
        provider=provider,
        model=model,
        dialect=DIALECT,
        usage=entry.usage,
        witness=Witness.LOG,
        reported=entry.reported,
    )


def _new_id() -> str:
    from secrets import token_hex

    return token_hex(16)


def _is_text(name: str, value: object) -> bool:
    return name != "tokens" and value is not None and value != ""


def _text(name: str, value: object) -> str:
    if name == "id" and isinstance(value, int):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise UsageMistake(f"{name} has to be a text, not {value!r}"[:200])
    return value.strip()


def _counts(said: object) -> dict[str, int]:
    """Counts by class, those that are told."""
    if said is None or said == "":
        return {}
    if isinstance(said, str):
        said = told_counts(said)
    if not isinstance(said, dict):
        raise UsageMistake("tokens have to be counts by class", hint=f"{', '.join(CLASSES)}")
    found: dict[str, int] = {}
    for name, count in cast("dict[str, object]", said).items():
        if name not in CLASSES:
            close = nearest(name, CLASSES)
            hint = f"did you mean {close}?" if close else f"the classes are {', '.join(CLASSES)}"
            raise UsageMistake(f"there is no token class {name!r}", hint=hint)
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= LIMIT:
            raise UsageMistake(
                f"{name} is no count of tokens: {count!r}"[:200],
                because=f"a count is a whole number from 0 to {LIMIT}",
                hint="--tokens input=1200,output=300",
            )
        found[name] = count
    return {name: found[name] for name in CLASSES if name in found}


def told_counts(text: str) -> dict[str, int]:
    """The counts of a text such as `input=1200,output=300`."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, digits = part.partition("=")
        name = name.strip()
        if name in found:
            raise UsageMistake(f"{name} is told twice", hint="--tokens input=1200,output=300")
        if part.strip():
            found[name] = _number(name, digits)
    return found


def _number(name: str, text: str) -> int:
    digits = text.strip().replace("_", "")
    if not digits.isascii() or not digits.isdigit():
        raise UsageMistake(
            f"{name or 'a token class'} is no count of tokens: {text!r}"[:200],
            hint="--tokens input=1200,output=300",
        )
    return int(digits[:20])


def _money(text: str) -> Money:
    match = _COST.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        amount, unit = (match[1], match[2]) if match[1] else (match[4], match[3])
        nanos = nanos_of(amount)
    except ValueError as problem:
        raise UsageMistake(
            f"can't read the cost {text!r}"[:200],
            because="a cost is an amount with its currency",
            hint="--cost 0.12USD",
        ) from problem
    if nanos > DEAREST:
        raise UsageMistake(
            f"the cost {text!r} is not believed"[:200],
            because=f"no call costs more than {decimal_text(DEAREST)}",
            hint="--cost 0.12USD",
        )
    return Money(nanos, unit.upper())


def _moment(fields: Mapping[str, str], frame: Frame) -> int:
    if "at" not in fields:
        return frame.now_ms
    at_ms = period(fields["at"], frame).since_ms
    if at_ms is None:
        raise UsageMistake("a call was at one time", hint="--at 2026-01-15T14:30")
    if at_ms < EARLIEST_MS:
        raise UsageMistake(
            f"{fields['at']} is too long ago",
            because=f"no call was before {instant(EARLIEST_MS):%Y-%m-%d}",
            hint="give the time at which the call was",
        )
    if at_ms > frame.now_ms + _AHEAD_MS:
        raise UsageMistake(
            f"{fields['at']} is in the future", hint="give the time at which the call was"
        )
    return at_ms
