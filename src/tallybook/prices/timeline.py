"""Which rates hold when: the cards and multipliers of one model under one price context, cut
into pages that each hold from one instant to the next.

The cutting is done once a rater; looking up a page is a bisection. Matching names lives in
`alias`, applying rates to counts in `rater`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .cards import Multiplier, Rate, RateCard, Schedule
from .context import Selection

BEGINNING = -(1 << 62)

BEFORE_FIRST = "price-before-first-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The rates that hold from `since_ms` until the next page begins: the base rates, then
    (over, rates) for longer prompts, rising. `scheduled` holds the same page with the
    multiplier of `schedule` applied."""

    since_ms: int
    card: RateCard
    name: str
    rates: Mapping[str, Rate]
    tiers: tuple[tuple[int, Mapping[str, Rate]], ...]
    assumptions: tuple[str, ...]
    schedule: Schedule | None = None
    scheduled: Page | None = None


def pages(
    cards: Sequence[RateCard],
    multipliers: Sequence[Multiplier],
    selection: Selection,
    assumptions: Iterable[str] = (),
) -> tuple[Page, ...]:
    """The pages of one model, rising; the first begins at `BEGINNING`. `cards` must hold at
    least one standard card. `assumptions` are added to every page."""
    said = (*assumptions, *selection.assumptions)
    edges = sorted({BEGINNING, *_edges(cards, multipliers)})
    return tuple(_page(edge, cards, multipliers, selection, said) for edge in edges)


def _edges(cards: Sequence[RateCard], multipliers: Sequence[Multiplier]) -> Iterator[int]:
    for card in cards:
        for edge in (card.valid_from_ms, card.valid_to_ms, card.known_from_ms):
            if edge is not None:
                yield edge
    for multiplier in multipliers:
        schedule = multiplier.schedule
        known = None if schedule is None else schedule.known_to_ms
        for edge in (multiplier.valid_from_ms, multiplier.valid_to_ms, known):
            if edge is not None:
                yield edge


def _page(
    at_ms: int,
    cards: Sequence[RateCard],
    multipliers: Sequence[Multiplier],
    selection: Selection,
    said: tuple[str, ...],
) -> Page:
    card, assumed = _choose(at_ms, cards, selection.selectors)
    left = {key: value for key, value in selection.selectors.items() if key not in card.when}
    here = [m for m in multipliers if m.active(at_ms) and m.concerns(card.model)]
    plain = [m for m in here if m.schedule is None and m.when and m.when.items() <= left.items()]
    served = {key for m in plain for key in m.when}
    missing = [f"no-rate-for:{key}={left[key]}" for key in sorted(set(left) - served)]
    if selection.tier_unknown and card.tiers:
        missing.append("tier-unknown")
    page = _apply(
        Page(
            since_ms=at_ms,
            card=card,
            name=card.id + "".join(f"+{key}={left[key]}" for key in sorted(served)),
            rates=card.rates,
            tiers=()
            if selection.tier_unknown
            else tuple((tier.over, dict(card.rates) | dict(tier.rates)) for tier in card.tiers),
            assumptions=tuple(dict.fromkeys((*said, *assumed, *card.assume, *missing))),
        ),
        [*plain, *(m for m in here if m.schedule is None and not m.when)],
    )
    return _with_schedule(page, [m for m in here if m.schedule is not None])


def _choose(
    at_ms: int, cards: Sequence[RateCard], selectors: Mapping[str, str]
) -> tuple[RateCard, tuple[str, ...]]:
    """The active card with the most selectors that the call carries; a user's own card comes
    before any of the book's. Before the first card, the first is used and said so."""
    fitting = [card for card in cards if card.when.items() <= selectors.items()]
    active = [card for card in fitting if card.active(at_ms)]
    if active:
        best = max(active, key=lambda card: (card.origin != "book", len(card.when)))
        early = best.known_from_ms is not None and at_ms < best.known_from_ms
        return best, (BEFORE_FIRST,) if early else ()
    standard = [card for card in fitting if not card.when]
    past = [card for card in standard if (card.valid_from_ms or BEGINNING) <= at_ms]
    if past:
        return max(past, key=lambda card: card.valid_from_ms or BEGINNING), ("price-after-last",)
    return min(standard, key=lambda card: card.valid_from_ms or BEGINNING), (BEFORE_FIRST,)


def _apply(page: Page, multipliers: Sequence[Multiplier]) -> Page:
    """The page with every multiplier's exact fraction on the rates of its classes."""
    if not multipliers:
        return page
    return Page(
        since_ms=page.since_ms,
        card=page.card,
        name=page.name,
        rates=_times(page.rates, multipliers),
        tiers=tuple((over, _times(rates, multipliers)) for over, rates in page.tiers),
        assumptions=page.assumptions,
    )


def _times(rates: Mapping[str, Rate], multipliers: Sequence[Multiplier]) -> Mapping[str, Rate]:
    changed = dict(rates)
    for multiplier in multipliers:
        for name in set(multiplier.classes) & changed.keys():
            changed[name] = changed[name].times(multiplier.numerator, multiplier.denominator)
    return changed


def _with_schedule(page: Page, multipliers: Sequence[Multiplier]) -> Page:
    """A page of a model with hours of its own. Two schedules never hold at once in the data,
    which the build checks; of two, the first would win."""
    if not multipliers:
        return page
    schedule = multipliers[0].schedule
    unsure = schedule is not None and (schedule.known_to_ms or page.since_ms + 1) <= page.since_ms
    said = (*page.assumptions, "holidays-unknown") if unsure else page.assumptions
    loud = _apply(page, multipliers[:1])
    return Page(
        since_ms=page.since_ms,
        card=page.card,
        name=page.name,
        rates=page.rates,
        tiers=page.tiers,
        assumptions=said,
        schedule=schedule,
        scheduled=Page(
            since_ms=page.since_ms,
            card=page.card,
            name=f"{page.name}+hours",
            rates=loud.rates,
            tiers=loud.tiers,
            assumptions=said,
        ),
    )
