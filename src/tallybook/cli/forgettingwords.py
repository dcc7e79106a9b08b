"""The captured words of what is forgotten: `tally ledger forget` takes them with it.

They go first, while the ledger still knows whose they are; a kill in between leaves something to
forget, and nothing that can't be found any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..query import Filter, Query

if TYPE_CHECKING:
    from ..book import Book
    from ..content.purging import Order
    from ..ledger.evidence import Call
    from ..ledger.orders import ForgetOrder


def words_of(book: Book, order: ForgetOrder) -> int:
    """Of how many calls words are stored that an order is about."""
    store = book.content
    if store is None or not store.path.exists():
        return 0
    if order.before_ms is not None:
        return sum(each.rounds for each in store.plan(_before(order.before_ms)))
    return store.held(key for call in _calls(book, order) for key in call.keys)


def forget_words(book: Book, order: ForgetOrder) -> int:
    """Delete these words, and capture nothing more of sessions that are named. Of how many calls
    words went is given back."""
    store = book.content
    if store is None or not store.path.exists():
        return 0
    with store:
        if order.before_ms is not None:
            return store.purge(_before(order.before_ms))
        calls = list(_calls(book, order))
        gone = store.drop(key for call in calls for key in call.keys)
        named = {name for kind, name in order.names if kind == "session"}
        whose = {(call.who.source, call.who.session) for call in calls}
        return gone + store.forget((source, name) for source, name in whose if name in named)


def _calls(book: Book, order: ForgetOrder) -> Iterator[Call]:
    for kind in dict.fromkeys(kind for kind, _ in order.names):
        names = tuple(name for each, name in order.names if each == kind)
        yield from book.ledger.calls_in(Query(where=(Filter(dimension=kind, values=names),)))


def _before(ms: int) -> Order:
    from ..content.purging import Order

    return Order(before_ms=ms)
