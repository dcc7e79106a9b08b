"""The arguments of an agent's command line, and the forms that tell its mode and session."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple


class Arguments(NamedTuple):
    """A command line in its parts: the words that are no options, and (option, value) in their
    order; a value is empty where there is none."""

    words: tuple[str, ...]
    options: tuple[tuple[str, str], ...]

    def has(self, option: str) -> bool:
        """Whether an option is given; with `=`, whether it has that value."""
        name, told, value = option.partition("=")
        return any(one == name and (not told or given == value) for one, given in self.options)

    def fits(self, form: str) -> bool:
        """Whether they are of a form, see `ProcessSignature.modes`."""
        words = [word for word in form.split() if not word.startswith("-")]
        if len(words) > len(self.words):
            return False
        if not all(_alike(*pair) for pair in zip(self.words, words, strict=False)):
            return False
        return all(self.has(word) for word in form.split() if word.startswith("-"))

    def after(self, words: str) -> str:
        """What follows an option, or these first words; empty if nothing does."""
        if words.startswith("-"):
            return next((value for option, value in self.options if option == words), "")
        first = tuple(words.split())
        behind = self.words[len(first) : len(first) + 1]
        return behind[0] if behind and self.words[: len(first)] == first else ""


def parse(given: Sequence[str], valued: Sequence[str]) -> Arguments:
    """The parts of a command line without its program. `valued` are the options whose value
    stands behind them."""
    words: list[str] = []
    options: list[tuple[str, str]] = []
    rest = list(reversed(given))
    while rest:
        one = rest.pop()
        if one == "--":
            words.extend(reversed(rest))
            break
        if not one.startswith("-"):
            words.append(one)
            continue
        name, told, value = one.partition("=")
        if not told and name in valued and rest and not rest[-1].startswith("-"):
            value = rest.pop()
        options.append((name, value))
    return Arguments(tuple(words), tuple(options))


def _alike(word: str, form: str) -> bool:
    return any(fnmatchcase(word, one) for one in form.split("|"))
