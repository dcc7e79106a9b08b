"""The Ollama dialect: the counts of the last object of a reply. Older versions leave the prompt
out where they had it in their cache: absent is not zero. Source: the program's API reference.
"""

from __future__ import annotations

from . import Counted
from .engine import count_form
from .forms import Form
from .picking import spelt

VERSION = 1

FORM = Form(
    input=spelt("prompt_eval_count"),
    output=spelt("eval_count"),
    read=spelt("prompt_eval_cached_count"),
)


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    return count_form(FORM, raw)
