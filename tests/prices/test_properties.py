"""What must hold for any counts: the fast path agrees with the lines, sums are sums, and more
tokens never cost less within a tier."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.charges import Charge, UsageEvent
from tallybook.errors import PriceError
from tallybook.model import CLASSES, TokenCounts
from tallybook.prices import open_price_book
from tallybook.prices.cards import Multiplier, Rate, RateCard, Tier, half_even
from tallybook.prices.context import select
from tallybook.prices.decode import card_from
from tallybook.prices.overrides import decode_overrides
from tallybook.prices.rater import CardRater
from tallybook.prices.schedule import Schedule
from tallybook.prices.shelf import Shelf
from tallybook.prices.timeline import Timeline

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


# ---------------------------------------------------------------- any book


RATES = st.builds(Rate, st.integers(0, 10**12), st.sampled_from([1, 7, 1000, 10**6]))
DAYS = st.one_of(
    st.none(), st.integers(0, 40).map(lambda day: 1_780_000_000_000 + day * 86_400_000)
)
SCHEDULES = st.one_of(
    st.none(),
    st.builds(
        Schedule,
        hours=st.tuples(st.tuples(st.integers(0, 1439), st.integers(0, 1440))),
        weekdays=st.frozensets(st.integers(0, 6), min_size=1),
        holidays=st.frozensets(st.integers(20_600, 20_650), max_size=5),
        offset_minutes=st.sampled_from([0, 480, -330]),
        zone=st.sampled_from(["", "America/New_York"]),
    ),
)
WHENS = st.dictionaries(
    st.sampled_from(["service_tier", "processing"]), st.sampled_from(["flex", "batch"]), max_size=1
)


@st.composite
def cards(draw, origin):
    since, until = sorted((draw(DAYS), draw(DAYS)), key=lambda ms: ms or 0)
    names = draw(st.frozensets(st.sampled_from(CLASSES), min_size=1))
    rates = {name: draw(RATES) for name in names}
    limits = draw(st.sets(st.tuples(st.integers(-1, 9), st.integers(-1, 9)), max_size=2))
    return RateCard(
        provider="p",
        model="m",
        currency=draw(st.sampled_from(["USD", "CNY"])),
        rates=rates,
        tiers=tuple(
            Tier(over=over, output_over=out, rates={name: draw(RATES) for name in names})
            for over, out in sorted(limits - {(-1, -1)})
        ),
        when=draw(WHENS),
        valid_from_ms=since,
        valid_to_ms=until if until != since else None,
        schedule=draw(SCHEDULES),
        origin=origin,
    )


@st.composite
def factors(draw):
    return Multiplier(
        provider="p",
        classes=tuple(draw(st.frozensets(st.sampled_from(CLASSES)))),
        numerator=draw(st.integers(1, 9)),
        denominator=draw(st.integers(1, 9)),
        when=draw(WHENS),
        schedule=draw(SCHEDULES),
        valid_from_ms=draw(DAYS),
        origin=draw(st.sampled_from(["book", "override"])),
    )


def standing_apart(found):
    """Cards of which no two hold at once under one selection with as many selectors."""
    seen: set[tuple[bool, int, bool]] = set()
    for card in found:
        rank = (card.origin != "book", len(card.when), card.schedule is not None)
        if rank not in seen:
            seen.add(rank)
            yield card


BOOKS = st.tuples(
    st.lists(st.one_of(cards("book"), cards("override")), max_size=5).map(standing_apart).map(list),
    st.lists(factors(), max_size=3),
    WHENS,
)
FEW = st.tuples(*[st.integers(0, 12)] * 6)
NEAR = st.integers(1_780_000_000_000 - 10**8, 1_780_000_000_000 + 41 * 86_400_000)


@settings(max_examples=300, deadline=None)
@given(BOOKS, FEW, NEAR)
def test_the_lines_sum_up_and_asking_again_gives_the_same(book, counts, at):
    found, multipliers, context = book
    rater = CardRater(Timeline(found, multipliers, select(context)), "rated", "none")
    rated, charge = rater(counts, (), at), rater.charge(counts, (), at)
    assert rater(counts, (), at) == rated
    if not isinstance(charge, Charge):
        assert (rated.nanos, rated.unpriced, charge.reason) == (None, sum(counts), "none")
        return
    assert rated.nanos == sum(line.amount for line in charge.lines)
    assert rated.unpriced == sum(counts) - sum(line.count for line in charge.lines)
    assert (rated.card, frozenset(rated.assumptions)) == (charge.card, charge.assumptions)
    for line in charge.lines:
        assert line.amount == round(Fraction(line.count * line.rate, line.per))
        assert {type(n) for n in (line.amount, line.rate, line.per, line.count)} == {int}


@settings(max_examples=200, deadline=None)
@given(BOOKS, FEW, NEAR, st.randoms(use_true_random=False))
def test_the_order_of_cards_and_factors_changes_nothing(book, counts, at, chance):
    found, multipliers, context = book
    first = CardRater(Timeline(found, multipliers, select(context)), "rated", "none")
    mixed = (chance.sample(found, len(found)), chance.sample(multipliers, len(multipliers)))
    second = CardRater(Timeline(*mixed, select(context)), "rated", "none")
    assert first(counts, (), at) == second(counts, (), at)


@settings(max_examples=200, deadline=None)
@given(BOOKS, FEW, NEAR)
def test_an_own_card_decides_and_the_book_does_not_touch_it(book, counts, at):
    found, multipliers, context = book
    rater = CardRater(Timeline(found, multipliers, select(context)), "rated", "none")
    card = rater.card(at)
    if card is None or card.origin == "book":
        return
    own = [card for card in found if card.origin != "book"]
    mine = [factor for factor in multipliers if factor.origin != "book"]
    alone = CardRater(Timeline(own, mine, select(context)), "rated", "none")
    assert alone(counts, (), at) == rater(counts, (), at)


@settings(max_examples=200, deadline=None)
@given(st.decimals(min_value=0, max_value=10**6, places=9, allow_nan=False), st.integers(0, 10**7))
def test_a_rate_in_a_file_is_exact(amount, count):
    table = {"provider": "p", "model": "m", "rates": {"input": format(amount, "f"), "output": "1"}}
    found = decode_overrides({"schema": 1, "price": [table]}, "file", "")
    assert found.cards[0].rates["input"].amount(count) == round(
        Fraction(amount) * 10**9 * count / 10**6
    )


def test_no_rate_of_the_book_is_a_float():
    for file in Shelf().files():
        for model in file.models:
            for card in file.cards(model):
                sheets = (card.rates, *(tier.rates for tier in card.tiers))
                parts = [n for rates in sheets for r in rates.values() for n in (r.nanos, r.per)]
                assert {type(n) for n in parts} == {int}, card.id


def test_a_float_in_a_data_file_is_refused():
    data = {"rates": {"input": 1.5}}
    with pytest.raises(PriceError, match="not a rate"):
        card_from(data, "p", "m")
