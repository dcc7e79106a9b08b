"""How live the figures are: followed, paused, still being read, or in trouble. No Textual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..format import begun, plain

_LONGEST = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The state of what runs beside the screen. `permille` is how much of a long reading is done,
    None where there is none; `trouble` is what stands in the way at this moment; with `asking` an
    answer takes long; `follows` is whether anything is read at all, and `starting` that not all
    there is was read yet."""

    follows: bool = True
    starting: bool = False
    paused: bool = False
    asking: bool = False
    permille: int | None = None
    trouble: str = ""

    def told(self) -> tuple[str, str, Literal["", "dim", "good", "warn", "bad"]]:
        """The sign, the word and how they stand out. What stands still comes before what is wrong,
        and that before what goes on."""
        quiet = "…" if self.asking else ""
        if self.paused:
            return "‖", f"paused{quiet}", "warn"
        if self.trouble:
            return "!", begun(plain(self.trouble), _LONGEST), "bad"
        if self.permille is not None:
            return "●", f"reading {self.permille // 10} %", "good"
        if self.starting:
            return "○", f"starting{quiet}", "dim"
        if not self.follows:
            return "○", f"not read{quiet}", "dim"
        return "●", f"live{quiet}", "good"
