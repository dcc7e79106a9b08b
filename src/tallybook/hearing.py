"""What a usage that somebody tells comes to: where it stands in a response, its classes and units,
and whether that is all of it. What it costs is `quoting`.

Where usage stands is known by `dialects.responses`, what it means by the dialects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from .errors import UsageMistake
from .model import NO_COUNTS, Counts, Money
from .owncounts import NAMES, own_counts

if TYPE_CHECKING:
    from .dialects import Counted
    from .dialects.streams import Heard


class Used(NamedTuple):
    """What a usage comes to. `known` is false where nothing of it could be counted,
    `complete` where something of it could not. `reported` is the provider's own amount."""

    counts: Counts = NO_COUNTS
    units: Mapping[str, int] = {}
    context: str = ""
    known: bool = True
    complete: bool = True
    assumptions: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    reported: Money | None = None


def hear(usage: bytes | Mapping[str, object]) -> Heard:
    """What a response says, as text or decoded."""
    if isinstance(usage, bytes):
        from .dialects.responses import heard

        return heard(usage)
    from .dialects.streams import Reduction

    reduction = Reduction()
    reduction.hear(dict(usage))
    return reduction.heard()


def count_heard(told: Heard, provider: str, model: str) -> Used:
    """The six classes of what was heard, by the dialect that its shape speaks."""
    if told.usage is None:
        context, said = told.context, told.complaints
        return Used(context=context, known=False, complete=False, complaints=said)
    from .dialects import counter
    from .dialects.choosing import dialect_of
    from .dialects.reporting import reported

    dialect = dialect_of(told.usage, provider, model)
    counted = counter(dialect)(json.dumps(told.usage, default=str).encode())
    if dialect == "tallybook":
        counted = _by_own_names(told.usage, counted)
    units = {name: number for name, number in counted.units if number}
    return Used(
        counts=counted.counts,
        units=units,
        context=",".join(filter(None, (counted.context, told.context))),
        known=any(counted.counts) or bool(units) or (told.complete and not counted.complaints),
        complete=told.complete and is_understood(counted.complaints),
        assumptions=(*told.assumptions, *counted.assumptions),
        complaints=(*told.complaints, *counted.complaints),
        reported=reported(told.usage),
    )


def _by_own_names(usage: Mapping[str, object], counted: Counted) -> Counted:
    """What a usage object by our own names tells, its units with it."""
    try:
        counts, units = own_counts({name: usage[name] for name in usage if name in NAMES})
    except UsageMistake as mistake:
        said = () if counted.complaints else (str(mistake),)
        return counted._replace(complaints=(*counted.complaints, *said))
    return counted._replace(counts=counts, units=tuple(units.items()))


def is_understood(complaints: tuple[str, ...]) -> bool:
    """Whether what was complained of in counting still counts in full."""
    if not complaints:
        return True
    from .dialects.picking import QUOTED

    return all(text.endswith(QUOTED) for text in complaints)
