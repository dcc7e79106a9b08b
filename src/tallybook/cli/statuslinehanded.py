"""What an agent hands its status line: read from stdin without ever waiting long, and understood.

Claude Code writes one JSON object and runs the command anew for each message. The fields are those
of code.claude.com/docs/en/statusline, as seen 2026-11-23: `session_id`, `transcript_path`, `cwd`,
`workspace.current_dir` and `project_dir`, `model.display_name`, `cost.total_cost_usd` (its own
estimate), `context_window.used_percentage` (null until the first reply) and, with a subscription
and after the first reply, `rate_limits.five_hour` and `seven_day`, each with `used_percentage` and
`resets_at` in seconds since 1970. Every field may be absent. Nothing here loads more than it needs:
a bar asks every second.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import NamedTuple, TypeGuard

SOURCE = "claude-code"
"""Whose input this is."""

_FIRST_S, _WHOLE_S = 0.3, 1.0
"""How long the first byte, and then the rest, may take: who does not close stdin hands nothing."""
_MOST = 1 << 20

_NO_JSON = (ValueError, RecursionError)
"""What `json` raises of what is none, or is nested so deeply that it is none of an agent's."""

_NUMBER = re.compile(r"\d{1,20}(\.\d{1,30})?([eE][+-]?\d{1,2})?", re.ASCII)
_MOST_SECONDS = 11
"""Digits of a moment in seconds since 1970; a longer one is none."""


class Handed(NamedTuple):
    """What was handed over, as text: empty where it was not. Amounts and shares are decimals as
    they stood there. `limits` is the object of the official windows as JSON text, always written
    the same way; `windows` are its (name, used per cent, reset in seconds since 1970 or 0)."""

    session: str = ""
    transcript: str = ""
    folder: str = ""
    model: str = ""
    cost: str = ""
    context: str = ""
    limits: str = ""
    windows: tuple[tuple[str, str, int], ...] = ()


def handed_by(data: bytes) -> Handed:
    """What the bytes say; nothing where they are no JSON object, as of another program."""
    try:
        told: object = json.loads(data, parse_float=str)
    except _NO_JSON:
        return Handed()
    if not is_object(told):
        return Handed()
    workspace = _object(told, "workspace")
    limits = _object(told, "rate_limits")
    return Handed(
        session=_text(told.get("session_id")),
        transcript=_text(told.get("transcript_path")),
        folder=_text(workspace.get("current_dir")) or _text(told.get("cwd")),
        model=_text(_object(told, "model").get("display_name")),
        cost=_decimal(_object(told, "cost").get("total_cost_usd")),
        context=_decimal(_object(told, "context_window").get("used_percentage")),
        limits=_canonical(data) if limits else "",
        windows=tuple(_windows(limits)),
    )


def handed_limits(limits: str) -> dict[str, object]:
    """`Handed.limits` as it stood in what was handed over; empty where it is damaged."""
    try:
        return {"rate_limits": json.loads(limits)}
    except _NO_JSON:
        return {}


def read_stdin(first_s: float = _FIRST_S) -> bytes:
    """What stands on stdin. A terminal has nothing for us, and what does not begin to come in time,
    or goes on for ever, is not waited for."""
    try:
        handle = sys.stdin.fileno()
        if os.isatty(handle):
            return b""
    except (AttributeError, OSError, ValueError):  # closed, or no file at all
        return b""
    return _within(handle, first_s)


def _within(handle: int, first_s: float) -> bytes:
    """A thread reads and is left behind where nothing comes: that works for every kind of stdin on
    every system."""
    from threading import Event, Thread

    parts: list[bytes] = []
    come, ended = Event(), Event()

    def read() -> None:
        size = 0
        while size < _MOST:
            try:
                part = os.read(handle, _MOST)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
            size += len(part)
            come.set()
            if part.rstrip().endswith(b"}") and _is_whole(b"".join(parts)):
                break
        come.set()
        ended.set()

    Thread(target=read, daemon=True).start()
    if come.wait(first_s):
        ended.wait(_WHOLE_S)
    return b"".join(parts)


def _is_whole(data: bytes) -> bool:
    try:
        json.loads(data)
    except _NO_JSON:
        return False
    return True


def _windows(limits: dict[str, object]) -> list[tuple[str, str, int]]:
    """Named windows whose use is told."""
    found: list[tuple[str, str, int]] = []
    for name in limits:
        window = _object(limits, name)
        used = _decimal(window.get("used_percentage"))
        resets = _decimal(window.get("resets_at")).partition(".")[0]
        if used:
            known = 0 < len(resets) <= _MOST_SECONDS
            found.append((name, used, int(resets) if known else 0))
    return found


def _canonical(data: bytes) -> str:
    """The limits with numbers as numbers, for whoever records them."""
    return json.dumps(json.loads(data)["rate_limits"], sort_keys=True, separators=(",", ":"))


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Whether a value of a JSON document is an object."""
    return isinstance(value, dict)


def _object(told: dict[str, object], name: str) -> dict[str, object]:
    value = told.get(name)
    return value if is_object(value) else {}


def _text(value: object) -> str:
    """Text of one line, without what could drive a terminal."""
    if not isinstance(value, str):
        return ""
    return value if value.isprintable() else "".join(c if c.isprintable() else "·" for c in value)


def _decimal(value: object) -> str:
    """A number ≥ 0 as a plain decimal, else nothing: floats are kept as the text they were."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return ""
    if found[2]:
        from decimal import Decimal

        return f"{Decimal(text):f}"
    return text
