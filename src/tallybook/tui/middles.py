"""What some values come to as a rule: their median and average, in whole numbers. No Textual."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def median(values: Sequence[int]) -> int:
    """The middle of some values; of an even number of them the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else mean(ordered[half - 1 : half + 1])


def mean(values: Sequence[int]) -> int:
    """The average of some values, rounded half up."""
    return (sum(values) * 2 + len(values)) // (len(values) * 2)


def middles(values: Sequence[int], word: Callable[[int], str]) -> str:
    """Both in words, since neither is told without the other: `median 110, average 655`."""
    return f"median {word(median(values))}, average {word(mean(values))}"
