"""Lines of Higress's access log as typed objects: strict decoding, and the same from fields that
have unexpected types. What a line is worth is `higress_calls`, what can be had of a line that is
no JSON is `higress_mending`.

The text of the log is an object of strings, of which the attribute `ai_log` holds a second
object as text; where the gateway encodes its log as JSON, that text is escaped once more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar, cast

import msgspec
from msgspec import Raw, Struct

from ..naming import storable
from .higress_twice import DOUBTED, TEMPLATE, ruled
from .json_lines import NOTHING, Problems, loose, raw_of

Fields = dict[str, object]

Text = str | int | float | None
"""What is text in one encoding of the log and a number, or nothing, in the other."""


class AiLog(Struct, gc=False):
    """What the gateway's AI statistics tell of a call, as far as metering needs it."""

    api: str | None = None
    session_id: str | None = None
    chat_id: str | None = None
    model: str | None = None
    consumer: str | None = None
    input_token: Raw = NOTHING
    output_token: Raw = NOTHING
    total_token: Raw = NOTHING
    cached_tokens: Raw = NOTHING
    reasoning_tokens: Raw = NOTHING
    input_token_details: Raw = NOTHING
    output_token_details: Raw = NOTHING
    llm_first_token_duration: Text = None
    llm_service_duration: Text = None
    tool_calls: Raw = NOTHING


class Told(Struct, gc=False, omit_defaults=True):
    """The fields of `AiLog` that tell what was used, as an object of their own."""

    input_token: Raw = NOTHING
    output_token: Raw = NOTHING
    total_token: Raw = NOTHING
    cached_tokens: Raw = NOTHING
    reasoning_tokens: Raw = NOTHING
    input_token_details: Raw = NOTHING
    output_token_details: Raw = NOTHING


class Access(Struct, gc=False):
    """The request, as the gateway's proxy tells it. Attributes that were configured as fields of
    their own stand here, too."""

    ai_log: str | AiLog | None = None
    request_id: Text = None
    start_time: Text = None
    timestamp: Text = None
    duration: Text = None
    response_code: Text = None
    downstream_remote_address: Text = None
    upstream_cluster: Text = None
    route_name: Text = None
    path: Text = None
    consumer: str | None = None
    session_id: str | None = None
    chat_id: str | None = None
    model: str | None = None


class Found(NamedTuple):
    """Both parts of a line. `doubled` tells that a field by which calls are told apart stands there
    more than once, so that somebody may have written it who is not the gateway. `note` names what
    had to be assumed, and that a field stands there more than once."""

    access: Access
    log: AiLog
    doubled: bool = False
    note: str = ""


_access = msgspec.json.Decoder(Access).decode
_log = msgspec.json.Decoder(AiLog).decode
_text = msgspec.json.Decoder(str).decode

_STATISTICS, _TIME, _REQUEST = b'"ai_log":', b'"start_time":', b'"request_id":'
UNIQUE = (_STATISTICS, _TIME, _REQUEST)
"""What stands once in a line that nobody but the gateway wrote. Inside of texts quotes are
escaped."""

_LEADS = b'{"ai_log":"'
"""How most lines begin: then the first quote behind a brace ends the statistics."""

_FOLLOWED = b'}","authority":'
"""What ends them in the gateway's own template."""

_ESCAPED_TWICE = b'{"ai_log":"{\\\\\\"'
"""How they begin in the encoding JSON, in which no client can write a field."""

_WORD = re.compile(rb"\w+")
_NAME = re.compile(rb'"(\w++)"\s*:')
_ODD_NAME = re.compile(rb'[,{]\s*"[^"]*\\[^"]*"\s*:')
"""The name of a field outside of texts, and one with escapes, which no gateway writes."""

_AS_SHIPPED = re.compile(
    b'"' + b"".join(b',"%s":"[^"\\\\]*+"' % name.encode() for name in TEMPLATE) + rb"}\s*\Z"
)
"""What stands behind the statistics by the gateway's own template: each field once, in place."""

_DEEPEST = 3
"""How often `ai_log` may have been escaped."""

S = TypeVar("S", bound=Struct)


def strict(raw: bytes) -> Found | None:
    """A line that is JSON and of which can be told what the gateway wrote; None for any other."""
    try:
        access = _access(raw)
        told = access.ai_log
        log = told if isinstance(told, AiLog) else log_of(told or "")
    except Problems:
        return None
    if log is None:
        return None
    after = _end_of_statistics(raw)
    if after and _AS_SHIPPED.match(raw, after):
        return Found(access, log)
    if raw.count(_STATISTICS, after) > (not after):
        return None
    if isinstance(told, AiLog):
        twice = raw.count(_TIME) > 1 or raw.count(_REQUEST) > 1
        return None if twice else Found(access, log)
    if raw.startswith(_ESCAPED_TWICE):
        return Found(access, log)
    return _ruled_on(raw, after, access, log)


def _ruled_on(raw: bytes, after: int, access: Access, log: AiLog) -> Found | None:
    """A line by another template than the gateway's own, held against what clients may write."""
    if raw.find(b"\\", after) >= 0 and _ODD_NAME.search(raw, after):
        return None
    names = _named_plainly(raw, after) if after else None
    if names is None:
        names = tuple(name for name in _NAME.findall(raw, after) if after or name != b"ai_log")
    ruling = ruled(names)
    if ruling is None:
        return Found(access, log)
    if ruling.taken is None:
        return Found(access, log, note=noted(ruling.note, log))
    return _once(raw, log)


def _named_plainly(raw: bytes, after: int) -> tuple[bytes, ...] | None:
    """The names of the fields behind the statistics where each is a text, as in the gateway's own
    template; None where quotes stand anyhow else. A quarter of what the expression costs."""
    parts = raw[after:].split(b'"')
    colons, commas = parts[3::4], parts[1::4]
    plain = len(parts) % 4 == 2 and commas.pop().rstrip() == b"}"
    if not plain or commas.count(b",") != len(commas) or colons.count(b":") != len(colons):
        return None
    names = tuple(parts[2::4])
    return names if _are_words(names) else None


@lru_cache(maxsize=256)
def _are_words(names: tuple[bytes, ...]) -> bool:
    return all(_WORD.fullmatch(name) for name in names)


def _once(raw: bytes, log: AiLog) -> Found | None:
    """A line in which fields stand more than once, with those that are believed."""
    try:
        pairs: object = json.loads(raw.decode("utf-8", "replace"), object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    fields = cast("tuple[tuple[str, object], ...]", pairs)
    return believed([each for each in fields if each[0] != "ai_log"], log)


def believed(pairs: Sequence[tuple[str, object]], log: AiLog, *, first: bool = False) -> Found:
    """A call with those fields that the gateway wrote. Where nothing tells which, none of them; or
    the `first` one."""
    names = [name for name, _ in pairs]
    ruling = ruled(tuple(name.encode("utf-8", "surrogatepass") for name in names))
    taken = range(len(pairs)) if ruling is None or ruling.taken is None else ruling.taken
    told: dict[str, object] = {}
    for at in sorted(taken):
        told.setdefault(*pairs[at])
    for name, value in pairs if first else ():
        told.setdefault(name, value)
    doubled = names.count("start_time") > 1 or names.count("request_id") > 1
    note = noted(ruling.note, log) if ruling else ""
    return Found(typed(Access, told), log, doubled, note)


def noted(note: str, log: AiLog) -> str:
    """What is to be said of a call: whose it is tell the statistics before any field."""
    return note if not log.consumer else note.replace(DOUBTED, "").strip(";")


def _end_of_statistics(raw: bytes) -> int:
    """Where the statistics end in most lines, so that only what is behind has to be searched; 0 in
    any other. Every quote inside of them has a backslash before it."""
    if not raw.startswith(_LEADS):
        return 0
    found = raw.find(_FOLLOWED, len(_LEADS))  # a longer text is found in half the time
    return (raw.find(b'}"', len(_LEADS)) if found < 0 else found) + 1


def log_of(text: str) -> AiLog | None:
    """The statistics in a text, however often it was escaped; None if it holds none."""
    try:
        return _log(text)
    except Problems:
        fields = fields_of(text)
        return None if fields is None else typed(AiLog, fields)


def fields_of(text: str) -> Fields | None:
    """The same with all of their fields, whatever these are."""
    for _ in range(_DEEPEST):
        found = loose(text.encode("utf-8", "surrogatepass"))
        if found is not None or not text.startswith('{\\"'):
            return found
        try:
            text = cast("str", json.loads(f'"{text}"', strict=False))
        except ValueError:
            return None
    return None


def typed(kind: type[S], fields: Mapping[str, object]) -> S:
    """An object of fields of any type: texts of what can be text, nothing for what can't."""
    made = kind()
    for name in kind.__struct_fields__:
        value = fields.get(name)
        if isinstance(getattr(made, name), Raw):
            setattr(made, name, raw_of(value))
        elif isinstance(value, str):
            setattr(made, name, storable(value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            setattr(made, name, str(value))
    return made


def plainly(told: Told) -> Told:
    """The same without what is null, and without quotes around numbers and objects, as some
    versions of the plugin write both."""
    for name in Told.__struct_fields__:
        raw = bytes(getattr(told, name))
        setattr(told, name, NOTHING if raw in _NONE else _unquoted(raw))
    return told


_NONE = frozenset((b"", b"null", b'""', b'"-"'))


def _unquoted(raw: bytes) -> Raw:
    """What stands in a JSON text, if it is the JSON of a number or an object; everything else as
    it is."""
    inner = raw[1:-1]
    if not raw.startswith(b'"'):
        return Raw(raw)
    if inner.isdigit() and len(inner) < _LONGEST:
        return Raw(inner.lstrip(b"0") or b"0")
    if not inner.startswith(b"{"):
        return Raw(raw)
    try:
        text = _text(raw).encode()
    except Problems:
        return Raw(raw)
    return Raw(text) if loose(text) is not None else Raw(raw)


_LONGEST = 19
"""Digits of a number that any count fits into."""
