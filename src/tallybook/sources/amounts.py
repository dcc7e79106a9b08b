"""What agents say that a call cost, digit by digit: no float touches money. Nothing is priced."""

from __future__ import annotations

from ..model import DEAREST, nanos_of


def usd_nanos(text: bytes) -> int | None:
    """An amount in USD from a JSON number, in nano-dollars; None for what is no amount, or none
    that anybody was ever charged."""
    whole, _, part = text.partition(b".")
    if len(whole) < 7 and len(part) < 10 and (whole + part).isdigit():
        return int(whole + part.ljust(9, b"0"))
    try:
        nanos = nanos_of(text.decode("ascii"))
    except ValueError:
        return None
    return nanos if 0 <= nanos <= DEAREST else None


def paid_nanos(text: bytes) -> int | None:
    """The same of an agent that writes 0 for subscriptions, free models and models whose price it
    does not know: its 0 tells nothing, and is None."""
    return usd_nanos(text) or None
