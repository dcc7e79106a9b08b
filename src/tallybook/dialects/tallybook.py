"""Our own dialect: usage that somebody tells in the six classes themselves, such as a manual entry.

There is nothing to convert. What stands beside the classes (a note) is no usage and is left alone;
what counts is checked like a stranger's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ..model import CLASSES, NO_COUNTS, six
from . import Counted
from .picking import Findings, decoded, number

VERSION = 1


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one usage object, JSON text: an object with the names of the
    classes. Never raises."""
    usage = decoded(raw)
    if not isinstance(usage, dict):
        return Counted(NO_COUNTS, (), "", (), ("the usage object is no JSON object",))
    fields, findings = cast("Mapping[str, object]", usage), Findings()
    counts = six(number(fields, name, findings) or 0 for name in CLASSES)
    return Counted(counts, (), "", (), findings.complaints)
