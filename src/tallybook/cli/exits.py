"""The exit codes of the program and what they mean: one table for help, documents and tests.

Which error has which code is said in `tallybook.errors`; that they are kept is the business of
`boundary`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Exit(NamedTuple):
    """What a code means: in a few words, and what more there is to know."""

    short: str
    more: str


INTERRUPTED = 130

EXITS: Mapping[int, Exit] = MappingProxyType(
    {
        0: Exit("fine; no data is fine too", ""),
        1: Exit(
            "it failed",
            "something that is neither the command nor the data, such as a ledger that can't be"
            " opened, or an answer that can't be written (a full disk, a closed stdout)",
        ),
        2: Exit(
            "not understood",
            "a flag, a word, a query or a setting; also what `tally config check` finds wrong",
        ),
        3: Exit("a policy says no", "a quota is used up (`tally quota check`)"),
        4: Exit("not allowed", "kept for keys and rights, in a later version"),
        5: Exit(
            "a part is missing",
            "the answer is shown, but some histories or some of what was given could not be read;"
            " also a FOCUS export that leaves out what has no price, and a quota of which nobody"
            " knows what is used",
        ),
        INTERRUPTED: Exit("interrupted", "with Ctrl-C; what was recorded until then stays"),
    }
)
