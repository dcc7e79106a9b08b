"""Where usage stands in a response, or in one event of a streamed one: what is around it, which
model and response it is of, and whether more is to come.

What the usage means is the dialects' business, joining that of several events `streams`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from ..model import CLASSES
from .bedrock import TRAILER
from .otel import PREFIXES
from .picking import Fields

_ENVELOPES = ("response", "body", "result", "modelOutput", "message", "interaction", "chunk")
"""Objects in which a whole response may lie; `body`, `result` and `modelOutput` are those of
batches."""

_BATCHES = (
    frozenset({"custom_id"}),
    frozenset({"key", "response"}),
    frozenset({"processed_time", "response"}),
    frozenset({"recordId", "modelOutput"}),
)
"""What a line of a batch's results has: at OpenAI and Anthropic, Gemini, Vertex, and Bedrock."""

_BESIDE = ("delta", "metadata", "meta", "x_groq")
"""Objects that hold usage, or what users put there: names in them are not the response's."""

_LISTS = ("choices", "results")
_USAGE = ("usage", "usageMetadata", "usage_metadata")
_MODEL = ("model", "modelVersion", "model_version", "modelId", "model_id")
_ID = ("id", "responseId", "generation_id", "response_id", "request_id")
_SELECTOR = re.compile(r"[a-z0-9_-]{1,40}")
_DEEPEST = 6
_NOTHING: Fields = {}
_BARE = frozenset(
    (
        *("input_tokens", "output_tokens", "prompt_tokens", "completion_tokens", "total_tokens"),
        *("inputTokens", "outputTokens", "totalTokens", "promptTokens", "completionTokens"),
        *("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "responseTokenCount"),
        *("prompt_token_count", "candidates_token_count", "total_token_count"),
        *("input_token_count", "generated_token_count", "generation_token_count"),
        *("inputTokenCount", "outputTokenCount", "inputTextTokenCount", "total_input_tokens"),
        *("prompt_eval_count", "eval_count", "tokens_evaluated", "tokens_predicted"),
        *("cache_read_input_tokens", "cache_creation_input_tokens", "total_characters"),
        *("input_token", "output_token", "total_token"),
    )
)
"""Counts that make an object usage itself. Our own classes do so only as whole numbers, since
they are names of texts elsewhere."""

_SPOKEN = frozenset(
    (
        *("done", "message", "response", "results", "content", "text"),
        *("generated_text", "generation", "outputText"),
    )
)
"""What stands beside counts that lie loose in a response."""

_LAST = frozenset(
    (
        *("message_stop", "message-end", "stream-end"),
        *("response.completed", "response.incomplete", "response.failed", "response.done"),
        *("interaction.completed", "interaction.complete"),
    )
)


class Seen(NamedTuple):
    """What one value tells. `kind` is the type of an event, empty if it has none. `closing` says
    that the response ends with it, as it does with a usage object alone, `last` at least that no
    more usage follows, `part` that it is one of several. `trailer` is usage for want of a better
    one, `context` price selectors from beside the usage."""

    usages: tuple[Fields, ...]
    trailer: Fields
    model: str
    response_id: str
    context: Mapping[str, str]
    kind: str
    closing: bool
    last: bool
    part: bool
    error: str


def seen(value: Mapping[str, object]) -> Seen:
    """What one response or event tells."""
    wholes = list(_wholes(value, 0))
    holders = [holder for whole in wholes for holder in _holders(whole)]
    usages = tuple(usage for holder in holders for usage in _named(holder)) or tuple(
        usage for holder in holders for usage in _loose(holder, holder is value)
    )
    trailer = next(filter(None, (_object(each, TRAILER) for each in holders)), _NOTHING)
    attributes = [each for holder in holders for each in _attributes(holder)]
    kind = _text(value, ("type", "event_type"))
    done = value.get("done")
    is_bare = any(usage is value for usage in usages)
    closing = kind in _LAST or done is True or is_bare
    return Seen(
        usages=(*usages, *(_timed(wholes) if usages else ()), *_spans(attributes)),
        trailer=trailer,
        model=_last(_text(each, _MODEL) for each in wholes) or _told(attributes, "model"),
        response_id=_last(_text(each, _ID) for each in wholes) or _told(attributes, "id"),
        context=_context(holders, attributes),
        kind=kind,
        closing=closing,
        last=closing or bool(trailer or (usages and _is_finished(value))),
        part=done is False
        or kind == "message_start"
        or value.get("completionReason", "") is None
        or _text(value, ("object",)).endswith("chunk"),
        error=_error(wholes),
    )


def _wholes(value: Fields, depth: int) -> Iterator[Fields]:
    """The object and the responses in it, the outer before the inner."""
    yield value
    for name in _ENVELOPES if depth < _DEEPEST else ():
        if inner := _object(value, name):
            yield from _wholes(inner, depth + 1)


def _holders(whole: Fields) -> Iterator[Fields]:
    """A response, and what in it may hold usage as well."""
    yield whole
    for name in _BESIDE:
        if inner := _object(whole, name):
            yield inner
    for name in _LISTS:
        yield from _listed(whole, name)


def _named(holder: Fields) -> Iterator[Fields]:
    """Usage objects under their usual names. Cohere's is what holds its two pairs of counts."""
    for name in _USAGE:
        if found := _object(holder, name):
            yield found
    if _object(holder, "billed_units") or "input_tokens" in _object(holder, "tokens"):
        yield holder


def _loose(holder: Fields, outermost: bool) -> Iterator[Fields]:
    """Counts that lie loose in a response, without the texts beside them; or the whole object
    where it is nothing but usage."""
    if not holder.keys() & _BARE and not any(type(holder.get(name)) is int for name in CLASSES):
        return
    if outermost and not holder.keys() & _SPOKEN:
        yield holder
    elif answers := [_counts(each) for each in _listed(holder, "results")]:
        yield {**_counts(holder), "results": answers}
    else:
        yield _counts(holder)


def _timed(wholes: list[Fields]) -> Iterator[Fields]:
    """What llama.cpp tells of its cache, which stands beside the usage."""
    for whole in wholes:
        if found := _counts({"cache_n": _object(whole, "timings").get("cache_n")}):
            yield {"timings": found}


def _counts(fields: Fields) -> Fields:
    return {name: count for name, count in fields.items() if type(count) in (int, float)}


def _is_finished(value: Fields) -> bool:
    """Whether an event with usage is the last that has some: nothing more is said in it, or it
    says why it stopped."""
    if value.get("choices") == [] or value.get("stop") is True:
        return True
    if _object(_object(value, "metadata"), "usage"):
        return True
    places = (value, _object(value, "response"), _object(value, "output"))
    lists = ("choices", "candidates", "results")
    said = [*places, *(each for place in places for name in lists for each in _listed(place, name))]
    names = ("finishReason", "finish_reason", "stop_reason", "completionReason")
    reasons = (_text(each, names) for each in said)
    return any(reason not in ("", "null", "not_finished") for reason in reasons)


def _context(holders: list[Fields], attributes: list[Fields]) -> Mapping[str, str]:
    """Price selectors from beside the usage. `auto` is what was asked for, not what was served."""
    tiers = [_text(each, ("service_tier", "serviceTier")) for each in holders]
    tiers += [_text(_object(each, "serviceTier"), ("type",)) for each in holders]
    tier = (_last(iter(tiers)) or _told(attributes, "service_tier")).strip().lower()
    is_batch = any(marks <= holders[0].keys() for marks in _BATCHES)
    found = {"processing": "batch"} if is_batch else {}
    if tier != "auto" and _SELECTOR.fullmatch(tier):
        found["service_tier"] = tier
    return found


def _error(wholes: list[Fields]) -> str:
    """What a response says that went wrong."""
    for whole in wholes:
        error = whole.get("error")
        if isinstance(error, str) and error:
            return error
        if isinstance(error, dict):
            told = cast("Fields", error)
            told = _object(told, "error") or told
            return _text(told, ("message",)) or _text(told, ("type", "code")) or "without a reason"
    return ""


_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "model": ("gen_ai.response.model", "gen_ai.request.model"),
    "id": ("gen_ai.response.id",),
    "service_tier": ("openai.response.service_tier", "gen_ai.openai.response.service_tier"),
}


def _attributes(holder: Fields) -> Iterator[Fields]:
    """The attributes of a span, or an object of nothing else."""
    told = holder.get("attributes")
    if isinstance(told, list):
        pairs = _listed(holder, "attributes")
        yield {_text(pair, ("key",)): _plain(pair.get("value")) for pair in pairs}
    elif isinstance(told, dict):
        yield cast("Fields", told)
    elif any(name.startswith((*PREFIXES, "gen_ai")) for name in holder):
        yield holder


def _plain(value: object) -> object:
    """An attribute's value without the object that tells its type."""
    if not isinstance(value, dict):
        return value
    for kind, inner in cast("Fields", value).items():
        whole = kind == "intValue" and isinstance(inner, str) and inner.isdecimal()
        return int(inner[:20]) if whole and isinstance(inner, str) else inner
    return None


def _spans(attributes: list[Fields]) -> Iterator[Fields]:
    for each in attributes:
        names = (name for name in each if name.startswith(PREFIXES) or name == "gen_ai")
        if usage := {name: each[name] for name in names}:
            yield usage


def _told(attributes: list[Fields], what: str) -> str:
    return _last(
        _text(each, (name,)) for name in reversed(_ATTRIBUTES[what]) for each in attributes
    )


def _object(fields: Fields, name: str) -> Fields:
    found = fields.get(name)
    return cast("Fields", found) if isinstance(found, dict) else {}


def _listed(fields: Fields, name: str) -> Iterator[Fields]:
    """The objects of a list."""
    found = fields.get(name)
    for each in cast("list[object]", found) if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield cast("Fields", each)


def _text(fields: Fields, names: tuple[str, ...]) -> str:
    """The first text of these names that is not empty."""
    texts = (fields.get(name) for name in names)
    return next((text for text in texts if isinstance(text, str) and text), "")


def _last(texts: Iterator[str]) -> str:
    return next((text for text in reversed(list(texts)) if text), "")
