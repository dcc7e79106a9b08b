"""Claude's plans: the 5-hour window, the weeks, those of single models, and extra usage."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from unicodedata import normalize

from ..errors import ProbeError
from ..places import claude_roots
from ..reading import LimitSnapshot
from .answers import (
    Record,
    hundredths,
    instant,
    nanos,
    places,
    quantity,
    record,
    records,
    share,
    text,
    unknown,
)
from .claude_windows import SOURCE, sight, slug
from .keyrings import json_file, keychain, none_found
from .probe import Credentials, Surroundings, Web

_KEYCHAIN = "Claude Code-credentials"
_KINDS = {"session": "five_hour", "weekly_all": "seven_day"}
_SCOPED = {"session_scoped": "five_hour", "weekly_scoped": "seven_day"}


class ClaudeProbe:
    """Asks `GET /api/oauth/usage`, which Claude Code's own `/usage` shows.

    From public notes on what Claude Code sends, seen 2026-11: the header `anthropic-beta:
    oauth-2025-04-20`; windows are top-level objects with `utilization` (a percentage) and
    `resets_at` (ISO 8601, null while unused), null where they don't apply; `limits` lists the same
    by `kind`, and alone those of single models (`weekly_scoped`, `scope.model.display_name`);
    `extra_usage` has `monthly_limit` and `used_credits` in units of `10^-decimal_places`.
    """

    name = "claude"
    title = "Claude"
    source = SOURCE
    base = "https://api.anthropic.com"
    keeps = "Claude Code's .credentials.json, the keychain of macOS or CLAUDE_CODE_OAUTH_TOKEN"
    renew = (
        "run claude once and, if that does not help, sign in there again: /login (a token of"
        " claude setup-token may not ask for limits)"
    )

    def credentials(self, around: Surroundings) -> Credentials:
        """The token that Claude Code signed in with. One in its variable comes last, unless the
        settings name it: it mostly is one of `claude setup-token`, which lacks the scope
        `user:profile` that this question needs (Claude Code's public issues, seen 2026-11)."""
        token, expired = around.variable("CLAUDE_CODE_OAUTH_TOKEN"), False
        for kept in () if around.key else _kept(around):
            signed = record(kept.get("claudeAiOauth"))
            found, expires = text(signed.get("accessToken")), instant(signed.get("expiresAt"))
            if found and not 0 < expires <= around.now_ms:
                return Credentials(token=found)
            expired = expired or bool(found)
        if token:
            return Credentials(token=token)
        if expired:
            raise ProbeError(
                "Claude Code's sign-in has expired",
                because="it is renewed only by Claude Code itself, when it runs",
                hint=self.renew,
            )
        raise none_found(self.title, self.keeps, "sign in with Claude Code: run claude")

    def ask(self, credentials: Credentials, web: Web) -> tuple[LimitSnapshot, ...]:
        """All windows of the plan."""
        headers = {
            "Authorization": f"Bearer {credentials.token}",
            "anthropic-beta": "oauth-2025-04-20",
        }
        told = record(web.get("/api/oauth/usage", headers))
        found = {each.name: each for each in _listed(told, web.now_ms)}
        found |= {each.name: each for each in _named(told, web.now_ms)}
        found |= {each.name: each for each in _extra(told, web.now_ms)}
        if not found and not {"five_hour", "seven_day", "limits"} & told.keys():
            raise unknown(self.title, told, "five_hour, seven_day or limits")
        return tuple(found.values())


def _kept(around: Surroundings) -> Iterator[Record]:
    for root in claude_roots(around.environ, around.home, around.platform):
        yield json_file(root / ".credentials.json") or {}
    yield keychain(around, _keychain_name(around.environ.get("CLAUDE_CONFIG_DIR", "")))


def _keychain_name(folder: str) -> str:
    """What Claude Code calls its entry: another one for each folder that `CLAUDE_CONFIG_DIR` names
    (the first 8 digits of its SHA-256, in normal form C), so that accounts are kept apart. From
    public notes on what it does, seen 2026-11."""
    if not folder:
        return _KEYCHAIN
    named = sha256(normalize("NFC", folder).encode("utf-8", "surrogateescape"))
    return f"{_KEYCHAIN}-{named.hexdigest()[:8]}"


def _named(told: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    """The top-level windows. One with a name of the day that nobody has used is no news."""
    for name, each in told.items():
        window = record(each)
        if "utilization" not in window or name == "extra_usage":
            continue
        found = sight(name, window["utilization"], window.get("resets_at"), now_ms)
        if found is not None and (found.window_minutes or found.used or found.resets_ms):
            yield found


def _listed(told: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    for each in records(told.get("limits")):
        kind, scope = text(each.get("kind")), record(each.get("scope"))
        model = record(scope.get("model"))
        whose = slug(text(model.get("display_name")) or text(model.get("id")) or _surface(scope))
        name = _KINDS.get(kind) or "_".join(filter(None, (_SCOPED.get(kind, kind), whose)))
        found = sight(name, each.get("percent"), each.get("resets_at"), now_ms) if name else None
        if found is not None:
            yield found


def _surface(scope: Record) -> str:
    return text(scope.get("surface"))


def _extra(told: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    """What may be spent beyond the plan in a month, where there is a limit to it."""
    extra = record(told.get("extra_usage"))
    most, spent = quantity(extra.get("monthly_limit")), quantity(extra.get("used_credits"))
    cent, unit = places(extra.get("decimal_places")), text(extra.get("currency"))
    if extra.get("is_enabled") is not True or most is None or most <= 0:
        return
    used = hundredths(extra.get("utilization")) if spent is None else share(spent, most)
    if used is None:
        return
    seen = LimitSnapshot(SOURCE, "extra_usage", used, 0, 0, now_ms)
    if unit and cent is not None and spent is not None:  # else nobody says of what it is so much
        left = max(Decimal(0), most - spent)
        seen = seen._replace(most=nanos(most * cent), unit=unit, left=nanos(left * cent))
    yield seen
