"""Plain words for what the ledger keeps as codes: why a call's figures are a guess, or only a
part, where it stands, which session is meant. Codes that are not known are shown as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..format import number, plain

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "placeholder-output": "only the first count of its output was written down",
        "broken-attempt": "the answer broke off",
        "time-from-neighbour": "it has no time of its own: that of its neighbour was taken",
        "cache-write-lifetime": "how long its cache writes live is not told: the short time",
        "cache-inside-input": "its input includes the cache, as its numbers or its source tell",
        "cache-outside-input": "its input excludes the cache, as its numbers or its source tell",
        "reasoning-inside-output": "its output includes reasoning, by its source's version",
        "reasoning-outside-output": "its output excludes reasoning, by its source's version",
        "tool-prompt-in-total": "tokens that only its total has are prompts of tools: input",
        "total-mismatch": "its total fits no way of adding its parts",
        "usage-from-totals": "its usage is what the running totals grew by",
        "model-not-told": "its model is not told",
        "message-deleted": "its message was deleted: only the usage of its steps is left",
        "time-from-file": "it has no time of its own: that of its file was taken",
        "named-free": "the seller names it free",
        "iterations-summed": "its usage is the sum of several iterations",
        "tier-unknown": "priced at the base tier, since single requests are not known",
        "price-before-first-known": "older than the first known price, by which it is priced",
        "price-after-last": "newer than the last known price, by which it is priced",
        "bedrock-region-unknown": "its region is not told: the global price",
        "holidays-unknown": "whether the day was a holiday is not known",
    }
)
_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "priced-as:": "priced as a call of ",
        "plan-value-at:": "part of a plan: worth what is asked by ",
        "no-rate-for:": "priced at the standard rate, none being known for ",
        "unknown-context:": "told something that is not understood: ",
    }
)
_STATES: Mapping[str, str] = MappingProxyType(
    {
        "partial": "partial: it broke off, or its end was never written down",
        "failed": "failed: refused, or without an answer; used nothing",
        "unmetered": "unmetered: it happened, but its usage is not known",
        "recovered": "recovered: seen only in the agent's own running totals",
        "unrecorded": "unrecorded: the ledger has no usage of it",
    }
)


def assumed(code: str) -> str:
    """A guess in words."""
    known = _WORDS.get(code)
    if known is not None:
        return known
    for prefix, words in _PREFIXES.items():
        if code.startswith(prefix):
            return plain(words + code.removeprefix(prefix))
    return plain(code)


def state_text(status: str) -> str:
    """A status with what it means; `complete` needs no words."""
    return _STATES.get(status, status)


def short_id(session: str) -> str:
    """The beginning of a session's id that tells it from others and can be typed back: ids that
    begin with a moment need more of it than random ones."""
    if len(session) == _UUID and session[_UUID_VERSION] == "7":
        return plain(session[:13])
    return plain(session[: 14 if session.startswith("ses_") else 8])


def spot(place: str, offset: int) -> str:
    """Where something stands in a place: only files of lines are counted in bytes."""
    return f"{'byte' if place.endswith('.jsonl') else 'entry'} {number(offset)}"


_UUID, _UUID_VERSION = 36, 14
