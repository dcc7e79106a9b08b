"""What the sample histories of all agents share: the plan of a session, the week in which they
happen, the words that are said, and the truth, which is counted while replies are invented.

How an agent writes its files is in `demo_claude`, `demo_codex` and `demo_opencode`.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

SEED = 20261110
FIRST_DAY = datetime(2026, 11, 10, 8, 30, tzinfo=UTC)
CLASSES = ("input", "output", "reasoning", "cache_read", "cache_write_5m", "cache_write_1h")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"

Line = dict[str, Any]
Counts = tuple[int, int, int, int, int, int]


@dataclass
class Plan:
    """One session to invent: when, where, with what, how much, and what happens in it. `agent`
    is the name that the tool shows, where it has several."""

    day: int
    hour: int
    project: str
    model: str
    prompts: tuple[str, ...]
    replies: int
    title: str = ""
    context: int = 18_000
    happens: tuple[str, ...] = ()
    agent: str = ""

    @property
    def directory(self) -> str:
        """Where the invented user keeps the project."""
        return f"/home/ada/code/{self.project}"

    def begin(self, rnd: random.Random) -> datetime:
        """When the session begins."""
        return FIRST_DAY + timedelta(days=self.day, hours=self.hour, minutes=rnd.randrange(50))


SAID = (
    "The survey file has two headers; the second one carries the unit.",
    "I will read the module first, then change one thing at a time.",
    "Both callers pass metres, so the conversion belongs at the border.",
    "The test names the day that fails. The table was cut one row short.",
    "Done. The old name stays as an alias for one release.",
    "This reads every sheet twice. Keeping the last one open is enough.",
    "The order of the rows was never promised, so I sort before I compare.",
)

RAN = (
    ("python -m pytest -q", "14 passed in 0.41s\n"),
    ("rg -n 'def load' src", "src/chart.py:31:def load(path):\n"),
    ("sed -n 1,12p src/sheet.py", "def height(sheet):\n    return sheet.rows * LEADING\n"),
    ("git diff --stat", " src/chart.py | 4 ++--\n 1 file changed\n"),
)
"""Commands and what they print, for agents that do everything in a shell."""


class Who(NamedTuple):
    """To whom a reply belongs, in Tallybook's words; `agent` is empty where the tool names
    none."""

    source: str
    session: str
    model: str
    agent: str = ""


@dataclass
class Truth:
    """What was invented: classes and calls by source, model and status, by session and by agent;
    the parent of each session that has one; what tools themselves say that calls cost, in
    nano-dollars; the state in which each official quota window was seen last."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    sessions: dict[str, dict[str, int]] = field(default_factory=dict)
    agents: dict[str, int] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    reported: dict[str, int] = field(default_factory=dict)
    windows: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, who: Who, status: str, counts: Counts, cost: int = 0) -> None:
        """Count one reply, once. Spend that only a counter shows is no request."""
        requests = int(status != "recovered")
        row = self.rows.setdefault(
            f"{who.source} {who.model} {status}", dict.fromkeys((*CLASSES, "requests"), 0)
        )
        for name, count in zip(CLASSES, counts, strict=True):
            row[name] += count
        row["requests"] += requests
        session = self.sessions.setdefault(
            f"{who.source} {who.session}", {"requests": 0, "total": 0}
        )
        session["requests"] += requests
        session["total"] += sum(counts)
        agent = f"{who.source} {who.agent}"
        self.agents[agent] = self.agents.get(agent, 0) + requests
        if cost:
            self.reported[who.source] = self.reported.get(who.source, 0) + cost

    def text(self) -> bytes:
        """The file that tests hold against what Tallybook reads."""
        whole: Line = {"seed": SEED}
        for name, found in vars(self).items():
            whole[name] = dict(sorted(found.items()))
        return (json.dumps(whole, indent=1) + "\n").encode()


def later(rnd: random.Random, low: float, high: float) -> timedelta:
    """Some time that passes, in seconds, to the millisecond."""
    return timedelta(milliseconds=round(rnd.uniform(low, high) * 1000))


def stamp(now: datetime) -> str:
    """A time as JSON lines hold it."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


def ms_of(now: datetime) -> int:
    """Epoch milliseconds, exactly."""
    return (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def uuid7(rnd: random.Random, now: datetime) -> str:
    """A UUID that begins with the time, as newer agents name things."""
    bits = (ms_of(now) << 80) | (7 << 76) | (rnd.getrandbits(12) << 64)
    return str(uuid.UUID(int=bits | (2 << 62) | rnd.getrandbits(62)))


def token(rnd: random.Random, prefix: str, length: int = 22) -> str:
    """An id in a provider's manner."""
    return prefix + "".join(rnd.choice(LETTERS) for _ in range(length))


def json_lines(lines: list[Line]) -> bytes:
    """A file of JSON lines, as agents write them."""
    compact = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in lines)
    return "".join(f"{one}\n" for one in compact).encode()
