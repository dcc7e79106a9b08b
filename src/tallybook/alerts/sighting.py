"""What a rule sees when it looks: where something stands between nothing and an alert.

What becomes of it is decided in `machine`; what there is to see, by the modules of the rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ..ledger.notices import AlertState, Severity

if TYPE_CHECKING:
    from ..book import Book

RAISED = 100
"""The level of rules that know only alert or none."""


SEVERITIES: Sequence[Severity] = ("notice", "warning", "critical")
"""From the least to the gravest."""


class Words(NamedTuple):
    """What is said: one short line, the whole, and the same for programs."""

    severity: Severity
    title: str
    text: str
    facts: Mapping[str, Any]


def severity_of(level: int) -> Severity:
    """How bad it is that so many per cent are reached."""
    return "critical" if level >= 100 else "warning" if level >= 90 else "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a rule sees of one subject at a moment. `share` tells how much of what makes the alert
    is there, in tenths of a per cent: None where that is not known. What is told at a level is
    armed again once the share is `margin` points below it, and `quiet_ms` have passed since.
    `window` is that of `spans`. `bound` says what the share is one of: where that changes, so does
    what the same use means. A `silent` sight is remembered without telling anybody. `memory` is
    what the rule wants to find in its state the next time."""

    rule: str
    subject: str
    share: int | None
    words: Callable[[int], Words] = field(repr=False)
    window: str = ""
    levels: tuple[int, ...] = (RAISED,)
    margin: int = 5
    quiet_ms: int = 0
    bound: str = ""
    silent: bool = False
    memory: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def level(self) -> int:
        """The highest level that is reached; 0 if none is, or nothing is known."""
        share = 0 if self.share is None else self.share
        return max((each for each in self.levels if share >= max(1, each * 10)), default=0)


def unsaid(_level: int) -> Words:
    """The words of what is never told: a mark that a rule leaves for itself."""
    raise AssertionError("a mark is not told")


def memory_of(state: AlertState | None) -> dict[str, Any]:
    """What a rule remembered in its state; nothing where there is none."""
    return {} if state is None else cast("dict[str, Any]", json.loads(state.memory))


def mark(rule: str, memory: Mapping[str, Any]) -> Sight:
    """What a rule leaves under no subject, to know the next time that and when it has looked."""
    return Sight(rule=rule, subject="", share=0, words=unsaid, memory=memory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at everything: the book, the moment, and where every rule stood before."""

    book: Book
    now_ms: int
    states: Mapping[tuple[str, str], AlertState]

    def of(self, rule: str) -> dict[str, AlertState]:
        """The states of a rule by subject."""
        return {subject: state for (own, subject), state in self.states.items() if own == rule}

    def due(self, rule: str, every_ms: int) -> int | None:
        """The number of the present stretch of time of a rule that looks once in each, which goes
        into its `mark`; None where it has looked in this one."""
        number = self.now_ms // every_ms
        return None if memory_of(self.states.get((rule, ""))).get("at") == number else number


class Rule(NamedTuple):
    """What looks: a name for who is told that it could not, and how."""

    name: str
    sights: Callable[[Look], Iterable[Sight]]
