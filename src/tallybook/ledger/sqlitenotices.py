"""`notices.Notices` in the SQLite ledger: corrections, the states of alert rules, the alerts and
their deliveries.

No figure is touched here and the revision stays, so that nobody reads usage again because somebody
was told of it. What makes an alert is decided in `tallybook.alerts`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence

from ..clock import DAY_MS, HOUR_MS
from ..naming import storable
from .connection import reading, writing
from .notices import Alert, AlertState, Correction, Delivery, Mute, Outcome

_CORRECTIONS = """
SELECT quota, subject, at, kind, nanos, unit, recorded FROM quota_correction
WHERE ?1 IS NULL OR quota = ?1 ORDER BY at, id
"""
_CORRECT = """
INSERT INTO quota_correction (quota, subject, at, kind, nanos, unit, recorded)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_WITHDRAW = """
DELETE FROM quota_correction
WHERE id = (SELECT max(id) FROM quota_correction WHERE quota = ? AND subject = ?)
RETURNING quota, subject, at, kind, nanos, unit, recorded
"""
_STATES = "SELECT rule, subject, window, level, seen, memory FROM alert_state"
_ALERT_COLUMNS = "rule, subject, window, level, severity, at, title, text, facts"
_ALERTS = f"""
SELECT id, {_ALERT_COLUMNS} FROM alert WHERE ?1 IN ('', rule)
OR ?1 LIKE '%*' AND substr(rule, 1, length(?1) - 1) = substr(?1, 1, length(?1) - 1)
ORDER BY id DESC LIMIT ?2
"""
_ALERT = f"INSERT INTO alert ({_ALERT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DELIVER = """
INSERT INTO delivery (alert, channel, state, due, leased, tries, trouble, done)
VALUES (?, ?, 'waiting', ?, 0, 0, '', 0)
"""
_DELIVERIES = f"""
SELECT d.id, d.channel, d.tries, d.due, d.trouble, d.state,
    a.id, {", ".join(f"a.{name}" for name in _ALERT_COLUMNS.split(", "))}
FROM delivery d JOIN alert a ON a.id = d.alert
"""
_LONGEST_MS = 25 * HOUR_MS
"""Nothing waits for longer than a day: what seems to was written while a clock was wrong."""

_DUE = f"""
state = 'waiting' AND (due <= ?1 OR due > ?1 + {_LONGEST_MS})
AND (leased <= ?1 OR leased > ?1 + {_LONGEST_MS})
AND channel NOT IN (
    SELECT channel FROM delivery WHERE state = 'waiting' AND tries > 0
    AND due > ?1 AND due <= ?1 + {_LONGEST_MS})
AND (?2 IS NULL OR channel IN (SELECT value FROM json_each(?2)) OR due <= ?1 - {DAY_MS})
"""
"""A channel that failed is left alone with everything until its next try, and one that is none of
the caller's to those who know it, for a day."""

_IS_DUE = f"SELECT EXISTS (SELECT 1 FROM delivery WHERE {_DUE})"
_CLAIM = f"""
UPDATE delivery SET leased = ?3 WHERE id IN (
    SELECT id FROM delivery WHERE {_DUE} ORDER BY due, id LIMIT ?4)
RETURNING id
"""
_CALL_OFF = """
UPDATE delivery SET state = 'lost', trouble = 'taken out of the settings', done = ?2
WHERE state = 'waiting' AND substr(channel, 1, length(?1) + 1) = ?1 || '/'
"""
_FINISH = """
UPDATE delivery SET state = ?2, due = ?3, leased = 0, tries = tries + 1, trouble = ?4, done = ?5
WHERE id = ?1 AND (state = 'waiting' OR (state = 'lost' AND ?2 = 'sent'))
"""
_WAITING = "SELECT count(*), min(max(due, leased)) FROM delivery WHERE state = 'waiting'"


class SqliteNotices:
    """`Notices` over the connection of a ledger. It holds nothing of its own."""

    def __init__(
        self, db: sqlite3.Connection, called_off: Callable[[], bool] | None = None
    ) -> None:
        self._db = db
        self._called_off = called_off

    def corrections(self, quota: str | None = None) -> tuple[Correction, ...]:
        """What people said of a quota (of all quotas), the oldest first by `at_ms`."""
        with reading(self._db):
            return tuple(map(Correction._make, self._db.execute(_CORRECTIONS, (quota,))))

    def correct(self, correction: Correction) -> None:
        """Write one down; what was said before stays."""
        words = {name: storable(getattr(correction, name)) for name in ("quota", "subject", "unit")}
        with writing(self._db, self._called_off):
            self._db.execute(_CORRECT, correction._replace(**words))

    def withdraw(self, quota: str, subject: str) -> Correction | None:
        """Take back what was entered last of a quota for a subject."""
        with writing(self._db, self._called_off):
            rows = self._db.execute(_WITHDRAW, (storable(quota), storable(subject))).fetchall()
            return Correction(*rows[0]) if rows else None

    def states(self) -> Mapping[tuple[str, str], AlertState]:
        """Where every rule stands: (rule, subject) → state."""
        with reading(self._db):
            found = map(AlertState._make, self._db.execute(_STATES))
            return {(state.rule, state.subject): state for state in found}

    def move(
        self,
        before: AlertState | None,
        after: AlertState,
        alert: Alert | None = None,
        channels: Sequence[str] = (),
    ) -> Alert | None:
        """Put a state in the place of `before`, and with it record an alert and its deliveries.
        None if there was no alert to record, or the state is another one by now."""
        after = after._replace(subject=storable(after.subject), window=storable(after.window))
        with writing(self._db, self._called_off):
            if self._state(after) != before:
                return None
            self._db.execute("INSERT OR REPLACE INTO alert_state VALUES (?, ?, ?, ?, ?, ?)", after)
            return None if alert is None else self._record(alert, channels)

    def _state(self, same: AlertState) -> AlertState | None:
        sql = f"{_STATES} WHERE rule = ? AND subject = ?"
        row = self._db.execute(sql, (same.rule, same.subject)).fetchone()
        return None if row is None else AlertState(*row)

    def _record(self, alert: Alert, channels: Sequence[str]) -> Alert:
        texts = {name: storable(getattr(alert, name)) for name in ("subject", "title", "text")}
        alert = alert._replace(**texts, facts=storable(alert.facts))
        number = self._db.execute(_ALERT, alert[1:]).lastrowid
        rows = [(number, channel, alert.at_ms) for channel in dict.fromkeys(channels)]
        self._db.executemany(_DELIVER, rows)
        return alert._replace(number=number or 0)

    def drop_states(self, rule: str) -> None:
        """Forget where a rule stands, for one that is gone."""
        with writing(self._db, self._called_off):
            self._db.execute("DELETE FROM alert_state WHERE rule = ?", (rule,))

    def alerts(self, limit: int, rule: str = "") -> tuple[Alert, ...]:
        """The newest alerts first; of one rule, or of those that begin as `rule` before its `*`."""
        with reading(self._db):
            return tuple(map(Alert._make, self._db.execute(_ALERTS, (rule, limit))))

    def deliveries(self, alerts: Sequence[int]) -> tuple[Delivery, ...]:
        """What became of some alerts' deliveries."""
        with reading(self._db):
            return self._deliveries("d.alert", alerts)

    def _deliveries(self, column: str, numbers: Sequence[int]) -> tuple[Delivery, ...]:
        """Those of one channel together, the oldest first."""
        found: list[Delivery] = []
        sql = f"{_DELIVERIES} WHERE {column} = ?"
        for number in numbers:
            for row in self._db.execute(sql, (number,)):
                place, channel, tries, due, trouble, state, *alert = row
                found.append(Delivery(place, Alert(*alert), channel, tries, due, trouble, state))
        return tuple(sorted(found, key=lambda each: (each.channel, each.number)))

    def is_due(self, now_ms: int, channels: Collection[str] | None = None) -> bool:
        """Whether there is anything to claim. Nobody who writes waits for it."""
        with reading(self._db):
            return bool(self._db.execute(_IS_DUE, (now_ms, _listed(channels))).fetchone()[0])

    def claim(
        self, now_ms: int, lease_ms: int, limit: int, channels: Collection[str] | None = None
    ) -> tuple[Delivery, ...]:
        """Deliveries that are due, for the caller alone until the lease has passed; those of one
        channel together, the oldest first, and none of a channel that waits for another try. Of
        other `channels` than these only what nobody sent for a day."""
        if not self.is_due(now_ms, channels):
            return ()  # what is asked every minute must not make anybody wait for his turn to write
        with writing(self._db, self._called_off):
            given = (now_ms, _listed(channels), now_ms + lease_ms, limit)
            rows = self._db.execute(_CLAIM, given).fetchall()
            return self._deliveries("d.id", [row[0] for row in rows])

    def call_off(self, table: str, now_ms: int) -> None:
        """Give up what waits for the channels of an alert table that was taken out."""
        with writing(self._db, self._called_off):
            self._db.execute(_CALL_OFF, (table, now_ms))

    def finish(self, outcomes: Sequence[Outcome]) -> None:
        """What became of claimed deliveries. What was sent stays sent, whoever else gave it up."""
        if not outcomes:
            return
        with writing(self._db, self._called_off):
            self._db.executemany(_FINISH, map(_finished, outcomes))

    def waiting(self) -> tuple[int, int | None]:
        """How many deliveries wait, and when the next one is due."""
        with reading(self._db):
            count, due_ms = self._db.execute(_WAITING).fetchone()
            return count, due_ms

    def mutes(self) -> tuple[Mute, ...]:
        """Every mute that stands, also those whose time has passed."""
        with reading(self._db):
            sql = "SELECT rule, until, at FROM alert_mute ORDER BY rule"
            return tuple(map(Mute._make, self._db.execute(sql)))

    def mute(self, mute: Mute) -> None:
        """Set one, in the place of an older one of the same rule."""
        with writing(self._db, self._called_off):
            self._db.execute("INSERT OR REPLACE INTO alert_mute VALUES (?, ?, ?)", mute)

    def unmute(self, rule: str) -> bool:
        """Lift one; whether there was one."""
        with writing(self._db, self._called_off):
            gone = self._db.execute("DELETE FROM alert_mute WHERE rule = ?", (rule,)).rowcount
            return gone > 0


def _listed(channels: Collection[str] | None) -> str | None:
    return None if channels is None else json.dumps(sorted(channels))


def _finished(outcome: Outcome) -> tuple[int, str, int, str, int]:
    trouble = storable(outcome.trouble)
    if not outcome.sent and outcome.again_ms is not None:
        return outcome.delivery, "waiting", outcome.again_ms, trouble, 0
    state = "sent" if outcome.sent else "lost"
    return outcome.delivery, state, outcome.at_ms, trouble, outcome.at_ms
