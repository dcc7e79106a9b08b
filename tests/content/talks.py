"""Made-up conversations for the tests of this folder, and a picture of what a store holds."""

from __future__ import annotations

import json
import random
import sqlite3
import string
from collections import Counter
from pathlib import Path

from tallybook.content import ContentStore, Rules
from tallybook.content.histories import Histories, numbers, read
from tallybook.content.redaction import Redaction
from tallybook.reading import Round, Said

T0 = 1_764_000_000_000
FULL = {"higress": Rules(preview=False, redaction=Redaction())}
PREVIEW = {"higress": Rules(preview=True, redaction=Redaction())}

_chance = random.Random(6)
_WORDS = [
    "".join(_chance.choices(string.ascii_lowercase, k=_chance.randint(2, 9))) for _ in range(3_000)
]


def prose(length: int) -> str:
    """About so many characters of no meaning, unlike any other."""
    said = " ".join(_chance.choices(_WORDS, k=length // 6 + 1))
    return said[:length]


def key(number: int) -> bytes:
    """An identity."""
    return number.to_bytes(16, "big")


def one(number: int, **more: object) -> Said:
    """What was said in a call."""
    session = more.pop("session", "s1")
    values: dict[str, object] = {
        "number": number,
        "started_ms": T0 + number * 60_000,
        "model": "qwen-max",
        "question": f"what is {number}?",
        "answer": f"a number, {number}",
        "keys": (key(number),),
    }
    return Said("higress", session, Round(**{**values, **more}))  # pyright: ignore[reportArgumentType]  tests give what fits


def talk(rounds: int, length: int, window: int = 1_000_000, first: int = 0) -> list[Said]:
    """A conversation whose history is sent with each call: the last messages of a window."""
    history = [{"role": "system", "content": prose(length)}]
    said: list[Said] = []
    for number in range(first, first + rounds):
        question, answer = prose(length), prose(length)
        history.append({"role": "user", "content": question})
        messages = (history[0], *history[1:][-window + 1 :])
        about = {"question": question, "answer": answer, "messages": messages}
        said.append(one(number, **about, response="stream", duration_ms=900, first_token_ms=30))
        history.append({"role": "assistant", "content": answer})
    return said


def whole(store: ContentStore, said: list[Said]) -> dict[bytes, Round]:
    """The rounds of a store under the keys of what was said, as if they had just been recalled."""
    found = store.rounds(key for each in said for key in each.round.keys)
    return {key: each._replace(origin="recalled") for key, each in found.items()}


def expected(said: list[Said]) -> dict[bytes, Round]:
    """The same as it was said."""
    return {key: each.round for each in said for key in each.round.keys}


def faults(path: Path) -> list[str]:
    """What does not hold in a store: uses of texts, sizes, chains and references."""
    db = sqlite3.connect(path)
    wrong = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    wrong += [str(row) for row in db.execute("PRAGMA foreign_key_check")]
    uses: Counter[int] = Counter()
    sizes: Counter[int] = Counter()
    for source, told, items in db.execute("SELECT source, told, items FROM round"):
        known = json.loads(told)
        uses.update(
            known[n] for n in ("question", "answer", "reasoning", "tool_calls") if n in known
        )
        uses.update(numbers(read(items)))
        sizes[source] += len(told) + len(items) + 256
    for number, source, used, size in db.execute(
        "SELECT id, source, uses, length(packed) FROM text"
    ):
        sizes[source] += size + 64
        if uses.pop(number, 0) != used or not used:
            wrong.append(f"text {number} says {used} uses")
    wrong += [f"text {number} is gone" for number in uses]
    for number, size in db.execute("SELECT id, bytes FROM source"):
        if sizes[number] != size:
            wrong.append(f"source {number} says {size} bytes, has {sizes[number]}")
    histories = Histories(db)
    for (number,) in db.execute("SELECT id FROM round").fetchall():
        histories.items(number)  # raises where a base is gone
    for (deepest,) in db.execute("SELECT max(depth) FROM round"):
        wrong += ["a chain is too long"] if (deepest or 0) > 48 else []
    db.close()
    return wrong
