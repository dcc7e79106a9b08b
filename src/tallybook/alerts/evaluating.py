"""One look at every rule: states are moved, and what is new is recorded with its deliveries.

Any process may look, as often as it likes: the ledger lets only one of them move a state. Sending
is not done here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..clock import DAY_MS
from ..errors import LedgerError, TallyError
from ..ledger.notices import Alert
from . import cacherule, limitrule, pacerule, quotarule, silencerule, unpricedrule
from .machine import step
from .routing import channels_for
from .sighting import Look, Rule, Sight

if TYPE_CHECKING:
    from ..book import Book

_KINDS = (quotarule, limitrule, pacerule, unpricedrule, silencerule, cacherule)

_GONE_MS = 62 * DAY_MS
"""No calendar's window is longer than half of it."""

Tell = Callable[[str, TallyError], None]
"""Is told of a rule that could not look, and why."""


def evaluate(book: Book, now_ms: int, tell: Tell | None = None) -> tuple[Alert, ...]:
    """Look at every rule once, and give back what was newly raised, already recorded. A rule that
    fails stops no other: `tell` hears of it; without one the first failure is raised when all the
    others have looked. Raises `LedgerError` at once."""
    evaluation = _Evaluation(book, now_ms)
    failures: list[TallyError] = []
    raised: list[Alert] = []
    for rule in evaluation.rules():
        try:
            raised.extend(evaluation.raised_by(rule))
        except LedgerError:
            raise
        except TallyError as failure:
            failures.append(failure)
            if tell is not None:
                tell(rule.name, failure)
    evaluation.drop_gone()
    if failures and tell is None:
        raise failures[0]
    return tuple(raised)


class _Evaluation:
    def __init__(self, book: Book, now_ms: int) -> None:
        self._book = book
        self._notices = book.ledger.notices
        self._states = dict(self._notices.states())
        self._look = Look(book=book, now_ms=now_ms, states=dict(self._states))

    def rules(self) -> Iterator[Rule]:
        """Every rule that the settings and the ledger have."""
        for kind in _KINDS:
            yield from kind.rules(self._look)

    def raised_by(self, rule: Rule) -> Iterator[Alert]:
        """What one rule raises now."""
        for sight in rule.sights(self._look):
            alert = self._moved(sight)
            if alert is not None:
                yield alert

    def _moved(self, sight: Sight) -> Alert | None:
        key = sight.rule, sight.subject
        before = self._states.get(key)
        done = step(before, sight, self._look.now_ms)
        if done.after is before:
            return None
        self._states[key] = done.after
        if not done.told:
            return self._notices.move(before, done.after)
        alert = self._alert(sight, done.told)
        settings = self._book.settings
        channels = channels_for(settings.alerts, alert, self._notices.mutes())
        return self._notices.move(before, done.after, alert, channels)

    def _alert(self, sight: Sight, level: int) -> Alert:
        severity, title, text, facts = sight.words(level)
        return Alert(
            number=0,
            rule=sight.rule,
            subject=sight.subject,
            window=sight.window,
            level=level,
            severity=severity,
            at_ms=self._look.now_ms,
            title=title,
            text=text,
            facts=json.dumps(facts, ensure_ascii=False),
        )

    def drop_gone(self) -> None:
        """Forget where quotas stood that the settings have no more, once nothing has moved there
        for long: another program may have other settings, as in another project."""
        prefix = quotarule.PREFIX
        moved: dict[str, int] = {}
        for (rule, _), state in self._states.items():
            if rule.startswith(prefix):
                moved[rule] = max(state.seen_ms, moved.get(rule, 0))
        for rule in moved.keys() - {f"{prefix}{name}" for name in self._book.settings.quotas}:
            if moved[rule] <= self._look.now_ms - _GONE_MS:
                self._notices.drop_states(rule)
