"""What a text says about the usage of one response: a usage object, a whole response, one in an
envelope, or the text of a streamed one.
"""

from __future__ import annotations

from ..loosejson import BYTE_ORDER_MARK
from .picking import decoded
from .streams import Heard, Reduction

__all__ = ["Heard", "heard"]

_PIECE = 1 << 20
_SIXTEEN_BITS = (b"\xff\xfe", b"\xfe\xff")
"""How a file begins into which PowerShell has written."""

_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
"""How files begin that were made smaller."""


def heard(text: bytes) -> Heard:
    """The usage that a text tells, in the provider's own words. Never raises: what can't be read
    is complained of, and what was told before a stream broke off stands."""
    if text.startswith(_SIXTEEN_BITS):
        text = text.decode("utf-16", "replace").encode()
    for mark, name in _PACKED.items():
        if text.startswith(mark):
            return Heard(None, complaints=(f"it is compressed by {name}: unpack it first",))
    text = text.removeprefix(BYTE_ORDER_MARK)
    reduction = Reduction()
    value = decoded(text) if text.lstrip()[:1] in (b"{", b"[") else None
    if value is not None:
        reduction.hear(value)
        return reduction.heard()
    for at in range(0, len(text), _PIECE):
        reduction.feed(text[at : at + _PIECE])
    return reduction.heard()
