"""What is said beside a price of one's own that was just written: what the book prices besides,
rates that look like those of another unit, and names that nobody knows.

Nothing here refuses a price; how one is written is `priceset`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..errors import nearest
from ..format import plain
from ..model import CLASSES, NO_COUNTS, decimal_text, nanos_of
from .shell import Shell

if TYPE_CHECKING:
    from ..prices import PriceBook
    from ..prices.cards import RateCard, Tier
    from ..prices.editing import Entry
    from ..settings import Settings

_FAR = 1000
"""So many times the book's rate, or so small a part of it, is taken for another unit."""

_TINY = 100_000
"""A rate per million tokens below which, in nano-units, it looks like one per token."""


def advice(entry: Entry, book: PriceBook, names: Sequence[str], now_ms: int) -> Sequence[str]:
    """What to know about a price that was written; `book` is the one without own prices, `names`
    are the provider/model of recorded calls."""
    stranger = tuple(_stranger(entry, book, names))
    card = None if entry.is_pattern else book.card(*_of(entry), now_ms, entry.when)
    if not entry.rates:
        return stranger
    if card is None or card.free:
        return (*stranger, *_scale(entry, None))
    besides = (*_lacking(entry, card), *_tiers(entry, card), *_selected(entry, book, now_ms))
    return (*stranger, *_scale(entry, card), *besides)


def recorded_names(shell: Shell, settings: Settings) -> tuple[str, ...]:
    """The provider/model of every recorded call; none where there is no ledger yet, or none that
    can be read as it is: a price can be written all the same."""
    import sqlite3

    from ..errors import TallyError
    from ..query import Query
    from .suggested import is_current

    try:
        if not is_current(settings.ledger):
            return ()
        with shell.open_book(settings) as book:
            rows = book.ask(Query(by=("model",))).rows
    except (TallyError, OSError, sqlite3.Error):
        return ()
    return tuple(f"{row.dims.get('provider')}/{row.dims.get('model')}" for row in rows)


def tier_text(tier: Tier) -> str:
    """What a tier is for, such as `prompts of 32,000 tokens or more`; the round one of the two
    numbers that say the same is told."""
    limits = (("prompts", tier.over), ("answers", tier.output_over))
    return " and ".join(f"{word} of {_beyond(n)}" for word, n in limits if n >= 0)


def _beyond(over: int) -> str:
    if over % 10 == 0 and over:
        return f"more than {over:,} tokens"
    return f"{over + 1:,} tokens or more"


def _of(entry: Entry) -> tuple[str, str]:
    return entry.provider, entry.model


def _stranger(entry: Entry, book: PriceBook, names: Sequence[str]) -> Iterator[str]:
    """That neither the book nor the ledger knows the model, with the name that is nearest."""
    wanted = f"{entry.provider}/{entry.model}".lower()
    known = {name.lower(): name for name in names}
    if any(fnmatchcase(name, wanted) if entry.is_pattern else name == wanted for name in known):
        return
    if not entry.is_pattern and book.find(*_of(entry)) is not None:
        return
    known |= {name.lower(): name for name in (f"{c.provider}/{c.model}" for c in book.cards())}
    if entry.is_pattern and any(fnmatchcase(name, wanted) for name in known):
        return
    close = nearest(wanted, known)
    told = f"; the nearest name is {known[close]}" if close else ""
    what = "fits the pattern" if entry.is_pattern else "is called"
    shown = plain(f"{entry.provider}/{entry.model}")
    yield f"no recorded call and no model of the book {what} {shown}{plain(told)}"


def _scale(entry: Entry, card: RateCard | None) -> Iterator[str]:
    """Rates that are so far from the book's, or so small, that another unit may be meant."""
    from ..prices.cards import MILLION

    same = card is not None and card.currency == entry.currency
    for name in (name for name in CLASSES if name in entry.rates):
        nanos = nanos_of(entry.rates[name])
        rate = card.rates.get(name) if card is not None and same else None
        theirs = 0 if rate is None else rate.nanos * MILLION // rate.per
        low = 0 < nanos * _FAR < theirs if theirs else 0 < nanos < _TINY
        high = bool(theirs) and nanos > theirs * _FAR
        if not (low or high):
            continue
        meant = decimal_text(nanos * MILLION) if low else ""
        against = f", where the book has {decimal_text(theirs)}" if theirs else ""
        asked = f"; did you mean {meant}?" if low else "; is it for a million tokens?"
        said = f"{decimal_text(nanos)} {entry.currency} per million tokens"
        yield f"{name}: that is {said}{against}{asked}"


def _lacking(entry: Entry, card: RateCard) -> Iterator[str]:
    """Classes that the book prices and the new price does not: such tokens stay unpriced."""
    have = {*entry.rates, *({"reasoning"} if "output" in entry.rates else ())}
    if "cache_write" in have:
        have |= {"cache_write_5m", "cache_write_1h"}
    missing = [name for name in CLASSES if name in card.rates and name not in have]
    if missing:
        options = " ".join(f"--{name.replace('_', '-')}" for name in missing)
        yield f"the book prices more: without {options} such tokens stay unpriced"


def _tiers(entry: Entry, card: RateCard) -> Iterator[str]:
    if card.tiers and not entry.tiers:
        told = ", ".join(map(tier_text, card.tiers))
        yield (
            f"the book has other rates for {told}; yours has not (tiers are written into"
            " the file: tally help prices)"
        )


def _selected(entry: Entry, book: PriceBook, now_ms: int) -> Iterator[str]:
    """What the book prices apart and a standard price of one's own does not."""
    from ..prices.context import PRICED, TIER_KEY

    if entry.when:
        return
    said = [
        f"{key}={value}"
        for key, values in PRICED.items()
        for value in values
        if _has(book, entry, {key: value, TIER_KEY: "unknown"}, now_ms)
    ]
    if said:
        yield (
            f"the book has other rates for {', '.join(said)}; yours holds for such calls, too,"
            f" unless there is one for each: --when {said[0]}"
        )
    if book.rater(*_of(entry), {}).by_completion:
        yield "the book has other rates at some hours; yours holds all day"


def _has(book: PriceBook, entry: Entry, context: dict[str, str], now_ms: int) -> bool:
    """Whether the book has rates of its own for a selection."""
    priced = book.rater(*_of(entry), context)(NO_COUNTS, (), now_ms)
    lacks = {f"no-rate-for:{key}={value}" for key, value in context.items()}
    return priced.nanos is not None and not lacks & {*priced.assumptions}
