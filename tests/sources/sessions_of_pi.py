"""Session files of pi made by hand, for what the real ones among the fixtures do not show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .folding import Story, open_home, place_of

BEGIN = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
SESSION = "01a20190-845d-7080-8510-946072c661f8"
OTHER = "01a20190-94b5-701e-84b0-cbdcef795508"

Line = dict[str, Any]


def stamp(at: float) -> str:
    """A line's time, in seconds after `BEGIN`."""
    when = BEGIN + timedelta(seconds=at)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ms(at: float) -> int:
    """The same in epoch milliseconds."""
    return round(BEGIN.timestamp() * 1000 + at * 1000)


def header(session: str = SESSION, at: float = 0, **more: Any) -> Line:
    fields = {"version": 3, "id": session, "timestamp": stamp(at), "cwd": "/home/ann/app"}
    return {"type": "session", **fields, **more}


def entry(kind: str, at: float, name: str = "", parent: str | None = None, /, **more: Any) -> Line:
    return {"type": kind, "id": name, "parentId": parent, "timestamp": stamp(at), **more}


def says(at: float, text: str, name: str = "", parent: str | None = None) -> Line:
    message = {"role": "user", "content": [{"type": "text", "text": text}], "timestamp": ms(at)}
    return entry("message", at, name, parent, message=message)


def usage(fresh: int = 10, output: int = 5, cost: object = 0.5, **more: Any) -> dict[str, Any]:
    total = fresh + output + more.get("cacheRead", 0) + more.get("cacheWrite", 0)
    counts = {"input": fresh, "output": output, "cacheRead": 0, "cacheWrite": 0}
    return {**counts, "totalTokens": total, "cost": {"total": cost}, **more}


def message(at: float, **more: Any) -> dict[str, Any]:
    """A reply that began a second before `at`."""
    fields = {
        "role": "assistant",
        "content": [{"type": "text", "text": "Done."}],
        "api": "anthropic-messages",
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "usage": usage(),
        "stopReason": "stop",
        "timestamp": ms(at - 1),
    }
    return {name: value for name, value in {**fields, **more}.items() if value is not ...}


def reply(at: float, name: str = "", parent: str | None = None, **more: Any) -> Line:
    return entry("message", at, name, parent, message=message(at, **more))


def text_of(*lines: Line) -> str:
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def path_of(home: Path, session: str = SESSION, at: float = 0) -> Path:
    """Where pi would put a session."""
    time = stamp(at).replace(":", "-").replace(".", "-")
    return home / f".pi/agent/sessions/--home-ann-app--/{time}_{session}.jsonl"


def write(home: Path, *lines: Line, session: str = SESSION) -> Path:
    """A session's file in a home."""
    path = path_of(home, session)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(*lines), "utf-8")
    return path


def read(*paths: Path) -> Story:
    """What files say, each read in one go."""
    source, story = open_home("pi", Path("/nobody")), Story()
    for path in paths:
        story.add(source.read(place_of(path), None))
    return story
