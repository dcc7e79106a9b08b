"""What must hold for any counts: the fast path agrees with the lines, sums are sums, and more
tokens never cost less within a tier."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.charges import Charge, UsageEvent
from tallybook.model import CLASSES, TokenCounts
from tallybook.prices import open_price_book
from tallybook.prices.cards import Rate, Schedule, half_even

BOOK = open_price_book()

MODELS = st.sampled_from(
    [
        ("anthropic", "claude-sonnet-4-5-20250929"),
        ("anthropic", "claude-opus-4-6"),
        ("anthropic", "claude-opus-5-5"),
        ("anthropic", "claude-2"),
        ("openai", "gpt-5.6-sol"),
        ("openai", "gpt-5.1-codex"),
        ("google", "gemini-2.5-pro"),
        ("deepseek", "deepseek-v4-pro"),
        ("alibaba", "qwen3-coder-plus"),
        ("zhipuai", "glm-5.3"),
        ("zai-coding-plan", "glm-4.7"),
        ("ollama", "any"),
        ("nobody", "nothing"),
    ]
)
CONTEXTS = st.dictionaries(
    st.sampled_from(["service_tier", "processing", "speed", "inference_geo", "colour"]),
    st.sampled_from(["", "standard", "flex", "priority", "batch", "fast", "us"]),
    max_size=3,
)
COUNT = st.one_of(st.integers(0, 9), st.integers(0, 400_000), st.integers(0, 10**12))
COUNTS = st.tuples(COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
UNITS = st.dictionaries(
    st.sampled_from(["web_search", "cache_write_12h", "cache_write_30m", "audio_input", "other"]),
    st.integers(0, 10**6),
    max_size=3,
)
TIMES = st.integers(1_700_000_000_000, 1_830_000_000_000)


def event(model, counts, at, context, units):
    return UsageEvent(
        provider=model[0],
        model=model[1],
        tokens=TokenCounts.of(counts),
        started_ms=at,
        ended_ms=at,
        context=context,
        units=units,
    )


@settings(max_examples=400, deadline=None)
@given(MODELS, COUNTS, TIMES, CONTEXTS, UNITS)
def test_rater_and_charge_agree(model, counts, at, context, units):
    charge = BOOK.price(event(model, counts, at, context, units))
    rated = BOOK.rater(*model, context)(counts, tuple(units.items()), at)
    if not isinstance(charge, Charge):
        assert (rated.nanos, rated.currency, rated.card) == (None, None, None)
        assert (rated.unpriced, rated.reason) == (sum(counts), charge.reason)
        return
    assert rated.nanos == charge.amount.nanos == sum(line.amount for line in charge.lines)
    assert (rated.currency, rated.card) == (charge.currency, charge.card)
    assert rated.unpriced == charge.unpriced
    assert frozenset(rated.assumptions) == charge.assumptions
    assert rated.reason == ""


@settings(max_examples=200, deadline=None)
@given(MODELS, COUNTS, TIMES, CONTEXTS, UNITS)
def test_every_token_is_in_one_line_or_unpriced(model, counts, at, context, units):
    charge = BOOK.price(event(model, counts, at, context, units))
    if isinstance(charge, Charge):
        tokens = {*CLASSES, "cache_write_12h", "cache_write_30m", "audio_input"}
        lined = sum(line.count for line in charge.lines if line.name in tokens)
        assert lined + charge.unpriced == sum(counts)


@settings(max_examples=200, deadline=None)
@given(MODELS, COUNTS, TIMES, st.integers(0, 5), st.integers(1, 10**6))
def test_more_tokens_never_cost_less(model, counts, at, index, more):
    rater = BOOK.rater(*model, {})
    larger = (*counts[:index], counts[index] + more, *counts[index + 1 :])
    before, after = rater(counts, (), at), rater(larger, (), at)
    assert (before.nanos or 0) <= (after.nanos or 0)


@given(st.integers(0, 10**30), st.integers(1, 10**15))
def test_rounding_is_half_even(numerator, denominator):
    assert half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(
    st.integers(0, 10**15),
    st.integers(1, 10**6),
    st.integers(1, 50),
    st.integers(1, 50),
    st.integers(0, 10**9),
)
def test_a_multiplied_rate_is_exact(nanos, per, numerator, denominator, count):
    rate = Rate(nanos, per).times(numerator, denominator)
    exact = Fraction(nanos * count * numerator, per * denominator)
    assert rate.amount(count) == round(exact)


@given(st.integers(0, 2_000_000_000_000))
def test_a_schedule_and_its_complement_cover_the_day(at):
    inside = Schedule(hours=((990, 30),))
    outside = Schedule(hours=((30, 990),))
    assert inside.covers(at) != outside.covers(at)
