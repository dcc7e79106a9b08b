"""Antigravity: what is left for each of its models."""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from ..errors import ProbeError
from ..reading import LimitSnapshot
from .answers import WHOLE, Record, exact, instant, record, text, unknown
from .keyrings import none_found
from .probe import Credentials, Surroundings, Web

SOURCE = "antigravity"

_STATE = Path("Antigravity", "User", "globalStorage", "state.vscdb")
_ENTRIES = "SELECT value FROM ItemTable WHERE key = ?"
_SIGNED_IN, _SYNCED = "antigravityAuthStatus", "antigravityUnifiedStateSync.oauthToken"
_TOKEN = b"ya29."
"""How Google's access tokens begin."""

_DEPTH = 12
"""In how many layers the token may be wrapped."""


class AntigravityProbe:
    """Asks `POST /v1internal:fetchAvailableModels`, after `POST /v1internal:loadCodeAssist` for the
    project and the plan, which only reads, too.

    From public code of other meters and notes on the editor, seen 2026-11: `models` has for each
    `quotaInfo` with `remainingFraction` (1 is all) and `resetTime` (ISO 8601). A fraction of 0 is
    not written (JSON form of protocol buffers). The token is in the editor's `state.vscdb`: as
    `apiKey` in JSON in older versions, in a protocol buffer as base64 in newer ones.
    """

    name = "antigravity"
    title = "Antigravity"
    source = SOURCE
    base = "https://cloudcode-pa.googleapis.com"
    keeps = "Antigravity's state.vscdb"
    renew = "open Antigravity once: it renews its sign-in"

    def credentials(self, around: Surroundings) -> Credentials:
        """The token of the editor's sign-in."""
        file = _folder(around) / _STATE
        if not file.is_file():
            raise none_found(self.title, f"{self.keeps} ({file})", "sign in with Antigravity")
        token = _token(file)
        if not token:
            raise ProbeError(
                "Antigravity's sign-in can't be read",
                because=f"{file} has no token in a form that is known",
                hint=self.renew,
            )
        return Credentials(token=token)

    def ask(self, credentials: Credentials, web: Web) -> tuple[LimitSnapshot, ...]:
        """One window for each model that has a quota."""
        headers = {"Authorization": f"Bearer {credentials.token}"}
        client = {"ideType": "ANTIGRAVITY", "pluginType": "GEMINI"}
        user = record(web.post("/v1internal:loadCodeAssist", headers, {"metadata": client}))
        tier = record(user.get("paidTier")) or record(user.get("currentTier"))
        project = text(user.get("cloudaicompanionProject"))
        body = {"project": project} if project else {}
        told = record(web.post("/v1internal:fetchAvailableModels", headers, body))
        if "models" not in told:
            raise unknown(self.title, told, "models")
        plan = text(tier.get("name")) or text(tier.get("id"))
        found = _models(record(told["models"]), web.now_ms)
        return tuple(each._replace(plan=plan) for each in found)


def _models(models: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    for name, each in models.items():
        quota = record(record(each).get("quotaInfo"))
        left, resets = exact(quota.get("remainingFraction", 0)), instant(quota.get("resetTime"))
        if left is None or not 0 <= left <= 1 or not (resets or "remainingFraction" in quota):
            continue
        yield LimitSnapshot(SOURCE, name, WHOLE - int(left * WHOLE), 0, resets, now_ms)


def _folder(around: Surroundings) -> Path:
    if around.platform == "darwin":
        return around.home / "Library" / "Application Support"
    name, usual = "XDG_CONFIG_HOME", around.home / ".config"
    if around.platform == "win32":
        name, usual = "APPDATA", around.home / "AppData" / "Roaming"
    configured = around.environ.get(name, "")
    return Path(configured) if configured else usual


def _token(file: Path) -> str:
    """The token in the editor's store, which is opened to be read only; empty without one."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=1)) as db:
            rows = [db.execute(_ENTRIES, (name,)).fetchone() for name in (_SYNCED, _SIGNED_IN)]
    except sqlite3.Error as problem:
        raise ProbeError(
            "Antigravity's sign-in can't be read", because=str(problem), hint="close Antigravity"
        ) from problem
    synced, signed = (_bytes(row[0]) if row else b"" for row in rows)
    return next(_tokens(synced, _DEPTH), "") or _api_key(signed)


def _bytes(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""


def _api_key(raw: bytes) -> str:
    try:
        return text(record(json.loads(raw)).get("apiKey")) if raw else ""
    except ValueError:
        return ""


def _tokens(raw: bytes, depth: int) -> Iterator[str]:
    """Access tokens among the fields of a protocol buffer, in those of its fields that are buffers
    themselves, and in what either holds as base64. What is none of it is passed over."""
    if raw.startswith(_TOKEN):
        yield raw.decode("ascii", "replace")
    elif raw and depth:
        for field in (*_decoded(raw), *_fields(raw)):
            yield from _tokens(field, depth - 1)


def _decoded(raw: bytes) -> Iterator[bytes]:
    """What is written as base64; nothing where it is not."""
    with suppress(binascii.Error):
        yield base64.b64decode(raw, validate=True)


def _fields(raw: bytes) -> Iterator[bytes]:
    """The fields of a protocol buffer that have a length (wire type 2); nothing of other bytes."""
    at, found = 0, list[bytes]()
    while at < len(raw):
        tag, at = _varint(raw, at)
        value, after = (
            _varint(raw, at) if tag & 7 in (0, 2) else (0, at + {1: 8, 5: 4}.get(tag & 7, -1))
        )
        if tag & 7 == 2:
            found.append(raw[after : after + value])
            after += value
        if after <= at or after > len(raw):
            return
        at = after
    yield from found


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, and where it ends."""
    value = shift = 0
    while at < len(raw) and shift < 64:
        value |= (raw[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if raw[at - 1] < 128:
            return value, at
    return 0, len(raw) + 1
