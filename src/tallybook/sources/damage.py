"""What is said of a line file's damage: each damaged line up to a bound, then their number."""

from __future__ import annotations

from ..reading import Complaint
from .json_lines import sample_of
from .tail import Block

COMPLAINTS = 50
"""More damaged lines than this in one read of a file are summed up."""

BACKUP_HINT = "compare the file with a backup; everything else in it was read"
_WAIT_HINT = "nothing to do if the agent is running: the rest is read when it is written"


class Damage:
    """The damaged lines of one read of a place."""

    def __init__(self, source: str, place: str) -> None:
        self.source = source
        self.place = place
        self.lines = 0

    @property
    def untold(self) -> int:
        """How many lines were not complained of one by one."""
        return max(0, self.lines - COMPLAINTS)

    def at(
        self, position: int, line: bytes, reason: str, hint: str = BACKUP_HINT, *, lost: bool = True
    ) -> list[Complaint]:
        """The complaint about one more line that begins like `line`; none past the bound."""
        self.lines += 1
        if self.untold:
            return []
        return [
            Complaint(
                source=self.source,
                place=self.place,
                reason=reason,
                position=position,
                sample=sample_of(line),
                hint=hint,
                lost=lost,
            )
        ]

    def unread(self, block: Block, pos: int, end: int) -> list[Complaint]:
        """The complaint about a line of a block that is not a whole object."""
        line, position = bytes(block.data[pos : min(end, pos + 64)]), block.base + pos
        if block.unfinished:
            reason = "the last line is not finished"
            return self.at(position, line, reason, _WAIT_HINT, lost=False)
        return self.at(position, line, "not a line of JSON")
