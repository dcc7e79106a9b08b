"""The zone that only the variable TZ of a shell names: a timer of the system does not have it, and
would cut other days. It goes with `install`, and `init` offers to write it down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..clock import NO_ZONE, system_zone
from .options import Asked
from .shell import Shell, mention

if TYPE_CHECKING:
    from ..settings import Settings


def is_of_shell(settings: Settings) -> bool:
    """Whether the zone comes from the variable TZ: no setting names one, nor does the system."""
    origin = settings.origins["tz"]
    return origin == "TZ" or origin.startswith(NO_ZONE)


def offer_zone(
    shell: Shell, asked: Asked, settings: Settings, agreed: Callable[[str], bool] | None
) -> None:
    """Write the zone of the shell into the user's settings file, if that is `agreed` to; where
    nobody can agree, tell how to. Nothing is said where the system has the same zone."""
    if settings.origins["tz"] != "TZ" or settings.tz == system_zone({})[0]:
        return
    told = f"days are cut in {settings.tz}, which only the variable TZ says; timers lack it"
    if agreed is None:
        mention(f"{told}: tally config set tz {settings.tz}", quiet=asked.quiet)
    elif agreed(f"{told[0].upper()}{told[1:]}. Write it into your settings?"):
        from ..settings import user_file
        from ..settings.writing import Change, change_file
        from .filehead import user_head

        file = user_file(shell.surroundings)
        change_file(file, Change(("tz",), settings.tz), head=user_head(shell, file))
        said = f"tz = {settings.tz} written to {shell.shown(file)}"
        mention(f"{said}: only the variable TZ said so", quiet=asked.quiet)
