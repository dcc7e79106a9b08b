"""What the interface starts with: everything of the outside world that it needs. No Textual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..background import Background, Said
    from ..errors import TallyError
    from ..processes import Process
    from ..settings import Settings
    from .asking import Asker
    from .look import Look
    from .watching import Watcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """`asker` answers already; `reading` makes what reads the histories, None where they are not to
    be read; `watching` makes what looks at processes; `theme` is the name of one; `keys` are those
    that are set, by the ids of the table; `notices` are told on the first screen; `now_ms` is the
    clock; `encoding` that of the terminal."""

    settings: Settings
    home: str
    look: Look
    asker: Asker
    now_ms: Callable[[], int]
    reading: Callable[[Callable[[Said], None]], Background] | None
    watching: Callable[[Callable[[tuple[Process, ...] | TallyError], None]], Watcher]
    theme: str
    keys: Mapping[str, str]
    encoding: str = "utf-8"
    notices: tuple[str, ...] = ()
