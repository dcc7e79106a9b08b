"""What the invented histories of all agents are made of: when, with what words, how large.

What makes real histories slow to read is in them in about its real share: most bytes are prompts
and tool results that carry no usage, and a few of these are large.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

Line = dict[str, Any]

START = datetime(2026, 8, 1, tzinfo=UTC)
WORDS = (
    "anchor", "beacon", "chart", "draught", "ebb", "fathom", "gale", "harbour",
    "isobar", "jetty", "keel", "lantern", "mooring", "neap", "offing", "pilot",
    "quay", "reef", "sounding", "tide", "upwind", "vessel", "wharf", "yard",
)  # fmt: skip


def prose(rnd: random.Random, size: int) -> str:
    """About `size` characters that look like numbered source lines."""
    rows = [
        f"{n:5d}\t{' '.join(rnd.choice(WORDS) for _ in range(7))}" for n in range(size // 45 + 1)
    ]
    return "\n".join(rows)


def texts_of(rnd: random.Random) -> list[str]:
    """Texts of the lengths that prompts and tool results have."""
    return [prose(rnd, int(rnd.lognormvariate(7.3, 1.2))) for _ in range(400)]


def result(rnd: random.Random, texts: list[str]) -> str:
    """What a tool printed: sometimes very much."""
    return rnd.choice(texts) * (20 if rnd.random() < 0.02 else 1)


def turns(rnd: random.Random) -> int:
    """How many replies a session has."""
    return max(3, int(rnd.lognormvariate(4.6, 0.8)))


def project(number: int) -> str:
    """The directory of a session."""
    return f"/home/bench/code/{WORDS[number % len(WORDS)]}"
