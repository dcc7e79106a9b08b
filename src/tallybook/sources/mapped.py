"""Logs that are read by a mapping, without code: those of the settings, and the shipped ones.

What a mapping says is `tallybook.settings.logs`, what lines mean by it `mapped_lines`; the files
are found and followed as those of every log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zlib import crc32

from .logs import LogKind, LogOptions, LogSource

if TYPE_CHECKING:
    from ..settings.logs import LogMapping
    from .loglines import LineReader


class MappedLog(LogSource):
    """A log of the settings."""

    def __init__(
        self,
        mapping: LogMapping,
        extra_roots: Sequence[Path] = (),
        logs: LogOptions | None = None,
    ) -> None:
        def reader(capture: bool) -> LineReader:
            return _reader(mapping, capture=capture)

        kind = LogKind(
            name=mapping.name,
            title=mapping.title,
            dialect=mapping.dialect,
            places=mapping.paths,
            reader=reader,
            version=_version(mapping),
        )
        super().__init__(kind, extra_roots, logs)


class ShippedLog(LogSource):
    """A log whose mapping ships with Tallybook. `MAPPING` is what a settings file would say; most
    people have no such log, so that it is understood only when there is a line to be read."""

    NAME: str
    MAPPING: Mapping[str, object]
    MISSING: tuple[str, ...]

    def __init__(
        self,
        *,
        extra_roots: Sequence[Path] = (),
        environ: Mapping[str, str] | None = None,
        logs: LogOptions | None = None,
    ) -> None:
        del environ  # no variable moves these logs

        def reader(capture: bool) -> LineReader:
            from ..settings.logs import mapping_of

            return _reader(mapping_of(self.NAME, self.MAPPING), capture=capture)

        texts = cast("Mapping[str, str]", self.MAPPING)
        kind = LogKind(
            name=self.NAME,
            title=texts["title"],
            dialect=texts["dialect"],
            places=tuple(map(Path, texts["paths"])),
            reader=reader,
            version=crc32(repr((_RULES, self.MAPPING)).encode()),
            missing=self.MISSING,
        )
        super().__init__(kind, extra_roots, logs)


def _reader(mapping: LogMapping, *, capture: bool) -> LineReader:
    from .mapped_lines import MappedReader  # with the decoder

    return MappedReader(mapping, capture=capture)


def _version(mapping: LogMapping) -> int:
    """Another number for every other mapping, so that files are read again when it changed."""
    said = (mapping.dialect, mapping.provider, mapping.currency, mapping.fields, mapping.usage)
    chosen = (mapping.only, mapping.skip, mapping.failed)
    return crc32(repr((_RULES, *said, *chosen)).encode())


_RULES = 1
"""Rises when the same mapping is read in another way."""
