"""What each provider's answer means, asked of a real server on this machine."""

from __future__ import annotations

from typing import Any

import pytest

from tallybook.errors import ProbeError
from tallybook.probes import open_probe
from tallybook.probes.probe import Credentials
from tallybook.probes.web import HttpsWeb
from tallybook.reading import LimitSnapshot

from .provider import Provider

NOW = 1_795_400_000_000  # 2026-11-23 02:13:20 UTC, a Monday
AT = "2026-11-23T05:00:00Z"
AT_MS = 1_795_410_000_000
USD = 10**9


def ask(name: str, provider: Provider, **credentials: str) -> dict[str, LimitSnapshot]:
    probe = open_probe(name)
    web = HttpsWeb(base=provider.url, title=probe.title, renew=probe.renew, now_ms=NOW)
    found = probe.ask(Credentials(token="secret-token", **credentials), web)
    assert {each.seen_ms for each in found} <= {NOW}
    assert len({each.name for each in found}) == len(found) or name == "zai"
    return {each.name: each for each in found}


def figures(found: dict[str, LimitSnapshot]) -> dict[str, tuple[Any, ...]]:
    return {name: each[2:5] for name, each in found.items()}


def test_claude_tells_its_windows_and_those_of_single_models(provider: Provider) -> None:
    provider.tells(
        "/api/oauth/usage",
        {
            "five_hour": {"utilization": 51.25, "resets_at": "2026-11-23T04:59:59.961652+00:00"},
            "seven_day": {"utilization": 9.0, "resets_at": "2026-11-27T14:00:00.1+00:00"},
            "seven_day_opus": None,
            "tangelo": {"utilization": 0.0, "resets_at": None},
            "limits": [
                {"kind": "session", "percent": 51, "resets_at": AT, "scope": None},
                {"kind": "weekly_all", "percent": 9, "resets_at": AT},
                {
                    "kind": "weekly_scoped",
                    "percent": 77,
                    "resets_at": AT,
                    "scope": {"model": {"id": None, "display_name": "Fable 5"}, "surface": None},
                },
            ],
            "extra_usage": {
                "is_enabled": True,
                "monthly_limit": 10_000,
                "used_credits": 1_234.0,
                "currency": "EUR",
                "decimal_places": 2,
            },
        },
    )
    found = ask("claude", provider)
    assert figures(found) == {
        "five_hour": (5_125, 300, AT_MS),
        "seven_day": (900, 10_080, 1_795_788_000_000),
        "seven_day_fable_5": (7_700, 10_080, AT_MS),
        "extra_usage": (1_234, 0, 0),
    }
    extra = found["extra_usage"]
    assert (extra.most, extra.left, extra.unit) == (100 * USD, 87_660_000_000, "EUR")
    headers = provider.asked[0].headers
    assert headers["authorization"] == "Bearer secret-token"
    assert headers["anthropic-beta"] == "oauth-2025-04-20"
    assert headers["user-agent"].startswith("tallybook/")


def test_claude_tells_by_kind_where_the_old_names_are_gone(provider: Provider) -> None:
    limits = [{"kind": "session", "percent": 5, "resets_at": None}, {"kind": "new", "percent": 3}]
    provider.tells("/api/oauth/usage", {"five_hour": None, "limits": limits})
    assert figures(ask("claude", provider)) == {"five_hour": (500, 300, 0), "new": (300, 0, 0)}


def test_extra_usage_without_a_currency_has_a_share_and_no_amount(provider: Provider) -> None:
    extra = {"is_enabled": True, "monthly_limit": 200, "used_credits": 50}
    provider.tells("/api/oauth/usage", {"five_hour": None, "extra_usage": extra})
    found = ask("claude", provider)["extra_usage"]
    assert (found.used, found.most, found.left, found.unit) == (2_500, None, None, "")


def codex_window(used: float, seconds: int, after: int, at: int) -> dict[str, Any]:
    return {
        "used_percent": used,
        "limit_window_seconds": seconds,
        "reset_after_seconds": after,
        "reset_at": at,
    }


def test_codex_tells_windows_by_the_names_of_its_rollouts(provider: Provider) -> None:
    spark = {"primary_window": codex_window(0, 604_800, 604_800, 1_796_000_000)}
    provider.tells(
        "/backend-api/wham/usage",
        {
            "plan_type": "pro",
            "rate_limit": {
                "allowed": True,
                "primary_window": codex_window(3, 18_000, 100, 1_795_410_000),
                "secondary_window": codex_window(24.5, 604_800, 5_000, 1_795_900_000),
            },
            "code_review_rate_limit": {"primary_window": None},
            "additional_rate_limits": [
                {"limit_name": "Spark", "metered_feature": "codex_bengalfox", "rate_limit": spark}
            ],
            "credits": {"has_credits": True, "unlimited": False, "balance": "796.5"},
        },
    )
    found = ask("codex", provider, account="acc-1")
    assert figures(found) == {
        "primary": (300, 300, AT_MS),
        "secondary": (2_450, 10_080, 1_795_900_000_000),
        "codex_bengalfox/primary": (0, 10_080, 0),  # it has not begun
        "credits": (0, 0, 0),
    }
    assert {each.plan for each in found.values()} == {"pro"}
    assert found["credits"].bare
    assert (found["credits"].left, found["credits"].unit) == (796_500_000_000, "credits")
    assert provider.asked[0].headers["chatgpt-account-id"] == "acc-1"


def test_copilot_tells_requests_and_leaves_out_what_has_no_end(provider: Provider) -> None:
    def quota(most: float, left: float, *, unlimited: bool = False) -> dict[str, Any]:
        return {
            "entitlement": most,
            "quota_remaining": left,
            "remaining": int(left),
            "percent_remaining": 70.3,
            "unlimited": unlimited,
        }

    provider.tells(
        "/copilot_internal/user",
        {
            "copilot_plan": "individual_pro",
            "quota_reset_date_utc": "2026-12-01T00:00:00.000Z",
            "quota_snapshots": {
                "chat": quota(0, 0, unlimited=True),
                "completions": quota(0, 0),
                "premium_interactions": quota(1_500, 1_054.25),
                "other": {"percent_remaining": 12.5},
            },
        },
    )
    found = ask("copilot", provider)
    premium = found["premium_interactions"]
    assert (premium.used, premium.most, premium.left) == (2_971, 1_500 * USD, 1_054_250_000_000)
    assert (premium.unit, premium.plan) == ("requests", "individual_pro")
    assert premium.resets_ms == 1_796_083_200_000
    assert found["other"].used == 8_750
    assert sorted(found) == ["other", "premium_interactions"]


def test_copilot_tells_ai_credits_as_such(provider: Provider) -> None:
    """Where a plan is paid by tokens, what is counted are no requests."""
    premium = {"entitlement": 7_000, "remaining": 6_650.5, "unlimited": False}
    seat = {"entitlement": 0, "remaining": 0, "percent_remaining": 100, "unlimited": True}
    provider.tells(
        "/copilot_internal/user",
        {
            "token_based_billing": True,
            "quota_snapshots": {"premium_interactions": premium, "chat": seat},
        },
    )
    (found,) = ask("copilot", provider).values()
    assert (found.used, found.left, found.unit) == (499, 6_650_500_000_000, "credits")


def test_copilot_tells_the_free_plan(provider: Provider) -> None:
    provider.tells(
        "/copilot_internal/user",
        {
            "copilot_plan": "individual",
            "limited_user_quotas": {"chat": 410, "completions": 4_000},
            "monthly_quotas": {"chat": 500, "completions": 4_000},
            "limited_user_reset_date": "2026-12-11",
        },
    )
    found = ask("copilot", provider)
    assert {name: each.used for name, each in found.items()} == {"chat": 1_800, "completions": 0}
    assert found["chat"].resets_ms == 1_796_947_200_000


def test_openrouter_tells_the_key_and_the_credits(provider: Provider) -> None:
    key = {"limit": 5, "limit_remaining": 4.8984355238, "limit_reset": "weekly", "usage": 0.1}
    provider.tells("/api/v1/key", {"data": key})
    provider.tells("/api/v1/credits", {"data": {"total_credits": 100.5, "total_usage": 25.75}})
    found = ask("openrouter", provider)
    assert figures(found) == {
        "key": (203, 10_080, 1_795_996_800_000),  # the next Monday, UTC
        "credits": (2_562, 0, 0),
    }
    assert (found["credits"].left, found["credits"].unit) == (74_750_000_000, "USD")
    assert found["key"].left == 4_898_435_524


@pytest.mark.parametrize(
    ("every", "resets"), [("daily", 1_795_478_400_000), ("monthly", 1_796_083_200_000), (None, 0)]
)
def test_openrouter_begins_days_and_months_in_utc(
    provider: Provider, every: str | None, resets: int
) -> None:
    key = {"limit": 5, "limit_remaining": 5, "limit_reset": every}
    provider.tells("/api/v1/key", {"data": key})
    provider.tells("/api/v1/credits", {}, status=403)
    assert ask("openrouter", provider)["key"].resets_ms == resets


def test_an_openrouter_key_without_a_limit_says_so(provider: Provider) -> None:
    provider.tells("/api/v1/key", {"data": {"limit": None, "limit_remaining": None}})
    provider.tells("/api/v1/credits", {}, status=403)
    with pytest.raises(ProbeError, match="no limit to tell"):
        ask("openrouter", provider)
    provider.tells("/api/v1/credits", {}, status=500)
    with pytest.raises(ProbeError, match="gave no answer"):
        ask("openrouter", provider)


def test_zai_tells_hours_weeks_and_tools(provider: Provider) -> None:
    limits = [
        {"type": "TIME_LIMIT", "unit": 5, "number": 1, "usage": 100, "currentValue": 28},
        {"type": "TOKENS_LIMIT", "unit": 3, "number": 5, "percentage": 1, "nextResetTime": AT_MS},
        {"type": "TOKENS_LIMIT", "unit": 6, "number": 1, "percentage": 40},
        {"type": "NEW", "unit": 99, "number": 1, "percentage": 7},
    ]
    limits[0] |= {"remaining": 72, "percentage": 28, "nextResetTime": 1_796_615_765_983}
    path = "/api/monitor/usage/quota/limit"
    provider.tells(path, {"code": 200, "success": True, "data": {"limits": limits, "level": "max"}})
    probe = open_probe("zai")
    web = HttpsWeb(base=provider.url, title="z.ai", renew="", now_ms=NOW)
    found = probe.ask(Credentials(token="key"), web)
    assert [each[1:5] for each in found] == [
        ("tools", 2_800, 0, 1_796_615_765_983),
        ("tokens", 100, 300, AT_MS),
        ("tokens", 4_000, 10_080, 0),
        ("new", 700, 0, 0),
    ]
    assert (found[0].most, found[0].left, found[0].unit) == (100 * USD, 72 * USD, "requests")
    assert {each.plan for each in found} == {"max"}
    assert {each.source for each in found} == {"zai"}


def test_zai_refuses_with_a_code_and_status_200(provider: Provider) -> None:
    refusal = {"code": 401, "msg": "token expired or incorrect", "success": False}
    provider.tells("/api/monitor/usage/quota/limit", refusal)
    with pytest.raises(ProbeError) as problem:
        ask("bigmodel", provider)
    assert problem.value.because == "it answered with the code 401"
    assert "open.bigmodel.cn" in problem.value.hint


@pytest.mark.parametrize("wrapped", [False, True])
def test_opencode_go_tells_three_windows(provider: Provider, wrapped: bool) -> None:
    told = {
        "rolling": {"status": "ok", "percent": 15, "resetsAt": AT},
        "weekly": {"status": "ok", "percent": 1, "resetsAt": AT},
        "monthly": {"status": "limited", "percent": 100, "resetsAt": AT},
    }
    provider.tells("/zen/go/v1/usage", {"usage": told} if wrapped else {"userID": "u", **told})
    assert figures(ask("opencode-go", provider)) == {
        "rolling": (1_500, 300, AT_MS),
        "weekly": (100, 10_080, AT_MS),
        "monthly": (10_000, 0, AT_MS),
    }


def test_antigravity_tells_each_model(provider: Provider) -> None:
    user = {"cloudaicompanionProject": "p-1", "currentTier": {"id": "free-tier", "name": "Free"}}
    provider.tells("/v1internal:loadCodeAssist", user)
    models = {
        "gemini-3-pro": {"quotaInfo": {"remainingFraction": 0.8, "resetTime": AT}},
        "claude-sonnet": {"quotaInfo": {"resetTime": AT}},  # a fraction of 0 is left out
        "tab": {"displayName": "no quota"},
        "odd": {"quotaInfo": {"remainingFraction": 1.5, "resetTime": AT}},
    }
    provider.tells("/v1internal:fetchAvailableModels", {"models": models})
    found = ask("antigravity", provider)
    assert figures(found) == {
        "gemini-3-pro": (2_000, 0, AT_MS),
        "claude-sonnet": (10_000, 0, AT_MS),
    }
    assert {each.plan for each in found.values()} == {"Free"}
    assert [each.method for each in provider.asked] == ["POST", "POST"]
    assert provider.asked[1].body == {"project": "p-1"}


PATHS = {
    "claude": "/api/oauth/usage",
    "codex": "/backend-api/wham/usage",
    "copilot": "/copilot_internal/user",
    "antigravity": "/v1internal:fetchAvailableModels",
    "openrouter": "/api/v1/key",
    "zai": "/api/monitor/usage/quota/limit",
    "bigmodel": "/api/monitor/usage/quota/limit",
    "opencode-go": "/zen/go/v1/usage",
}


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("body", [{"surprise": "private words"}, [], "x", None, {"data": {"a": 1}}])
def test_an_answer_of_another_shape_is_told_by_its_names(
    provider: Provider, name: str, body: object
) -> None:
    provider.tells("/v1internal:loadCodeAssist", {})
    provider.tells(PATHS[name], body)
    with pytest.raises(ProbeError, match="is not understood") as problem:
        ask(name, provider)
    assert "is missing; it has" in problem.value.because
    assert "private words" not in f"{problem.value} {problem.value.because}"


@pytest.mark.parametrize("places", [-1, 0.5, 10, 1e14, "two", None])
def test_an_amount_in_units_that_nobody_knows_is_told_as_a_share(
    provider: Provider, places: object
) -> None:
    extra = {"is_enabled": True, "monthly_limit": 200, "used_credits": 50, "currency": "USD"}
    provider.tells("/api/oauth/usage", {"extra_usage": {**extra, "decimal_places": places}, **NONE})
    (found,) = ask("claude", provider).values()
    assert (found.used, found.most, found.left) == (2_500, None, None)


@pytest.mark.parametrize("most", [1e-300, 1e-9])
def test_a_share_that_nobody_believes_fits_the_ledger(provider: Provider, most: float) -> None:
    extra = {"is_enabled": True, "monthly_limit": most, "used_credits": 9e9}
    provider.tells("/api/oauth/usage", {"extra_usage": extra, **NONE})
    assert ask("claude", provider)["extra_usage"].used == 10**9


NONE = {"five_hour": None, "seven_day": None}
ODD = [None, "x", -1, True, [], {}, 10**30, "1e400", float("1e300")]


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_are_no_windows(provider: Provider, odd: object) -> None:
    """Nothing that is no share, no length and no moment comes through, nor breaks what does."""
    good = {"utilization": 1, "resets_at": odd}
    provider.tells("/api/oauth/usage", {"five_hour": {"utilization": odd}, "seven_day": good})
    assert figures(ask("claude", provider)) == {"seven_day": (100, 10_080, 0)}
    windows = {
        "primary_window": {"used_percent": odd},
        "secondary_window": {"used_percent": 1, "limit_window_seconds": odd, "reset_at": odd},
    }
    bought = {"has_credits": True, "balance": odd}
    provider.tells("/backend-api/wham/usage", {"rate_limit": windows, "credits": bought})
    found = ask("codex", provider)
    assert found.pop("secondary")[2:5] == (100, 0, 0)
    assert set(found) <= {"credits"}  # -1 is a balance: who owes something has no more than that
    snapshots = {"premium": {"entitlement": odd, "quota_remaining": odd, "percent_remaining": odd}}
    provider.tells("/copilot_internal/user", {"quota_snapshots": snapshots})
    assert ask("copilot", provider) == {}
