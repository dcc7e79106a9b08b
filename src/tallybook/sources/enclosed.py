"""The JSON object that a log line is, apart from what collectors of logs and lists put around it.
What the object means is not known here.
"""

from __future__ import annotations

import re

_BEGIN = re.compile(rb'\{\s*(?:"|\}|$)')
"""How a JSON object begins, as a word in braces does not."""

_BEFORE = re.compile(rb"[\t -!#-z|~]*")
_AFTER = re.compile(rb"[\s,\]]*")
"""What may stand around it: a time and a name, the commas and brackets of a list."""

_PLAIN = re.compile(rb"[\t\r -!#-~]*")
"""A line that was never meant to be JSON: words without a quote, in which braces may be."""


def enclosed(line: bytes) -> tuple[bytes, bool]:
    """The object of a line, without what a collector of logs or a list puts around it, and whether
    there is nothing else around it. Empty if there is none."""
    if line.startswith(b'{"') and line.endswith(b"}"):
        return line, True
    start, end = line.find(b"{"), line.rfind(b"}") + 1
    if start < 0 or not _BEGIN.match(line, start):
        return b"", False
    before, after = line[:start], line[end:] if end > start else b""
    return line[start : max(end, start + 1)], bool(
        (not before or _BEFORE.fullmatch(before)) and (not after or _AFTER.fullmatch(after))
    )


def is_plain(line: bytes) -> bool:
    """Whether a line was never meant to be JSON."""
    return _PLAIN.fullmatch(line) is not None
