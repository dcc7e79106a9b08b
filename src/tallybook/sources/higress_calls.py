"""Calls in Higress's access log as readings: who and when, what was used, how it ended, and by
which identities a call is known.

The time is the line's own, never the clock's. A session's id is what a client sent: it is kept as
it is, bounded, and never becomes more than a name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from ..clock import DAY_MS, parse_instant
from ..model import Status
from ..naming import UNKNOWN
from ..reading import Attribution, Reading, Witness, attr_of, key_maker
from .higress_fields import Access, AiLog, Found, Text, Told, plainly
from .json_lines import Problems, plausible
from .lookup import name
from .makers import Providers
from .responses import response_key

NAME = "higress"

_REFUSED = 400
"""HTTP status codes from which on a call was refused or failed."""

_SOME = re.compile(rb'[:\s"-][1-9]|_tokens?":"[^"]')
"""A count above 0, by itself or in an object; or whatever else stands there for one."""

_LOG_RANK = attr_of(0, 0)
"""A gateway knows least about whose a call is: what an agent says of itself goes before it."""


class Where(NamedTuple):
    """Where a line stands, and what it is: `text` tells it from other lines."""

    place: str
    offset: int
    text: bytes


class Gateway(NamedTuple):
    """What is known of a gateway beside its lines: the machine that reads its log, and who serves
    its services."""

    machine: str | None
    providers: Providers


def reading_of(found: Found, where: Where, gateway: Gateway) -> Reading | None:
    """The call of a line; None for one that tells no credible time."""
    access, log, _, assumed = found
    started = started_ms(access)
    if started is None:
        return None
    usage, some = _usage(log)
    model = _model(log.model) or _model(access.model) or model_in(access.path)
    chat = log.chat_id or access.chat_id or ""
    provider, guess = gateway.providers.served(model, _cluster(access), chat[:9])
    status, note = _judged(some, _whole(access.response_code) or 0)
    lasted = _ms(access.duration) or _ms(log.llm_service_duration) or 0
    who = _who(
        log.session_id or access.session_id,
        access.route_name if log.api in _NOBODY else log.api,
        log.consumer or access.consumer,
        gateway.machine,
    )
    return Reading(  # by position: by name costs as much again
        _keys(found, where, started, chat), who, _LOG_RANK, started, started + lasted,
        provider, model, "ai_log", usage, Witness.LOG, status,
        ";".join(filter(None, (note, guess, assumed))) if note or guess or assumed else "",
        _tools(log.tool_calls) if log.tool_calls else (), None, where.place, where.offset,
        _ms(log.llm_first_token_duration),
    )  # fmt: skip


def started_ms(access: Access) -> int | None:
    """When a call began, by its line; None if that tells no time that a clock wrote."""
    for told in (access.start_time, access.timestamp):
        ms = parse_instant(told) if isinstance(told, str) else None
        if ms is not None and plausible(ms):
            return ms
    return None


def _judged(some: bool, code: int) -> tuple[Status, str]:
    """Status and its reason. Tokens that were used count, also where the answer was an error."""
    if some:
        return ("partial", "broken-attempt") if code >= _REFUSED else ("complete", "")
    return ("failed", "") if code >= _REFUSED else ("unmetered", "")


def _usage(log: AiLog) -> tuple[bytes, bool]:
    """The usage object for the dialect, in the plugin's own words but without quotes around numbers
    and details, and whether it tells of any tokens."""
    told = Told(
        log.input_token, log.output_token, log.total_token, log.cached_tokens,
        log.reasoning_tokens, log.input_token_details, log.output_token_details,
    )  # fmt: skip
    text = _told(told)
    if b':"' in text or b":null" in text:
        text = _told(plainly(told))
    if not text.isascii():  # of a damaged line: the rest of it tells what it tells
        text = text.decode("utf-8", "replace").encode()
    return text, _SOME.search(text) is not None


_told = msgspec.json.Encoder().encode


def _keys(found: Found, where: Where, started: int, chat: str) -> tuple[bytes, ...]:
    """The identities of a call. A client may send one request id with all its calls, so that the
    start belongs to it. Nothing else does: a gateway may write several lines about one call, of
    which the early ones know no response, and a damaged copy lacks this or that. Only with an id
    that can't number calls, because it is a word, the connection has to tell them apart."""
    access, when = found.access, str(started)
    request = "" if access.request_id in _NOBODY else str(access.request_id)
    if found.doubled:
        own = _line_key(f"{when}\x1f{line_mark(where.text)}")
    elif _NUMBER.search(request):
        own = _request_key(f"{request}\x1f{when}")
    elif request:
        peer = str(access.downstream_remote_address or "")
        own = _request_key(f"{request}\x1f{when}\x1f{peer}")
    elif chat:
        own = _chat_key(f"{chat}\x1f{when}")
    else:
        file = where.place.rpartition("#")[2].partition(".")[0]  # without a number among its like
        own = _line_key(f"{file}\x1f{where.offset}\x1f{line_mark(where.text)}")
    response = response_key(chat)
    return (own, response) if response else (own,)


_NUMBER = re.compile("[1-9]")
_request_key, _chat_key = key_maker("higress:request"), key_maker("higress:chat")
_line_key = key_maker("higress:line")


def line_mark(text: bytes) -> str:
    """What tells a line from all others, whether it has its end yet or not."""
    return blake2b(text.rstrip(), digest_size=16).hexdigest()


_NOBODY = frozenset((None, "", "-"))


@lru_cache(maxsize=4096)
def _who(session: Text, project: Text, user: Text, machine: str | None) -> Attribution:
    return Attribution(
        NAME, _name(session) or None, _name(project) or None, None, None, _name(user) or None,
        None, machine,
    )  # fmt: skip


def _name(value: Text) -> str:
    """A name as it may be kept; nothing for what says nothing."""
    return "" if value is None or value == "-" else name(value)


def _cluster(access: Access) -> str:
    return access.upstream_cluster if isinstance(access.upstream_cluster, str) else ""


@lru_cache(maxsize=512)
def _model(told: str | None) -> str:
    """A model's name; nothing where the plugin found none."""
    model = _name(told)
    return "" if model.lower() == UNKNOWN else model


def model_in(path: Text) -> str:
    """The model in a path of Gemini's API, which is all that a call without usage tells of it."""
    rest = str(path or "").partition("/models/")[2]
    model, colon, _ = rest.partition(":")
    return _name(model) or UNKNOWN if colon and "/" not in model else UNKNOWN


def _ms(value: Text) -> int | None:
    """A duration; None for what is none, or longer than any call."""
    ms = _whole(value)
    return ms if ms is not None and 0 <= ms < DAY_MS else None


def _whole(value: Text) -> int | None:
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < _LONGEST else None
    return int(value) if value is not None and abs(value) < DAY_MS else None


_LONGEST = 20
"""Digits of a number that is read at all."""


class _Function(Struct, gc=False):
    name: str | None = None


class _Asked(Struct, gc=False):
    function: _Function | None = None


_asked = msgspec.json.Decoder(list[_Asked]).decode


def _tools(raw: Raw) -> tuple[tuple[str, int], ...]:
    """(tool name, calls), in the order of the names; none where the gateway cut the text."""
    try:
        calls = _asked(raw)
    except Problems:
        return ()
    named = [_name(each.function.name) for each in calls if each.function]
    names = [each or UNKNOWN for each in named]
    return tuple((each, names.count(each)) for each in sorted(set(names)))
