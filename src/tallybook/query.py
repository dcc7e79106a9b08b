"""The question and the answer: `Query`, `Filter` and `Report`, and the report's JSON form.

The parser and the printer of questions are in `tallybook.questions`. Nothing here knows SQL
or how an answer is drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol

from .model import CLASSES, NO_COUNTS, Counts, decimal_text

DIMENSIONS = (
    "date",
    "source",
    "provider",
    "model",
    "session",
    "title",
    "project",
    "agent",
    "account",
    "user",
    "key",
    "machine",
    "status",
)
"""What a report can be grouped and filtered by. Grouping by `model` gives the provider too."""

OTHER_NAMES: Mapping[str, str] = MappingProxyType({"consumer": "user"})
"""Words for dimensions, as gateways use them."""


def called(name: str, others: Iterable[str]) -> str:
    """A dimension by that of some other names which means it."""
    return next((other for other in others if OTHER_NAMES[other] == name), name)


NO_SESSION = "(no session)"
"""What stands for the session of calls that belong to none. They are no conversation: a row of
them is not counted among the sessions."""

Bucket = Literal["hour", "day", "week", "month"]
BUCKETS: tuple[Bucket, ...] = ("hour", "day", "week", "month")

AMOUNTS: tuple[str, ...] = ("cost", "reported_cost", "billed_cost")
"""The measures that are amounts of money: the list amount, what tools claimed, what was billed."""

KNOWN_OF: Mapping[str, str] = MappingProxyType(
    {"reported_cost": "reported_requests", "billed_cost": "billed_requests"}
)
"""The measure that counts the calls of which an amount is known, for those that follow from no
price; of the list amount `unpriced_tokens` tells what is not known."""

MEASURES = (
    "requests",
    "messages",
    *CLASSES,
    "total",
    *AMOUNTS,
    "unpriced_tokens",
    *KNOWN_OF.values(),
    "partial_requests",
    "failed_requests",
    "unmetered_requests",
    "sessions",
    "first_at",
    "last_at",
)
"""What a report counts in every row and in its totals, in the order of the contract."""

SCHEMA = "tallybook.report/1"

_SIGNS = {"=": "", "!=": "!"}
"""How an operator is written behind a dimension in JSON, where not as it is."""


Operator = Literal["=", "==", "!=", "~"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition: the dimension has one of `values` (`=`), has none of them (`!=`), contains
    one of them (`~`), all regardless of case and with the short forms of names; or it has one of
    them to the letter (`==`). Conditions on a query are joined by *and*."""

    dimension: str
    op: Operator = "="
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked. The time range is half-open and in epoch milliseconds; `tz` is the IANA
    zone that cuts `date` buckets and prints times. `sort` is a measure or dimension, with a
    leading `-` for descending; None means the natural order (dates up, else `-total`).
    `currency` is the one in which amounts are told, None for their own: a ledger knows only
    those, `conversion` makes the others."""

    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None
    tz: str = "UTC"
    bucket: Bucket | None = None
    week_start: int = 0
    sort: str | None = None
    limit: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The measures of one row. Amounts map a currency to integer nano-units. `sessions` is a
    true distinct count in its own row and in the totals, so the total is not the sum of rows."""

    requests: int = 0
    messages: int = 0
    counts: Counts = NO_COUNTS
    cost: Mapping[str, int] = field(default_factory=dict[str, int])
    reported_cost: Mapping[str, int] = field(default_factory=dict[str, int])
    billed_cost: Mapping[str, int] = field(default_factory=dict[str, int])
    unpriced_tokens: int = 0
    reported_requests: int = 0
    billed_requests: int = 0
    partial_requests: int = 0
    failed_requests: int = 0
    unmetered_requests: int = 0
    recovered_tokens: int = 0
    sessions: int = 0
    first_ms: int | None = None
    last_ms: int | None = None

    @property
    def total(self) -> int:
        """All tokens of the six disjoint classes."""
        return sum(self.counts)

    @property
    def is_uncounted(self) -> bool:
        """Whether no token is known although there were calls of which nobody knows the usage, so
        that the counts are not the zeros they seem to be."""
        return self.unmetered_requests > 0 and not self.total


class Amount(NamedTuple):
    """An amount of money in nano-units, None where nothing is known of it; `least` where nothing
    is known of a part of it, so that it is at least this."""

    nanos: int | None
    least: bool = False


def amount_of(figures: Figures, name: str, currency: str) -> Amount:
    """One of the three amounts in a currency. Without usage it is 0; where there was usage, but
    nothing is known of the amount in any currency, it is unknown, never 0."""
    amounts: Mapping[str, int] = getattr(figures, name)
    used = figures.total or figures.unmetered_requests
    nanos = None if used and not amounts else amounts.get(currency, 0)
    return Amount(nanos, is_partly_known(figures, name))


def is_partly_known(figures: Figures, name: str) -> bool:
    """Whether an amount leaves something out: tokens without a price, or calls of which nobody
    says what was reported or billed while it is known of others."""
    if name not in KNOWN_OF:
        return figures.unpriced_tokens > 0
    return bool(getattr(figures, name)) and getattr(figures, KNOWN_OF[name]) < figures.requests


class Row(NamedTuple):
    """One line of a report: the values of the dimensions asked for (None where a call has
    none), the figures, and in date rows the models that were used. Rows of sessions also have the
    people or consumers in whose name their calls were made."""

    dims: Mapping[str, str | None]
    figures: Figures
    models: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


class Note(NamedTuple):
    """Something a reader of the numbers has to know, with a stable `code`."""

    code: str
    text: str
    items: tuple[str, ...] = ()


def session_label(session: str | None) -> str:
    """A session where people read it. One that a client called `(no session)` stands in quotes."""
    return f'"{session}"' if session == NO_SESSION else session or NO_SESSION


class Estimate(NamedTuple):
    """Between which two amounts, in nano-units, unmetered calls may lie together, and in words
    what that is based on. It stands beside the cost and is never a part of it."""

    low: int
    high: int
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer to a query. `complete` is False when some source could not be read.
    `unmetered_estimate` says by currency what unmetered calls may have cost."""

    query: Query
    revision: str
    rows: tuple[Row, ...]
    totals: Figures
    complete: bool = True
    notes: tuple[Note, ...] = ()
    unmetered_estimate: Mapping[str, Estimate] = field(default_factory=dict[str, Estimate])


class Standing(NamedTuple):
    """Complaints that nobody has acknowledged: how many may cost a total something (`lost`), how
    many places could not be read at all (`closed`), in how many `places` something could not be
    counted, of which `sources` all of these are, and of how many of the lost ones the call is
    counted with what could be read of it (`partly`)."""

    lost: int
    closed: int
    places: int
    sources: tuple[str, ...] = ()
    partly: int = 0


class Answering(Protocol):
    """What a report is asked of: a ledger, or a view of one."""

    def ask(self, query: Query) -> Report:
        """The answer, without what a reader of it has to know beside it."""
        ...

    def standing(self, sources: Collection[str] = ()) -> Standing:
        """The complaints that stand in numbers, without those that were acknowledged; of all
        sources if none is named."""
        ...


def amounts_json(amounts: Mapping[str, int]) -> dict[str, str]:
    """Amounts as the contract writes them: currency → exact decimal string."""
    return {currency: decimal_text(nanos) for currency, nanos in sorted(amounts.items())}


def figures_json(figures: Figures, tz: str) -> dict[str, Any]:
    """The measures in the contract's order and spelling."""
    from .clock import iso

    return {
        "requests": figures.requests,
        "messages": figures.messages,
        **dict(zip(CLASSES, figures.counts, strict=True)),
        "total": figures.total,
        "cost": amounts_json(figures.cost),
        "reported_cost": amounts_json(figures.reported_cost),
        "billed_cost": amounts_json(figures.billed_cost),
        "unpriced_tokens": figures.unpriced_tokens,
        "reported_requests": figures.reported_requests,
        "billed_requests": figures.billed_requests,
        "partial_requests": figures.partial_requests,
        "failed_requests": figures.failed_requests,
        "unmetered_requests": figures.unmetered_requests,
        "sessions": figures.sessions,
        "first_at": None if figures.first_ms is None else iso(figures.first_ms, tz),
        "last_at": None if figures.last_ms is None else iso(figures.last_ms, tz),
    }


def row_json(row: Row, query: Query) -> dict[str, Any]:
    """A row as the contract writes it: dimensions, then measures, and in date rows the models."""
    models = {"models": list(row.models)} if "date" in query.by else {}
    return {**row.dims, **figures_json(row.figures, query.tz), **models}


def report_json(report: Report) -> dict[str, Any]:
    """The whole answer in the form of `tallybook.report/1`."""
    return {
        "schema": SCHEMA,
        "query": query_json(report.query),
        "revision": report.revision,
        "complete": report.complete,
        "rows": [row_json(row, report.query) for row in report.rows],
        "totals": figures_json(report.totals, report.query.tz),
        "unmetered_estimate": {
            currency: {
                "low": decimal_text(each.low),
                "high": decimal_text(each.high),
                "basis": each.basis,
            }
            for currency, each in sorted(report.unmetered_estimate.items())
        },
        "notes": [
            {"code": note.code, "text": note.text, "items": list(note.items)}
            for note in report.notes
        ],
    }


def query_json(query: Query) -> dict[str, Any]:
    """The question as it was understood. `where` maps a dimension (with `!`, `~` or `==` behind
    it for *is none of*, *contains* and *is to the letter*) to its values; `sort` is the order that
    was really used."""
    order = query.sort or ("date" if "date" in query.by else "-total" if query.by else None)
    return {
        "by": list(query.by),
        "since": None if query.since_ms is None else exact_time(query.since_ms, query.tz),
        "until": None if query.until_ms is None else exact_time(query.until_ms, query.tz),
        "tz": query.tz,
        "where": {f.dimension + _SIGNS.get(f.op, f.op): list(f.values) for f in query.where},
        "bucket": query.bucket,
        "sort": order,
        "limit": query.limit,
        "currency": query.currency,
    }


def exact_time(ms: int, tz: str) -> str:
    """An instant as ISO 8601 with offset, to the millisecond where it has one."""
    from .clock import iso, local

    return iso(ms, tz) if ms % 1000 == 0 else local(ms, tz).isoformat(timespec="milliseconds")
