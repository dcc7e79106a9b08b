"""What may be ordered of a ledger beside recording: to void events, to forget names. Only the
nouns: `voiding` and `forgetting` carry them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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
