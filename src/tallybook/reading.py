"""What a source says: readings, complaints, facts and claims about sessions, cursors.

These types sit below both `sources` and `ledger`, which lets the two stay strangers.
Nothing here counts or prices: a `Reading` keeps the source's own words.

They are named tuples where the rest of the house has frozen dataclasses: a bulk import makes
hundreds of thousands of them, and every command loads them. Making a frozen dataclass object
costs about three times as much, and defining the class more than ten times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, NamedTuple, Protocol

from .model import Appraisal, Counts, Money, Status


class Witness(IntEnum):
    """Who saw the call, best last: the usage counts come whole from the best witness. A summary
    is an agent's own figure for what may have been several calls, of which it may tell one, or a
    copy that another session holds of a call, whose times and model may be those of the copying."""

    LOG = 1
    TELEMETRY = 2
    SUMMARY = 3
    AGENT = 4
    PROVIDER = 5


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
    `place` and `offset` say where the line stands, for recall. `first_token_ms` is the time from
    the request to the first part of the answer, None where nobody measured it.
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
    first_token_ms: int | None = None


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
    different origin (0 none, 1 the first prompt, 2 the agent's own summary or the user's).
    `category` is the kind of work that a parent gave a sub-agent's session, if it names one."""

    source: str
    session: str
    title: str = ""
    title_rank: int = 0
    directory: str | None = None
    branch: str | None = None
    parent: str | None = None
    forked_from: str | None = None
    version: str | None = None
    category: str | None = None
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


class LimitSnapshot(NamedTuple):
    """An official quota window as an agent saw it at `seen_ms`: `name` is the window's own,
    `used` hundredths of a percent, `window_minutes` its length (0 where it has none, as a balance,
    or no fixed one, as a month), `resets_ms` when it starts anew (0 where that is not told, or it
    has not begun), `plan` the subscription's name. `most` is what the window holds in nano-units of
    `unit` (`requests`, `tokens`, `credits`, a currency), `left` what is left of it; None where that
    is not told. A balance of which only `left` is told has no share: its `used` says nothing."""

    source: str
    name: str
    used: int
    window_minutes: int
    resets_ms: int
    seen_ms: int
    plan: str = ""
    most: int | None = None
    unit: str = ""
    left: int | None = None

    @property
    def bare(self) -> bool:
        """Whether only what is left is told, and not of how much."""
        return self.left is not None and self.most is None


class Spelling(NamedTuple):
    """How a source itself writes a value that is recorded in a normal form: `Sisyphus
    (Ultraworker)` for the agent `sisyphus`."""

    source: str
    dimension: str
    value: str
    raw: str


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


Origin = Literal["recalled", "captured", "rotated", "oversized"]
"""Where a round's words come from. `rotated`: they are nowhere any more. `oversized`: they stand in
a line that is too long to be read for them."""


class Round(NamedTuple):
    """One model call as recalled on demand from the tool's own files: the question before it,
    if there was one, and its answer. `keys` are the identities under which the call was
    recorded (see `Reading`), empty if it never was; its counts, cost and status stand in the
    ledger. `message` is the reply's own id, `finish` why it ended, `agent` the agent's name as
    the tool writes it. A gateway's log has with each call the whole conversation so far: these
    are `messages`, each with its `role` and `content`; `response` is how the answer came
    (`stream` or `normal`). `origin` tells where the words come from: the tool's own files at this
    moment, our store of captured content, or nowhere any more. A `preview` has only the beginnings
    of the question and the answer, and of the tools the names."""

    number: int
    started_ms: int
    model: str
    question: str = ""
    answer: str = ""
    reasoning: str = ""
    tool_calls: tuple[Mapping[str, str], ...] = ()
    message: str = ""
    finish: str = ""
    duration_ms: int | None = None
    first_token_ms: int | None = None
    agent: str = ""
    keys: tuple[bytes, ...] = ()
    messages: tuple[Mapping[str, str], ...] = ()
    response: str = ""
    origin: Origin = "recalled"
    preview: bool = False

    @property
    def wordless(self) -> bool:
        """Whether its words are out of reach, so that nobody can tell if there were any."""
        return self.origin in ("rotated", "oversized")


class Said(NamedTuple):
    """The words of one call as a log holds them, for the store of captured content. Only a source
    that was told to capture yields it, right after the call's reading; it never reaches the
    ledger."""

    source: str
    session: str | None
    round: Round


class Spot(NamedTuple):
    """Where the line of a recorded call stands: the place and offset of its reading."""

    keys: tuple[bytes, ...]
    place: str
    offset: int


class ProcessRecord(NamedTuple):
    """A small JSON file that a running agent keeps about itself. `paths` may begin with `~` or hold
    `$VARIABLE`, and have `{pid}` where the process's number stands; `session` and `started` are
    the keys of its session's id and of its start in milliseconds."""

    paths: tuple[str, ...]
    session: str
    started: str


class ProcessSignature(NamedTuple):
    """How a running process of an agent is known, as data: `processes` has no code for any agent.

    `names` are its own executables: a file's name, or the last parts of its path (`pi/pi`), where
    `*` is any run of characters. `desktop` are those of its window, which starts the agent proper.
    `packages` are the npm packages whose scripts a JavaScript runtime runs, `scripts` the last
    parts of the paths of others, `commands` the names under which npm links them, which some take
    as the title of their process. An executable is another program below a folder that is like one
    of `others`, does other work if it is called by one of the `guises`, and is a helper if it is
    one of the `companions`.

    `modes` are (form of the arguments, mode), the first that fits counts, and without one it is
    `cli`; the mode `` is no agent (`opencode upgrade`). A form has the first words that are no
    options, each with globs and `|` between alternatives, and after them options that must be there
    (`--mode=rpc` with that value). `valued` are the options that are followed by a value.

    `sessions` are the options, or the words, that a session's id follows, unless one of `branches`
    is there: these begin another one. `session` is the expression that finds the id in such a
    value or in a record (group 1), and `files` the one that finds it in the path of a file that the
    agent keeps open while it writes the session. `record` is the file in which it notes its
    session."""

    names: tuple[str, ...] = ()
    desktop: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    guises: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    modes: tuple[tuple[str, str], ...] = ()
    valued: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    session: str = ""
    files: str = ""
    record: ProcessRecord | None = None


Beside = Complaint | SessionFact | SessionClaim | LimitSnapshot | Spelling | Said | Cursor
"""What a source may yield beside its readings."""

Observation = Reading | Beside
"""Everything a source may yield."""


class Appraiser(Protocol):
    """The middle of the walk, handed to the ledger by the flow: a joined usage object must be
    counted and priced again, and the ledger knows neither dialects nor prices."""

    @property
    def book(self) -> str:
        """The id of the price book in use, with the user's own prices."""
        ...

    @property
    def epoch(self) -> int:
        """The number of the price book in use; charges remember it."""
        ...

    def version(self, dialect: str) -> int:
        """The version of a dialect; events remember by which one they were counted."""
        ...

    def appraise(self, reading: Reading) -> Appraisal:
        """Count and price the raw usage of one reading."""
        ...

    def reprice(self, reading: Reading, counts: Counts, context: str) -> Appraisal:
        """Price counts that stand, whatever the dialect would make of the raw usage today. What
        else is priced is told by the raw usage, or where that was dropped, by the price context
        that is left of it (assumption `usage-dropped`)."""
        ...

    def estimate(self, reading: Reading, counts: Counts) -> Appraisal:
        """Price counts of unknown requests at the base tier (assumption `tier-unknown`)."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Batch:
    """What one transaction records. `located` names the sources whose places were all looked
    up just before: what was said earlier of places that could not be opened, or were refused, is
    settled. `said` is for the store of captured content, the ledger passes over it."""

    located: tuple[str, ...] = ()
    readings: list[Reading] = field(default_factory=list[Reading])
    complaints: list[Complaint] = field(default_factory=list[Complaint])
    facts: list[SessionFact] = field(default_factory=list[SessionFact])
    claims: list[SessionClaim] = field(default_factory=list[SessionClaim])
    limits: list[LimitSnapshot] = field(default_factory=list[LimitSnapshot])
    spellings: list[Spelling] = field(default_factory=list[Spelling])
    said: list[Said] = field(default_factory=list[Said])
    cursors: list[Cursor] = field(default_factory=list[Cursor])


def key_of(*parts: str) -> bytes:
    """The 16-byte identity of a call: a keyed-by-nothing BLAKE2b of its parts. The first part
    names the id's space (`anthropic:response`, …), so that ids of different makers never meet.
    Parts are joined by a byte that no id contains."""
    from hashlib import blake2b  # not needed where nothing is new

    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def key_maker(space: str) -> Callable[[str], bytes]:
    """`key_of(space, …)` for ids of one part, at half its cost."""
    from hashlib import blake2b

    begun = blake2b(f"{space}\x1f".encode(), digest_size=16)

    def make(part: str) -> bytes:
        digest = begun.copy()
        digest.update(part.encode("utf-8", "surrogatepass"))
        return digest.digest()

    return make


def attr_of(rank: int, order: int) -> int:
    """`Reading.attr` from a rank (0 to 126) and the source's own order of origin, of which the
    low 56 bits count."""
    return (rank << 56) | (order & ((1 << 56) - 1))
