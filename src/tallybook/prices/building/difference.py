"""What differs between two price books, card by card, and in the rules beside them: what a call
costs, not where that was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..cards import RateCard
from ..shelf import Shelf

Change = Literal["new", "changed", "gone"]
_Key = tuple[str, str, tuple[tuple[str, str], ...], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One card that is only in the newer book, in both but not the same, or only in the older."""

    change: Change
    before: RateCard | None
    after: RateCard | None

    @property
    def card(self) -> RateCard:
        """The newer card, or the one that is gone."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def parts(self) -> tuple[str, ...]:
        """What of a changed card is not the same: classes, `tiers`, `until`, `currency`."""
        if self.before is None or self.after is None:
            return ()
        old, new = self.before, self.after
        names = dict.fromkeys((*new.rates, *old.rates))
        rates = [name for name in names if old.rates.get(name) != new.rates.get(name)]
        whole = (
            ("tiers", old.tiers != new.tiers),
            ("until", old.valid_to_ms != new.valid_to_ms),
            ("currency", old.currency != new.currency),
        )
        return (*rates, *(name for name, differs in whole if differs))


def differences(older: Shelf, newer: Shelf) -> list[Difference]:
    """Every card that is not the same in both, by provider and model."""
    before, after = _by_key(older), _by_key(newer)
    return sorted(_compared(before, after), key=lambda each: (each.card.provider, each.card.id))


def rules_of(older: Shelf, newer: Shelf) -> list[str]:
    """The providers of both books whose factors (hours, batch, regions) or names of models are
    not the same in both."""
    files = {file.provider: file for file in older.files()}
    return [
        file.provider
        for file in newer.files()
        if (old := files.get(file.provider)) is not None
        and (old.multipliers, old.names) != (file.multipliers, file.names)
    ]


def _compared(before: dict[_Key, RateCard], after: dict[_Key, RateCard]) -> Iterator[Difference]:
    for key, card in after.items():
        old = before.get(key)
        if old is None:
            yield Difference(change="new", before=None, after=card)
        elif _cost(old) != _cost(card):
            yield Difference(change="changed", before=old, after=card)
    for key, card in before.items():
        if key not in after:
            yield Difference(change="gone", before=card, after=None)


def _by_key(shelf: Shelf) -> dict[_Key, RateCard]:
    return {_key(card): card for card in _cards(shelf)}


def _cards(shelf: Shelf) -> Iterable[RateCard]:
    for file in shelf.files():
        for model in file.models:
            yield from file.cards(model)


def _key(card: RateCard) -> _Key:
    return card.provider, card.model.lower(), tuple(sorted(card.when.items())), card.valid_from_ms


def _cost(card: RateCard) -> tuple[object, ...]:
    return card.rates, card.tiers, card.currency, card.valid_to_ms, card.free
