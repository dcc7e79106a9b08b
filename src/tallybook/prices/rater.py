"""Rates applied to counts: a rater is made once for a provider, a model and a price context,
and then called for every usage event.

Which rates hold when was decided in `timeline`. The fast path is one expression in integers;
it is taken where every rate is a whole number of nano-units a token, so that no line needs
rounding. Everything else goes through the same lines that a full charge shows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from ..charges import Charge, ChargeLine, Unpriced
from ..model import CLASSES, Counts
from .cards import PART_OF, Rate, half_even
from .timeline import Page

Units = tuple[tuple[str, int], ...]
Basis = Literal["rated", "alias", "override", "estimate", "free"]

UNLIMITED = 1 << 62


class Rated(NamedTuple):
    """What one call costs. `nanos` is None when unpriced, with `reason` in words; `unpriced`
    counts tokens of classes without a rate, which are in no amount."""

    nanos: int | None
    currency: str | None
    card: str | None
    unpriced: int
    assumptions: tuple[str, ...]
    reason: str


class Rater(Protocol):
    """Prices calls of one model under one context."""

    @property
    def by_completion(self) -> bool:
        """Whether the instant that decides the price is the call's end, not its start."""
        ...

    def __call__(self, counts: Counts, units: Units, at_ms: int) -> Rated:
        """The price of one call at that instant."""
        ...

    def charge(self, counts: Counts, units: Units, at_ms: int) -> Charge | Unpriced:
        """The same price with its lines."""
        ...

    def base(self, counts: Counts, at_ms: int) -> Rated:
        """The price at the base tier, for counts that sum up requests of unknown sizes."""
        ...


class Sheet:
    """The rates of one page and tier, ready for arithmetic."""

    __slots__ = ("assumptions", "card", "currency", "gaps", "per_token", "quick", "rates")

    def __init__(self, page: Page, rates: Mapping[str, Rate], suffix: str = "") -> None:
        self.rates = rates
        self.card = page.name + suffix
        self.currency = page.card.currency
        self.assumptions = page.assumptions
        found = [rates.get(name) for name in CLASSES]
        self.gaps = tuple(index for index, rate in enumerate(found) if rate is None)
        self.quick = all(rate is None or rate.nanos % rate.per == 0 for rate in found)
        self.per_token = tuple(0 if rate is None else rate.nanos // rate.per for rate in found)

    def lines(self, counts: Counts, units: Units) -> tuple[list[ChargeLine], int, tuple[str, ...]]:
        """Charge lines, tokens without a rate, and assumptions made beyond the page's."""
        parts, unpriced, assumed = self._parts(counts, units)
        return [_line(name, count, rate) for name, count, rate in parts], unpriced, assumed

    def total(self, counts: Counts, units: Units) -> Rated:
        """The sum of the same lines."""
        parts, unpriced, assumed = self._parts(counts, units)
        nanos = sum([half_even(count * rate.nanos, rate.per) for _, count, rate in parts])
        said = (*self.assumptions, *assumed) if assumed else self.assumptions
        return Rated(nanos, self.currency, self.card, unpriced, said, "")

    def _parts(
        self, counts: Counts, units: Units
    ) -> tuple[list[tuple[str, int, Rate]], int, tuple[str, ...]]:
        """What is charged: classes, less the units that are part of them, then the units."""
        rates = self.rates
        left = list(counts)
        beside: list[tuple[str, int, Rate]] = []
        assumed: list[str] = []
        for name, told in units:
            rate = rates.get(name)
            parent = PART_OF.get(name)
            count = told if parent is None else min(told, left[CLASSES.index(parent)])
            if count <= 0:
                continue
            if rate is None:
                assumed.append(f"no-rate-for:{name}")
                continue
            if parent is not None:
                left[CLASSES.index(parent)] -= count
            beside.append((name, count, rate))
        parts: list[tuple[str, int, Rate]] = []
        unpriced = 0
        for name, count in zip(CLASSES, left, strict=True):
            rate = rates.get(name) if count else None
            if rate is not None:
                parts.append((name, count, rate))
            else:
                unpriced += count
        return parts + beside, unpriced, tuple(assumed)


def _line(name: str, count: int, rate: Rate) -> ChargeLine:
    return ChargeLine(
        name=name, count=count, rate=rate.nanos, per=rate.per, amount=rate.amount(count)
    )


class _Leaf:
    """A page with its sheets: the base, and one a tier."""

    __slots__ = ("base", "limit", "loud", "page", "tiers")

    def __init__(self, page: Page) -> None:
        self.page = page
        self.base = Sheet(page, page.rates)
        self.tiers = [(over, Sheet(page, rates, f"#over{over}")) for over, rates in page.tiers]
        self.limit = self.tiers[0][0] if self.tiers else UNLIMITED
        self.loud = None if page.scheduled is None else _Leaf(page.scheduled)

    def sheet(self, prompt: int) -> Sheet:
        """The sheet for a prompt of that many tokens."""
        chosen = self.base
        for over, sheet in self.tiers:
            if prompt > over:
                chosen = sheet
        return chosen


class CardRater:
    """Prices by the pages of one model."""

    __slots__ = ("_leaves", "_starts", "basis", "by_completion")

    def __init__(self, pages: Sequence[Page], basis: Basis) -> None:
        self._starts = [page.since_ms for page in pages[1:]]
        self._leaves = [_Leaf(page) for page in pages]
        self.basis: Basis = basis
        self.by_completion = any(page.schedule is not None for page in pages)

    def __call__(self, counts: Counts, units: Units, at_ms: int) -> Rated:
        """The price of one call at that instant."""
        leaf = self._leaves[bisect_right(self._starts, at_ms)]
        if leaf.loud is not None:
            leaf = self._hour(leaf, at_ms)
        fresh, output, reasoning, read, short, long = counts
        prompt = fresh + read + short + long
        sheet = leaf.base if prompt <= leaf.limit else leaf.sheet(prompt)
        if units or not sheet.quick:
            return sheet.total(counts, units)
        a, b, c, d, e, f = sheet.per_token
        nanos = fresh * a + output * b + reasoning * c + read * d + short * e + long * f
        unpriced = 0
        for gap in sheet.gaps:
            unpriced += counts[gap]
        return Rated(nanos, sheet.currency, sheet.card, unpriced, sheet.assumptions, "")

    def charge(self, counts: Counts, units: Units, at_ms: int) -> Charge:
        """The same price with its lines."""
        leaf = self.leaf(at_ms)
        sheet = leaf.sheet(counts[0] + counts[3] + counts[4] + counts[5])
        lines, unpriced, assumed = sheet.lines(counts, units)
        return Charge(
            lines=tuple(lines),
            currency=sheet.currency,
            card=sheet.card,
            basis=self._basis(leaf.page),
            unpriced=unpriced,
            assumptions=frozenset((*sheet.assumptions, *assumed)),
        )

    def base(self, counts: Counts, at_ms: int) -> Rated:
        """The price at the base tier, for counts that sum up requests of unknown sizes."""
        return self.leaf(at_ms).base.total(counts, ())

    def leaf(self, at_ms: int) -> _Leaf:
        """The page that holds at that instant, hours of the day included."""
        leaf = self._leaves[bisect_right(self._starts, at_ms)]
        return self._hour(leaf, at_ms)

    def _basis(self, page: Page) -> Basis:
        if page.card.free:
            return "free"
        return "override" if page.card.origin != "book" else self.basis

    @staticmethod
    def _hour(leaf: _Leaf, at_ms: int) -> _Leaf:
        schedule = leaf.page.schedule
        loud = leaf.loud
        return loud if loud is not None and schedule and schedule.covers(at_ms) else leaf


class NoCardRater:
    """Says of every call that no price is known, and why."""

    __slots__ = ("reason",)

    by_completion = False

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __call__(self, counts: Counts, units: Units, at_ms: int) -> Rated:
        """No amount; every token is unpriced."""
        del units, at_ms
        return Rated(None, None, None, sum(counts), (), self.reason)

    def charge(self, counts: Counts, units: Units, at_ms: int) -> Unpriced:
        """The reason."""
        del counts, units, at_ms
        return Unpriced(reason=self.reason)

    def base(self, counts: Counts, at_ms: int) -> Rated:
        """No amount at any tier."""
        return self(counts, (), at_ms)
