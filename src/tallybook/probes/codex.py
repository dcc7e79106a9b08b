"""Codex on a ChatGPT plan: its windows, those of single models and of reviews, and credits."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import ProbeError
from ..places import codex_roots
from ..reading import LimitSnapshot
from .answers import (
    Record,
    exact,
    hundredths,
    instant,
    nanos,
    quantity,
    record,
    records,
    text,
    unknown,
)
from .keyrings import json_file, none_found
from .probe import Credentials, Surroundings, Web

SOURCE = "codex"


class CodexProbe:
    """Asks `GET /backend-api/wham/usage`, which Codex's own `/status` shows.

    From Codex's public code (its `backend-client`), seen 2026-11: `plan_type`; `rate_limit`,
    `code_review_rate_limit` and each `additional_rate_limits[].rate_limit` have `primary_window`
    and `secondary_window` with `used_percent`, `limit_window_seconds`, `reset_after_seconds` and
    `reset_at` (seconds since 1970); `credits` has `has_credits`, `unlimited` and `balance`, a
    number of credits as text. Names are those of the rollouts, so that both tell of one window.
    """

    name = "codex"
    title = "Codex"
    source = SOURCE
    base = "https://chatgpt.com"
    keeps = "auth.json in Codex's home"
    renew = "run codex once and, if that does not help: codex login"

    def credentials(self, around: Surroundings) -> Credentials:
        """The token that Codex signed in with."""
        keyed = False
        for root in codex_roots(around.environ, around.home, around.platform):
            kept = json_file(root / "auth.json") or {}
            tokens = record(kept.get("tokens"))
            if token := text(tokens.get("access_token")):
                return Credentials(token=token, account=text(tokens.get("account_id")))
            keyed = keyed or bool(kept)
        if keyed:
            raise ProbeError(
                "Codex has no plan to ask about",
                because="it is not signed in with ChatGPT, but maybe with an API key",
                hint="sign in with ChatGPT: codex login",
            )
        hint = "sign in: codex login (one that is kept in a keyring can't be read)"
        raise none_found(self.title, self.keeps, hint)

    def ask(self, credentials: Credentials, web: Web) -> tuple[LimitSnapshot, ...]:
        """All windows of the plan."""
        headers = {"Authorization": f"Bearer {credentials.token}"}
        if credentials.account:
            headers["ChatGPT-Account-Id"] = credentials.account
        told = record(web.get("/backend-api/wham/usage", headers))
        if not {"rate_limit", "credits", "additional_rate_limits"} & told.keys():
            raise unknown(self.title, told, "rate_limit")
        plan = text(told.get("plan_type"))
        return tuple(each._replace(plan=plan) for each in _windows(told, web.now_ms))


def _windows(told: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    yield from _limit("", told.get("rate_limit"), now_ms)
    yield from _limit("code_review/", told.get("code_review_rate_limit"), now_ms)
    for each in records(told.get("additional_rate_limits")):
        name = text(each.get("metered_feature")) or text(each.get("limit_name"))
        if name:
            yield from _limit(f"{name}/", each.get("rate_limit"), now_ms)
    bought = record(told.get("credits"))
    balance = quantity(bought.get("balance"))
    if bought.get("has_credits") is True and balance is not None and not bought.get("unlimited"):
        yield LimitSnapshot(SOURCE, "credits", 0, 0, 0, now_ms, unit="credits", left=nanos(balance))


def _limit(prefix: str, limit: object, now_ms: int) -> Iterator[LimitSnapshot]:
    for name in ("primary", "secondary"):
        window = record(record(limit).get(f"{name}_window"))
        used, length = (
            hundredths(window.get("used_percent")),
            exact(window.get("limit_window_seconds")),
        )
        if used is None:
            continue
        seconds = int(length) if length is not None and length > 0 else 0
        # The end of a window that has not begun is always a whole window away: it is none yet.
        waits = not used and seconds and exact(window.get("reset_after_seconds")) == seconds
        resets = 0 if waits else instant(window.get("reset_at"))
        yield LimitSnapshot(SOURCE, prefix + name, used, -(-seconds // 60), resets, now_ms)
