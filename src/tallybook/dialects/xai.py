"""The xAI dialect: OpenAI's fields, but what Chat counts as completion leaves the reasoning out.
Responses counts as OpenAI does. It matters only where no total tells. Source: the provider's API
reference, and replies whose totals were compared.
"""

from __future__ import annotations

from . import Counted
from .engine import count_fields, opened
from .openai_odd import FORM
from .picking import Findings

VERSION = 1

CHAT = FORM._replace(thought_inside=False)


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    findings = Findings()
    fields = opened(raw, findings)
    chat = "completion_tokens" in fields or "completionTokens" in fields
    return count_fields(CHAT if chat else FORM, fields, findings)
