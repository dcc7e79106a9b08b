"""Amounts computed by hand from the vendors' published prices, to the nano-unit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tallybook.charges import Charge, Unpriced, UsageEvent
from tallybook.model import TokenCounts
from tallybook.prices import PriceBook


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


JUNE = ms("2026-06-15T12:00:00")

SONNET, OPUS, HAIKU = (
    "claude-sonnet-4-5-20250929",
    "claude-opus-4-5-20251101",
    "claude-haiku-4-5-20251001",
)

# Provider, model, time, context, counts, units, currency and nano-units. The six counts are in
# the order of `CLASSES`: input, output, reasoning, reads, short writes, long writes.
AMOUNTS = [
    # 1000·3 + 200·15 + 5000·0.3 + 400·3.75 + 100·6 = 3000+3000+1500+1500+600 µ$ = 9600 µ$
    ("anthropic", SONNET, JUNE, {}, (1000, 200, 0, 5000, 400, 100), {}, "USD", 9_600_000),
    # 1000·5 + 200·25 + 5000·0.5 + 400·6.25 + 100·10 = 16000 µ$
    ("anthropic", OPUS, JUNE, {}, (1000, 200, 0, 5000, 400, 100), {}, "USD", 16_000_000),
    # 1000·1 + 200·5 + 5000·0.1 + 400·1.25 + 100·2 = 3200 µ$
    ("anthropic", HAIKU, JUNE, {}, (1000, 200, 0, 5000, 400, 100), {}, "USD", 3_200_000),
    # reasoning is billed as output: 7·15 µ$
    ("anthropic", SONNET, JUNE, {}, (0, 0, 7, 0, 0, 0), {}, "USD", 105_000),
    # exactly 200,000 of prompt, all cache classes together, is still the base tier
    # 150000·3 + 10·15 + 20000·0.3 + 20000·3.75 + 10000·6 = 591150 µ$
    (
        "anthropic",
        SONNET,
        JUNE,
        {},
        (150_000, 10, 0, 20_000, 20_000, 10_000),
        {},
        "USD",
        591_150_000,
    ),
    # one more token puts the whole request in the long tier
    # 150001·6 + 10·22.5 + 20000·0.6 + 20000·7.5 + 10000·12 = 1182231 µ$
    (
        "anthropic",
        SONNET,
        JUNE,
        {},
        (150_001, 10, 0, 20_000, 20_000, 10_000),
        {},
        "USD",
        1_182_231_000,
    ),
    # the tier holds for Sonnet 4 too, and counts cached tokens only: 200001·0.6 + 1·22.5 µ$
    (
        "anthropic",
        "claude-sonnet-4-20250514",
        ms("2025-12-01"),
        {},
        (0, 1, 0, 200_001, 0, 0),
        {},
        "USD",
        120_023_100,
    ),
    # Opus 4.5 and Haiku 4.5 have no long tier: 300000·5 µ$
    ("anthropic", OPUS, JUNE, {}, (300_000, 0, 0, 0, 0, 0), {}, "USD", 1_500_000_000),
    ("anthropic", HAIKU, JUNE, {}, (300_000, 0, 0, 0, 0, 0), {}, "USD", 300_000_000),
    # output is no part of the threshold: 1·3 + 250000·15 µ$
    ("anthropic", SONNET, JUNE, {}, (1, 250_000, 0, 0, 0, 0), {}, "USD", 3_750_003_000),
    # web searches cost 10 $ per 1000: 3 searches = 0.03 $, plus 10·3 µ$
    ("anthropic", SONNET, JUNE, {}, (10, 0, 0, 0, 0, 0), {"web_search": 3}, "USD", 30_030_000),
    # batch halves tokens, never searches: 1000·1.5 + 100·7.5 µ$ + 0.01 $
    (
        "anthropic",
        SONNET,
        JUNE,
        {"processing": "batch"},
        (1000, 100, 0, 0, 0, 0),
        {"web_search": 1},
        "USD",
        12_250_000,
    ),
    # Anthropic itself reports batch as a service tier
    (
        "anthropic",
        SONNET,
        JUNE,
        {"service_tier": "batch"},
        (1000, 100, 0, 0, 0, 0),
        {},
        "USD",
        2_250_000,
    ),
    # batch in the long tier: 200001·3 µ$
    (
        "anthropic",
        SONNET,
        JUNE,
        {"processing": "batch"},
        (200_001, 0, 0, 0, 0, 0),
        {},
        "USD",
        600_003_000,
    ),
    # US-only inference is 1.1 times every token class from the 4.6 generation on:
    # 1.1·(1000·5 + 100·25 + 1000·0.5 + 100·6.25 + 10·10) = 1.1·8725 µ$
    (
        "anthropic",
        "claude-opus-4-6",
        JUNE,
        {"inference_geo": "us"},
        (1000, 100, 0, 1000, 100, 10),
        {},
        "USD",
        9_597_500,
    ),
    # fast Opus 5.5 is twice its 4/20, and US-only on top: 1.1·(1000·8 + 100·40) µ$
    (
        "anthropic",
        "claude-opus-5-5",
        ms("2026-11-01"),
        {"inference_geo": "us", "speed": "fast"},
        (1000, 100, 0, 0, 0, 0),
        {},
        "USD",
        13_200_000,
    ),
    # Opus 4.6 in its six-fold fast mode: 1000·30 + 100·150 µ$
    (
        "anthropic",
        "claude-opus-4-6",
        JUNE,
        {"speed": "fast"},
        (1000, 100, 0, 0, 0, 0),
        {},
        "USD",
        45_000_000,
    ),
    # Opus 4.6 had a long tier until 2026-03-12 and none from 2026-03-13
    (
        "anthropic",
        "claude-opus-4-6",
        ms("2026-03-12T23:59:59"),
        {},
        (200_001, 0, 0, 0, 0, 0),
        {},
        "USD",
        2_000_010_000,
    ),
    (
        "anthropic",
        "claude-opus-4-6",
        ms("2026-03-13"),
        {},
        (200_001, 0, 0, 0, 0, 0),
        {},
        "USD",
        1_000_005_000,
    ),
    # OpenAI: 1000·1.25 + 200·10 + 300·10 + 4000·0.125 µ$
    ("openai", "gpt-5", JUNE, {}, (1000, 200, 300, 4000, 0, 0), {}, "USD", 6_750_000),
    # GPT-5.6 Sol before and after its price cut of 2026-08-21
    (
        "openai",
        "gpt-5.6-sol",
        ms("2026-08-20T23:59:59"),
        {},
        (1000, 100, 0, 1000, 0, 0),
        {},
        "USD",
        8_500_000,
    ),
    (
        "openai",
        "gpt-5.6-sol",
        ms("2026-08-21"),
        {},
        (1000, 100, 0, 1000, 0, 0),
        {},
        "USD",
        6_400_000,
    ),
    # the tier begins over 272,000: 272000·4 µ$, then 272001·8 µ$
    (
        "openai",
        "gpt-5.6-sol",
        ms("2026-11-01"),
        {},
        (272_000, 0, 0, 0, 0, 0),
        {},
        "USD",
        1_088_000_000,
    ),
    (
        "openai",
        "gpt-5.6-sol",
        ms("2026-11-01"),
        {},
        (272_001, 0, 0, 0, 0, 0),
        {},
        "USD",
        2_176_008_000,
    ),
    # 30-minute writes are the short class (5.00), 12-hour writes cost 2.5 times input (10.00):
    # 100·5 + 40·10 µ$
    (
        "openai",
        "gpt-5.6-sol",
        ms("2026-11-01"),
        {},
        (0, 0, 0, 0, 100, 40),
        {"cache_write_12h": 40},
        "USD",
        900_000,
    ),
    # flex: 1000·2 + 100·10 µ$
    (
        "openai",
        "gpt-5.6-sol",
        ms("2026-11-01"),
        {"service_tier": "flex"},
        (1000, 100, 0, 0, 0, 0),
        {},
        "USD",
        3_000_000,
    ),
    # Google: exactly 200,000 and one more: 1.25 and 2.5 on input, 10 and 15 on output
    ("google", "gemini-2.5-pro", JUNE, {}, (200_000, 10, 10, 0, 0, 0), {}, "USD", 250_200_000),
    ("google", "gemini-2.5-pro", JUNE, {}, (200_001, 10, 10, 0, 0, 0), {}, "USD", 500_302_500),
    # Claude on Vertex, regional: 1.1·1000·3 µ$
    (
        "google-vertex-anthropic",
        "claude-sonnet-4-5@20250929",
        JUNE,
        {"deployment": "regional"},
        (1000, 0, 0, 0, 0, 0),
        {},
        "USD",
        3_300_000,
    ),
    # Zhipu in yuan: 1000·2 + 199·8 + 500·0.4 = 3792 µ¥; an answer of 200 is long
    ("zhipuai", "glm-4.7", JUNE, {}, (1000, 199, 0, 500, 0, 0), {}, "CNY", 3_792_000),
    ("zhipuai", "glm-4.7", JUNE, {}, (1000, 200, 0, 500, 0, 0), {}, "CNY", 6_100_000),
    # the same model abroad is another product: 1000·0.6 + 200·2.2 µ$
    ("zai", "glm-4.7", JUNE, {}, (1000, 200, 0, 0, 0, 0), {}, "USD", 1_040_000),
    # DeepSeek, a rate finer than a nano-dollar a token, rounded half to even: 3.625 → 4, and
    # 4·3.625 = 14.5 → 14
    ("deepseek", "deepseek-v4-pro", JUNE, {}, (0, 0, 0, 1, 0, 0), {}, "USD", 4),
    ("deepseek", "deepseek-v4-pro", JUNE, {}, (0, 0, 0, 4, 0, 0), {}, "USD", 14),
    # DeepSeek off peak and at peak (twice) on a Tuesday, and on a Saturday and a holiday, at
    # 02:00 UTC: 1000·0.15 µ$
    (
        "deepseek",
        "deepseek-v4-flash",
        ms("2026-11-10T05:00:00"),
        {},
        (1000, 0, 0, 0, 0, 0),
        {},
        "USD",
        150_000,
    ),
    (
        "deepseek",
        "deepseek-v4-flash",
        ms("2026-11-10T02:00:00"),
        {},
        (1000, 0, 0, 0, 0, 0),
        {},
        "USD",
        300_000,
    ),
    (
        "deepseek",
        "deepseek-v4-flash",
        ms("2026-11-14T02:00:00"),
        {},
        (1000, 0, 0, 0, 0, 0),
        {},
        "USD",
        150_000,
    ),
    (
        "deepseek",
        "deepseek-v4-flash",
        ms("2026-10-01T02:00:00"),
        {},
        (1000, 0, 0, 0, 0, 0),
        {},
        "USD",
        150_000,
    ),
    # before peak prices existed, 02:00 was an hour like any other: 1000·0.14 µ$
    (
        "deepseek",
        "deepseek-v4-flash",
        ms("2026-06-01T02:00:00"),
        {},
        (1000, 0, 0, 0, 0, 0),
        {},
        "USD",
        140_000,
    ),
    # DeepSeek chat at the end of 2025 was 0.28 / 0.42 / 0.028
    (
        "deepseek",
        "deepseek-chat",
        ms("2025-12-15"),
        {},
        (1000, 1000, 0, 1000, 0, 0),
        {},
        "USD",
        728_000,
    ),
    # xAI calls its threshold inclusive: 199,999 is short, 200,000 is long (twice)
    ("x-ai", "grok-4.5", ms("2026-11-01"), {}, (199_999, 0, 0, 0, 0, 0), {}, "USD", 399_998_000),
    ("x-ai", "grok-4.5", ms("2026-11-01"), {}, (200_000, 0, 0, 0, 0, 0), {}, "USD", 800_000_000),
    # Bedrock: a regional profile costs a tenth more than the global one
    (
        "amazon-bedrock",
        "us.anthropic.claude-opus-4-5-20251101-v1:0",
        JUNE,
        {},
        (1000, 0, 0, 0, 0, 0),
        {},
        "USD",
        5_500_000,
    ),
    (
        "amazon-bedrock",
        "global.anthropic.claude-opus-4-5-20251101-v1:0",
        JUNE,
        {},
        (1000, 0, 0, 0, 0, 0),
        {},
        "USD",
        5_000_000,
    ),
]


def event(provider, model, at, context, counts, units, status="complete"):
    return UsageEvent(
        provider=provider,
        model=model,
        tokens=TokenCounts.of(counts),
        started_ms=at,
        ended_ms=at,
        context=context,
        units=units,
        status=status,
    )


@pytest.mark.parametrize(
    ("provider", "model", "at", "context", "counts", "units", "currency", "nanos"),
    AMOUNTS,
    ids=[f"{row[0]}/{row[1]}-{at}" for at, row in enumerate(AMOUNTS)],
)
def test_amount(book, provider, model, at, context, counts, units, currency, nanos):
    charge = book.price(event(provider, model, at, context, counts, units))
    assert isinstance(charge, Charge)
    assert (charge.amount.nanos, charge.currency) == (nanos, currency)
    assert charge.unpriced == 0
    rated = book.rater(provider, model, context)(counts, tuple(units.items()), at)
    assert (rated.nanos, rated.currency, rated.unpriced) == (nanos, currency, 0)


def test_the_lines_tell_the_whole_sum(book: PriceBook):
    charge = book.price(event("anthropic", SONNET, JUNE, {}, (1, 2, 3, 4, 5, 6), {"web_search": 1}))
    assert isinstance(charge, Charge)
    assert [(line.name, line.count, line.rate, line.per, line.amount) for line in charge.lines] == [
        ("input", 1, 3_000_000_000, 1_000_000, 3_000),
        ("output", 2, 15_000_000_000, 1_000_000, 30_000),
        ("reasoning", 3, 15_000_000_000, 1_000_000, 45_000),
        ("cache_read", 4, 300_000_000, 1_000_000, 1_200),
        ("cache_write_5m", 5, 3_750_000_000, 1_000_000, 18_750),
        ("cache_write_1h", 6, 6_000_000_000, 1_000_000, 36_000),
        ("web_search", 1, 10_000_000_000, 1_000, 10_000_000),
    ]
    assert charge.card == "anthropic/claude-sonnet-4-5@2025-09-29"
    assert charge.basis == "alias"


def test_the_card_names_the_tier(book: PriceBook):
    rated = book.rater("anthropic", "claude-sonnet-4-5", {})((200_001, 0, 0, 0, 0, 0), (), JUNE)
    assert rated.card == "anthropic/claude-sonnet-4-5@2025-09-29#over200000"


def test_a_class_without_a_rate_is_unpriced_and_the_rest_is_priced(book: PriceBook):
    counts = (1000, 0, 0, 0, 0, 77)
    charge = book.price(event("openai", "gpt-5", JUNE, {}, counts, {}))
    assert isinstance(charge, Charge)
    assert (charge.amount.nanos, charge.unpriced) == (1_250_000, 77)
    assert book.rater("openai", "gpt-5", {})(counts, (), JUNE).unpriced == 77


def test_unknown_is_not_zero(book: PriceBook):
    counts = (1, 2, 3, 4, 5, 6)
    found = book.price(event("zai-coding-plan", "glm-99", JUNE, {}, counts, {}))
    assert found == Unpriced(reason="no rate card for zai-coding-plan/glm-99")
    rated = book.rater("zai-coding-plan", "glm-99", {})(counts, (), JUNE)
    assert (rated.nanos, rated.card, rated.unpriced) == (None, None, 21)
    assert rated.reason == "no rate card for zai-coding-plan/glm-99"


def test_recovered_spend_is_priced_at_the_base_tier_and_says_so(book: PriceBook):
    counts = (900_000, 0, 0, 0, 0, 0)
    charge = book.price(event("anthropic", SONNET, JUNE, {}, counts, {}, status="recovered"))
    assert isinstance(charge, Charge)
    assert charge.amount.nanos == 2_700_000_000
    assert "tier-unknown" in charge.assumptions


def test_the_base_tier_can_be_asked_for_outright(book: PriceBook):
    counts = (900_000, 1, 1, 1, 1, 1)
    base = book.rater("anthropic", SONNET, {}).base(counts, JUNE)
    summed = book.rater("anthropic", SONNET, {"tier": "unknown"})(counts, (), JUNE)
    assert base.nanos == summed.nanos == 2_700_040_050
    assert summed.assumptions == ("tier-unknown",)
    assert book.rater("nobody", "nothing", {}).base(counts, JUNE).nanos is None


@pytest.mark.parametrize(
    ("provider", "model", "at", "context", "units", "assumption"),
    [
        ("anthropic", SONNET, JUNE, {"colour": "red"}, {}, "unknown-context:colour"),
        (
            "anthropic",
            SONNET,
            JUNE,
            {"service_tier": "priority"},
            {},
            "no-rate-for:service_tier=priority",
        ),
        ("anthropic", SONNET, JUNE, {"inference_geo": "us"}, {}, "no-rate-for:inference_geo=us"),
        (
            "anthropic",
            "claude-opus-4-6",
            ms("2026-01-15"),
            {"inference_geo": "us"},
            {},
            "no-rate-for:inference_geo=us",
        ),
        ("google", "gemini-2.5-pro", JUNE, {}, {"audio_output": 1}, "no-rate-for:audio_output"),
        ("anthropic", SONNET, ms("2025-01-01"), {}, {}, "price-before-first-known"),
        ("openai", "gpt-5", JUNE, {"service_tier": "flex"}, {}, "price-before-first-known"),
        (
            "openai",
            "gpt-5.6-sol",
            ms("2026-08-01"),
            {"service_tier": "flex"},
            {},
            "same-part-of-standard",
        ),
        ("zai-coding-plan", "glm-4.7", JUNE, {}, {}, "plan-value-at:zai"),
        ("azure", "gpt-5", JUNE, {}, {}, "priced-as:openai"),
        ("zhipuai", "GLM-4-Plus", JUNE, {}, {}, "cheapest-tier-only"),
        ("deepseek", "deepseek-v4-flash", ms("2027-02-01"), {}, {}, "holidays-unknown"),
    ],
)
def test_every_guess_is_named(book, provider, model, at, context, units, assumption):
    counts = (10, 1, 0, 0, 0, 0)
    rated = book.rater(provider, model, context)(counts, tuple(units.items()), at)
    charge = book.price(event(provider, model, at, context, counts, units))
    assert assumption in rated.assumptions
    assert isinstance(charge, Charge)
    assert assumption in charge.assumptions
    assert rated.nanos


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"service_tier": "standard"},
        {"service_tier": "default", "speed": "standard"},
        {"service_tier": "", "inference_geo": "not_available", "deployment": "global"},
    ],
)
def test_neutral_context_asks_for_the_standard_card(book, context):
    rated = book.rater("anthropic", SONNET, context)((10, 0, 0, 0, 0, 0), (), JUNE)
    assert (rated.nanos, rated.assumptions) == (30_000, ())


def test_context_values_are_compared_regardless_of_case(book: PriceBook):
    at = ms("2026-11-01")
    rated = book.rater("openai", "gpt-5.6-sol", {"service_tier": "Flex"})(
        (10, 0, 0, 0, 0, 0), (), at
    )
    assert rated.nanos == 20_000


def test_the_price_of_peak_hours_is_decided_by_completion(book: PriceBook):
    start, end = ms("2026-11-10T00:59:59"), ms("2026-11-10T01:00:30")
    charge = book.price(
        UsageEvent(
            provider="deepseek",
            model="deepseek-v4-flash",
            tokens=TokenCounts(input=1000),
            started_ms=start,
            ended_ms=end,
        )
    )
    assert isinstance(charge, Charge)
    assert charge.amount.nanos == 300_000
    assert book.rater("deepseek", "deepseek-v4-flash", {}).by_completion
    assert not book.rater("anthropic", SONNET, {}).by_completion
