"""The tables of the interface: which maker has the rows of which view.

Each maker is a module of its own; what they share is `sheetmaking` and `sheetfields`. Nothing is
counted here, and no widget is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from .agentsheet import agents_sheet
from .modelsheet import models_sheet
from .projectsheet import projects_sheet
from .sessionsheet import sessions_sheet
from .timelinesheet import timeline_sheet

if TYPE_CHECKING:
    from .look import View
    from .sheet import Sheet
    from .sheetmaking import Stand

_MAKERS: Mapping[View, Callable[[Stand], Sheet]] = MappingProxyType(
    {
        "sessions": sessions_sheet,
        "projects": projects_sheet,
        "models": models_sheet,
        "agents": agents_sheet,
        "timeline": timeline_sheet,
    }
)


def sheet_of(stand: Stand) -> Sheet:
    """The table of the view that is looked at. Raises `UsageMistake` for a time that nobody
    understands; the overview has no table."""
    return _MAKERS[stand.look.view](stand)
