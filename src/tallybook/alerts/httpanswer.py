"""What an answer over HTTP means for a message: taken, refused for now, or refused for good.

Who sends, and how, is elsewhere; nothing here reads from a network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple, cast

from ..format import plain
from .wire import Answer

LONGEST_S = 86_400
"""Whoever wants to be left alone for longer is asked after a day."""

_PASSING = (302, 303, 307, 408, 425, 429)
"""Beside 5xx, what passes by: also a redirection for the moment, as a hotel's network answers to
whoever has not logged in."""

_MOST = 65_536
_LONGEST = 200
"""Bytes that are looked at of what was answered, and characters that are told of it."""

_CODED = (".feishu.cn", ".larksuite.com")
"""Hosts whose `code` is not 0 where they refuse; with others it has other meanings."""


class Reply(NamedTuple):
    """An answer, and who gave it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    host: str = ""


def answer_to(reply: Reply, now_s: float) -> Answer:
    """What the status means, and how long to wait."""
    from http import HTTPStatus

    if 200 <= reply.status < 300:
        return Answer(sent=True)
    named = (each.phrase for each in HTTPStatus if each.value == reply.status)
    words = f"it answered {reply.status} ({next(named, 'unknown')})"
    heals = reply.status in _PASSING or reply.status >= 500
    return Answer(sent=False, trouble=words, heals=heals, after_s=_after_s(reply, now_s))


def refusal(reply: Reply) -> str:
    """Why a service refused although its status says that all is well, as DingTalk, WeCom, Feishu
    and Telegram put it; empty where it did not."""
    told = _object(reply.body)
    keys = ("errcode", "code") if f".{reply.host.lower()}".endswith(_CODED) else ("errcode",)
    codes = (told.get(key) for key in keys)
    code = next((each for each in codes if each not in (None, 0, "0")), None)
    if code is None and told.get("ok") is not False:
        return ""
    words = (told.get(key) for key in ("errmsg", "msg", "description", "error"))
    parts = [code, next((each for each in words if isinstance(each, str) and each), None)]
    said = ": ".join(plain(str(each)) for each in parts if each is not None)
    return f"it was not taken: {said or 'no reason is given'}"[:_LONGEST]


def _after_s(reply: Reply, now_s: float) -> int:
    """What `Retry-After` says, in seconds, or as a date (RFC 9110, 10.2.3); 0 without one. Also
    what Discord's `X-RateLimit-Reset-After` says, which comes with parts of a second, and what it
    and Telegram say in their JSON."""
    told = {name.lower(): value for name, value in reply.headers.items()}
    text = (told.get("retry-after") or told.get("x-ratelimit-reset-after") or "").strip()
    if not text and reply.status == 429:
        body = _object(reply.body)
        within = body.get("parameters")
        inner = cast("dict[str, object]", within) if isinstance(within, dict) else body
        text = str(inner.get("retry_after"))
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now_s
        except (ValueError, IndexError, TypeError, OverflowError):
            return 0
    if not seconds > 0:  # nor where it is no number
        return 0
    return LONGEST_S if seconds >= LONGEST_S else int(-(-seconds // 1))


def _object(body: bytes) -> dict[str, object]:
    """What was answered, where it is a JSON object."""
    try:
        told: object = json.loads(body) if len(body) <= _MOST else None
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", told) if isinstance(told, dict) else {}
