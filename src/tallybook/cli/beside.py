"""A source with single files beside its own places, for `tally sync --path FILE`.

Folders are the source's own business: it is given them when it is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..reading import Complaint, Cursor, Observation, Round

if TYPE_CHECKING:
    from ..sources import Place, Source


class Beside:
    """See `Source`. It is the source that it is made of, and finds `files` too."""

    def __init__(self, source: Source, files: Sequence[Path]) -> None:
        self._source = source
        self._files = files
        self.name = source.name
        self.aliases = source.aliases
        self.title = source.title
        self.dialect = source.dialect
        self.signature = source.signature
        self.version = source.version
        self.missing = source.missing
        self.variables = source.variables

    def roots(self) -> Sequence[Path]:
        """Every folder that is looked into, existing or not."""
        return self._source.roots()

    def locate(self) -> Iterator[Place | Complaint]:
        """The source's places, then those of the files that are none of them."""
        from ..sources import Place

        seen: set[str] = set()
        for found in self._source.locate():
            seen.add(found.place if isinstance(found, Complaint) else found.path)
            yield found
        for file in self._files:
            if str(file) not in seen:
                status = file.stat()
                yield Place(str(file), status.st_size, status.st_mtime_ns)

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        """What a place says since the cursor."""
        return self._source.read(place, since)

    def recall(self, session: str) -> Iterator[Round]:
        """The conversation of a session, from the source's own files."""
        return self._source.recall(session)
