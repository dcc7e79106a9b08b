"""What became of sending, in numbers and troubles. How it is done is `delivering`."""

from __future__ import annotations

from typing import NamedTuple


class Trouble(NamedTuple):
    """What was not delivered by a channel, and why; `lost` if it is not tried again."""

    channel: str
    why: str
    deliveries: int
    lost: bool


class Sent(NamedTuple):
    """How many deliveries were sent, wait for another try, and are given up."""

    sent: int = 0
    waiting: int = 0
    lost: int = 0
    troubles: tuple[Trouble, ...] = ()
