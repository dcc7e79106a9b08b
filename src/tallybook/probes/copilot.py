"""GitHub Copilot: the requests, or AI credits, of a month."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from ..reading import LimitSnapshot
from .answers import (
    WHOLE,
    Record,
    hundredths,
    instant,
    nanos,
    quantity,
    record,
    share,
    text,
    unknown,
)
from .keyrings import json_file, none_found, opencode_entry
from .probe import Credentials, Surroundings, Web

SOURCE = "copilot"


class CopilotProbe:
    """Asks `GET /copilot_internal/user`, which editors show.

    From public notes on what editors ask, seen 2026-11: `quota_snapshots` has for each quota
    `entitlement`, `quota_remaining` (a fraction of a request may be used), `percent_remaining` and
    `unlimited`; `quota_reset_date_utc`. Where `token_based_billing` is true, these are AI credits
    and not requests. A free plan has `monthly_quotas`, what is left of them in
    `limited_user_quotas`, and `limited_user_reset_date`.
    """

    name = "copilot"
    title = "GitHub Copilot"
    source = SOURCE
    base = "https://api.github.com"
    keeps = "COPILOT_GITHUB_TOKEN, Copilot's apps.json and hosts.json, OpenCode's auth.json"
    renew = (
        "sign in with Copilot in an editor again, or name the variable of a GitHub token that may"
        " read the plan: key in [probe.copilot]"
    )

    def credentials(self, around: Surroundings) -> Credentials:
        """The GitHub token that an editor signed in with."""
        token = around.variable("COPILOT_GITHUB_TOKEN") or _signed_in(around)
        if not token:
            raise none_found(self.title, self.keeps, "sign in with Copilot in an editor")
        return Credentials(token=token)

    def ask(self, credentials: Credentials, web: Web) -> tuple[LimitSnapshot, ...]:
        """All quotas that have an end."""
        headers = {"Authorization": f"token {credentials.token}"}
        told = record(web.get("/copilot_internal/user", headers))
        if not {"quota_snapshots", "limited_user_quotas"} & told.keys():
            raise unknown(self.title, told, "quota_snapshots")
        plan = text(told.get("copilot_plan"))
        found = (*_quotas(told, web.now_ms), *_free(told, web.now_ms))
        return tuple(each._replace(plan=plan) for each in found)


def _signed_in(around: Surroundings) -> str:
    # What OpenCode calls `refresh` is GitHub's own token; `access` is one of Copilot's.
    opencode = text(opencode_entry(around, "github-copilot").get("refresh"))
    return next(_editors(around), "") or opencode


def _editors(around: Surroundings) -> Iterator[str]:
    """The tokens for github.com that editors signed in with."""
    for folder in _folders(around):
        for name in ("apps.json", "hosts.json"):
            kept = (json_file(folder / name) or {}).items()
            mine = (record(each) for host, each in kept if host.split(":")[0] == "github.com")
            yield from filter(None, (text(each.get("oauth_token")) for each in mine))


def _folders(around: Surroundings) -> Iterator[Path]:
    if around.platform == "win32":
        local = around.environ.get("LOCALAPPDATA", "")
        yield (Path(local) if local else around.home / "AppData" / "Local") / "github-copilot"
    configured = around.environ.get("XDG_CONFIG_HOME", "")
    yield (Path(configured) if configured else around.home / ".config") / "github-copilot"


def _quotas(told: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    resets = instant(told.get("quota_reset_date_utc")) or instant(told.get("quota_reset_date"))
    unit = "credits" if told.get("token_based_billing") is True else "requests"
    for name, each in record(told.get("quota_snapshots")).items():
        quota = record(each)
        most = quantity(quota.get("entitlement"))
        left = quantity(quota.get("quota_remaining"))
        left = quantity(quota.get("remaining")) if left is None else left
        if quota.get("unlimited") is True or most == 0:
            continue
        if most is not None and most > 0 and left is not None:
            yield _counted(name, most, left, resets, now_ms)._replace(unit=unit)
            continue
        rest = hundredths(quota.get("percent_remaining"))
        if rest is not None and rest <= WHOLE:
            yield LimitSnapshot(SOURCE, name, WHOLE - rest, 0, resets, now_ms)


def _free(told: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    resets = instant(told.get("limited_user_reset_date"))
    left = record(told.get("limited_user_quotas"))
    for name, each in record(told.get("monthly_quotas")).items():
        most, rest = quantity(each), quantity(left.get(name))
        if most is not None and most > 0 and rest is not None:
            yield _counted(name, most, rest, resets, now_ms)


def _counted(name: str, most: Decimal, left: Decimal, resets: int, now_ms: int) -> LimitSnapshot:
    return LimitSnapshot(
        source=SOURCE,
        name=name,
        used=share(most - left, most),
        window_minutes=0,
        resets_ms=resets,
        seen_ms=now_ms,
        most=nanos(most),
        unit="requests",
        left=max(0, nanos(left)),
    )
