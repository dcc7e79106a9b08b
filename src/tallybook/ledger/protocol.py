"""What every ledger can do, whichever database it stands on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..clock import LATEST_MS
from ..model import NO_COUNTS, Counts
from ..query import Filter, Query, Report, Standing
from ..reading import Appraiser, Batch, Complaint, Cursor, LimitSnapshot

if TYPE_CHECKING:
    from pathlib import Path

    from .asked import Asks
    from .backup import Copy
    from .costs import CallCost, Unmetered
    from .evidence import Call, Explanation, Turn
    from .marks import Marks
    from .notices import Notices
    from .orders import (
        ForgetOrder,
        ForgetPlan,
        RerateNote,
        RerateOrder,
        ReratePlan,
        Rerating,
        Reversal,
        Void,
        VoidOrder,
        VoidPlan,
    )
    from .spent import Spent
    from .tools import ToolUse
    from .uses import Uses


class Receipt(NamedTuple):
    """What recording one batch did: `new` events, readings that `joined` known ones, the
    messages of the new events, and by how many tokens of each class the ledger grew."""

    new: int = 0
    joined: int = 0
    messages: int = 0
    counts: Counts = NO_COUNTS
    complaints: tuple[Complaint, ...] = ()


FOUND = 10
"""Sessions that are named at most where the beginning of an id fits several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """What the ledger knows of a session beside its calls. `category` is the kind of work that
    its parent gave it, if that is named; `copies` tells how many calls of which other sessions it
    shows; `spellings` are the ways in which its source writes the names of agents, by name."""

    session: str
    source: str
    title: str = ""
    directory: str = ""
    branch: str = ""
    parent: str = ""
    forked_from: str = ""
    version: str = ""
    category: str = ""
    places: tuple[str, ...] = ()
    tools: tuple[tuple[str, int], ...] = ()
    copies: tuple[tuple[str, int], ...] = ()
    spellings: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Ledger(Protocol):
    """The durable book: records batches idempotently and answers queries."""

    @property
    def path(self) -> str:
        """Where the ledger is: a file, or a URL without its password."""
        ...

    @property
    def begun(self) -> bool:
        """Whether there was none here before it was opened."""
        ...

    @property
    def asks(self) -> Asks:
        """When providers were asked for official limits, and what came of it."""
        ...

    @property
    def notices(self) -> Notices:
        """What is kept so that people are told in time, once."""
        ...

    def wait_until(self, called_off: Callable[[], bool] | None) -> None:
        """Wait for others that write only as long as this is not true: `LedgerBusy` comes a
        moment after it is, and not after a minute. For who has to end when he is told to."""
        ...

    def record(self, batch: Batch, appraiser: Appraiser) -> Receipt:
        """Record a batch in one transaction. Recording anything twice changes nothing."""
        ...

    def cursors(self, source: str) -> Mapping[str, Cursor]:
        """How far each place of a source has been read."""
        ...

    def ask(self, query: Query) -> Report:
        """Answer a query from the roll-ups, and from events where the range cuts one."""
        ...

    def find_sessions(self, name: str) -> tuple[tuple[str, str], ...]:
        """(source, session id) pairs that a name fits, at most `FOUND`: ids that are it, else those
        that begin with it, that are shown so with their middle cut out, or that have it in them."""
        ...

    def session(self, source: str, session: str) -> SessionRecord:
        """What is known of one session beside its calls."""
        ...

    def calls(self, keys: Iterable[bytes]) -> Mapping[bytes, Call]:
        """The recorded call behind each identity; unknown identities are left out."""
        ...

    def moment(self) -> AbstractContextManager[None]:
        """Inside it, all answers are of one moment of the ledger, whatever others write meanwhile.
        Nothing can be recorded inside by the one who asks."""
        ...

    def calls_in(self, query: Query) -> Iterator[Call]:
        """The recorded calls of a question's conditions and time, in the order in which they were
        recorded. One moment of the ledger, until the last is taken; few are held at a time."""
        ...

    def spent_in(self, query: Query) -> Iterator[Spent]:
        """The recorded calls of a question's conditions and time, in the order in which they began,
        each with no more than it takes to price it otherwise. One moment of the ledger, until the
        last is taken."""
        ...

    def reported_calls(self, query: Query) -> Iterator[Call]:
        """The recorded calls of a question's conditions and time for which the agent itself told
        a cost. One moment of the ledger, until the last is taken."""
        ...

    def unmetered(self, query: Query) -> tuple[Unmetered, ...]:
        """The unmetered calls of a question's conditions and time, by what is known of them."""
        ...

    def call_costs(self, source: str, until_ms: int, limit: int) -> tuple[CallCost, ...]:
        """The newest calls of a source that began before an instant, are complete and have a
        price for all of their tokens: what each cost. At most `limit`."""
        ...

    def tool_use(self, query: Query, most: int) -> ToolUse:
        """The tools that the calls of a question's conditions and time called, and how often. They
        are counted call by call, and at most in so many of the newest calls of that time."""
        ...

    def shown_calls(self, source: str, session: str) -> tuple[Call, ...]:
        """The calls that a session shows, its own and copies of others', in the order of time."""
        ...

    def turns(self, source: str, session: str) -> tuple[Turn, ...]:
        """The same calls in the same order, each with no more than its figures."""
        ...

    def voided(self, keys: Iterable[bytes]) -> Mapping[bytes, int]:
        """Which of these identities are those of voided events, and of which void."""
        ...

    def explain(self, source: str, session: str) -> Explanation:
        """What was read of a session, what of it was joined or counted elsewhere, and what was
        derived."""
        ...

    def parents(self) -> Mapping[tuple[str, str], str]:
        """The parent of each session that has one: (source, session) → the parent's id."""
        ...

    def names(self, dimension: str, prefix: str, limit: int) -> tuple[str, ...]:
        """The names that a dimension has taken and that begin with a prefix, at most `limit`.
        Costs the same however large the ledger is."""
        ...

    def latest(self, where: Sequence[Filter] = ()) -> int | None:
        """When the call began that began last of those that pass all filters, in epoch
        milliseconds; None if there is none."""
        ...

    def uses(self, where: Sequence[Filter] = ()) -> Uses:
        """When calls that pass all filters began, to be asked inside a `moment`."""
        ...

    def changed(self, query: Query, before: Marks | None) -> tuple[Marks, frozenset[str] | None]:
        """Marks of what a question, whatever it groups by, is answered from at this moment; and the
        sessions, empty for calls without one, of which anything differs from earlier marks of the
        same question: None without any, or where any session may differ."""
        ...

    def limits(self, since_ms: int = 0, until_ms: int = LATEST_MS) -> tuple[LimitSnapshot, ...]:
        """The official quota windows as they were last seen from one moment to another: one for
        each window of a source and plan. (`tallybook.limits.present_limits` asks for those that
        say something of the present.)"""
        ...

    def keep_limits(self, seen: Iterable[LimitSnapshot]) -> None:
        """Record sights of official quota windows that come without any call."""
        ...

    def complaints(self) -> list[Complaint]:
        """The complaints that still stand and that nobody has acknowledged."""
        ...

    def acknowledged(self) -> list[Complaint]:
        """The complaints that still stand and that somebody has acknowledged."""
        ...

    def acknowledge(self) -> int:
        """Take every complaint that stands for seen; how many were new. One that is settled and
        comes up again is a new one."""
        ...

    def complained_of(self) -> frozenset[Complaint]:
        """What was said of places when they were last looked for: that a folder is closed, or that
        a link is not followed."""
        ...

    def standing(self, sources: Collection[str] = ()) -> Standing:
        """The complaints that stand in numbers, without those that were acknowledged; of all
        sources if none is named."""
        ...

    def priced_by(self) -> str:
        """The mark of the price book that unpriced calls were last held against."""
        ...

    def heal(self, appraiser: Appraiser, mark: str) -> int:
        """Price the calls that had no price and now have one; how many those are."""
        ...

    def forget_titles(self) -> None:
        """Take the titles of all sessions out."""
        ...

    def plan_void(self, order: VoidOrder) -> VoidPlan:
        """What a void would take out. Raises `UsageMistake` for an order without conditions."""
        ...

    def void(self, order: VoidOrder, reason: str, now_ms: int) -> VoidPlan:
        """Take events out of every figure, reversibly. They stay out when they are read again,
        unless something that the order does not speak of shows them too."""
        ...

    def unvoid(self, void: int, appraiser: Appraiser) -> VoidPlan:
        """Count again what a void took out. Raises `UsageMistake` if there is no such void."""
        ...

    def voids(self) -> tuple[Void, ...]:
        """Every void that stands, the oldest first."""
        ...

    def plan_rerate(self, order: RerateOrder, appraiser: Appraiser) -> ReratePlan:
        """What a re-rating would change; nothing is written."""
        ...

    def rerate(self, order: RerateOrder, appraiser: Appraiser, note: RerateNote) -> ReratePlan:
        """Work charges out again in one transaction, and write down what they were. Where nothing
        changes, nothing is written down."""
        ...

    def unrate(self, rerating: int, now_ms: int) -> Reversal:
        """Let charges be what they were before a re-rating, as far as they have not changed since.
        Raises `UsageMistake` if there is none with that number to be undone."""
        ...

    def reratings(self) -> tuple[Rerating, ...]:
        """Every re-rating that was ever done, the oldest first."""
        ...

    def outdated(self) -> int:
        """How many calls were priced when another price book was in use; 0 once all were
        re-rated. Whether any of them would cost another amount is not known."""
        ...

    def plan_forget(self, order: ForgetOrder) -> ForgetPlan:
        """What would be forgotten. Raises `UsageMistake` for a name that is not known."""
        ...

    def forget(self, order: ForgetOrder) -> ForgetPlan:
        """Replace names by pseudonyms and drop what goes with them, for good; no total changes,
        and reading the same histories again does not bring anything back."""
        ...

    def backup(self, target: Path, *, force: bool = False) -> Copy:
        """Make a sound copy of this moment, while others may write. Raises `LedgerError` if the
        target exists (unless `force`) or can't be written."""
        ...

    def info(self) -> Mapping[str, int | str]:
        """Sizes, versions and counts."""
        ...

    def verify(self) -> list[str]:
        """Check every invariant; a list of problems, empty when clean."""
        ...

    def revision(self) -> str:
        """Cheap; changes whenever anything was recorded, by any process."""
        ...

    def interrupt(self) -> None:
        """Break off what another thread is asking at this moment, which then raises `LedgerError`;
        the one method that any thread may call."""
        ...

    def stay_small(self) -> None:
        """Hold little of the database in memory from now on, for who asks for hours and beside
        others. A question of all time may cost a little more."""
        ...

    def reopen(self) -> None:
        """Open the database again after `close`, which a process does on both sides of a fork:
        no connection survives one."""
        ...

    def close(self) -> None:
        """Give the database back."""
        ...
