"""Asking several providers at once, each with its own credentials."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from ..errors import ProbeError
from ..reading import LimitSnapshot
from .probe import Probe, Surroundings
from .web import HttpsWeb

WITHIN_S = 12
"""How long all answers together are waited for."""

Answer = tuple[LimitSnapshot, ...] | ProbeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One probe, the address that it asks, and where its credentials are looked for."""

    probe: Probe
    base: str
    around: Surroundings


def ask_all(questions: Sequence[Question]) -> list[Answer]:
    """The answers in the order of the questions. Each is asked in a thread of its own, and nobody
    waits for one that hangs."""
    heard: SimpleQueue[tuple[int, Answer]] = SimpleQueue()
    for at, question in enumerate(questions):
        Thread(target=_ask, args=(at, question, heard), daemon=True).start()
    answers: list[Answer] = [_late(each.probe) for each in questions]
    until = time.monotonic() + WITHIN_S
    for _ in questions:
        try:
            at, answer = heard.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        answers[at] = answer
    return answers


def _ask(at: int, question: Question, heard: SimpleQueue[tuple[int, Answer]]) -> None:
    """One question. Credentials are read here, and gone when it returns: nothing that is raised
    leaves with them."""
    probe, around = question.probe, question.around
    web = HttpsWeb(base=question.base, title=probe.title, renew=probe.renew, now_ms=around.now_ms)
    try:
        heard.put((at, probe.ask(probe.credentials(around), web) or _nothing(probe)))
    except ProbeError as problem:
        heard.put((at, problem))
    except Exception as problem:  # noqa: BLE001 - a mistake of ours; its text may hold a credential
        heard.put((at, _broken(probe, problem)))


def _nothing(probe: Probe) -> ProbeError:
    return ProbeError(
        f"{probe.title} told of no limit",
        because="its answer has none that can be read",
        hint="the plan may have none; what was told before stays, with its age",
    )


def _broken(probe: Probe, problem: Exception) -> ProbeError:
    return ProbeError(
        f"{probe.title} could not be asked",
        because=f"there is a mistake in Tallybook ({type(problem).__name__})",
        hint="report it, please, with what tally --version says",
    )


def _late(probe: Probe) -> ProbeError:
    return ProbeError(
        f"{probe.title} gave no answer",
        because=f"it took longer than {WITHIN_S} s",
    )
