"""What people said of a quota, as the base that what is metered is added to.

Of most quotas they speak of what is used. Of what is prepaid they speak of the balance: what it is
now (`set`), by how much it was topped up (`add`), or that it is full again (`reset`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..ledger.notices import Correction
from ..periods import Period
from ..quota import Quota
from .metering import unit_of


class Base(NamedTuple):
    """From where calls are metered (None: of all time), how much was used by then, and how much
    there is in all. `corrected` tells that somebody said so."""

    since_ms: int | None
    nanos: int
    limit_nanos: int | None
    corrected: bool = False


def of_quota(said: Iterable[Correction], quota: Quota, now_ms: int) -> dict[str, list[Correction]]:
    """What was said of a quota up to now, by subject, the oldest first. What was said of it in
    another unit, before its limit was changed, is not about it any more."""
    found: dict[str, list[Correction]] = {}
    unit = unit_of(quota)
    for each in said:
        fits = each.kind == "reset" or each.unit == unit
        if each.quota == quota.name and each.at_ms <= now_ms and fits:
            found.setdefault(each.subject, []).append(each)
    return {subject: sorted(each, key=lambda one: one.at_ms) for subject, each in found.items()}


def inside(said: Iterable[Correction], span: Period) -> list[Correction]:
    """Those of a window: what was said outside of it does not count there."""
    since, until = span
    return [
        each
        for each in said
        if (since is None or each.at_ms >= since) and (until is None or each.at_ms < until)
    ]


def base_of(quota: Quota, span: Period, said: Sequence[Correction]) -> Base:
    """Where a window stands by what was said in it. A limit of something prepaid is raised to
    what the balance was said to be, with what was added since."""
    limit = quota.limit.nanos if quota.limit else None
    if quota.window.kind == "prepaid" and limit is not None:
        return _balance(limit, span, said)
    since, nanos = span.since_ms, 0
    for each in said:
        nanos = {"set": each.nanos, "add": nanos + each.nanos, "reset": 0}[each.kind]
        since = since if each.kind == "add" else each.at_ms
    return Base(since, nanos, limit, bool(said))


def _balance(limit: int, span: Period, said: Sequence[Correction]) -> Base:
    since, balance = span.since_ms, limit
    for each in said:
        balance = {"set": each.nanos, "add": balance + each.nanos, "reset": limit}[each.kind]
        since = since if each.kind == "add" else each.at_ms
    full = max(limit, balance)
    return Base(since, full - balance, full, bool(said))
