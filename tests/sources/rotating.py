"""A logger with its rotation, as they are met: everything it does to its files is drawn by lot, and
what it wrote is known.
"""

from __future__ import annotations

import gzip
import os
import random
import shutil
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import zstandard

from .log_lines import line


class Logger:
    """One log in a folder of its own. `appends`: whether the writer writes at the end of its file
    wherever that is now, as most do. A new file begins with the `heading`. `written` are the
    numbers of its lines, each made by `line` of the number and some words; `between` is called
    between the steps of a rotation."""

    def __init__(
        self,
        folder: Path,
        chance: random.Random,
        *,
        appends: bool = True,
        line: Callable[[int, str], bytes] = line,
        heading: bytes = b"",
    ) -> None:
        self._heading = heading
        self.between: Callable[[], None] = lambda: None
        self._line = line
        self._chance = chance
        self._live = folder / "access.log"
        self._appends = appends
        self._file = self._opened()
        self._rest = b""
        self._number = self._day = 0
        self.written: list[int] = []

    def write(self) -> None:
        """Some lines, and often a part of one more."""
        text = self._rest
        for _ in range(self._chance.choice((0, 1, 1, 2, 3, 40))):
            self._number += 1
            text += self._line(self._number, "x" * self._chance.choice((0, 5, 80, 5000)))
            self.written.append(self._number)
        cut = len(text) - self._chance.choice((0, 0, 0, 1, 2, 30))
        self._file.write(text[: max(0, cut)])
        self._rest = text[max(0, cut) :]

    def rename(self) -> None:
        """The usual rotation; sometimes the writer is told late."""
        self._shift()
        self._live.rename(self._numbered(1))
        if self._chance.random() < 0.5:
            self.write()
        self._reopen()

    def dated(self) -> None:
        """Rotation by a date in the name."""
        self._day += 1
        date = f"202603{self._day:02}" if self._day < 32 else f"20260401-{self._day:06}"
        pattern = self._chance.choice(("access.log-%s", "access.log.%s", "access-%s.log"))
        self._live.rename(self._live.with_name(pattern % date))
        self._reopen()

    def copytruncate(self) -> None:
        """Rotation by a copy. What is written between the two steps would be lost by it, and is
        not written; the reader may well look between them."""
        self._finish()
        self._shift()
        text = self._live.read_bytes()
        self._numbered(1).write_bytes(text[: len(text) // 2])
        self.between()
        shutil.copyfile(self._live, self._numbered(1))
        self.between()
        os.truncate(self._live, 0)

    def pack(self) -> None:
        """Compress a rotated file, as it is done: the plain one goes last."""
        plain = [each for each in self._rotated() if each.suffix not in (".gz", ".zst")]
        if not plain:
            return
        old = self._chance.choice(plain)
        pack: Callable[[bytes], bytes] = gzip.compress
        ending = ".gz"
        if self._chance.random() < 0.5:
            pack, ending = zstandard.compress, ".zst"
        packed, text = old.with_name(old.name + ending), pack(old.read_bytes())
        packed.write_bytes(text[: len(text) // 2])
        self.between()
        packed.write_bytes(text)
        shutil.copystat(old, packed)
        self.between()
        old.unlink()

    def turn(self) -> None:
        """One thing or another."""
        ways = (self.write,) * 6 + (self.rename, self.dated, self.copytruncate, self.pack)
        self._chance.choice(ways)()

    def close(self) -> None:
        """Write what is left of the last line, and no more."""
        self._finish()
        self._file.close()

    def _opened(self) -> FileIO:
        file = FileIO(self._live, "a" if self._appends else "w")
        file.write(self._heading)
        return file

    def _reopen(self) -> None:
        self._finish()
        self._file.close()
        self._file = self._opened()

    def _finish(self) -> None:
        self._file.write(self._rest)
        self._rest = b""

    def _numbered(self, number: int) -> Path:
        return self._live.with_name(f"access.log.{number}")

    def _rotated(self) -> list[Path]:
        return sorted(each for each in self._live.parent.iterdir() if each != self._live)

    def _shift(self) -> None:
        for number in range(200, 0, -1):
            for ending in ("", ".gz", ".zst"):
                old = self._live.with_name(f"access.log.{number}{ending}")
                if old.exists():
                    old.rename(self._live.with_name(f"access.log.{number + 1}{ending}"))
