"""The watsonx dialect: counts at the root of a result, without a total. Chat of watsonx speaks
like OpenAI. Source: the provider's API reference.
"""

from __future__ import annotations

from . import Counted
from .engine import count_form
from .forms import Form
from .picking import spelt

VERSION = 1

FORM = Form(input=spelt("input_token_count"), output=spelt("generated_token_count"))


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    return count_form(FORM, raw)
