"""OpenRouter: the limit of a key, and the credits of an account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ..clock import midnight_ms
from ..errors import ProbeError
from ..reading import LimitSnapshot
from .answers import DAY, WEEK, Record, nanos, quantity, record, share, text, unknown
from .keyrings import api_key, none_found
from .probe import Credentials, Surroundings, Web

SOURCE = "openrouter"
_MINUTES = {"daily": DAY, "weekly": WEEK}


class OpenRouterProbe:
    """Asks `GET /api/v1/key`, and `GET /api/v1/credits`, which only a management key may.

    From OpenRouter's public API reference, seen 2026-11: `data` of the first has `limit` and
    `limit_remaining` in credits (1 credit is 1 USD), null without a limit, and `limit_reset`
    (`daily`, `weekly`, `monthly` or null): days, weeks from Monday and months in UTC. `data` of the
    second has `total_credits` and `total_usage`.
    """

    name = "openrouter"
    title = "OpenRouter"
    source = SOURCE
    base = "https://openrouter.ai"
    keeps = "OPENROUTER_API_KEY or OpenCode's auth.json"
    renew = "check the key at openrouter.ai/settings/keys"

    def credentials(self, around: Surroundings) -> Credentials:
        """The API key."""
        key = api_key(around, ("OPENROUTER_API_KEY",), ("openrouter",))
        if not key:
            raise none_found(self.title, self.keeps, "export OPENROUTER_API_KEY=…")
        return Credentials(token=key)

    def ask(self, credentials: Credentials, web: Web) -> tuple[LimitSnapshot, ...]:
        """The key's limit if it has one, and the account's credits if the key may see them."""
        headers = {"Authorization": f"Bearer {credentials.token}"}
        answer = web.get("/api/v1/key", headers)
        told = record(record(answer).get("data"))
        if "limit" not in told:
            raise unknown(self.title, told or answer, "data.limit")
        found = (*_key(told, web.now_ms), *_credits(headers, web))
        if not found:
            raise ProbeError(
                "OpenRouter has no limit to tell",
                because="the key has none, and credits are told to management keys only",
                hint="give the key a limit, or name a management key: key in [probe.openrouter]",
            )
        return found


def _key(told: Record, now_ms: int) -> Iterator[LimitSnapshot]:
    most, left = quantity(told.get("limit")), quantity(told.get("limit_remaining"))
    if most is None or most <= 0 or left is None:
        return
    every = text(told.get("limit_reset"))
    seen = _amount("key", most, left, now_ms)
    yield seen._replace(window_minutes=_MINUTES.get(every, 0), resets_ms=_next(every, now_ms))


def _next(every: str, now_ms: int) -> int:
    """When a day, week or month in UTC ends; 0 for anything else."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    ends = {
        "daily": today + timedelta(days=1),
        "weekly": today + timedelta(days=7 - today.weekday()),
        "monthly": (today.replace(day=1) + timedelta(days=32)).replace(day=1),
    }
    return midnight_ms(ends[every], "UTC") if every in ends else 0


def _credits(headers: dict[str, str], web: Web) -> Iterator[LimitSnapshot]:
    try:
        told = record(record(web.get("/api/v1/credits", headers)).get("data"))
    except ProbeError as problem:
        if problem.status in (401, 403):  # an ordinary key: the reference says so
            return
        raise
    most, spent = quantity(told.get("total_credits")), quantity(told.get("total_usage"))
    if most is not None and most > 0 and spent is not None:
        yield _amount("credits", most, most - spent, web.now_ms)


def _amount(name: str, most: Decimal, left: Decimal, now_ms: int) -> LimitSnapshot:
    return LimitSnapshot(
        source=SOURCE,
        name=name,
        used=share(most - left, most),
        window_minutes=0,
        resets_ms=0,
        seen_ms=now_ms,
        most=nanos(most),
        unit="USD",
        left=max(0, nanos(left)),
    )
