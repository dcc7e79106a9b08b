"""The one look at all calls: each is handed to what gathers for each kind of advice, and what they
come to is put in order at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ..ledger.spent import Spent
from ..query import Query
from .caching import Caching
from .cheaper import Cheaper
from .commands import Counted, narrowed
from .costly import Costly
from .deferring import Deferring
from .finding import Advice, Part
from .growing import grown
from .lanes import Lane, Lanes, instant_for
from .lifetimes import Lifetimes
from .longcontext import LongContext
from .subscribing import Subscribing
from .unseen import Unseen

if TYPE_CHECKING:
    from ..book import Book
    from ..prices.plans import Fee

LEAST = 1_000
"""An amount is told if so many of it come to at least the cost of all calls in its currency."""

_ORDER = ("saving", "finding", "unseen")


class Repricing(Protocol):
    """What prices calls again."""

    def take(self, call: Spent, lane: Lane, card: str) -> None:
        """A call whose recorded cost is what its tokens cost by `card`."""
        ...

    def told(self) -> Iterator[Advice]:
        """What that came to."""
        ...


class Looking(Protocol):
    """What looks at recorded costs."""

    def see(self, call: Spent, lane: Lane) -> None:
        """Any call."""
        ...

    def told(self) -> Iterator[Advice]:
        """What that came to."""
        ...


def advise(
    book: Book, query: Query, now_ms: int, *, fees: Mapping[str, Fee] | None = None
) -> tuple[Advice, ...]:
    """All advice on the calls of a question's conditions and time: what could be saved first, then
    what is worth knowing, then what can't be seen, each by amount. Amounts are list amounts in the
    currencies of their prices, and are never added to each other; what is less than a thousandth
    of the cost of all calls is left out. `fees` are by provider those of plans which its
    calls in no plan of the price file, or in one without a fee, are held against. Pure: nothing is
    recorded."""
    lifetimes = Lifetimes(query)
    repricing: tuple[Repricing, ...] = (
        Cheaper(query, now_ms),
        Caching(query),
        lifetimes,
        LongContext(query),
        Deferring(query, lambda name: _is_waited_for(book, name)),
    )
    costly = Costly(query)
    subscribing = Subscribing(query, now_ms, fees or {}, lambda: _begun_ms(book))
    looking: tuple[Looking, ...] = (costly, subscribing)
    unseen = Unseen(query)
    with book.ledger.moment():
        _gather(book, query, repricing, (*looking, lifetimes), unseen)
        found = [advice for each in (*repricing, *looking, unseen) for advice in each.told()]
        found += grown(book.ledger, costly.grounds())
        costs = costly.costs()
        worth = [each for each in found if _is_worth_telling(each, costs)]
        return tuple(_finished(book, each) for each in _overlapping(_ordered(worth)))


def _gather(
    book: Book,
    query: Query,
    repricing: Sequence[Repricing],
    looking: Sequence[Looking],
    unseen: Unseen,
) -> None:
    lanes = Lanes(book.prices)
    for call in book.ledger.spent_in(query):
        lane = lanes.of(call)
        for each in looking:
            each.see(call, lane)
        if call.nanos is None or call.unpriced or not call.witness:
            if kind := _kind(call):
                unseen.miss(kind, call, lane)
            continue
        rated = lane.rater(call.counts, (), instant_for(lane.rater, call))
        if rated.nanos != call.nanos or rated.currency != call.currency or rated.card is None:
            unseen.miss("priced-otherwise", call, lane)
            continue
        for other in repricing:
            other.take(call, lane, rated.card)


def _kind(call: Spent) -> str:
    """Why a call can't be priced again; empty for one that used nothing."""
    if not call.witness:
        return "recovered"
    if call.who.status == "unmetered":
        return "unmetered"
    return "unpriced" if call.unpriced else ""


def _is_waited_for(book: Book, name: str) -> bool:
    """Whether somebody sits at a source: one whose running processes are known is an agent."""
    return book.reads(name) and book.source(name).signature is not None


def _begun_ms(book: Book) -> int | None:
    return book.ledger.ask(Query()).totals.first_ms


def _is_worth_telling(advice: Advice, costs: Mapping[str, int]) -> bool:
    amount = advice.amount
    return amount is None or amount.nanos * LEAST >= costs[amount.currency]


def _ordered(found: Iterable[Advice]) -> list[Advice]:
    """By what an amount means, savings that no bill falls by after the others; then by currency,
    then by amount, the largest first."""
    return sorted(
        found,
        key=lambda each: (
            _ORDER.index(each.sense),
            each.sense == "saving" and each.falls_on_no_bill,
            each.amount.currency if each.amount else "",
            -each.amount.nanos if each.amount else -each.calls,
            each.name,
        ),
    )


def _overlapping(found: Sequence[Advice]) -> Iterator[Advice]:
    """Savings with the names of those that may count the same calls."""
    savings = [each for each in found if each.sense == "saving"]
    for each in found:
        others = savings if each.sense == "saving" else ()
        names = (it.name for it in others if it is not each and not it.lanes.isdisjoint(each.lanes))
        yield replace(each, overlaps=tuple(names))


def _finished(book: Book, advice: Advice) -> Advice:
    """The same with the titles of the sessions that it names, and with a command that shows its
    calls and as few others as possible."""
    stands_on = Counted(advice.calls, advice.tokens)
    shows, shown = narrowed(book.ledger, advice.shows, stands_on, advice.marks)
    parts = tuple(_with_title(book, each) for each in advice.parts)
    return replace(advice, parts=parts, shows=shows, shown=shown)


def _with_title(book: Book, part: Part) -> Part:
    return part._replace(title=book.ledger.session(part.source, part.session).title)
