"""Made-up calls in a real ledger, and what stands of a quota by the book of rules, call by call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tallybook.book import Book
from tallybook.ledger.notices import Correction
from tallybook.model import NANOS
from tallybook.quota import Limit, Quota, Window
from tallybook.reading import Attribution
from tallybook.settings import Settings
from tests.ledger.books import MODEL, appraiser, reading, record, usage

APPRAISER = appraiser()


class Made(NamedTuple):
    """A call: when it began, how many tokens it put out beside the ten that it took in, whose it
    was, and by which model."""

    at: int
    output: int = 100
    user: str = "ann"
    model: str = MODEL

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.output + 10


def book_of(folder: str | Path, calls: Iterable[Made], **settings: object) -> Book:
    """A book with these calls."""
    path = str(Path(folder) / "ledger.db")
    book = Book.open(Settings(ledger=path, **settings))  # pyright: ignore[reportArgumentType]
    add(book, calls)
    return book


def add(book: Book, calls: Iterable[Made]) -> None:
    """Record further calls."""
    readings = [
        reading(
            f"{each.at} {each.output} {each.user} {each.model}",
            at=each.at,
            raw=usage(each.output),
            model=each.model,
            who=Attribution(
                "claude-code", session=f"s-{each.user}", project="/p", machine="m", user=each.user
            ),
        )
        for each in calls
    ]
    record(book.ledger, readings, by=APPRAISER)  # pyright: ignore[reportArgumentType]


def tell(book: Book, kind: str, at: int, nanos: int = 0, unit: str = "tokens") -> Correction:
    """Say something of the quota `q`."""
    said = Correction("q", "", at, kind, nanos, unit, at)  # pyright: ignore[reportArgumentType]
    book.ledger.notices.correct(said)
    return said


def quota(
    window: Window, limit: int | None = 1_000_000, unit: str = "tokens", **more: object
) -> Quota:
    """The quota `q`, with a limit in whole units."""
    bound = None if limit is None else Limit(limit * NANOS, unit)
    return Quota(name="q", window=window, limit=bound, **more)  # pyright: ignore[reportArgumentType]


def rolling(uses: Iterable[tuple[int, bool]], length: int, now: int) -> list[tuple[int, int]]:
    """Every window that began up to now, by the rule: a use that no window covers begins one, and
    so does a reset, which ends the one before. `uses` are instants, with whether it is a reset."""
    found: list[tuple[int, int]] = []
    # At one instant the reset comes first: the use beside it lies in what it begins.
    for at, is_reset in sorted(uses, key=lambda use: (use[0], not use[1])):
        if at > now:
            break
        if is_reset and found and at < found[-1][1]:
            found[-1] = (found[-1][0], at)
        if is_reset or not found or at >= found[-1][1]:
            found.append((at, at + length))
    return [each for each in found if each[0] < each[1]]


def used(
    calls: Sequence[Made], since: int, until: int, now: int, said: Sequence[Correction]
) -> int:
    """The tokens of a window: what was last set in it, and all calls and additions after that."""
    base, start = 0, since
    for each in sorted(said, key=lambda one: one.at_ms):
        if not since <= each.at_ms < until or each.at_ms > now:
            continue
        if each.kind == "add":
            base += each.nanos // NANOS
        else:
            base, start = each.nanos // NANOS, each.at_ms
    counted = [each.tokens for each in calls if start <= each.at < until and each.at <= now]
    return max(0, base + sum(counted))
