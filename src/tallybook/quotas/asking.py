"""The standings of quotas at a moment: their windows, what was used in them, and where it leads.

The parts are in the modules beside this; here they are put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..clock import DAY_MS
from ..ledger.notices import Correction
from ..periods import Period
from ..quota import Quota
from .chains import Chain
from .corrections import Base, base_of, inside, of_quota
from .forecasting import Outlook, forecast, recent
from .metering import NOTHING, Metered, metered, subject_filter
from .standing import Forecast, QuotaStanding
from .windows import length_ms, window_before

if TYPE_CHECKING:
    from ..book import Book

_PAST_MS = 31 * DAY_MS
"""How far back a value of `each` has to have been used for an earlier rolling window of it."""


class _Moment(NamedTuple):
    """When quotas are looked at, and how many windows before the present ones. Calls that begin
    after it are not seen; `is_last` tells that there are none."""

    now_ms: int
    back: int
    is_last: bool


def standings(
    book: Book, quotas: Iterable[Quota], now_ms: int, *, back: int = 0
) -> tuple[QuotaStanding, ...]:
    """What stands of quotas at a moment, in their order, and of one with `each` by its values. With
    `back` it is the window so many before the present one, of those that had one: what was used in
    the end, without a forecast. Calls that begin later than the moment are not seen."""
    with book.ledger.moment():
        said = book.ledger.notices.corrections()
        moment = _moment(book, now_ms, back)
        looks = (_Look(book, quota, said, moment) for quota in quotas)
        return tuple(standing for look in looks for standing in look.standings())


def standing_of(book: Book, quota: Quota, subject: str, now_ms: int) -> QuotaStanding:
    """What stands of a quota for one value of its `each`, whether it was ever used or not."""
    with book.ledger.moment():
        said = book.ledger.notices.corrections()
        return _Look(book, quota, said, _moment(book, now_ms, 0), subject).one()


def _moment(book: Book, now_ms: int, back: int) -> _Moment:
    last = book.ledger.latest()
    return _Moment(now_ms, back, last is None or last <= now_ms)


class _Look:
    """One look at one quota, at all its subjects or at `only` one."""

    def __init__(
        self,
        book: Book,
        quota: Quota,
        said: Iterable[Correction],
        moment: _Moment,
        only: str | None = None,
    ) -> None:
        self._book = book
        self._quota = quota
        self._said = of_quota(said, quota, moment.now_ms)
        self._moment = moment
        self._only = only
        self._metered: dict[tuple[Period, str | None], dict[str, Metered]] = {}

    def standings(self) -> Iterator[QuotaStanding]:
        """Those of all subjects, in the order of their names."""
        window = self._quota.window
        if window.kind == "rolling":
            for subject in self._rolling_subjects():
                found = self._rolling_window(subject)
                if found is not None or not self._moment.back:
                    yield self._standing(subject, found)
            return
        span = window_before(window, self._moment.now_ms, self._moment.back)
        if span is not None:
            for subject in self._subjects(span):
                yield self._standing(subject, span)

    def one(self) -> QuotaStanding:
        """That of the only subject."""
        subject = self._only or ""
        if self._quota.window.kind == "rolling":
            return self._standing(subject, self._rolling_window(subject))
        return self._standing(subject, window_before(self._quota.window, self._moment.now_ms, 0))

    def _subjects(self, span: Period) -> Sequence[str]:
        """Those that were used in a range, or of which something was said in it; the empty one
        where there are none, so that a quota never vanishes."""
        if self._quota.each is None:
            return ("",)
        said = (subject for subject, each in self._said.items() if inside(each, span))
        return sorted({*self._uses(span), *said}) or ("",)

    def _rolling_subjects(self) -> Sequence[str]:
        length = length_ms(self._quota.window)
        past = max(_PAST_MS, 2 * length) if self._moment.back else length
        return self._subjects(Period(self._moment.now_ms + 1 - past, self._moment.now_ms + 1))

    def _rolling_window(self, subject: str) -> Period | None:
        where = (*self._quota.where, *subject_filter(self._quota, subject))
        said = self._said.get(subject, ())
        chain = Chain(
            self._book.ledger.uses(where),
            length_ms(self._quota.window),
            [each.at_ms for each in said if each.kind != "reset" and each.nanos],
            [each.at_ms for each in said if each.kind == "reset"],
        )
        found = chain.at(self._moment.now_ms)
        for _ in range(self._moment.back):
            found = chain.before(self._moment.now_ms + 1 if found is None else found.since_ms or 0)
            if found is None:
                return None
        return found

    def _standing(self, subject: str, span: Period | None) -> QuotaStanding:
        """What stands of a subject in a window; of none while a rolling one has not begun."""
        limit = self._quota.limit.nanos if self._quota.limit else None
        if span is None:
            return QuotaStanding(quota=self._quota, subject=subject, limit_nanos=limit)
        base = base_of(self._quota, span, inside(self._said.get(subject, ()), span))
        since = Period(base.since_ms, span.until_ms)
        use = self._use(since, subject, shared=since == span)
        used = None if use.nanos is None and not base.nanos else (use.nanos or 0) + base.nanos
        used = None if used is None else max(used, 0)
        is_sliding = self._quota.window.kind == "sliding"
        return QuotaStanding(
            quota=self._quota,
            subject=subject,
            since_ms=span.since_ms,
            until_ms=None if is_sliding else span.until_ms,
            used=used,
            least=use.least,
            apart=tuple(sorted(use.apart)),
            corrected=base.corrected,
            limit_nanos=base.limit_nanos,
            forecast=self._forecast(subject, span, used, base),
        )

    def _forecast(
        self, subject: str, span: Period, used: int | None, base: Base
    ) -> Forecast | None:
        now, limit = self._moment.now_ms, base.limit_nanos
        if self._moment.back or not used or limit is None or used >= limit:
            return None

        def gone(at_ms: int) -> int:
            since, until = base.since_ms or 0, (span.since_ms or 0) + at_ms - now
            counted = Period(since, until)
            return (self._use(counted, subject, shared=True).nanos or 0) if since < until else 0

        part = recent(self._quota.window, span, now)
        use = self._use(part, subject, shared=True)
        return forecast(Outlook(self._quota.window, span, used, limit, now, gone), part, use)

    def _use(self, span: Period, subject: str, *, shared: bool) -> Metered:
        """What a subject used in a range. Where subjects share it, all are asked at once."""
        alone = not shared or self._quota.window.kind == "rolling"
        return self._uses(span, subject if alone else self._only).get(subject, NOTHING)

    def _uses(self, span: Period, only: str | None = None) -> dict[str, Metered]:
        since, until = span
        now = self._moment.now_ms
        if not self._moment.is_last and (until is None or until > now + 1):
            until = now + 1
        key = Period(since, until), only
        if key not in self._metered:
            self._metered[key] = metered(self._book, self._quota, *key)
        return self._metered[key]
