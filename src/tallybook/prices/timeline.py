"""Which rates hold when: the cards and multipliers of one model under one price context, cut
into pages that each hold from one instant to the next, and by hours of the day where there are
schedules.

The cutting is done once a rater; looking up a page is a bisection. Matching names lives in
`alias`, applying rates to counts in `rater`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .cards import Multiplier, Rate, RateCard, Tier
from .context import Selection
from .schedule import Schedule

BEGINNING = -(1 << 62)

BEFORE_FIRST = "price-before-first-known"
AFTER_LAST = "price-after-last"
HOLIDAYS_UNKNOWN = "holidays-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The rates that hold: the base rates, then the tiers for longer requests, rising. `name`
    is what charges call it."""

    card: RateCard
    name: str
    rates: Mapping[str, Rate]
    tiers: tuple[Tier, ...]
    assumptions: tuple[str, ...]


class Timeline:
    """All pages of one model under one price context. `starts` are the instants at which the
    rates may change, rising, the first `BEGINNING`. `assumptions` are added to every page."""

    __slots__ = ("_cards", "_multipliers", "_said", "_selection", "starts")

    def __init__(
        self,
        cards: Sequence[RateCard],
        multipliers: Sequence[Multiplier],
        selection: Selection,
        assumptions: Iterable[str] = (),
    ) -> None:
        selectors = selection.selectors.items()
        self._cards = [card for card in cards if card.when.items() <= selectors]
        self._multipliers = [m for m in multipliers if m.when.items() <= selectors]
        self._selection = selection
        self._said = (*assumptions, *selection.assumptions)
        self.starts = sorted({BEGINNING, *self._edges()})

    def schedules(self, at_ms: int) -> tuple[Schedule, ...]:
        """The hours that decide prices from that start to the next one."""
        timed = (*self._cards, *self._multipliers)
        found = (each.schedule for each in timed if each.schedule and each.active(at_ms))
        return tuple(dict.fromkeys(found))

    def page(self, at_ms: int, in_force: Sequence[Schedule] = ()) -> Page | None:
        """The page of one start while exactly those schedules are in force; None if no card
        holds then."""
        cards = [card for card in self._cards if not card.schedule or card.schedule in in_force]
        chosen = _choose(at_ms, cards)
        if chosen is None:
            return None
        card, assumed = chosen
        factors = [m for m in self._multipliers if _touches(m, card, at_ms, in_force)]
        left = {k: v for k, v in self._selection.selectors.items() if k not in card.when}
        served = sorted({key for m in factors for key in m.when})
        missing = [f"no-rate-for:{key}={left[key]}" for key in sorted(set(left) - set(served))]
        if self._selection.tier_unknown and card.tiers:
            missing.append("tier-unknown")
        if any(schedule.unsure(at_ms) for schedule in self.schedules(at_ms)):
            missing.append(HOLIDAYS_UNKNOWN)
        hours = card.schedule is not None or any(m.schedule for m in factors)
        marks = [f"+{key}={left[key]}" for key in served] + ["+hours"] * hours
        tiers = () if self._selection.tier_unknown else card.tiers
        return Page(
            card=card,
            name=card.id + "".join(marks),
            rates=_times(card.rates, factors),
            tiers=tuple(
                replace(tier, rates=_times({**card.rates, **tier.rates}, factors)) for tier in tiers
            ),
            assumptions=tuple(dict.fromkeys((*self._said, *assumed, *card.assume, *missing))),
        )

    def _edges(self) -> Iterator[int]:
        timed = (*self._cards, *self._multipliers)
        for each in timed:
            known = each.schedule.known_to_ms if each.schedule else None
            yield from (e for e in (each.valid_from_ms, each.valid_to_ms, known) if e is not None)
        for card in self._cards:
            if card.known_from_ms is not None:
                yield card.known_from_ms


def _touches(
    multiplier: Multiplier, card: RateCard, at_ms: int, in_force: Sequence[Schedule]
) -> bool:
    """Whether a factor is to be applied to a card then."""
    return (
        multiplier.touches(card)
        and multiplier.active(at_ms)
        and (multiplier.schedule is None or multiplier.schedule in in_force)
    )


def _choose(at_ms: int, cards: Sequence[RateCard]) -> tuple[RateCard, tuple[str, ...]] | None:
    """The active card with the most selectors, of those the one with hours; a user's own card
    comes before any of the book's, and a closer one before others. Outside all intervals the last
    card before is used, else the first, and said so. None if there is no standard card."""
    active = [card for card in cards if card.active(at_ms)]
    if active:
        best = max(active, key=_rank)
        early = best.known_from_ms is not None and at_ms < best.known_from_ms
        return best, (BEFORE_FIRST,) if early else ()
    standard = [card for card in cards if not card.when and not card.schedule]
    past = [card for card in standard if _since(card) <= at_ms]
    if past:
        return max(past, key=_order), (AFTER_LAST,)
    return (min(standard, key=_order), (BEFORE_FIRST,)) if standard else None


def _rank(card: RateCard) -> tuple[object, ...]:
    """What goes first; in the end by what it selects, so that the order of a file says nothing."""
    layer = card.origin == "override", card.closeness
    return *layer, len(card.when), card.schedule is not None, sorted(card.when.items())


def _order(card: RateCard) -> tuple[object, ...]:
    return _since(card), card.origin == "override", card.closeness


def _since(card: RateCard) -> int:
    return BEGINNING if card.valid_from_ms is None else card.valid_from_ms


def _times(rates: Mapping[str, Rate], factors: Sequence[Multiplier]) -> Mapping[str, Rate]:
    """The rates under every factor that concerns their class."""
    changed = dict(rates)
    for factor in factors:
        for name in set(factor.classes) & changed.keys():
            changed[name] = changed[name].times(factor.numerator, factor.denominator)
    return changed
