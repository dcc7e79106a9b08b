"""The contract of a source: what must hold of every one of them, on any history.

`try_source` tries it on a copy of real histories, without knowing what the right figures are:
it compares ways of reading with each other. `tally source test` shows the verdicts, and the
tests of this project ask for them on every source and fixture.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from . import disturbing, recording, saying
from .samples import Sample, Subject
from .trial import Finding, Trial

__all__ = ["CHECKS", "Sample", "Subject", "Verdict", "try_source"]

CHECKS: Mapping[str, tuple[str, Callable[[Trial], Finding]]] = MappingProxyType(
    {
        "reads": ("everything is read to its end", saying.reads),
        "counts": ("no count is negative, classes add up to totals", saying.counts_are_counts),
        "again": ("reading twice says the same", saying.says_the_same_again),
        "once": ("recording twice records once", recording.records_once),
        "order": ("the order of places does not matter", recording.order_does_not_matter),
        "growth": ("reading on equals reading in one go", disturbing.grows),
        "cuts": ("a file cut at any byte is read", disturbing.cut_anywhere),
        "damage": ("what damage costs is complained of", disturbing.damage_is_told),
        "gone": ("a file that goes away is no error", disturbing.gone_before_it_is_read),
        "complaints": ("complaints say what to do", saying.complaints_help),
        "recall": ("every call is found in its conversation", saying.recalls),
        "empty": ("an empty home is no error", saying.nothing_in_an_empty_home),
    }
)
"""Checks by name: what must hold, and how it is tried."""


class Verdict(NamedTuple):
    """What came of one check; `difference` is the first thing that did not hold."""

    check: str
    title: str
    passed: bool
    tried: str
    difference: str = ""


def try_source(sample: Sample, seconds: float = 4.0, seed: int = 1) -> Iterator[Verdict]:
    """All checks on a sample, one after the other. `seconds` bounds those that try samples of
    what is too much to be tried in full."""
    trial = Trial(sample, seconds, seed)
    for name in CHECKS:
        yield try_one(trial, name)


def try_one(trial: Trial, name: str) -> Verdict:
    """One check. An error is a verdict too: no history may raise one."""
    title, check = CHECKS[name]
    try:
        finding = check(trial)
    except Exception as problem:  # noqa: BLE001 - whatever a source raises is what is looked for
        where = traceback.extract_tb(problem.__traceback__)[-1]
        at = f"{Path(where.filename).name}, line {where.lineno}"
        finding = Finding("", f"it raised {type(problem).__name__}: {problem} ({at})")
    return Verdict(name, title, not finding.difference, *finding)
