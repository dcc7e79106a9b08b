"""The OpenAI dialect's careful way: the nested shapes of Responses and Chat, the spellings of
others who speak like them, and objects with wrong types or impossible numbers. Only `openai`
calls it.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from ..model import NO_COUNTS, Counts
from . import Counted
from .openai import LIFETIME
from .picking import Fields, decoded, number

_INPUT = ("input_tokens", "prompt_tokens")
_OUTPUT = ("output_tokens", "completion_tokens")
_READ = (
    "cached_input_tokens",
    "cached_tokens",
    "prompt_cache_hit_tokens",
    "num_cached_tokens",
    "input_tokens_details.cached_tokens",
    "prompt_tokens_details.cached_tokens",
)
_WRITTEN = (
    "cache_write_input_tokens",
    "input_tokens_details.cache_write_tokens",
    "prompt_tokens_details.cache_write_tokens",
    "prompt_tokens_details.cache_creation_input_tokens",
)
_THOUGHT = (
    "reasoning_output_tokens",
    "output_tokens_details.reasoning_tokens",
    "completion_tokens_details.reasoning_tokens",
)
_HEARD = ("prompt_tokens_details.audio_tokens", "input_tokens_details.audio_tokens")
_SPOKEN = ("completion_tokens_details.audio_tokens", "output_tokens_details.audio_tokens")


class Parts(NamedTuple):
    """The numbers of one object as its writer counts them; `total` is None if it tells none."""

    prompt: int
    answer: int
    read: int
    written: int
    thought: int
    total: int | None


class Picker:
    """Takes numbers out of an object; notes what is wrong with it."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self.complaints: tuple[str, ...] = ()

    def complain(self, text: str) -> None:
        """Note a problem, once."""
        if text not in self.complaints:
            self.complaints += (text,)

    def largest(self, names: tuple[str, ...]) -> int | None:
        """The number that goes by any of these names. They are spellings of one number, so the
        largest counts and not the sum."""
        found = [number(self._fields, name, self) for name in names]
        return max((one for one in found if one is not None), default=None)


def count_odd(raw: bytes) -> Counted:
    """Six disjoint counts from any usage object. Never raises."""
    found = decoded(raw)
    if not isinstance(found, dict):
        return Counted(NO_COUNTS, (), "", (), ("usage is not a JSON object",))
    picker = Picker(cast("Fields", found))
    prompt, answer = picker.largest(_INPUT), picker.largest(_OUTPUT)
    if prompt is None and answer is None and not picker.complaints:
        picker.complain("usage has neither input nor output")
    parts = Parts(
        prompt or 0,
        answer or 0,
        picker.largest(_READ) or 0,
        picker.largest(_WRITTEN) or 0,
        picker.largest(_THOUGHT) or 0,
        picker.largest(("total_tokens",)),
    )
    counts = _classes(parts, picker)
    heard, spoken = picker.largest(_HEARD), picker.largest(_SPOKEN)
    pairs = (("audio_input", heard or 0), ("audio_output", spoken or 0))
    units = tuple(pair for pair in pairs if pair[1])
    return Counted(counts, units, "", LIFETIME if parts.written else (), picker.complaints)


def _classes(parts: Parts, picker: Picker) -> Counts:
    """The disjoint classes. Caches are inside the input and reasoning inside the output unless
    only another sum makes the total that the object tells."""
    prompt, answer, read, written, thought, total = parts
    cached = read + written
    sums = {
        (True, True): prompt + answer,
        (True, False): prompt + answer + thought,
        (False, True): prompt + cached + answer,
        (False, False): prompt + cached + answer + thought,
    }
    fitting = [rule for rule, made in sums.items() if made == total]
    if total is not None and not fitting:
        picker.complain("total_tokens is no sum of the parts")
    cache_inside, thought_inside = fitting[0] if fitting else (True, True)
    fresh = prompt - cached if cache_inside else prompt
    said = answer - thought if thought_inside else answer
    if fresh < 0:
        picker.complain("more cached input than input")
    if said < 0:
        picker.complain("more reasoning than output")
    return max(0, fresh), max(0, said), thought, read, written, 0
