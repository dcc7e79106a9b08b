"""OpenCode Go: its windows of five hours, of a week and of a month."""

from __future__ import annotations

from collections.abc import Iterator

from ..reading import LimitSnapshot
from .answers import WEEK, Record, hundredths, instant, record, unknown
from .keyrings import api_key, none_found
from .probe import Credentials, Surroundings, Web

SOURCE = "opencode"
_MINUTES = {"rolling": 300, "weekly": WEEK, "monthly": 0}
"""The rolling window of Go begins with the first use and lasts 5 hours, a week is from Monday in
UTC, a month begins with the subscription (OpenCode's public code and documentation, 2026-11)."""


class OpenCodeGoProbe:
    """Asks `GET /zen/go/v1/usage`.

    From OpenCode's public code, seen 2026-11: `rolling`, `weekly` and `monthly`, which may stand in
    `usage`, have `percent` (a whole number, rounded down) and `resetsAt` (ISO 8601). 401 is a wrong
    key, 403 a workspace without Go.
    """

    name = "opencode-go"
    title = "OpenCode Go"
    source = SOURCE
    base = "https://opencode.ai"
    keeps = "OPENCODE_API_KEY or OpenCode's auth.json"
    renew = "check the key and the plan at opencode.ai; then: opencode auth login"

    def credentials(self, around: Surroundings) -> Credentials:
        """The API key."""
        key = api_key(around, ("OPENCODE_API_KEY",), ("opencode-go", "opencode"))
        if not key:
            raise none_found(self.title, self.keeps, "opencode auth login")
        return Credentials(token=key)

    def ask(self, credentials: Credentials, web: Web) -> tuple[LimitSnapshot, ...]:
        """The three windows."""
        headers = {"Authorization": f"Bearer {credentials.token}"}
        answer = record(web.get("/zen/go/v1/usage", headers))
        told = record(answer.get("usage")) or answer
        if not _MINUTES.keys() & told.keys():
            raise unknown(self.title, told, "rolling, weekly or monthly")
        return tuple(_windows(told, web.now_ms))


def _windows(told: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    for name, minutes in _MINUTES.items():
        window = record(told.get(name))
        used = hundredths(window.get("percent"))
        if used is not None:
            resets = instant(window.get("resetsAt"))
            yield LimitSnapshot(SOURCE, name, used, minutes, resets, now_ms, "go")
