"""Digests: what a saved view shows, sent at a time of the day, the week or the month.

Each occurrence is sent once, by whichever process comes to it first; one that was missed is made up
for within a day. A digest that is new begins with its next occurrence: new from `tally alert add`
on, and one whose table was written by hand from the first look on.
"""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import DAY_MS, local, zone
from ..errors import TallyError
from ..ledger.notices import Alert, AlertState
from ..periods import WEEK_DAYS, Frame, period_text
from ..query import report_json
from .digestlines import digest_lines
from .routing import DIGEST, channels_for
from .spans import bounds, span_name

if TYPE_CHECKING:
    from ..book import Book
    from ..settings.told import AlertRule

LATEST_MS = DAY_MS
"""A digest that was missed for longer is not made up for."""

_LONGEST_DAYS = 62
"""Between two occurrences lies a month at most."""


def send_digests(book: Book, now_ms: int) -> tuple[Alert, ...]:
    """Record what is due of the settings' digests, with its deliveries; what is new."""
    rules = [rule for rule in book.settings.alerts.values() if rule.view and rule.at]
    if not rules:
        return ()
    states = book.ledger.notices.states()
    known = {rule.name: states.get((f"{DIGEST}{rule.name}", "")) for rule in rules}
    raised = (_raised(book, rule, known[rule.name], now_ms) for rule in rules)
    return tuple(each for each in raised if each is not None)


def begin_digest(book: Book, name: str, now_ms: int) -> None:
    """Let a digest of the settings be new now, unless it is known with its time: whoever looks
    first may do so after its next occurrence."""
    rule = book.settings.alerts.get(name)
    if rule is None or not (rule.view and rule.at):
        return
    before = book.ledger.notices.states().get((f"{DIGEST}{name}", ""))
    after = _state(book, rule, now_ms)
    if _is_new(before, after):
        book.ledger.notices.move(before, after)


def _state(book: Book, rule: AlertRule, now_ms: int) -> AlertState:
    """Where a digest stands whose last occurrence up to now is done with."""
    return AlertState(
        rule=f"{DIGEST}{rule.name}",
        subject="",
        window=span_name(occurrence(rule.at, book.settings.tz, now_ms), None),
        seen_ms=now_ms,
        memory=json.dumps({"at": rule.at}),
    )


def _is_new(before: AlertState | None, after: AlertState) -> bool:
    return before is None or before.memory != after.memory


def _raised(book: Book, rule: AlertRule, before: AlertState | None, now_ms: int) -> Alert | None:
    due_ms, after = occurrence(rule.at, book.settings.tz, now_ms), _state(book, rule, now_ms)
    notices = book.ledger.notices
    if before is None or _is_new(before, after):
        notices.move(before, after)
        return None
    told_ms = bounds(before.window)[0] or 0
    wrong = told_ms > now_ms + LATEST_MS  # as after a clock that was years ahead
    if due_ms <= told_ms and not wrong:
        return None
    if now_ms - due_ms > LATEST_MS or wrong:
        notices.move(before, after)
        return None
    alert = _digest(book, rule, after, now_ms)
    channels = channels_for(book.settings.alerts, alert, notices.mutes())
    return notices.move(before, after, alert, channels)


def _digest(book: Book, rule: AlertRule, state: AlertState, now_ms: int) -> Alert:
    """What is sent; where the view can't be asked, that."""
    facts: object = {}
    try:
        from ..views import view_query

        settings = book.settings
        frame = Frame(now_ms, settings.tz, settings.week_start)
        query, name = view_query(settings, rule.view, frame)
        report = book.ask(query)
        title = f"{name}, {period_text(query.since_ms, query.until_ms, query.tz)} ({query.tz})"
        text, facts = "\n".join(digest_lines(report)), report_json(report)
    except TallyError as problem:
        title = f"The digest {rule.name} can't be made"
        parts = (str(problem), problem.because, problem.hint)
        text = "\n".join(part for part in parts if part)
    return Alert(
        number=0,
        rule=state.rule,
        subject="",
        window=state.window,
        level=0,
        severity="notice",
        at_ms=now_ms,
        title=title,
        text=text,
        facts=json.dumps(facts, ensure_ascii=False),
    )


def occurrence(at: str, tz: str, now_ms: int) -> int:
    """The last instant at or before now, in epoch milliseconds, that `at` names: it is one that the
    settings accept. The 31st of a month of fewer days is its last one. A time that a clock leaves
    out when it is put forward comes as much later, one that comes twice counts the first time."""
    *day, clock = at.split()
    hour, minute = map(int, clock.split(":"))
    today = local(now_ms, tz).date()
    for back in range(_LONGEST_DAYS):
        when = today - timedelta(days=back)
        due = datetime(when.year, when.month, when.day, hour, minute, tzinfo=zone(tz))
        due_ms = int(due.timestamp()) * 1000
        if due_ms <= now_ms and _is_day(when, day[0] if day else ""):
            return due_ms
    raise ValueError(f"no day fits {at!r}")


def _is_day(day: date, wanted: str) -> bool:
    if not wanted:
        return True
    if wanted in WEEK_DAYS:
        return day.weekday() == WEEK_DAYS.index(wanted)
    return day.day == min(int(wanted), monthrange(day.year, day.month)[1])
