"""Rates applied to counts: a rater is made once for a provider, a model and a price context,
and then called for every usage event.

Which rates hold when was decided in `timeline`. The fast path is one expression in integers;
it is taken where every rate is a whole number of nano-units a token, so that no line needs
rounding. Everything else goes through the lines of a `sheet`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, Protocol

from ..charges import Charge, Unpriced
from ..model import Counts, made
from .cards import RateCard
from .schedule import Schedule
from .sheet import Rated, Sheet, Units
from .timeline import Timeline

Basis = Literal["rated", "alias", "override", "estimate", "free"]

UNLIMITED = 1 << 62


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

    def brief(self, counts: Counts, at_ms: int) -> Rated:
        """The price of one call had its prompt been too short for any tier: its answer decides."""
        ...

    def card(self, at_ms: int) -> RateCard | None:
        """The card that holds at that instant, or None."""
        ...


class _Leaf:
    """What holds from one start of the timeline to the next, outside its schedules' hours, and
    in them once they are asked for."""

    __slots__ = (
        "_in_hours",
        "_line",
        "_since",
        "base",
        "limit",
        "page",
        "schedules",
        "tiers",
    )

    def __init__(self, line: Timeline, since_ms: int, in_force: tuple[Schedule, ...] = ()) -> None:
        self._line = line
        self._since = since_ms
        self._in_hours: dict[int, _Leaf] = {}
        self.schedules = line.schedules(since_ms)
        page = self.page = line.page(since_ms, in_force)
        self.base = None if page is None else Sheet(page, page.rates)
        tiers = () if page is None else page.tiers
        self.tiers = [(t.over, t.output_over, Sheet(page, t.rates, t.mark)) for t in tiers if page]
        self.limit = min((tier.over for tier in tiers), default=UNLIMITED)

    def sheet(self, prompt: int, answer: int) -> Sheet | None:
        """The sheet for a request whose prompt and answer have so many tokens; None where no
        card holds."""
        chosen = self.base
        for over, output_over, sheet in self.tiers:
            if prompt > over and answer > output_over:
                chosen = sheet
        return chosen

    def at(self, at_ms: int) -> _Leaf:
        """What holds at that instant, hours considered."""
        in_force = [schedule.covers(at_ms) for schedule in self.schedules]
        if not any(in_force):
            return self
        mask = sum(1 << index for index, covered in enumerate(in_force) if covered)
        leaf = self._in_hours.get(mask)
        if leaf is None:
            chosen = tuple(
                s for s, covered in zip(self.schedules, in_force, strict=True) if covered
            )
            leaf = _Leaf(self._line, self._since, chosen)
            self._in_hours[mask] = leaf
        return leaf


class CardRater:
    """Prices by the timeline of one model. `reason` is what it says where no card holds."""

    __slots__ = ("_leaves", "_reason", "_starts", "basis", "by_completion")

    def __init__(self, timeline: Timeline, basis: Basis, reason: str) -> None:
        self._starts = timeline.starts[1:]
        self._leaves = [_Leaf(timeline, since) for since in timeline.starts]
        self._reason = reason
        self.basis: Basis = basis
        self.by_completion = any(leaf.schedules for leaf in self._leaves)

    def __call__(self, counts: Counts, units: Units, at_ms: int) -> Rated:
        """The price of one call at that instant."""
        leaf = self._leaves[bisect_right(self._starts, at_ms)]
        if leaf.schedules:
            leaf = leaf.at(at_ms)
        fresh, output, reasoning, read, short, long = counts
        prompt = fresh + read + short + long
        sheet = leaf.base if prompt <= leaf.limit else leaf.sheet(prompt, output + reasoning)
        if units or not sheet or not sheet.quick:
            return self._total(sheet, counts, units)
        a, b, c, d, e, f = sheet.per_token
        nanos = fresh * a + output * b + reasoning * c + read * d + short * e + long * f
        unpriced, said = 0, sheet.assumptions
        if sheet.gaps:
            unpriced = sum([counts[gap] for gap in sheet.gaps])
            said = sheet.lacking(counts) if unpriced else said
        return made(Rated, (nanos, sheet.currency, sheet.card, unpriced, said, ""))

    def charge(self, counts: Counts, units: Units, at_ms: int) -> Charge | Unpriced:
        """The same price with its lines."""
        leaf = self._leaf(at_ms)
        fresh, output, reasoning, read, short, long = counts
        sheet = leaf.sheet(fresh + read + short + long, output + reasoning)
        if leaf.page is None or sheet is None:
            return Unpriced(reason=self._reason)
        lines, unpriced, assumed = sheet.lines(counts, units)
        return Charge(
            lines=tuple(lines),
            currency=sheet.currency,
            card=sheet.card,
            basis=self._basis(leaf.page.card),
            unpriced=unpriced,
            assumptions=frozenset((*sheet.assumptions, *assumed)),
        )

    def base(self, counts: Counts, at_ms: int) -> Rated:
        """The price at the base tier, for counts that sum up requests of unknown sizes."""
        return self._total(self._leaf(at_ms).base, counts, ())

    def brief(self, counts: Counts, at_ms: int) -> Rated:
        """The price of one call at the tier that its answer alone decides."""
        return self._total(self._leaf(at_ms).sheet(0, counts[1] + counts[2]), counts, ())

    def card(self, at_ms: int) -> RateCard | None:
        """The card that holds at that instant, hours of the day included."""
        page = self._leaf(at_ms).page
        return None if page is None else page.card

    def _total(self, sheet: Sheet | None, counts: Counts, units: Units) -> Rated:
        if sheet is None:
            return Rated(None, None, None, sum(counts), (), self._reason)
        return sheet.total(counts, units)

    def _leaf(self, at_ms: int) -> _Leaf:
        return self._leaves[bisect_right(self._starts, at_ms)].at(at_ms)

    def _basis(self, card: RateCard) -> Basis:
        if card.free:
            return "free"
        if self.basis == "estimate":
            return "estimate"
        return "override" if card.origin == "override" else self.basis


class Succession:
    """Prices by one rater after another: an alias that holds between dates leads elsewhere
    than before and after."""

    __slots__ = ("_raters", "_starts", "by_completion")

    def __init__(self, starts: Sequence[int], raters: Sequence[Rater]) -> None:
        self._starts = list(starts[1:])
        self._raters = raters
        self.by_completion = any(rater.by_completion for rater in raters)

    def __call__(self, counts: Counts, units: Units, at_ms: int) -> Rated:
        """The price of one call at that instant."""
        return self._rater(at_ms)(counts, units, at_ms)

    def charge(self, counts: Counts, units: Units, at_ms: int) -> Charge | Unpriced:
        """The same price with its lines."""
        return self._rater(at_ms).charge(counts, units, at_ms)

    def base(self, counts: Counts, at_ms: int) -> Rated:
        """The price at the base tier."""
        return self._rater(at_ms).base(counts, at_ms)

    def brief(self, counts: Counts, at_ms: int) -> Rated:
        """The price of one call at the tier that its answer alone decides."""
        return self._rater(at_ms).brief(counts, at_ms)

    def card(self, at_ms: int) -> RateCard | None:
        """The card that holds at that instant."""
        return self._rater(at_ms).card(at_ms)

    def _rater(self, at_ms: int) -> Rater:
        return self._raters[bisect_right(self._starts, at_ms)]


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

    def brief(self, counts: Counts, at_ms: int) -> Rated:
        """No amount at any tier."""
        return self(counts, (), at_ms)

    def card(self, at_ms: int) -> None:
        """There is none."""
        del at_ms
