"""When a call of Codex began and ended, and which tools it asked for, told by the lines around
its count.

Older versions write a count before the items of its reply, newer ones behind them, some even
behind the results of the tools that the reply asked for. So an item belongs to the next count,
unless the count before it had no items of its own.
"""

from __future__ import annotations

from msgspec import Struct

from .codex_lines import ms_of_stamp

Span = tuple[int, int, dict[str, int]]
"""When a call began and ended, in epoch milliseconds, and its tools so far."""


class Flow(Struct, gc=False, omit_defaults=True):
    """Questions and answers since the last count. Times are kept as they are written."""

    asked: bytes = b""
    answered: bytes = b""
    asked_next: bytes = b""
    tools: dict[str, int] = {}
    trailing: bool = False

    def ask(self, stamp: bytes) -> None:
        """The model is sent something."""
        self.trailing = False
        if self.answered:
            self.asked_next = stamp
        else:
            self.asked = stamp

    def answer(self, stamp: bytes, tool: str) -> bool:
        """The model has written an item. True if it belongs to the call that was counted last;
        else it is kept for the next."""
        if self.trailing:
            return True
        self.answered = stamp
        if tool:
            self.tools[tool] = self.tools.get(tool, 0) + 1
        return False

    def count(self, ms: int) -> Span:
        """A call is counted at `ms`: when it was, and what is known of its tools. A count that
        comes after the results of the tools is later than the end of the reply."""
        ended = (ms_of_stamp(self.answered) if self.asked_next else 0) or ms
        started = ms_of_stamp(self.asked) or ended
        span = (started if started < ended else ended, ended, self.tools)
        self.trailing = not self.answered
        self.asked, self.answered, self.asked_next, self.tools = self.asked_next, b"", b"", {}
        return span
