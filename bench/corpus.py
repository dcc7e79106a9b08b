"""Makes a home full of invented histories of a wanted size, for timing only.

Usage: corpus.py HOME MEGABYTES

The same size and seed give the same bytes. The shares of the agents, and of small files in what
OpenCode keeps, are those of a heavy user of all three. Nothing is counted here: truth is the
business of the tests.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import corpus_claude
import corpus_codex
import corpus_opencode
from corpus_words import texts_of

MEGABYTE = 1_000_000
PARTS = (
    ("Claude Code", 64, corpus_claude.make),
    ("Codex", 13, corpus_codex.make),
    ("OpenCode, files", 1, corpus_opencode.make_folder),
    ("OpenCode, database", 17, corpus_opencode.make_database),
)
"""What there is, and how many hundredths of all bytes; a database grows by its indexes."""


def make(home: Path, megabytes: int, seed: int = 1) -> dict[str, int]:
    """Fill `home` with about that many million bytes of histories: the exact sizes."""
    rnd = random.Random(seed)
    texts = texts_of(rnd)
    wanted = ((name, share * megabytes * MEGABYTE // 100, fill) for name, share, fill in PARTS)
    return {name: fill(home, size, rnd, texts) for name, size, fill in wanted}


if __name__ == "__main__":
    made = make(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"{sum(made.values()):,} bytes, made up, seed 1")
    print("\n".join(f"  {name}: {size:,}" for name, size in made.items()))
