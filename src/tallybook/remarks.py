"""The remarks below a report: what the numbers leave out, and what to do about it.

Unknown is not zero: whatever is missing from a figure is named here. How wide a text is drawn is
not known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from .format import compact, count, plain, shorten
from .query import AMOUNTS, KNOWN_OF, Report, is_partly_known

Measure = Callable[[str], int]
"""The cells that a text takes."""

_OWN_WORDS = frozenset(
    {"unpriced-model", "partly-priced", "partial", "failed", "unmetered", "incomplete"}
    | {"converted", "no-fx-rate"}
)
_NAMED, _LONGEST = 3, 48
"""Names that are listed, and the cells of each."""

_GROUNDS = 2
"""Groups of calls that are named which an estimate stands on."""

_RATES = 8
"""Rates of exchange that are listed."""


def remarks(
    report: Report,
    told: frozenset[str] = frozenset(),
    fields: Collection[str] = ("cost",),
    measure: Measure = len,
) -> list[str]:
    """One line for each thing that a reader of the figures has to know, among which are the
    amounts in `fields`. Notes with a code in `told` are left out: they stand elsewhere. What the
    words mean is in `tally help notes`. Long names are cut by what `measure` says of them."""
    if "cost" not in fields:
        told |= {"unmetered-estimate"}
    hidden = [kind for kind in AMOUNTS if kind not in fields]
    unpriced = _unpriced(report, hidden, measure)
    priced = (*_exchanged(report, hidden), *unpriced, *_partly(report, fields))
    return [*priced, *_states(report), *_notes(report, told, measure)]


def _exchanged(report: Report, hidden: Collection[str]) -> Iterator[str]:
    """Every rate that amounts were converted by, and what of those that are shown has none."""
    named = {note.code: note.items for note in report.notes}
    unit = report.query.currency
    if used := named.get("converted"):
        rates = [*map(plain, used)]
        if len(rates) > _RATES:
            rest = f"and {count(len(rates) - _RATES, 'rate')} that --json names"
            rates = [*rates[: _RATES - 1], rest, rates[-1]]
        yield f"In {unit} by the rate of each call's day (UTC): {'; '.join(rates)}"
    kinds = tuple(f"{kind.removesuffix('_cost')} " for kind in hidden)
    if alone := [item for item in named.get("no-fx-rate", ()) if not item.startswith(kinds)]:
        amounts = "; ".join(map(plain, alone))
        yield f"No rate to {unit}, so it stands apart: {amounts}. More: tally help currencies"


def _unpriced(report: Report, hidden: Collection[str], measure: Measure) -> Iterator[str]:
    tokens = report.totals.unpriced_tokens
    if not tokens:
        return
    named = {note.code: note.items for note in report.notes}
    partly = named.get("partly-priced", ())
    models = [item for item in named.get("unpriced-model", ()) if item not in partly]
    lacking = [f"No price for {_list(models, measure)}"] if models else []
    lacking += [f"no rate for some kinds of tokens of {_list(partly, measure)}"] if partly else []
    what = "; ".join(lacking) or "No price"
    missing = f"{compact(tokens)} tokens are in no cost (≥)"
    yield f"{what[0].upper()}{what[1:]}: {missing}. To price them: tally help prices"
    if report.totals.reported_cost and "reported_cost" in hidden:
        yield "What the tools themselves reported: tally usage --amounts all"


def _partly(report: Report, fields: Collection[str]) -> Iterator[str]:
    """Of how many calls an amount is known that is shown and that some calls lack."""
    for kind, known in KNOWN_OF.items():
        if kind in fields and is_partly_known(report.totals, kind):
            calls = f"{getattr(report.totals, known):,} of {count(report.totals.requests, 'call')}"
            yield f"{kind.removesuffix('_cost').capitalize()} is known for {calls} (≥)"


def _states(report: Report) -> Iterator[str]:
    totals = report.totals
    odd = [
        (totals.partial_requests, "partial call", "the answer broke off"),
        (totals.failed_requests, "failed call", "no usage"),
        (totals.unmetered_requests, "unmetered call", "usage unknown"),
    ]
    if said := [f"{count(number, noun)} ({what})" for number, noun, what in odd if number]:
        yield f"{', '.join(said)}. More: tally help notes"
    closed = any(note.code == "complaints" for note in report.notes)
    if not report.complete and not closed:
        yield "Some histories could not be read, so this is a part: tally doctor"


def _notes(report: Report, told: frozenset[str], measure: Measure) -> Iterator[str]:
    for note in report.notes:
        if note.code not in _OWN_WORDS | told:
            likened = note.code == "unmetered-estimate"
            named = _likened(note.items) if likened else _list(note.items, measure)
            items = f": {named}" if note.items else ""
            yield plain(note.text.rstrip(".") + items)
    if report.query.limit is not None and _is_cut(report, report.query.limit):
        shown = count(report.query.limit, "row")
        yield f"The first {shown}; the total counts all. More: --limit 0"


def _is_cut(report: Report, limit: int) -> bool:
    """Whether rows may be left out. Of sessions it is known how many there are."""
    sessions = [row.dims.get("session") for row in report.rows if row.dims.get("session")]
    every = "session" in report.query.by and len({*sessions}) == report.totals.sessions
    return len(report.rows) >= limit and not every


def _likened(items: Sequence[str]) -> str:
    """What an estimate stands on, as far as it fits: the largest parts of it."""
    more = f"; and {len(items) - _GROUNDS} smaller groups" if len(items) > _GROUNDS + 1 else ""
    return "; ".join(items[:_GROUNDS] if more else items) + more


def _list(items: Sequence[str], measure: Measure) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(shorten(plain(item), _LONGEST, measure) for item in items[:_NAMED]) + more
