"""What a ledger keeps beside usage so that people are told in time, once: corrections of quotas,
where each alert rule stands, the alerts themselves, and their deliveries. The shapes and the
protocol; the SQL is `tallybook.ledger.sqlitenotices`.

None of it changes a figure or the ledger's revision.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol


class Correction(NamedTuple):
    """What a person said of a quota at `at_ms`: that so much was used (`set`), so much more or less
    (`add`, may be negative), or that it begins anew (`reset`). `nanos` are of `unit`; `recorded_ms`
    is when that was entered."""

    quota: str
    subject: str
    at_ms: int
    kind: Literal["set", "add", "reset"]
    nanos: int
    unit: str
    recorded_ms: int


class AlertState(NamedTuple):
    """Where one rule stands for one subject. `window` names the window that it speaks of (empty
    where there are none), `level` what was told of it last (0: nothing), `seen_ms` when it was last
    looked at, `memory` is the rule's own JSON text."""

    rule: str
    subject: str
    window: str = ""
    level: int = 0
    seen_ms: int = 0
    memory: str = "{}"


Severity = Literal["notice", "warning", "critical"]


class Alert(NamedTuple):
    """Something that somebody is told of. `number` is the ledger's (0 before it is recorded);
    `rule` is such as `quota:daily`, `limit:codex`, `pace`, `unpriced`, `silent`, `cache`, `digest`.
    `title` is one short line, `text` the whole in plain words; `facts` is JSON for programs."""

    number: int
    rule: str
    subject: str
    window: str
    level: int
    severity: Severity
    at_ms: int
    title: str
    text: str
    facts: str = "{}"


class Delivery(NamedTuple):
    """One alert on its way to one channel. `channel` is a name from the settings, never an address.
    `tries` were made; the last one failed with `trouble`."""

    number: int
    alert: Alert
    channel: str
    tries: int = 0
    due_ms: int = 0
    trouble: str = ""
    state: Literal["waiting", "sent", "lost"] = "waiting"


class Outcome(NamedTuple):
    """What became of a delivery: sent, or to be tried again at `again_ms`; neither: given up."""

    delivery: int
    sent: bool
    at_ms: int
    again_ms: int | None = None
    trouble: str = ""


class Mute(NamedTuple):
    """No delivery of a rule until then (None: until it is lifted); it is still recorded. `rule` is
    a whole rule, a beginning with `*`, or `*`."""

    rule: str
    until_ms: int | None
    at_ms: int


class Notices(Protocol):
    """`Ledger.notices`."""

    def corrections(self, quota: str | None = None) -> tuple[Correction, ...]:
        """What people said of a quota (of all quotas), the oldest first by `at_ms`."""
        ...

    def correct(self, correction: Correction) -> None:
        """Write one down; what was said before stays."""
        ...

    def withdraw(self, quota: str, subject: str) -> Correction | None:
        """Take back what was entered last of a quota for a subject; None if nothing is left to be
        taken back."""
        ...

    def states(self) -> Mapping[tuple[str, str], AlertState]:
        """Where every rule stands: (rule, subject) → state."""
        ...

    def move(
        self,
        before: AlertState | None,
        after: AlertState,
        alert: Alert | None = None,
        channels: Sequence[str] = (),
    ) -> Alert | None:
        """Put a state in the place of `before` (None: there is none yet), and with it record an
        alert and its deliveries, in one transaction. The recorded alert; None if there was none to
        record, or another process was faster: then nothing at all was changed."""
        ...

    def drop_states(self, rule: str) -> None:
        """Forget where a rule stands, for one that is gone."""
        ...

    def alerts(self, limit: int, rule: str = "") -> tuple[Alert, ...]:
        """The newest alerts first; of one rule, or of those that begin as `rule` before its `*`."""
        ...

    def deliveries(self, alerts: Sequence[int]) -> tuple[Delivery, ...]:
        """What became of some alerts' deliveries."""
        ...

    def is_due(self, now_ms: int, channels: Collection[str] | None = None) -> bool:
        """Whether there is anything to claim."""
        ...

    def claim(
        self, now_ms: int, lease_ms: int, limit: int, channels: Collection[str] | None = None
    ) -> tuple[Delivery, ...]:
        """Deliveries that are due, for the caller alone until the lease has passed; those of one
        channel together, the oldest first, and none of a channel that waits for another try. Of
        other `channels` than these only what nobody sent for a day: a program that began before
        they were added knows nothing of them."""
        ...

    def call_off(self, table: str, now_ms: int) -> None:
        """Give up what waits for the channels of an alert table that was taken out."""
        ...

    def finish(self, outcomes: Sequence[Outcome]) -> None:
        """What became of claimed deliveries."""
        ...

    def waiting(self) -> tuple[int, int | None]:
        """How many deliveries wait, and when the next one is due."""
        ...

    def mutes(self) -> tuple[Mute, ...]:
        """Every mute that stands, also those whose time has passed."""
        ...

    def mute(self, mute: Mute) -> None:
        """Set one, in the place of an older one of the same rule."""
        ...

    def unmute(self, rule: str) -> bool:
        """Lift one; whether there was one."""
        ...
