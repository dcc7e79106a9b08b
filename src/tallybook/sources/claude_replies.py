"""One reply of Claude Code from its several lines: usage by field maximum, tools, times and
status, folded while the file is read and turned into a `Reading`.

The agent writes a line per content block. Lines of one reply share `message.id`; early ones
carry a placeholder of the output count in older versions. So the maximum counts, not the first
line and not the sum. Which lines exist and where they come from is not known here.

A reply may be told while it is still growing, and what was told stays told. So everything here
only grows: counts and times widen, doubts become certainty, and never the other way round.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ..model import Money, made
from ..naming import UNKNOWN, provider_of
from ..rawusage import LIMIT, join
from ..reading import Attribution, Reading, Witness, key_maker
from .claude_lines import Block, Message
from .claude_names import Names
from .json_lines import Problems

PLACEHOLDER = 8
"""An output count up to here may be what the provider announced before it wrote anything."""

THINKING = 1
SPOKEN = 2
TOOLS = 4

_KINDS = {"thinking": THINKING, "redacted_thinking": THINKING, "tool_use": TOOLS}


class Output(Struct, gc=False):
    """The one usage field that tells a placeholder."""

    output_tokens: int = 0


response_key = key_maker("anthropic:response")
"""The identity of a reply by the provider's own id."""

_output = msgspec.json.Decoder(Output).decode


class Reply:
    """One reply while its lines arrive. `message` is its response id if that can be trusted,
    else empty; then `names` tells which reply it is."""

    __slots__ = (
        "attr", "broken", "changed", "ended_ms", "kinds", "loose_time", "message", "model",
        "names", "offset", "output", "provider", "reported", "started_ms", "stood", "stopped",
        "tool_names", "usage", "veiled", "who",
    )  # fmt: skip

    def __init__(self, offset: int, ms: int, message: str, names: Names | None = None) -> None:
        self.offset = offset
        self.started_ms = self.ended_ms = ms
        self.message = message
        self.names = names
        self.usage = b""
        self.output = 0
        self.kinds = 0
        self.stopped = self.stood = self.broken = self.loose_time = self.veiled = False
        self.changed = True
        self.tool_names: dict[str, str] = {}
        self.who = _NOBODY
        self.attr = -1
        self.provider = self.model = ""
        self.reported: int | None = None

    def adopt(self, model: str, who: Attribution, attr: int) -> None:
        """Take from a line what all lines of the reply should share: where they disagree, the
        better attribution and the larger known name, as the ledger does."""
        if model != self.model:
            response = self.names.response if self.names else self.message
            told = (provider_of(model, response), model)
            self.provider, self.model = max((self.provider, self.model), told, key=_known)
        if attr > self.attr or (attr == self.attr and _plain(who) > _plain(self.who)):
            self.who, self.attr = who, attr

    def add(self, message: Message, usage: bytes, ms: int, offset: int) -> None:
        """Fold in one more line, which was written at `ms` and stands at `offset`."""
        if usage != self.usage:
            self._use(usage)
        if ms < self.started_ms:
            self.started_ms = ms
        elif ms > self.ended_ms:
            self.ended_ms = ms
        if message.stop_reason is not None:
            self.stopped = True
        self.changed = True
        content = message.content
        if not isinstance(content, list):
            self.kinds |= SPOKEN if content else 0
            return
        for block in content:
            kind = _KINDS.get(block.type, SPOKEN)
            self.kinds |= kind
            if kind == TOOLS:
                self.tool_names.setdefault(
                    block.id or _place(content, block, offset), block.name or UNKNOWN
                )

    def _use(self, usage: bytes) -> None:
        """Join one more usage object, field by field the larger number. What can be no count yields
        to the line before, which may be a placeholder: it is `veiled` then, and nobody else will
        see it."""
        try:
            output = _output(usage).output_tokens
        except Problems:
            output = -1
        if not 0 <= output <= LIMIT:
            output, self.veiled = 0, bool(self.usage)
        old = self.output
        if not self.usage:
            self.usage = usage
        elif usage != self.usage.replace(_FIELD % old, _FIELD % output, 1):
            self.usage = join(self.usage, usage)
        elif output > old:
            self.usage = usage  # nearly always only the output count differs
        if output > old:
            self.output = output

    def judge(self, cut_off: bool) -> None:
        """Something else follows a reply that looks like a placeholder: it is what it is now.
        `cut_off` says that the agent itself calls it broken."""
        if self.output > PLACEHOLDER:
            return
        if cut_off or self.kinds == THINKING:
            self.broken = self.changed = True
        elif self.stopped and not self.kinds & TOOLS:
            self.stood = self.changed = True

    def doubt(self) -> str:
        """Empty for a complete reply, else why it is taken for a partial one. A short reply at
        the end of a file is doubted until something follows it: the agent may yet say that it
        was cut off."""
        if self.output > PLACEHOLDER or self.stood:
            return ""
        return "broken-attempt;placeholder-output" if self.broken else "placeholder-output"

    def tools(self) -> tuple[tuple[str, int], ...]:
        """(tool name, calls), in the order of the names."""
        if not self.tool_names:
            return ()
        names = list(self.tool_names.values())
        if len(names) == 1:
            return ((names[0], 1),)
        return tuple((name, names.count(name)) for name in sorted(set(names)))

    def reading(self, place: str) -> Reading:
        """What the ledger is told."""
        note = doubt = self.doubt()
        if self.loose_time:
            note = f"{doubt};time-from-neighbour" if doubt else "time-from-neighbour"
        return made(
            Reading,
            (
                self.keys(),
                self.who,
                self.attr,
                self.started_ms,
                self.ended_ms,
                self.provider,
                self.model or UNKNOWN,
                "anthropic",
                self.usage,
                _AGENT,
                "partial" if doubt else "complete",
                note,
                self.tools() if self.tool_names else (),
                None if self.reported is None else Money(self.reported, "USD"),
                place,
                self.offset,
                None,
            ),
        )

    def keys(self) -> tuple[bytes, ...]:
        """The identities under which the reply is recorded."""
        if self.message:
            return (response_key(self.message),)
        return self.names.keys() if self.names else ()


def _place(content: list[Block], block: Block, offset: int) -> str:
    """What to call a tool's use that has no id: the same however often the line is read."""
    return f"{offset}:{next(at for at, one in enumerate(content) if one is block)}"


_AGENT = Witness.AGENT
_NOBODY = Attribution("claude-code")


def _known(served: tuple[str, str]) -> tuple[bool, bool, str, str]:
    """The order of (provider, model) pairs: a damaged line may tell neither."""
    provider, model = served
    return bool(model), provider != UNKNOWN, provider, model


def _plain(who: Attribution) -> tuple[str, ...]:
    return tuple(part or "" for part in who)


_FIELD = b'"output_tokens":%d'
