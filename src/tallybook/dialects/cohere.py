"""The Cohere dialect: `usage` of its second API, `meta` of its first.

Two pairs of counts are told: `tokens` are what the model read and wrote, the hidden tokens of its
template included, and `billed_units` what is paid for. The classes are what is paid for, because
that is what prices apply to; where it is not told, what was used counts, and the guess is named.
Searches of a rerank and classifications are units. Source: the provider's API reference.
"""

from __future__ import annotations

from typing import cast

from . import Counted
from .engine import count_form
from .forms import Form
from .picking import Fields, Findings, inner, largest

VERSION = 1

FORM = Form(
    input=("billed_units.input_tokens",),
    output=("billed_units.output_tokens",),
    read=("cached_tokens",),
    units=(
        ("classifications", ("billed_units.classifications",)),
        ("images", ("billed_units.images",)),
        ("search_units", ("billed_units.search_units",)),
    ),
)
_USED = FORM._replace(input=("tokens.input_tokens",), output=("tokens.output_tokens",))


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    return count_form(FORM, raw, _prepared)


def _prepared(fields: Fields, findings: Findings) -> Fields:
    """The object with what was billed in its place, and no more of it read from a cache."""
    meta = fields.get("meta")
    if isinstance(meta, dict):
        fields = cast("Fields", meta)
    billed, used = inner(fields, "billed_units", findings), inner(fields, "tokens", findings)
    if not billed and used:
        findings.assume("billed-not-told")
        return {**fields, "billed_units": used}
    asked = largest(fields, FORM.input, findings)
    read = largest(fields, FORM.read, findings) or 0
    if asked is not None and read > asked and read <= (largest(fields, _USED.input, findings) or 0):
        findings.assume("cache-read-limited")
        return {**fields, "cached_tokens": asked}
    return fields
