"""What stands behind `tally usage`: words for what the rows are and for a period, and options,
made the pairs of a question.

Pairs are made a question by `tallybook.questions`. How options are declared for a command line is
not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .errors import UsageMistake, nearest
from .periods import WORDS, Frame
from .query import BUCKETS, DIMENSIONS, OTHER_NAMES
from .questions import period_pairs

Pairs = list[tuple[str, str]]

GROUPINGS = (*BUCKETS, *(name for name in DIMENSIONS if name != "date"), *OTHER_NAMES)
"""The words that say what the rows are."""

TIMES = frozenset({"since", "until", "last"})
"""The keys of which any takes the place of a default range, and of a word for a period."""

_SPAN = re.compile(r"\d+(h|d|w|mo|m|y)", re.IGNORECASE)
_DEFAULT_SPAN = {"hour": "24h", "week": "8w", "month": "12mo"}


def sorted_words(words: Iterable[str], *, grouped: bool = False) -> tuple[tuple[str, ...], str]:
    """The groupings, dates first, and the period among the words. What could be both, such as
    `week`, is a grouping unless something is grouped by already. Raises `UsageMistake` for a word
    that is neither, and for a second period."""
    groupings, when = list[str](), ""
    for word in words:
        if _is_grouping(word) and not ((grouped or groupings) and word in WORDS and not when):
            groupings += word.split(",")
        elif not when and _is_period(word):
            when = word
        else:
            raise _unplaced(word, when)
    return tuple(sorted(groupings, key=lambda name: name not in BUCKETS)), when


def usage_pairs(words: Iterable[str], pairs: Iterable[tuple[str, str]], frame: Frame) -> Pairs:
    """The pairs of a question, of words and of the pairs that options are. Raises
    `UsageMistake`."""
    groupings, when = sorted_words(words)
    asked = list(pairs)
    if groupings:
        asked.insert(0, ("by", ",".join(groupings)))
    if when:
        if TIMES & {key for key, _ in asked}:
            raise UsageMistake(
                f"give either {when!r} or a time option, not both", hint="see: tally help time"
            )
        asked += period_pairs(when, frame)
    return asked


def usual_pairs(asked: Sequence[tuple[str, str]]) -> Pairs:
    """What is asked where nothing else is said: days, and as far back as suits the rows."""
    by = next((text for key, text in asked if key == "by"), "day")
    return [("by", "day"), ("last", _DEFAULT_SPAN.get(by.split(",")[0], "7d"))]


def with_defaults(asked: Sequence[tuple[str, str]], defaults: Iterable[tuple[str, str]]) -> Pairs:
    """The pairs with defaults for the keys that were not given. Any of `TIMES` takes the place of a
    default range."""
    given = {key for key, _ in asked}
    if given & TIMES:
        given |= TIMES
    return [*asked, *((key, text) for key, text in defaults if key not in given)]


def _unplaced(word: str, when: str) -> UsageMistake:
    """The mistake of a word that is no grouping, or a second period."""
    if when and _is_period(word):
        return UsageMistake(f"{when} and {word} are two periods", hint="see: tally help time")
    if word.lower() == "last" or _SPAN.fullmatch(word):
        span = "7d" if word.lower() == "last" else word
        return UsageMistake(f"{word!r} is no period by itself", hint=f"tally usage --last {span}")
    close = nearest(word, (*GROUPINGS, *WORDS))
    hint = f"did you mean {close}?" if close else "tally usage --help"
    return UsageMistake(f"can't place the word {word!r}", hint=hint)


def _is_grouping(word: str) -> bool:
    return all(part in GROUPINGS for part in word.split(","))


def _is_period(word: str) -> bool:
    return word.lower() in WORDS or word[:4].isdecimal()
