"""Amounts in one currency: a view of a report, made when a question asks for it.

The ledger keeps each amount in the currency of its price. Here the time of a question is cut where
a declared rate begins, and what all calls used by one rate is converted and rounded once: however
they are grouped, they come to the same. Rows are rounded up or down so that they add up to that.
What no rate leads to stands apart, as it is. Rates are declared by the user
(`prices.fx`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .errors import LedgerBusy, UsageMistake, nearest
from .format import amount
from .ledger.ordering import ordered
from .model import Money, instant
from .prices.fx import FxRate, Quote, known_units, quote_at, turns
from .query import AMOUNTS, Answering, Figures, Note, Query, Report, Row, Standing

if TYPE_CHECKING:
    from .ledger.evidence import Call, Turn

CONVERTED = "converted"
NO_RATE = "no-fx-rate"

_T = TypeVar("_T")
_Key = tuple[str | None, ...]
_Kept = Counter[tuple[str, str, Quote | None]]
"""Nano-units by the kind of the amount, its own currency, and the rate that it is converted by."""

_NO_WAY = "declare a rate (tally help currencies), or --currency native"
_LOOKS = 100
"""Times that an answer is looked for that nobody writes into; one is nearly always enough."""


class _Part(NamedTuple):
    """The answer for a part of the time, and an instant at which its rates hold."""

    at_ms: int
    report: Report


class Exchange:
    """A ledger whose answers are in the currency that the question names; `rates` gives the
    declared ones, and is asked only where something has to be converted. One that is not `strict`
    leaves amounts as they are, with the note on it, also where nothing at all leads there."""

    def __init__(
        self,
        ledger: Answering,
        rates: Callable[[], Sequence[FxRate]],
        *,
        strict: bool = True,
    ) -> None:
        self._ledger = ledger
        self._rates = rates
        self._strict = strict

    def standing(self, sources: Collection[str] = ()) -> Standing:
        """The ledger's own."""
        return self._ledger.standing(sources)

    def ask(self, query: Query) -> Report:
        """The ledger's answer in the currency of the query, with a note on the rates used and
        one on what has none. Raises `UsageMistake`, if it is strict, for a currency that neither
        a rate nor any amount of the ledger has."""
        native, to = replace(query, currency=None), query.currency
        report = self._ledger.ask(native)
        if to is None or _units(report.totals) <= {to}:
            return replace(report, query=query)
        rates = self._rates()
        if mistake := self._mistake(to, report, rates):
            if self._strict:
                raise mistake
            return _as_it_is(report, query)
        # What a limit cuts off is in the total too.
        report, parts = self._divided(replace(native, limit=None, sort=None), rates, to)
        kept = {_key(row): _Kept() for row in _rows(report)}
        for at_ms, part in parts:
            units = _units(part.totals) - {to}
            quotes = {unit: quote_at(rates, unit, to, at_ms) for unit in units}
            for row in _rows(part):
                _keep(kept[_key(row)], row.figures, quotes, to)
        return _converted(report, query, kept, rates)

    def _divided(
        self, query: Query, rates: Sequence[FxRate], to: str
    ) -> tuple[Report, list[_Part]]:
        """The answer, and the same in parts in which each rate is one: all of one state of the
        ledger, whoever writes it meanwhile."""
        for _ in range(_LOOKS):
            report = self._ledger.ask(query)
            parts = list(self._parts(report, rates, to))
            if all(part.revision == report.revision for _, part in parts):
                return report, parts
        raise LedgerBusy("the ledger changed at every look", hint="try again in a minute")

    def _parts(self, report: Report, rates: Sequence[FxRate], to: str) -> Iterator[_Part]:
        query, first, last = report.query, report.totals.first_ms, report.totals.last_ms
        if first is None or last is None:
            return
        if query.until_ms is not None:
            last = min(last, query.until_ms - 1)
        begun = {at for unit in _units(report.totals) for at in turns(rates, unit, to)}
        inside = sorted(at for at in begun if first < at <= last)
        if not inside:
            yield _Part(first, report)
            return
        for since, until in pairwise((query.since_ms, *inside, query.until_ms)):
            part = self._ledger.ask(replace(query, since_ms=since, until_ms=until))
            yield _Part(since if since in inside else first, part)

    def _mistake(self, to: str, report: Report, rates: Sequence[FxRate]) -> UsageMistake | None:
        """What is wrong with a currency that nobody ever met, where there is anything to tell."""
        if not any(nanos for kind in AMOUNTS for nanos in _of(report.totals, kind).values()):
            return None
        known = known_units(rates) | _units(report.totals)
        if to not in known:
            known |= _units(self._ledger.ask(Query()).totals)
        if to in known:
            return None
        declared = sorted(known_units(rates))
        told = f"there are rates between {', '.join(declared)}" if declared else "there is no rate"
        close = nearest(to, known)
        return UsageMistake(
            f"nothing can be told in {to}",
            because=f"no amount is in {to}, and no rate leads there: {told}",
            hint=f"--currency {close}" if close else _NO_WAY,
        )


def converted_call(call: Call, to: str, rates: Sequence[FxRate]) -> Call:
    """A call with its amounts in a currency, by the rates of its day; as they are without one."""
    at = call.started_ms
    cost, reported = (_amount(each, to, rates, at) for each in (call.cost, call.reported))
    return call._replace(cost=cost, reported=reported)


def converted_turn(turn: Turn, to: str, rates: Sequence[FxRate]) -> Turn:
    """The same for a call of which no more than its figures is known."""
    return turn._replace(cost=_amount(turn.cost, to, rates, turn.started_ms))


def _amount(money: Money | None, to: str, rates: Sequence[FxRate], at_ms: int) -> Money | None:
    if money is not None and not money.nanos:
        return Money(0, to)
    quote = money and quote_at(rates, money.currency, to, at_ms)
    return Money(quote.convert(money.nanos), to) if money and quote else money


def _as_it_is(report: Report, query: Query) -> Report:
    """A native answer to a question in another currency, with the note on what stands in it."""
    kept = _Kept()
    _keep(kept, report.totals, {}, query.currency or "")
    notes = _notes(kept, query.currency or "", ())
    return replace(report, query=query, notes=(*report.notes, *notes))


def _rows(report: Report) -> Sequence[Row]:
    """The rows that add up to the total: it alone where nothing is grouped."""
    return report.rows if report.query.by else (Row(dims={}, figures=report.totals),)


def _key(row: Row) -> _Key:
    return tuple(row.dims.values())


def _units(figures: Figures) -> set[str]:
    """The currencies of any amount."""
    return {unit for kind in AMOUNTS for unit in _of(figures, kind)}


def _of(figures: Figures, kind: str) -> Mapping[str, int]:
    return getattr(figures, kind)


def _keep(kept: _Kept, figures: Figures, quotes: Mapping[str, Quote | None], to: str) -> None:
    for kind in AMOUNTS:
        for unit, nanos in _of(figures, kind).items():
            if nanos:
                kept[kind, unit, quotes.get(unit)] += nanos
            else:  # nothing is nothing in every currency: it needs no rate
                kept[kind, to, None] += 0


def _converted(
    report: Report, query: Query, kept: Mapping[_Key, _Kept], rates: Sequence[FxRate]
) -> Report:
    to = query.currency or ""
    told = _told(kept, to)
    rows = [row._replace(figures=replace(row.figures, **told[_key(row)])) for row in _rows(report)]
    sums = {kind: _added(_of(row.figures, kind) for row in rows) for kind in AMOUNTS}
    notes = _notes(_added(kept.values()), to, rates)
    return replace(
        report,
        query=query,
        rows=tuple(ordered(query, rows if query.by else [])),
        totals=replace(report.totals, **sums),
        notes=(*report.notes, *notes),
    )


def _added(parts: Iterable[Mapping[_T, int]]) -> Counter[_T]:
    """The sums by name, those of nothing among them: no amount is not the same as one of 0."""
    total = Counter[_T]()
    for each in parts:
        total.update(each)
    return total


def _told(kept: Mapping[_Key, _Kept], to: str) -> dict[_Key, dict[str, Counter[str]]]:
    """The amounts of rows by kind and currency, of what was kept of them: converted, or in its
    own currency."""
    told = {key: {kind: Counter[str]() for kind in AMOUNTS} for key in kept}
    alike: dict[tuple[str, str, Quote | None], dict[_Key, int]] = {}
    for key, each in kept.items():
        for what, nanos in each.items():
            alike.setdefault(what, {})[key] = nanos
    for (kind, unit, quote), parts in alike.items():
        amounts = [*parts.values()] if quote is None else quote.divide([*parts.values()])
        for key, nanos in zip(parts, amounts, strict=True):
            told[key][kind][unit if quote is None else to] += nanos
    return told


def _notes(kept: _Kept, to: str, rates: Sequence[FxRate]) -> Iterator[Note]:
    used = {quote for _, _, quote in kept if quote is not None}
    if used:
        names = sorted(used, key=lambda each: (each.pair, each.rate.valid_from_ms))
        text = f"amounts are in {to}, those of each call by the rate of its day (UTC)"
        yield Note(CONVERTED, text, tuple(quote.text for quote in names))
    alone = sorted((AMOUNTS.index(kind), unit) for kind, unit, q in kept if not q and unit != to)
    if alone:
        text = f"no rate to {to} is declared for these amounts, which stand apart"
        items = (_alone(AMOUNTS[at], unit, kept, turns(rates, unit, to)) for at, unit in alone)
        yield Note(NO_RATE, text, tuple(items))


def _alone(kind: str, unit: str, kept: _Kept, begun: Sequence[int]) -> str:
    """An amount without a rate, and up to which day there is none."""
    what = "" if kind == AMOUNTS[0] else f"{kind.removesuffix('_cost')} "
    ends = f" before {instant(begun[0]).date()}" if begun else ""
    return f"{what}{amount(kept[kind, unit, None])} {unit}{ends}"
