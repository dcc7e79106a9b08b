"""Which of Codex's usage lines are calls: repeated counts, totals that begin anew or are carried
over, records and their twins. Each call is counted once and becomes a `Reading`.

Lines without an id are known by their numbers: the thread, its running total and the last call.
A copy in another thread keeps these numbers, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from msgspec import Struct

from ..model import made
from ..naming import UNKNOWN
from ..reading import Attribution, Reading, key_maker, key_of
from .codex_files import NAME
from .codex_lines import NO_USE, Info, Vector, difference, vector_of

LONG = 20
"""Characters behind a response id's last mark from which on it is nobody's counter."""

STARTS = 256
"""Different first calls of a counter that are remembered for one file."""

COUNT, RECORD, BOTH = 0, 1, 2
"""Which lines have told of a call: its `token_count`, its `token_usage_record`, or both."""


Used = tuple[bytes, Vector, str]
"""A usage object, its counters, and what is to be noted of it."""


class Call(Struct, array_like=True, gc=False):
    """One call while later lines may still add to it: a key, or the tools it asked for."""

    keys: tuple[bytes, ...]
    session: str
    project: str | None
    agent: str | None
    attr: int
    witness: int
    started_ms: int
    ended_ms: int
    provider: str
    model: str
    usage: bytes
    vector: Vector
    note: str
    offset: int
    told_by: int
    tools: dict[str, int]

    def who(self, machine: str | None) -> Attribution:
        """To whom it belongs."""
        return Attribution(
            NAME, self.session, self.project, self.agent, None, None, None, machine
        )  # fmt: skip

    def reading(self, who: Attribution, place: str) -> Reading:
        """What the ledger is told; `who` is the call's own, made once for many calls."""
        tools = tuple(sorted(self.tools.items())) if self.tools else ()
        return made(Reading, (
            self.keys, who, self.attr, self.started_ms, self.ended_ms, self.provider,
            self.model or UNKNOWN, "openai", self.usage, self.witness, "complete", self.note,
            tools, None, place, self.offset, None,
        ))  # fmt: skip

    def use(self, tool: str) -> None:
        """Add a tool that the call asked for."""
        self.tools[tool] = self.tools.get(tool, 0) + 1

    def also(self, keys: Iterable[bytes]) -> None:
        """The other line of this call was met: from now on it is known by both."""
        self.keys += tuple(key for key in keys if key not in self.keys)
        self.told_by = BOTH


class Totals(Struct, gc=False, omit_defaults=True):
    """The running total of one file, as far as it has been read.

    Older versions begin it anew when a thread is resumed, so that two calls of one thread could
    show the same total and the same last usage. They do if both runs began with the same call;
    `run` is the number of earlier runs that began like this one. It is nearly always 0, needs
    nothing but the lines themselves, and so is the same in a copy, even in one that was cut at
    the front, where the number of the run in the thread would not be."""

    total: Vector | None = None
    anew: bool = False
    run: int = 0
    starts: dict[str, int] = {}

    def silent(self) -> None:
        """A count without numbers: after one with numbers, the agent has been started again and
        has forgotten its total."""
        self.anew = self.total is not None

    def moves(self, total: Vector, last: Vector) -> bool:
        """Take in a count; whether it tells a new call. A total that stays is a repetition, and
        a last usage of nothing an estimate of the context's size."""
        began = total == last
        if total == self.total and not (self.anew and began):
            return False
        self.total, self.anew = total, False
        if last[:4] == NO_USE[:4]:
            return False
        if began:
            self._start(last)
        return True

    def key(self, thread: str, last: Vector) -> bytes:
        """The identity, in one thread, of the call that was counted last."""
        total = self.total or NO_USE
        return _counted(_NUMBERS % (thread, self.run, *total, *last))

    def _start(self, last: Vector) -> None:
        mark = blake2b(repr(last).encode(), digest_size=6).hexdigest()
        self.run = self.starts.pop(mark, -1) + 1
        self.starts[mark] = self.run
        if len(self.starts) > STARTS:
            del self.starts[next(iter(self.starts))]


_counted = key_maker("codex:call")
_NUMBERS = "%s\x1f%d\x1f%d,%d,%d,%d,%d\x1f%d,%d,%d,%d,%d"


def keys_of_response(response: str, threads: Iterable[str]) -> tuple[bytes, ...]:
    """The identities of a reply that has an id. A long id is the provider's own and unique;
    what a proxy makes up may not be, and only counts inside its thread."""
    if len(response.replace("-", "_").rpartition("_")[2]) >= LONG:
        return (key_of("openai:response", response),)
    return tuple(key_of("codex:response", one, response) for one in threads)


def goes_on(info: Info) -> bool:
    """Whether a running total holds more than the last usage."""
    return info.total_token_usage != info.last_token_usage


def used_by(info: Info, totals: Totals) -> Used:
    """The last usage of a count; where it is not told, what was added to the total."""
    last = bytes(info.last_token_usage)
    if len(last) >= 5:
        return last, vector_of(last), ""
    vector, usage = difference(vector_of(bytes(info.total_token_usage)), totals.total or NO_USE)
    return usage, vector, "usage-from-totals"
