"""One message on its way out of this process, and what became of it: shapes, and their JSON.

Who carries it is `messenger`, in a process of its own; who sends that is `dispatching`.
"""

from __future__ import annotations

import json
from typing import NamedTuple

BRISK_S, PATIENT_S = 3, 20
"""How many seconds one message may take: where somebody waits for an answer, and else."""


class Errand(NamedTuple):
    """A message for one address. `body` is what a webhook is sent, signed by `secret` if there is
    one, at `at_s` (epoch seconds); `limit_s` is how long it may take."""

    kind: str
    address: str
    secret: str
    number: str
    title: str
    text: str
    severity: str
    body: str
    at_s: int
    limit_s: int


class Answer(NamedTuple):
    """What became of it. A `trouble` that never `heals` is not worth another try; `after_s` is how
    long the other side wants to be left alone."""

    sent: bool
    trouble: str = ""
    heals: bool = True
    after_s: int = 0


def errand_line(errand: Errand) -> bytes:
    """An errand as a line."""
    return json.dumps(errand).encode() + b"\n"


def errand_of(line: bytes) -> Errand:
    """The errand of a line."""
    return Errand(*json.loads(line))


def answer_line(answer: Answer) -> bytes:
    """An answer as a line."""
    return json.dumps(answer).encode() + b"\n"


def answer_of(line: bytes) -> Answer | None:
    """The answer of a line; None where it is none."""
    try:
        return Answer(*json.loads(line))
    except (ValueError, TypeError):
        return None
