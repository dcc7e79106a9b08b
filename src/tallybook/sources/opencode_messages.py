"""OpenCode's messages and step ends as typed objects: decoding, strict first and then tolerant.

Only what metering needs is typed; prompts, answers, diffs and tool output are passed over by the
decoder. All generations decode to one `Message`: 0.1 keeps its fields under `metadata`, 2.0 names
the model in an object, and the shape of omo-quota has `provider`, `model` and `usage`.
"""

from __future__ import annotations

import json
from typing import NamedTuple, cast

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from ..clock import EARLIEST_MS, LATEST_MS
from ..model import made
from ..naming import storable
from .json_lines import NOTHING, Problems, loose


class Cache(Struct, gc=False, forbid_unknown_fields=True):
    """Tokens read from and written to the provider's cache."""

    read: int
    write: int


class Tokens(Struct, gc=False, forbid_unknown_fields=True):
    """The usual five classes. Anything else in the object sends it the tolerant way, which
    keeps what it can't name. Fields stand in canonical order, in which they are encoded."""

    cache: Cache
    input: int
    output: int
    reasoning: int
    total: int | UnsetType = UNSET


class Time(Struct, gc=False):
    """Epoch milliseconds."""

    created: int | float | None = None
    completed: int | float | None = None


class Failure(Struct, gc=False):
    """How a message failed: the error's name, and the HTTP status if there was one."""

    name: str | None = None
    type: str | None = None
    data: Reply | None = None


class Reply(Struct, gc=False, rename="camel"):
    """What a provider answered instead of a reply."""

    status_code: int | None = None


class Where(Struct, gc=False):
    """Where the agent worked."""

    cwd: str | None = None
    root: str | None = None


_NAMES = {"model_id": "modelID", "provider_id": "providerID"}


class Message(Struct, gc=False, rename=_NAMES):
    """One message of a user or a model, as far as metering needs it."""

    role: str | None = None
    model_id: str | None = None
    provider_id: str | None = None
    agent: str | None = None
    mode: str | None = None
    cost: Raw = NOTHING
    tokens: Tokens | None = None
    time: Time | None = None
    finish: str | None = None
    error: Failure | None = None
    path: Where | None = None
    provider: str | None = None
    model: Raw = NOTHING
    usage: Raw = NOTHING
    metadata: Raw = NOTHING
    odd: Spent | None = None

    def spent(self) -> Spent:
        """The tokens, whichever way they were decoded."""
        if self.tokens is not None:
            return spent_of(self.tokens)
        return self.odd or NOT_SPENT


class StepEnd(Struct, gc=False):
    """A part of type `step-finish`: one model call's own tokens and cost."""

    type: str | None = None
    tokens: Tokens | None = None
    cost: Raw = NOTHING
    odd: Spent | None = None

    def spent(self) -> Spent:
        """The tokens, whichever way they were decoded."""
        if self.tokens is not None:
            return spent_of(self.tokens)
        return self.odd or NOT_SPENT


class Spent(NamedTuple):
    """A tokens object as canonical JSON text, and whether any number in it is above zero."""

    text: bytes
    some: bool


NOT_SPENT = Spent(b"", False)

message_of = msgspec.json.Decoder(Message).decode
_step_end = msgspec.json.Decoder(StepEnd).decode
_encode = msgspec.json.Encoder().encode


def spent_of(tokens: Tokens) -> Spent:
    """The canonical text of ordinary tokens: the same from a file and from a database."""
    some = tokens.output > 0 or tokens.input > 0 or max(classes_of(tokens)) > 0
    return made(Spent, (_encode(tokens), some))


def classes_of(tokens: Tokens) -> tuple[int, int, int, int, int]:
    """Input, output, reasoning, cache read and cache write."""
    cache = tokens.cache
    return tokens.input, tokens.output, tokens.reasoning, cache.read, cache.write


def decoded(raw: bytes) -> Message | None:
    """A message, the tolerant way if it has to be; None if there is no JSON object."""
    try:
        message = message_of(raw)
    except Problems:
        fields = loose(raw)
        return None if fields is None else _picked(fields)
    if message.role == "assistant" and message.metadata and message.model_id is None:
        fields = loose(raw)
        return message if fields is None else _picked(fields)
    if message.tokens is None and message.usage:
        message.odd = canonical(loose(bytes(message.usage)))
    return message


def step_end(raw: bytes) -> StepEnd | None:
    """A step's end; None if the part is of another type or is damaged."""
    try:
        step = _step_end(raw)
    except Problems:
        fields = loose(raw) or {}
        step = StepEnd(type=_text(fields.get("type")), cost=_number(fields.get("cost")))
        step.odd = canonical(fields.get("tokens"))
    return step if step.type == "step-finish" else None


def canonical(tokens: object) -> Spent:
    """A tokens or usage object of any kind as canonical JSON text."""
    if not isinstance(tokens, dict):
        return NOT_SPENT
    try:
        fields = cast("dict[str, object]", tokens)
        text = json.dumps(fields, separators=(",", ":"), sort_keys=True, allow_nan=False)
    except (ValueError, RecursionError):
        return NOT_SPENT
    return Spent(storable(text).encode(), any(_above_zero(fields)))


def _above_zero(tokens: object) -> list[bool]:
    if isinstance(tokens, dict):
        fields = cast("dict[str, object]", tokens)
        return [any(_above_zero(value)) for name, value in fields.items() if name != "total"]
    return [isinstance(tokens, int | float) and tokens > 0]


def inner(fields: dict[str, object], name: str) -> dict[str, object]:
    """An object inside an object; empty if there is none."""
    value = fields.get(name)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _picked(fields: dict[str, object]) -> Message:
    """The same message when a field has an unexpected type, or lies where 0.1 put it."""
    meta = inner(fields, "metadata")
    old = inner(meta, "assistant")
    if old and not fields.get("modelID"):
        error = meta.get("error")
        fields = {**old, "role": fields.get("role"), "time": meta.get("time"), "error": error}
    time, error, path = (inner(fields, name) for name in ("time", "error", "path"))
    status = inner(error, "data").get("statusCode")
    reply = Reply(status if isinstance(status, int) else None)
    message = Message(
        role=_text(fields.get("role")),
        model_id=_text(fields.get("modelID")),
        provider_id=_text(fields.get("providerID")),
        agent=_text(fields.get("agent")),
        mode=_text(fields.get("mode")),
        cost=_number(fields.get("cost")),
        time=Time(moment(time.get("created")) or None, moment(time.get("completed")) or None),
        finish=_text(fields.get("finish")),
        error=Failure(_text(error.get("name")), _text(error.get("type")), reply) if error else None,
        path=Where(_text(path.get("cwd")), _text(path.get("root"))),
        provider=_text(fields.get("provider")),
        model=_json(fields.get("model")),
        usage=_json(fields.get("usage")),
    )
    message.odd = canonical(fields.get("tokens") or fields.get("usage"))
    return message


def _text(value: object) -> str | None:
    return storable(value) if isinstance(value, str) else None


def moment(value: object) -> int:
    """Epoch milliseconds, or 0 for what is no time."""
    if not isinstance(value, int | float) or not EARLIEST_MS <= value < LATEST_MS:
        return 0
    return int(value)


def _number(value: object) -> Raw:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return Raw(repr(value).encode()) if good else NOTHING


def _json(value: object) -> Raw:
    return NOTHING if value is None else Raw(json.dumps(value).encode())


EARLY, OMO, SECOND = "early", "omo", "v2"
"""Forms of usage that a dialect has to know: of versions before 1.0.98, of omo-quota, of the tables
of 2.0."""


def settle(message: Message) -> str:
    """Give a message of another shape the usual names. Returns the form that the dialect has to
    know, empty for the usual one. What a message itself holds decides: a session keeps the
    version that began it, whoever writes on. `finish` came with 1.0.98."""
    if message.finish is not None and message.model_id is not None:
        return ""
    if message.model_id is None and message.model:
        try:
            model: object = msgspec.json.decode(message.model)
        except Problems:
            return ""
        if isinstance(model, dict):  # 2.0, and the messages of users
            fields = cast("dict[str, object]", model)
            message.model_id = _text(fields.get("id")) or _text(fields.get("modelID"))
            message.provider_id = message.provider_id or _text(fields.get("providerID"))
            return SECOND
        message.model_id = _text(model)
        if message.usage and message.tokens is None:
            return OMO
    time = message.time
    ended = time is not None and time.completed is not None
    return EARLY if ended and message.finish is None else ""
