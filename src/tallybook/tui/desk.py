"""What a screen may ask of the application it stands in, and what that asks of a screen.

Screens know this and not the application, which knows them. No Textual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from ..book import Book
    from ..errors import TallyError
    from ..periods import Frame
    from ..settings import Settings
    from .frame import Pens
    from .glyphs import Glyphs
    from .keys import Key, Scope

T = TypeVar("T")


class Desk(Protocol):
    """The application, as its screens see it."""

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        ...

    @property
    def home(self) -> str:
        """The user's folder, shown as `~`."""
        ...

    @property
    def glyphs(self) -> Glyphs:
        """What charts and bars are drawn with."""
        ...

    @property
    def pens(self) -> Pens:
        """The signs of the lines around the figures."""
        ...

    @property
    def keys(self) -> tuple[Key, ...]:
        """All keys, as they are set."""
        ...

    def frame(self) -> Frame:
        """From where words for time are understood at this moment."""
        ...

    def ask(
        self, name: str, question: Callable[[Book], T], tell: Callable[[T | TallyError], None]
    ) -> None:
        """Have a question answered in the asker's thread; `tell` runs in that of the screens. A
        newer question of the same name takes the place of one that waits."""
        ...

    def mention(self, text: str, *, trouble: bool = False) -> None:
        """Say something beside the figures, for a few seconds."""
        ...


@runtime_checkable
class Renewing(Protocol):
    """A screen whose figures come from the ledger."""

    def renew(self) -> None:
        """The ledger has changed, or time has passed: ask again. Called while it is on top."""
        ...


@runtime_checkable
class Layered(Protocol):
    """A screen that has a level of its own to leave before it is left."""

    def back(self) -> bool:
        """Leave that level; tells whether it was there."""
        ...


@runtime_checkable
class Copying(Protocol):
    """A screen that has something to copy."""

    def copied(self) -> tuple[str, str]:
        """What `y` copies, and what that is called; two empty texts where there is nothing."""
        ...


@runtime_checkable
class Keyed(Protocol):
    """A screen that has keys of its own."""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The places whose keys work here, the nearest first."""
        ...
