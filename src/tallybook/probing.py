"""Asking providers for official limits: whether the user allowed it, when it is time to ask again,
and where the answer goes. How each one is asked is `tallybook.probes`.

When a probe asks is written in the ledger before it does, so that several processes ask once; what
is answered stays there as history. A provider that wants to be left alone is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .clock import HOUR_MS, QUARTER_MS
from .errors import ProbeError, UsageMistake
from .ledger.asked import Asked
from .limits import present_limits
from .places import home_folder
from .probes import PROBES, open_probe

if TYPE_CHECKING:
    from .book import Book
    from .probes.asking import Answer
    from .probes.probe import Probe
    from .reading import LimitSnapshot
    from .settings.told import Probe as Permission

__all__ = [
    "ProbeStanding",
    "ProbeTrouble",
    "Probed",
    "is_due",
    "keep",
    "probe_due",
    "probe_standings",
]

LEAST_EVERY_S = 60
"""No provider is asked more often than that unless somebody asks for it, whatever the settings
say."""

AT_ONCE_S = 20
"""An answer that is not older than that is not asked for again, even if somebody asks for it."""

_LATEST_MS = HOUR_MS
"""The longest wait after failures, unless the provider itself wants a longer one."""

_REFUSED_MS = QUARTER_MS
"""Credentials that were refused are not tried again sooner, unless somebody asks for it."""

_DRIFT_MS = 60_000
"""How far a clock that is kept right may go back, or those of two machines differ."""

_FRESH_MS = 60_000
"""A sight that repeats the last one is written down once a minute."""


class ProbeTrouble(NamedTuple):
    """Why a probe has no answer, and what to do, empty where that is to wait; `again_ms` is when
    it asks again."""

    name: str
    title: str
    because: str
    hint: str
    again_ms: int


class Probed(NamedTuple):
    """What asking came to: the probes that asked, how many windows they were told, and what went
    wrong. `waiting` are those that were wanted and may not ask yet."""

    asked: tuple[str, ...] = ()
    windows: int = 0
    troubles: tuple[ProbeTrouble, ...] = ()
    waiting: tuple[str, ...] = ()


class ProbeStanding(NamedTuple):
    """A probe that the user allowed, when it asked last (None: never) and asks again, and its
    trouble if the last question had no answer."""

    name: str
    title: str
    source: str
    asked_ms: int | None
    due_ms: int
    trouble: ProbeTrouble | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One probe whose turn it is; `mark` is what this process wrote of it in the ledger."""

    probe: Probe
    permission: Permission
    mark: Asked


def probe_due(book: Book, now_ms: int, names: Sequence[str] = (), *, force: bool = False) -> Probed:
    """Ask every allowed provider whose time has come, or with `force` all of them (but none that
    was asked a moment ago, or wants to be left alone), and record what they say. `names` narrows
    it. Costs nothing where nothing is allowed, and little where nothing is due. Raises
    `UsageMistake` for a name that is not allowed."""
    allowed, unknown = _allowed(book, names), () if names else _unknown(book)
    if not allowed:
        return Probed(troubles=unknown)
    marks, tasks, waiting = book.ledger.asks.all(), list[_Task](), list[str]()
    for permission in allowed:
        before = marks.get(permission.name)
        if before is not None and not _may_ask(before, now_ms, force=force):
            waiting.append(permission.name)
            continue
        task = _claimed(book, permission, before, now_ms)
        if task is not None:
            tasks.append(task)
    told = [_settle(book, task, answer, now_ms) for task, answer in _answers(tasks, now_ms)]
    return Probed(
        asked=tuple(task.probe.name for task in tasks),
        windows=sum(each for each in told if isinstance(each, int)),
        troubles=(*(each for each in told if isinstance(each, ProbeTrouble)), *unknown),
        waiting=tuple(waiting),
    )


def is_due(book: Book, now_ms: int) -> bool:
    """Whether `probe_due` would ask anybody."""
    allowed = _allowed(book, ())
    if not allowed:
        return False
    marks = book.ledger.asks.all()
    known = [marks.get(each.name) for each in allowed]
    return any(each is None or _may_ask(each, now_ms, force=False) for each in known)


def probe_standings(book: Book) -> tuple[ProbeStanding, ...]:
    """Every allowed probe and what came of it so far, and those that there are not; nobody is
    asked."""
    allowed = _allowed(book, ())
    marks = book.ledger.asks.all() if allowed else dict[str, Asked]()
    found = [_standing(each, marks.get(each.name)) for each in allowed]
    wrong = (ProbeStanding(each.name, each.title, "", None, 0, each) for each in _unknown(book))
    return (*found, *wrong)


def keep(book: Book, snapshots: Iterable[LimitSnapshot]) -> int:
    """Record windows that were seen elsewhere, as by a status line; how many were news. What is
    known is not written down again within a minute."""
    seen = tuple(snapshots)
    known = present_limits(book.ledger, max((each.seen_ms for each in seen), default=0))
    news = [each for each in seen if all(_is_news(one, each) for one in known)]
    if news:
        book.ledger.keep_limits(news)
    return len(news)


def _is_news(known: LimitSnapshot, seen: LimitSnapshot) -> bool:
    if known[:2] != seen[:2] or known.window_minutes != seen.window_minutes:
        return True
    same = (known.used, known.resets_ms) == (seen.used, seen.resets_ms)
    return seen.seen_ms - known.seen_ms >= (_FRESH_MS if same else 1)


def _allowed(book: Book, names: Sequence[str]) -> list[Permission]:
    """The settings of the probes that the user allowed."""
    permissions = book.settings.probes
    for name in names:
        open_probe(name)  # raises for one that there is not
        if name not in permissions or not permissions[name].consent:
            raise UsageMistake(
                f"{name} may not be asked for your limits",
                because="that needs your word, since it uses your agent's credentials",
                hint=f"tally config set probe.{name}.consent true",
            )
    wanted = names or [name for name in permissions if name in PROBES]
    return [permissions[name] for name in wanted if permissions[name].consent]


def _unknown(book: Book) -> tuple[ProbeTrouble, ...]:
    """What to say of settings of probes that there are not."""
    names = (name for name, each in book.settings.probes.items() if each.consent)
    return tuple(
        ProbeTrouble(
            name=name,
            title=name,
            because=f"there is no probe {name}, as [probe.{name}] wants",
            hint=f"name one of {', '.join(PROBES)}",
            again_ms=0,
        )
        for name in names
        if name not in PROBES
    )


def _may_ask(before: Asked, now_ms: int, *, force: bool) -> bool:
    if now_ms < before.asked_ms - _DRIFT_MS:
        return True  # the clock was set back: nobody should have to wait for hours
    if force and not before.failures:
        return now_ms - before.asked_ms >= AT_ONCE_S * 1000
    return now_ms >= before.due_ms


def _claimed(book: Book, permission: Permission, before: Asked | None, now_ms: int) -> _Task | None:
    """The task of a probe, once it stands in the ledger that it asks now; None where another
    process was faster."""
    failures = 0 if before is None else before.failures
    mark = Asked(permission.name, now_ms, now_ms + _every_ms(permission), failures)
    if not book.ledger.asks.move(before, mark):
        return None
    return _Task(probe=open_probe(permission.name), permission=permission, mark=mark)


def _every_ms(permission: Permission) -> int:
    return max(permission.every_s, LEAST_EVERY_S) * 1000


def _answers(tasks: Sequence[_Task], now_ms: int) -> list[tuple[_Task, Answer]]:
    if not tasks:
        return []
    from .probes.asking import Question, ask_all
    from .probes.probe import Surroundings

    questions = [
        Question(
            probe=each.probe,
            base=each.permission.url or each.probe.base,
            around=Surroundings(
                environ=os.environ,
                home=home_folder(os.environ),
                platform=sys.platform,
                now_ms=now_ms,
                key=each.permission.key,
            ),
        )
        for each in tasks
    ]
    return list(zip(tasks, ask_all(questions), strict=True))


def _settle(book: Book, task: _Task, answer: Answer, now_ms: int) -> int | ProbeTrouble:
    """Write down what came of one question: how many windows, or why there are none."""
    if not isinstance(answer, ProbeError):
        book.ledger.keep_limits(answer)
        book.ledger.asks.move(task.mark, task.mark._replace(failures=0))
        return len(answer)
    every_ms = _every_ms(task.permission)
    # Only what the provider would notice makes the waits longer, and holds off who asks for it.
    failures = task.mark.failures + 1 if answer.status == 429 or answer.status >= 500 else 0
    waits = min(every_ms << min(max(failures - 1, 0), 10), _LATEST_MS)
    refused = _REFUSED_MS if answer.status in (401, 403) else 0
    after = task.mark._replace(
        due_ms=now_ms + max(waits, every_ms, refused, answer.retry_s * 1000),
        failures=failures,
        trouble=f"{answer}: {answer.because}" if answer.because else str(answer),
        hint=answer.hint,
    )
    book.ledger.asks.move(task.mark, after)
    return _trouble(task.probe, after)


def _trouble(probe: Probe, mark: Asked) -> ProbeTrouble:
    return ProbeTrouble(probe.name, probe.title, mark.trouble, mark.hint, mark.due_ms)


def _standing(permission: Permission, mark: Asked | None) -> ProbeStanding:
    probe = open_probe(permission.name)
    return ProbeStanding(
        name=probe.name,
        title=probe.title,
        source=probe.source,
        asked_ms=None if mark is None else mark.asked_ms,
        due_ms=0 if mark is None else mark.due_ms,
        trouble=_trouble(probe, mark) if mark is not None and mark.trouble else None,
    )
