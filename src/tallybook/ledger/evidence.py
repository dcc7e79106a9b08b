"""What the ledger can tell of single calls, and of how a session's figures came about.

Only the nouns: `calls` and `explaining` find them.
"""

from __future__ import annotations

from typing import NamedTuple

from ..model import Counts, Money
from ..reading import Attribution, Complaint


class Call(NamedTuple):
    """One event as it stands in the ledger, after all its readings were joined. `cost` is None
    where no price is known, `unpriced` counts the tokens without one; `note` and `assumptions`
    name what was guessed, by the reader and by whoever counted and priced. `seen_in` are the
    sessions that show the call without owning it; `place` and `offset` say where the owner's
    line stands. `witness` is 0 for what is derived from an agent's own counters. `context` is the
    price context as canonical text, `version` that of the dialect that counted it; `first_token_ms`
    is the time from the request to the first part of the answer, None where nobody measured it."""

    keys: tuple[bytes, ...]
    who: Attribution
    started_ms: int
    ended_ms: int
    provider: str
    model: str
    status: str
    counts: Counts
    cost: Money | None = None
    reported: Money | None = None
    unpriced: int = 0
    card: str = ""
    witness: int = 0
    note: str = ""
    assumptions: tuple[str, ...] = ()
    dialect: str = ""
    usage: bytes = b""
    place: str = ""
    offset: int = 0
    seen_in: tuple[str, ...] = ()
    billed: Money | None = None
    context: str = ""
    version: int = 0
    first_token_ms: int | None = None


class Turn(NamedTuple):
    """One call of a session's conversation with no more than its figures. `number` is the
    ledger's own, the same as long as the call stands there; `session` is the one that owns the
    call; `tools` are the names of those that it called, each with how often."""

    started_ms: int
    ended_ms: int
    agent: str | None
    provider: str
    model: str
    status: str
    counts: Counts
    cost: Money | None = None
    tools: tuple[tuple[str, int], ...] = ()
    first_token_ms: int | None = None
    user: str | None = None
    session: str | None = None
    number: int = 0


class Claimed(NamedTuple):
    """What an agent's own counters say of one model in a session, against what is known:
    `claimed` - `owned` - `inherited` = `recovered`, never below zero in any class. `inherited`
    is what came with the session's copied history; `origin` names where that came from, if
    anywhere."""

    provider: str
    model: str
    seen_ms: int
    claimed: Counts
    owned: Counts
    inherited: Counts
    recovered: Counts
    origin: str = ""


class PlaceRead(NamedTuple):
    """A place that a session's calls came from: how far it was read (bytes; -1 while it is
    watched for changes, None if it was not read to its end) and the calls that stand in it."""

    place: str
    size: int | None
    calls: int


class Explanation(NamedTuple):
    """Why the figures of a session are what they are: its `own` calls (the recovered ones among
    them), the `copies` that it shows and that are counted elsewhere, its agent's `claims`, the
    places read, and the complaints about them."""

    own: tuple[Call, ...] = ()
    copies: tuple[Call, ...] = ()
    claims: tuple[Claimed, ...] = ()
    places: tuple[PlaceRead, ...] = ()
    complaints: tuple[Complaint, ...] = ()
