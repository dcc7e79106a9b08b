"""One reply of Claude Code from its several lines: usage by field maximum, tools, times and
status, folded while the file is read and turned into a `Reading`.

The agent writes a line per content block. Lines of one reply share `message.id`; early ones
carry a placeholder of the output count in older versions. So the maximum counts, not the first
line and not the sum. Which lines exist and where they come from is not known here.
"""

from __future__ import annotations

from typing import cast

import msgspec
from msgspec import Struct

from ..model import Money, nanos_of
from ..naming import UNKNOWN, provider_of
from ..reading import Attribution, Reading, key_of
from .claude_lines import NOTHING, Line, Message, Problems

PLACEHOLDER = 8
"""An output count up to here may be what the provider announced before it wrote anything."""

THINKING = 1
SPOKEN = 2
TOOLS = 4

_KINDS = {"thinking": THINKING, "redacted_thinking": THINKING, "tool_use": TOOLS}


class Output(Struct, gc=False):
    """The one usage field that tells a placeholder."""

    output_tokens: int = 0


_output = msgspec.json.Decoder(Output).decode


class Reply:
    """One reply while its lines arrive."""

    __slots__ = (
        "attr", "broken", "changed", "ended_ms", "kinds", "loose_time", "message", "model",
        "names", "offset", "output", "reported", "request", "started_ms", "stopped", "usage",
        "uuid", "who",
    )  # fmt: skip

    def __init__(self, offset: int, ms: int) -> None:
        self.offset = offset
        self.started_ms = self.ended_ms = ms
        self.usage = b""
        self.output = 0
        self.kinds = 0
        self.stopped = self.broken = self.loose_time = False
        self.changed = True
        self.names: dict[str, str] = {}
        self.who = _NOBODY
        self.attr = -1
        self.model = self.message = self.request = self.uuid = ""
        self.reported: bytes = b""

    def adopt(self, line: Line, message: Message, who: Attribution, attr: int) -> None:
        """Take from a line what all lines of the reply share, and the better attribution."""
        self.model = message.model or self.model
        self.message = message.id or ""
        self.request = line.request_id or ""
        self.uuid = line.uuid or ""
        if attr > self.attr:
            self.who, self.attr = who, attr
        if line.cost_usd is not NOTHING:
            self.reported = bytes(line.cost_usd)

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
                self.names[block.id or f"{offset}:{len(self.names)}"] = block.name or UNKNOWN

    def _use(self, usage: bytes) -> None:
        """Join one more usage object, field by field the larger number."""
        try:
            output = _output(usage).output_tokens
        except Problems:
            output = 0
        old = self.output
        if not self.usage:
            self.usage = usage
        elif output >= old and usage == self.usage.replace(_FIELD % old, _FIELD % output, 1):
            self.usage = usage  # nearly always only the output count grew
        else:
            self.usage = joined(self.usage, usage)
        if output > old:
            self.output = output

    def status(self) -> str:
        """Empty for a complete reply, else why it is taken for a partial one."""
        if self.output > PLACEHOLDER:
            return ""
        if self.broken or self.kinds == THINKING:
            return "broken-attempt"
        if not self.stopped or self.kinds & TOOLS:
            return "placeholder-output"
        return ""

    def tools(self) -> tuple[tuple[str, int], ...]:
        """(tool name, calls), in the order of the names."""
        if not self.names:
            return ()
        names = list(self.names.values())
        if len(names) == 1:
            return ((names[0], 1),)
        return tuple((name, names.count(name)) for name in sorted(set(names)))

    def reading(self, place: str) -> Reading:
        """What the ledger is told."""
        doubt = self.status()
        return Reading(
            keys=(self.key(),),
            who=self.who,
            attr=self.attr,
            started_ms=self.started_ms,
            ended_ms=self.ended_ms,
            provider=provider_of(self.model, self.message),
            model=self.model or UNKNOWN,
            dialect="anthropic",
            usage=self.usage,
            status="partial" if doubt else "complete",
            note=doubt or ("time-from-neighbour" if self.loose_time else ""),
            tools=self.tools(),
            reported=money_of(self.reported) if self.reported else None,
            place=place,
            offset=self.offset,
        )

    def key(self) -> bytes:
        """The call's identity: the provider's response id alone, because forks of older
        versions drop the request id and side questions replay a reply under a new one."""
        if self.message:
            return key_of("anthropic:response", self.message)
        if self.request:
            return key_of("claude-code:request", self.request)
        if self.uuid:
            return key_of("claude-code:line", self.uuid)
        session = self.who.session or ""
        return key_of("claude-code:usage", session, str(self.started_ms), self.usage.hex())


_NOBODY = Attribution("claude-code")


def money_of(text: bytes) -> Money | None:
    """An amount in USD from a JSON number, digit by digit; None for what is no amount."""
    try:
        nanos = nanos_of(text.decode("ascii").strip().strip('"'))
    except ValueError:
        return None
    return Money(nanos, "USD") if 0 <= nanos < 10**18 else None


_FIELD = b'"output_tokens":%d'


def joined(old: bytes, new: bytes) -> bytes:
    """Two usage objects of one reply as one: the larger number field by field."""
    try:
        one: object = msgspec.json.decode(old)
        two: object = msgspec.json.decode(new)
        return msgspec.json.encode(_larger(one, two))
    except Problems:
        return max(old, new, key=len)


def _larger(old: object, new: object) -> object:
    if isinstance(old, dict) and isinstance(new, dict):
        a, b = cast("dict[str, object]", old), cast("dict[str, object]", new)
        return {**a, **{name: _larger(a.get(name), value) for name, value in b.items()}}
    if isinstance(old, int) and isinstance(new, int):
        return max(old, new)
    if isinstance(old, list) and isinstance(new, list):
        one, two = cast("list[object]", old), cast("list[object]", new)
        return one if len(one) > len(two) else two
    return cast("object", old if new is None else new)
