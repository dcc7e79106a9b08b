"""Plain words for what the ledger keeps as codes: why a call's figures are a guess, or only a
part, where it stands, which session is meant. Codes that are not known are shown as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .format import number, plain

WORDS: Mapping[str, str] = MappingProxyType(
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
        "tool-prompt-inside-input": "prompts of tools are inside its input, as its total tells",
        "input-not-told": "its input is not told: only such parts of it as are told count",
        "output-not-told": "its output is not told: only such parts of it as are told count",
        "input-from-total": "its input is not told: what its total leaves",
        "output-from-total": "its output is not told: what its total leaves",
        "only-total-told": "only its total is told: all of it counts as input",
        "kind-outside-input": "its sound or pictures are counted beside its input, being more",
        "kind-share-not-told": "how much of its sound or pictures came from the cache is not told",
        "billed-not-told": "what of its tokens is billed is not told: all of them",
        "cache-read-limited": "it read more from the cache than is billed: what is billed",
        "total-mismatch": "its total fits no way of adding its parts",
        "usage-from-totals": "its usage is what the running totals grew by",
        "model-not-told": "its model is not told",
        "provider-from-model": "who served it is not told: the maker of its model",
        "provider-from-service": "who served it is not told: what the gateway calls the service",
        "region-guessed": "which of its provider's price lists holds is not told (providers)",
        "field-twice": "its line has a field twice, which a client wrote: the gateway's was taken",
        "consumer-after-client-field": "whose it is may have been written by a client",
        "message-deleted": "its message was deleted: only the usage of its steps is left",
        "time-from-file": "it has no time of its own: that of its file was taken",
        "named-free": "the seller names it free",
        "iterations-summed": "its usage is the sum of several iterations",
        "advisor-priced-alike": "part of it is an advisor's, priced as if of the same model",
        "usage-dropped": "its raw usage was forgotten: priced by its counts alone",
        "tier-unknown": "priced at the base tier, since single requests are not known",
        "price-before-first-known": "older than the first known price, by which it is priced",
        "price-after-last": "newer than the last known price, by which it is priced",
        "bedrock-region-unknown": "its region is not told: the global price",
        "thinking-from-reasoning": "taken for thinking, since it has reasoning tokens",
        "cache-rates-as-listed-later": "its cache is priced as the list had it later",
        "same-part-of-standard": "the same part of the standard price as it was later",
        "cheapest-tier-only": "priced as a short one, no price of longer ones being known",
        "holidays-unknown": "whether the day was a holiday is not known",
    }
)
"""Every guess that has a name, in words."""

PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "priced-as:": "priced as a call of ",
        "estimated-as:": "an estimate, priced as ",
        "fee-not-counted:": "a fee beside the tokens is not counted: ",
        "plan-value-at:": "part of a plan: worth what is asked by ",
        "no-rate-for:": "priced at the standard rate, none being known for ",
        "unknown-context:": "told something that is not understood: ",
    }
)
"""Guesses whose names end with what they are about."""

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
    known = WORDS.get(code)
    if known is not None:
        return known
    for prefix, words in PREFIXES.items():
        if code.startswith(prefix):
            rest = code.removeprefix(prefix)
            bare = prefix == "no-rate-for:" and "=" not in rest  # a class, which has no other rate
            return plain(f"no rate is known for {rest}" if bare else words + rest)
    return plain(code)


def state_text(status: str) -> str:
    """A status with what it means; `complete` needs no words."""
    return _STATES.get(status, status)


def short_id(session: str) -> str:
    """The beginning of a session's id that tells it from others and can be typed back: ids that
    begin with a moment need more of it than random ones, and those that are put together from names
    nearly all."""
    if ":" in session:
        return plain(session[:_COMPOSED])
    if len(session) == _UUID and session[_UUID_VERSION] == "7":
        return plain(session[:13])
    return plain(session[: 14 if session.startswith("ses_") else 8])


def spot(place: str, offset: int) -> str:
    """Where something stands in a place: only files of lines are counted in bytes."""
    return f"{'byte' if place.endswith('.jsonl') else 'entry'} {number(offset)}"


_UUID, _UUID_VERSION, _COMPOSED = 36, 14, 48
