"""What may be ordered of a ledger beside recording: to void events, to forget names, to work
charges out again. Only the nouns: `voiding`, `forgetting` and `rerating` carry them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..model import Counts
from ..query import Query

WHAT = ("titles", "projects", "places", "raw")
"""What may be forgotten of calls beside the names that belong to them."""

NAMED = ("project", "session", "user", "machine", "account")
"""The dimensions whose values may be forgotten."""


class VoidOrder(NamedTuple):
    """Which events to void: those of the query's conditions and time that stand at `place` (a
    file, or anything below a folder; empty is anywhere). Unless `copies`, an event stays that a
    session outside of all this shows too. `hidden` are places of these that were forgotten since,
    by their pseudonyms."""

    query: Query
    place: str = ""
    copies: bool = False
    hidden: tuple[str, ...] = ()


class Share(NamedTuple):
    """What some events of one source come to: how many they are, their tokens, their list price
    in nano-units by currency, and how many of the tokens have no price."""

    source: str
    events: int
    tokens: int
    cost: Mapping[str, int]
    unpriced: int


class VoidPlan(NamedTuple):
    """What a void takes out, or would: by source. `kept` events fit the order and stay, because
    sessions outside of it show them: (session, events). `void` is its number once it is done."""

    shares: tuple[Share, ...]
    kept: int
    kept_by: tuple[tuple[str, int], ...]
    void: int = 0

    @property
    def events(self) -> int:
        """How many events are taken out."""
        return sum(share.events for share in self.shares)


class Void(NamedTuple):
    """A void that stands: when it was made, why, what was ordered, and what it holds by source.
    Events that came back since are not in it."""

    id: int
    at_ms: int
    reason: str
    order: VoidOrder
    shares: tuple[Share, ...]


class ForgetOrder(NamedTuple):
    """What to forget: either `names`, (dimension, value) pairs, or what is older than `before_ms`;
    and `what` of the calls that these are about, out of `WHAT`."""

    names: tuple[tuple[str, str], ...] = ()
    before_ms: int | None = None
    what: tuple[str, ...] = WHAT


class ForgetPlan(NamedTuple):
    """What is forgotten, or would be: (dimension, name, pseudonym) of each name, the titles and
    places that go, and the calls whose raw usage goes. `shared` are names and places that stay,
    because other calls have them too."""

    names: tuple[tuple[str, str, str], ...]
    titles: int
    places: int
    raw: int
    shared: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to forget."""
        return not (self.names or self.titles or self.places or self.raw)


class RerateOrder(NamedTuple):
    """Which charges to work out again: those of the query's conditions and time. To `renormalise`
    is to count raw usage by today's dialects first, where an older one has counted it: all such, or
    those of one `dialect`."""

    query: Query
    renormalise: bool = False
    dialect: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is about every price in the ledger."""
        query = self.query
        timed = query.since_ms is not None or query.until_ms is not None
        return not (self.renormalise or query.where or timed)


class Shift(NamedTuple):
    """What becomes of the calls of one model: how many change, what these came to and will come to
    in nano-units by currency, and their tokens by class; of the tokens, so many were and become
    `unpriced` that are in neither amount. Of the calls, `priced` had no price and get one,
    `unpriced` lose theirs, `billed` are billed otherwise, and of `relabelled` only the card or an
    assumption is another. Of those that have an amount before and after, `lost` tokens lose their
    rate and `found` ones get one: those of the classes and units in `rates_lost` and
    `rates_found`."""

    provider: str
    model: str
    events: int
    was: Mapping[str, int]
    becomes: Mapping[str, int]
    counts_were: Counts
    counts_become: Counts
    priced: int = 0
    unpriced: int = 0
    billed: int = 0
    relabelled: int = 0
    unpriced_were: int = 0
    unpriced_become: int = 0
    lost: int = 0
    found: int = 0
    rates_lost: tuple[str, ...] = ()
    rates_found: tuple[str, ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        """The currencies that either has."""
        return tuple(sorted(self.was.keys() | self.becomes.keys()))


class RerateNote(NamedTuple):
    """What is written down beside a re-rating: when it was, who asked for it, and why."""

    now_ms: int
    who: str = ""
    reason: str = ""


class ReratePlan(NamedTuple):
    """What a re-rating changes, or would: by model, the largest difference first, out of how many
    calls that were looked at. `rerating` is its number once it is done."""

    shifts: tuple[Shift, ...]
    examined: int
    rerating: int = 0

    @property
    def events(self) -> int:
        """How many calls change."""
        return sum(shift.events for shift in self.shifts)


class Rerating(NamedTuple):
    """A re-rating that was done. It can be undone while the ledger holds what the charges were
    (`held` of them); `undone_ms` is when it was, 0 for never."""

    id: int
    note: RerateNote
    order: RerateOrder
    book: str
    shifts: tuple[Shift, ...]
    undone_ms: int
    held: int


class Reversal(NamedTuple):
    """What undoing a re-rating did: calls that are what they were before it, and those that
    `stay` because they were joined, counted or priced otherwise, voided or taken out since."""

    rerating: int
    events: int
    stay: int
