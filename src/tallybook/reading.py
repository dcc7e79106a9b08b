"""What a source says: readings, complaints, facts and claims about sessions, cursors.

These types sit below both `sources` and `ledger`, which lets the two stay strangers.
Nothing here counts or prices: a `Reading` keeps the source's own words.

They are named tuples where the rest of the house has frozen dataclasses: a bulk import makes
hundreds of thousands of them, and every command loads them. Making a frozen dataclass object
costs about three times as much, and defining the class more than ten times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple, Protocol

from .model import Appraisal, Counts, Money, Status


class Witness(IntEnum):
    """Who saw the call, best last: the usage counts come whole from the best witness."""

    LOG = 1
    TELEMETRY = 2
    AGENT = 3
    PROVIDER = 4


class Attribution(NamedTuple):
    """To whom a call belongs. It moves as a whole: see `Reading.attr`."""

    source: str
    session: str | None = None
    project: str | None = None
    agent: str | None = None
    account: str | None = None
    user: str | None = None
    key: str | None = None
    machine: str | None = None


class Reading(NamedTuple):
    """One usage report in the source's own words.

    `keys` are 16-byte identities (see `key_of`); two readings that share one describe the
    same call. `usage` is the raw usage object, JSON text exactly as found. `attr` decides
    whose attribution wins when readings of one call meet: rank in the top byte (see
    `attr_of`), below it the source's own order of origin. `note` names the reader's own
    assumption about the status, empty if none. `tools` are (tool name, calls) pairs, sorted.
    `place` and `offset` say where the line stands, for recall.
    """

    keys: tuple[bytes, ...]
    who: Attribution
    attr: int
    started_ms: int
    ended_ms: int
    provider: str
    model: str
    dialect: str
    usage: bytes
    witness: int = Witness.AGENT
    status: Status = "complete"
    note: str = ""
    tools: tuple[tuple[str, int], ...] = ()
    reported: Money | None = None
    place: str = ""
    offset: int = 0


class Complaint(NamedTuple):
    """A problem as data. `position` is a byte offset (or 0 for a whole place), `sample` a
    short harmless excerpt, `hint` the next step; `fatal` marks a place of which nothing
    could be read, which makes the whole answer partial; `lost` is False where nothing can be
    missing from the totals, as with an empty file."""

    source: str
    place: str
    reason: str
    position: int = 0
    sample: str = ""
    hint: str = ""
    fatal: bool = False
    lost: bool = True


class SessionFact(NamedTuple):
    """What a source knows about a session beside its calls. `title_rank` orders titles of
    different origin (0 none, 1 the first prompt, 2 the agent's own summary or the user's)."""

    source: str
    session: str
    title: str = ""
    title_rank: int = 0
    directory: str | None = None
    branch: str | None = None
    parent: str | None = None
    forked_from: str | None = None
    version: str | None = None
    seen_ms: int = 0


class SessionClaim(NamedTuple):
    """An agent's own cumulative counters for one session and model, as of `seen_ms`, such as
    Claude Code's `cost-state` line. Spend that only a claim shows becomes a `recovered` event."""

    source: str
    session: str
    provider: str
    model: str
    counts: Counts
    seen_ms: int
    reported: Money | None = None


class Cursor(NamedTuple):
    """How far a place has been read. A source yields it after everything before it; the
    ledger stores it in the same transaction. `since` is the position where the part it covers
    begins: earlier complaints about what lies behind it are settled by this reading. `state` is
    the reader's own JSON text; `version` is the reader's, so that a better reader can read
    again what was complained of."""

    source: str
    place: str
    size: int
    mtime_ns: int
    since: int = 0
    state: str = "{}"
    version: int = 1


class Round(NamedTuple):
    """One question with its answer, as recalled on demand from the tool's own files. `message`
    is the provider's response id, `usage` the raw usage object, `finish` why the reply ended."""

    number: int
    started_ms: int
    model: str
    question: str = ""
    answer: str = ""
    reasoning: str = ""
    tool_calls: tuple[Mapping[str, str], ...] = ()
    message: str = ""
    usage: bytes = b""
    finish: str = ""
    duration_ms: int | None = None


class ProcessSignature(NamedTuple):
    """How a running process of an agent is known: names of its executable, words on its
    command line."""

    names: tuple[str, ...]
    words: tuple[str, ...] = ()


Observation = Reading | Complaint | SessionFact | SessionClaim | Cursor
"""Everything a source may yield."""


class Appraiser(Protocol):
    """The middle of the walk, handed to the ledger by the flow: a joined usage object must be
    counted and priced again, and the ledger knows neither dialects nor prices."""

    @property
    def epoch(self) -> int:
        """The number of the price book in use; charges remember it."""
        ...

    def appraise(self, reading: Reading) -> Appraisal:
        """Count and price the raw usage of one reading."""
        ...

    def estimate(self, provider: str, model: str, counts: Counts, at_ms: int) -> Appraisal:
        """Price counts of unknown requests at the base tier (assumption `tier-unknown`)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction records. `located` names the sources whose places were all looked
    up just before: what was said earlier of places that could not be opened is settled."""

    located: tuple[str, ...] = ()
    readings: list[Reading] = field(default_factory=list[Reading])
    complaints: list[Complaint] = field(default_factory=list[Complaint])
    facts: list[SessionFact] = field(default_factory=list[SessionFact])
    claims: list[SessionClaim] = field(default_factory=list[SessionClaim])
    cursors: list[Cursor] = field(default_factory=list[Cursor])


def key_of(*parts: str) -> bytes:
    """The 16-byte identity of a call: a keyed-by-nothing BLAKE2b of its parts. The first part
    names the id's space (`anthropic:response`, …), so that ids of different makers never meet.
    Parts are joined by a byte that no id contains."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def attr_of(rank: int, order: int) -> int:
    """`Reading.attr` from a rank (0 to 126) and the source's own order of origin, of which the
    low 56 bits count."""
    return (rank << 56) | (order & ((1 << 56) - 1))
