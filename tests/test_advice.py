"""Advice on small ledgers whose every amount is worked out by hand, to the nano-dollar.

The prices are a file of our own: `opal-big-2` costs 4,000 nano-dollars a token of input, 20,000 of
output, 400 read from the cache, 5,000 written for five minutes and 8,000 for an hour, twice that
beyond 200,000 tokens, half of it in a batch; `opal-small-2` a quarter of the first rates.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tallybook.advice import Advice, advice_json, advice_text, advise, advised_json
from tallybook.appraising import Appraising
from tallybook.book import Book
from tallybook.model import CLASSES, Counts, Money
from tallybook.prices import open_price_book
from tallybook.prices.plans import Fee, Period
from tallybook.query import Filter, Query
from tallybook.reading import Attribution, Batch, Reading, SessionClaim, SessionFact
from tallybook.settings import Settings

from .ledger.books import T0, open_new, reading

PRICES = """\
schema = 1
[[price]]
provider = "acme"
model = "opal-big-2"
rates = { input = "4", output = "20", cache_read = "0.4", cache_write_5m = "5", \
cache_write_1h = "8", web_search = "10" }
[[price.tier]]
over = 200_000
rates = { input = "8", output = "40", cache_read = "0.8", cache_write_5m = "10", \
cache_write_1h = "16" }
[[price]]
provider = "acme"
model = "opal-small-2"
rates = { input = "1", output = "5", cache_read = "0.1", cache_write_5m = "1.25", \
cache_write_1h = "2" }
[[price]]
provider = "acme"
model = "opal-big-2"
when = { processing = "batch" }
rates = { input = "2", output = "10", cache_read = "0.2", cache_write_5m = "2.5", \
cache_write_1h = "4" }
[[price]]
provider = "yuan"
model = "jade-big-2"
currency = "CNY"
rates = { input = "8", output = "40", cache_read = "0.8", cache_write = "8" }
"""
PLAN = """\
[[plan]]
id = "acme-max"
providers = ["acme"]
sources = ["claude-code"]
"""
FEE = 'fee = { amount = "20", currency = "USD", period = "month" }\n'
BIG, SMALL = "opal-big-2", "opal-small-2"
MINUTE, DAY = 60_000, 86_400_000
NOW = T0 + 100 * DAY


def call(name: str, counts: Mapping[str, int], *, minute: int = 0, **more: object) -> Reading:
    """A call of the big model, so many minutes after the first one; `who` is a part of its
    attribution."""
    who: dict[str, str | None] = {"source": "claude-code", "session": "s1", "project": "/p"}
    asked = more.pop("who", {})
    assert isinstance(asked, dict)
    values: dict[str, object] = {"provider": "acme", "model": BIG, "dialect": "tallybook", **more}
    return reading(
        name,
        at=T0 + minute * MINUTE,
        raw=json.dumps(dict(counts)).encode(),
        who=Attribution(**{**who, **asked}),  # pyright: ignore[reportArgumentType]
        **values,
    )


def book_of(folder: Path, calls: Iterable[Reading], prices: str = PRICES, **batch: object) -> Book:
    """A book with these calls and those prices."""
    file = folder / "prices.toml"
    file.write_text(prices)
    ledger = open_new(folder)
    facts = Batch(readings=list(calls), **batch)  # pyright: ignore[reportArgumentType]
    ledger.record(facts, Appraising(open_price_book(file)))
    return Book(Settings(ledger=str(folder / "ledger.db"), prices=file), ledger)


def told(folder: Path, calls: Iterable[Reading], kind: str, prices: str = PRICES) -> list[Advice]:
    """The advice of one kind."""
    with book_of(folder, calls, prices) as book:
        return [each for each in advise(book, Query(), NOW) if each.name.startswith(f"{kind}:")]


def usd(nanos: int) -> Money:
    return Money(nanos, "USD")


# What a cheaper model would have cost.


def test_small_work_is_priced_at_the_next_model_below(tmp_path: Path) -> None:
    # Each call: 1,000 x 4,000 + 100 x 20,000 = 6,000,000; at the small one 1,000 x 1,000 +
    # 100 x 5,000 = 1,500,000. The difference is 4,500,000, twice.
    small = {"input": 1_000, "output": 100}
    who = {"session": "helper", "agent": "namer"}
    calls = [call(f"c{n}", small, minute=n, who=who) for n in range(2)]
    long = call("long", {"input": 32_001, "output": 1}, who={"session": "main"})
    thinks = call("thinks", {**small, "reasoning": 1}, who={"session": "thinker"})
    wordy = call("wordy", {"input": 1_000, "output": 501}, who={"session": "writer"})
    (found,) = told(tmp_path, [*calls, long, thinks, wordy], "cheaper-model")
    assert found.amount == usd(9_000_000)
    assert (found.calls, found.tokens, found.sessions) == (2, 2_200, 1)
    assert [(part.session, part.nanos) for part in found.parts] == [("helper", 9_000_000)]
    assert (found.first_ms, found.last_ms) == (T0, T0 + MINUTE)
    assert (found.sense, found.sure) == ("saving", "possible")
    assert found.facts["cheaper"] == f"acme/{SMALL}"
    assert SMALL in found.assumption


def test_one_long_prompt_makes_all_work_of_an_agent_in_a_session_not_small(tmp_path: Path) -> None:
    small = {"input": 1_000, "output": 100}
    calls = [
        call("a", small),
        call("b", {"input": 32_001, "output": 10}, minute=1),
        call("c", small, minute=2),
        call("d", small, minute=3, who={"agent": "other"}),
    ]
    (found,) = told(tmp_path, calls, "cheaper-model")
    assert (found.amount, found.calls) == (usd(4_500_000), 1)


def test_a_model_that_was_not_there_yet_is_no_advice(tmp_path: Path) -> None:
    late = PRICES.replace(
        f'model = "{SMALL}"\n', f'model = "{SMALL}"\nknown_from = 2025-11-25T00:00:00Z\n'
    )
    small = {"input": 1_000, "output": 100}
    before, after = call("a", small), call("b", small, minute=600)
    (found,) = told(tmp_path, [before, after], "cheaper-model", late)
    assert (found.amount, found.calls, found.first_ms) == (usd(4_500_000), 1, T0 + 600 * MINUTE)


# What caching saved.


def test_what_caching_saved_is_the_price_of_the_same_calls_as_plain_input(tmp_path: Path) -> None:
    # Cost: 10 x 4,000 + 10,000 x 400 + 2,000 x 5,000 = 14,040,000.
    # Without a cache: 12,010 x 4,000 = 48,040,000. Saved: 34,000,000.
    good = call("a", {"input": 10, "cache_read": 10_000, "cache_write_5m": 2_000})
    # Only written: 1,000 x 5,000 = 5,000,000 against 1,000 x 4,000: 1,000,000 lost.
    bad = call("b", {"cache_write_5m": 1_000}, who={"session": "s2"})
    plain = call("c", {"input": 500, "output": 10}, who={"session": "s3"})
    (found,) = told(tmp_path, [good, bad, plain], "caching")
    assert (found.amount, found.sense, found.sure) == (usd(33_000_000), "finding", "certain")
    assert (found.calls, found.sessions) == (2, 2)
    assert [part.session for part in found.parts] == ["s1"]
    assert found.facts == {"sessions_at_a_loss": 1, "lost_there": "0.001"}


def test_caching_that_was_never_read_is_a_saving(tmp_path: Path) -> None:
    (found,) = told(tmp_path, [call("a", {"cache_write_1h": 1_000})], "caching")
    # 1,000 x 8,000 against 1,000 x 4,000.
    assert (found.amount, found.sense) == (usd(4_000_000), "saving")


def test_tiers_hold_without_a_cache_too(tmp_path: Path) -> None:
    # 200,001 tokens of prompt either way: 200,000 x 800 + 8,000 against 200,001 x 8,000.
    (found,) = told(tmp_path, [call("a", {"input": 1, "cache_read": 200_000})], "caching")
    assert found.amount == usd(200_001 * 8_000 - 160_008_000)


# What an hour cost against five minutes.


@pytest.mark.parametrize(
    ("pause", "net"),
    [
        # Writing 10,000 for 1 h: 80,000,000; for 5 minutes 50,000,000: 30,000,000 more. Reading
        # them late: 4,000,000, where writing anew for 5 minutes is 50,000,000: 46,000,000 kept.
        (4, 30_000_000),
        (5, 30_000_000),
        (6, -16_000_000),
        (60, -16_000_000),
        (61, 30_000_000),
    ],
)
def test_an_hour_pays_off_by_what_comes_back_late(tmp_path: Path, pause: int, net: int) -> None:
    calls = [call("a", {"cache_write_1h": 10_000}), call("b", {"cache_read": 10_000}, minute=pause)]
    (found,) = told(tmp_path, calls, "cache-lifetime")
    assert found.amount == usd(abs(net))
    assert found.sense == ("saving" if net > 0 else "finding")
    late = net < 0
    assert found.facts == {
        "premium": "0.03",
        "kept": "0.046" if late else "0",
        "late_calls": int(late),
        "late_tokens": 10_000 * late,
    }
    assert found.calls == 1 + late


def test_another_session_agent_or_model_is_another_conversation(tmp_path: Path) -> None:
    calls = [
        call("a", {"cache_write_1h": 10_000}),
        call("b", {"cache_read": 10_000}, minute=20, who={"session": "s2"}),
        call("c", {"cache_read": 10_000}, minute=20, who={"agent": "sub"}),
        call("d", {"cache_read": 10_000}, minute=20, model=SMALL),
    ]
    (found,) = told(tmp_path, calls, "cache-lifetime")
    assert (found.amount, found.calls) == (usd(30_000_000), 1)


def late(folder: Path, between: Reading) -> tuple[int, int]:
    """The late calls and late tokens if 10,000 tokens are written for an hour, and read after eight
    minutes, with a call in between after four."""
    calls = [
        call("a", {"cache_write_1h": 10_000}),
        between,
        call("b", {"cache_read": 10_000}, minute=8),
    ]
    (found,) = told(folder, calls, "cache-lifetime")
    facts = found.facts
    return int(facts["late_calls"]), int(facts["late_tokens"])


def test_a_call_that_used_no_cache_keeps_none_warm(tmp_path: Path) -> None:
    assert late(tmp_path, call("x", {"input": 100, "output": 1}, minute=4)) == (1, 10_000)


def test_a_refused_call_keeps_no_cache_warm(tmp_path: Path) -> None:
    assert late(tmp_path, call("x", {}, minute=4, status="failed")) == (1, 10_000)


def test_a_call_that_cannot_be_priced_again_keeps_the_cache_warm(tmp_path: Path) -> None:
    usage = {
        "input_tokens": 1,
        "cache_read_input_tokens": 10_000,
        "server_tool_use": {"web_search_requests": 1},
    }
    searched = call("x", {}, minute=4)
    searched = searched._replace(dialect="anthropic", usage=json.dumps(usage).encode())
    assert late(tmp_path, searched) == (0, 0)


def test_another_provider_of_the_model_has_another_cache(tmp_path: Path) -> None:
    other = call("x", {"cache_read": 10_000}, minute=4, provider="yuan", model=BIG)
    assert late(tmp_path, other) == (1, 10_000)


def test_two_helpers_of_a_kind_at_once_are_two_conversations(tmp_path: Path) -> None:
    # Each is called every eight minutes, and the other one in between. What the second begins with
    # is held against the last call of its kind.
    calls = [
        call("a1", {"cache_write_1h": 10_000}, place="agent-a.jsonl"),
        call("b1", {"cache_read": 500, "cache_write_1h": 10_000}, minute=4, place="agent-b.jsonl"),
        call("a2", {"cache_read": 10_000}, minute=8, place="agent-a.jsonl"),
        call("b2", {"cache_read": 10_500}, minute=12, place="agent-b.jsonl"),
        call("c1", {"cache_read": 500}, minute=20, place="agent-c.jsonl"),
    ]
    (found,) = told(tmp_path, calls, "cache-lifetime")
    assert (found.facts["late_calls"], found.facts["late_tokens"]) == (3, 21_000)
    # 20,000 x 3,000 more; 21,000 x (5,000 - 400) kept.
    assert found.amount == usd(21_000 * 4_600 - 20_000 * 3_000)


def test_lifetimes_of_other_makers_are_left_alone(tmp_path: Path) -> None:
    other = PRICES.replace('web_search = "10"', 'cache_write_30m = "5"')
    assert told(tmp_path, [call("a", {"cache_write_1h": 10_000})], "cache-lifetime", other) == []


# What long prompts cost.


def test_a_tier_costs_what_its_rates_are_above_the_base(tmp_path: Path) -> None:
    # 200,001 x 8,000 + 10 x 40,000 = 1,600,408,000; at the base half of that.
    # 250,000 x 8,000 = 2,000,000,000; at the base half of that.
    calls = [
        call("at", {"input": 200_000}),
        call("over", {"input": 200_001, "output": 10}, minute=1),
        call("far", {"input": 50_000, "cache_write_5m": 200_000}, minute=2, who={"session": "s2"}),
    ]
    (found,) = told(tmp_path, calls, "long-context")
    # far: 50,000 x 8,000 + 200,000 x 10,000 = 2,400,000,000, half of it above the base.
    assert found.amount == usd(800_204_000 + 1_200_000_000)
    assert (found.calls, found.sessions, found.first_ms) == (2, 2, T0 + MINUTE)
    assert found.facts == {
        "first_session": "s1",
        "first_prompt": 200_001,
        "longest_prompt": 250_000,
    }
    assert "2025-11-24 16:01 with 200,001 tokens" in found.title
    assert found.command == (  # a call between two others, in two sessions
        "tally usage session --where model==acme/opal-big-2"
        " --since 2025-11-24T16:01:00+00:00 --until 2025-11-24T16:02:00.001+00:00"
    )
    assert found.shown == (found.calls, found.tokens)


ANSWERS = """
[[price]]
provider = "acme"
model = "reed-2"
rates = { input = "2", output = "8" }
[[price.tier]]
output_over = 200
rates = { input = "3", output = "14" }
[[price.tier]]
over = 32_000
rates = { input = "4", output = "16" }
"""


def test_a_long_answer_is_no_long_prompt(tmp_path: Path) -> None:
    # Only the second crosses: 40,000 x 4,000 + 300 x 16,000 = 164,800,000; with a short prompt its
    # answer would still be long: 40,000 x 3,000 + 300 x 14,000 = 124,200,000.
    calls = [
        call("wordy", {"input": 1_000, "output": 300}, model="reed-2"),
        call("long", {"input": 40_000, "output": 300}, model="reed-2", minute=1),
    ]
    (found,) = told(tmp_path, calls, "long-context", PRICES + ANSWERS)
    assert (found.amount, found.calls) == (usd(40_600_000), 1)
    assert found.facts["first_prompt"] == 40_000


# Who costs more than he writes.


def test_an_agent_is_held_against_its_share_of_what_was_written(tmp_path: Path) -> None:
    # scout: 10,000 x 4,000 + 10 x 20,000 = 40,200,000; writer: 1,000 x 4,000 + 990 x 20,000 =
    # 23,800,000. Of 64,000,000 for 1,000 tokens, 10 come to 640,000.
    calls = [
        call("a", {"input": 10_000, "output": 10}, who={"agent": "scout"}),
        call("b", {"input": 1_000, "output": 990}, minute=1, who={"agent": "writer"}),
    ]
    (found,) = told(tmp_path, calls, "costly-agent")
    assert found.amount == usd(40_200_000 - 640_000)
    assert found.title == "agent scout: 62.8% of the cost and 1.0% of what was written"
    assert found.facts == {"cost": "0.0402", "written": 10}
    # What is named is the cost of a session, of which the amount is no sum.
    assert (found.is_sum, found.plan_nanos) == (False, None)
    assert [part.nanos for part in found.parts] == [40_200_000]
    assert "   costliest:  s1 ($0.0402)" in advice_text(found)
    assert told_again(tmp_path, "costly-project") == []  # there is only one


def told_again(folder: Path, kind: str) -> list[Advice]:
    """The advice of one kind on the ledger that is there."""
    with Book.open(
        Settings(ledger=str(folder / "ledger.db"), prices=folder / "prices.toml")
    ) as book:
        return [each for each in advise(book, Query(), NOW) if each.name.startswith(f"{kind}:")]


def test_a_session_that_grew_is_told_in_the_words_of_growth(tmp_path: Path) -> None:
    # Reading 2,000 x n, writing 2,000 each round.
    calls = [
        call(f"c{n}", {"cache_read": 2_000 * n, "cache_write_5m": 2_000, "output": 5}, minute=n)
        for n in range(10)
    ]
    (found,) = told(tmp_path, calls, "grown-session")
    # 2,000 x 45 x 400 + 10 x 2,000 x 5,000 + 10 x 5 x 20,000
    assert found.amount == usd(36_000_000 + 100_000_000 + 1_000_000)
    assert "the prompt grew from 2.0k to 20.0k tokens in 10 rounds" in found.title
    assert (found.calls, found.command) == (10, "tally session s1 --rounds")


# What could have waited.


def test_a_batch_is_only_for_what_nobody_waits_for(tmp_path: Path) -> None:
    # 1,000 x 4,000 + 100 x 20,000 = 6,000,000, half of it in a batch.
    counts = {"input": 1_000, "output": 100}
    bare = call("a", counts, who={"source": "manual", "session": None})
    script = call("b", counts, minute=1, who={"source": "manual", "session": "nightly"})
    typed = call("c", counts, minute=2)
    (found,) = told(tmp_path, [bare, script, typed], "batch")
    assert (found.amount, found.calls, found.sure) == (usd(6_000_000), 2, "possible")
    assert [part.session for part in found.parts] == ["nightly"]
    assert found.command == (
        "tally usage model --where provider==acme --where source==manual --since all"
    )
    assert found.shown == (2, 2_200)


def test_an_agent_is_waited_for_in_calls_of_no_session_too(tmp_path: Path) -> None:
    assert told(tmp_path, [call("a", {"input": 1_000}, who={"session": None})], "batch") == []


def test_no_batch_is_advised_where_a_plan_pays(tmp_path: Path) -> None:
    plan = PRICES + PLAN.replace("claude-code", "manual")
    bare = call("a", {"input": 1_000}, who={"source": "manual", "session": None})
    assert told(tmp_path, [bare], "batch", plan) == []


# Plans.


@pytest.mark.parametrize(
    ("period", "nanos"),
    # 73 days are a fifth of a year of 365: 2.4 months, 73/7 weeks, 0.8 quarters.
    [
        ("month", 48_000_000_000),
        ("week", 208_571_428_571),
        ("quarter", 16_000_000_000),
        ("year", 4_000_000_000),
    ],
)
def test_a_fee_is_told_for_the_time_that_was_asked_for(
    tmp_path: Path, period: Period, nanos: int
) -> None:
    fees = {"acme": Fee(nanos=20_000_000_000, currency="USD", period=period)}
    query = Query(since_ms=T0, until_ms=T0 + 73 * DAY)
    with book_of(tmp_path, [call("a", {"input": 1_000, "output": 100})]) as book:
        found = [each for each in advise(book, query, NOW, fees=fees) if each.name[:4] == "fee:"]
    assert [each.amount for each in found] == [usd(nanos - 6_000_000)]
    assert found[0].sense == "finding"  # it is cheaper to pay by use, as was done
    assert found[0].facts["worth"] == "0.006"


def test_a_plan_of_the_price_file_is_held_against_paying_by_use(tmp_path: Path) -> None:
    # 25,000,000 x 4,000 at a time is 100 dollars below the tier in calls of 100,000.
    calls = [call(f"c{n}", {"input": 100_000}, minute=n) for n in range(250)]
    query = Query(since_ms=T0, until_ms=T0 + 73 * DAY)
    with book_of(tmp_path, calls, PRICES + PLAN + FEE) as book:
        (found,) = [each for each in advise(book, query, NOW) if each.name[:5] == "plan:"]
        (cheap,) = [
            each
            for each in advise(book, Query(since_ms=T0, until_ms=T0 + MINUTE * 2), NOW)
            if each.name[:5] == "plan:"
        ]
    assert (found.amount, found.sense, found.in_plan) == (usd(52_000_000_000), "finding", 250)
    assert found.title == "plan acme-max saved this: worth $100.0000 at list, against $48.0000"
    # In two minutes 20 dollars a month are 20e9 x 12 x 120,000 / 31,536,000,000 ms.
    assert cheap.amount == usd(800_000_000 - 913_242)


def test_no_fee_is_counted_before_histories_begin(tmp_path: Path) -> None:
    # Asked for 83 days, of which the first ten are before any history: 48 dollars for 73 days.
    fees = {"acme": Fee(nanos=20_000_000_000, currency="USD", period="month")}
    query = Query(since_ms=T0 - 10 * DAY, until_ms=T0 + 73 * DAY)
    with book_of(tmp_path, [call("a", {"input": 1_000})]) as book:
        (found,) = [each for each in advise(book, query, NOW, fees=fees) if each.name[:4] == "fee:"]
    assert found.facts["fee"] == "48"


def test_a_plan_without_a_fee_is_only_told_for_what_it_is_worth(tmp_path: Path) -> None:
    (found,) = told(tmp_path, [call("a", {"input": 1_000})], "plan", PRICES + PLAN)
    assert (found.amount, found.sense, found.sure) == (usd(4_000_000), "finding", "certain")
    assert found.title.startswith("the calls of plan acme-max were worth this at list; nobody told")


def test_a_fee_counts_while_the_plan_holds_and_in_its_own_currency(tmp_path: Path) -> None:
    # Of 73 days the plan holds in the last 36.5: half of 48 dollars.
    half = "valid_from = 2025-12-31T04:00:00Z\n"
    calls = [
        call("a", {"input": 100_000}, minute=60 * 24 * 40),
        call("b", {"input": 100_000}, provider="yuan", model="jade-big-2"),
    ]
    query = Query(since_ms=T0, until_ms=T0 + 73 * DAY)
    fees = {"yuan": Fee(nanos=20_000_000_000, currency="USD", period="month")}
    with book_of(tmp_path, calls, PRICES + PLAN + half + FEE) as book:
        found = {each.name: each for each in advise(book, query, NOW, fees=fees)}
    plan, other = found["plan:acme-max/USD"], found["fee:yuan/CNY"]
    assert (plan.amount, plan.sense) == (usd(24_000_000_000 - 400_000_000), "saving")
    assert plan.command.startswith(
        "tally usage month --where provider=acme --where source=claude-code --since 2025-11-24"
    )
    assert (other.amount, other.sense) == (Money(800_000_000, "CNY"), "finding")
    assert other.title == "calls at yuan were worth this at list; the fee is in USD"


def test_what_falls_on_no_bill_comes_after_what_does(tmp_path: Path) -> None:
    calls = [
        *(call(f"p{n}", {"input": 1_000, "output": 100}, minute=n) for n in range(2)),
        call("long", {"input": 200_001}, minute=5, who={"session": "s2"}),
        call("paid", {"cache_write_1h": 1_000}, minute=9, who={"source": "manual"}),
    ]
    with book_of(tmp_path, calls, PRICES + PLAN) as book:
        found = [each for each in advise(book, Query(), NOW) if each.sense == "saving"]
    # cheaper: 4,500,000 each, and of the paid call 1,000 x (8,000 - 2,000). Of the paid call alone,
    # for each of 1,000 tokens: without a cache 8,000 - 4,000, in a batch as much, for 5 minutes
    # 8,000 - 5,000. The tier is half of 200,001 x 8,000.
    got = [(each.name.partition(":")[0], each.amount, each.in_plan) for each in found]
    assert got == [
        ("cheaper-model", usd(15_000_000), 2),
        ("batch", usd(4_000_000), 0),
        ("caching", usd(4_000_000), 0),
        ("cache-lifetime", usd(3_000_000), 0),
        ("long-context", usd(800_004_000), 1),
    ]
    assert [each.plan_nanos for each in found] == [9_000_000, 0, 0, 0, 800_004_000]
    assert "paid for 2 calls with $0.0090 of the amount" in advice_text(found[0])
    assert advice_text(found[4]).startswith("$0.8000 at list, inside a plan, could be saved: pr")


# What can't be seen.


def test_what_advice_cannot_see_is_told(tmp_path: Path) -> None:
    search = json.dumps(
        {"input_tokens": 10, "output_tokens": 1, "server_tool_use": {"web_search_requests": 2}}
    ).encode()
    calls = [
        call("a", {"input": 1_000}),
        call("b", {"input": 7}, model="nobody-knows-3", minute=1),
        call("c", {}, status="unmetered", minute=2),
        call("d", {}, minute=3)._replace(dialect="anthropic", usage=search),
    ]
    claim = SessionClaim("claude-code", "s1", "acme", BIG, (91_010, 100, 0, 0, 0, 0), T0 + 9)
    with book_of(tmp_path, calls, claims=[claim]) as book:
        found = {each.name: each for each in advise(book, Query(), NOW) if each.sense == "unseen"}
    assert {name: (each.calls, each.facts["tokens"]) for name, each in found.items()} == {
        "unseen:unmetered": (1, 0),
        "unseen:unpriced": (1, 7),
        "unseen:recovered": (0, 91_010 - 1_000 + 100),
        "unseen:priced-otherwise": (1, 11),
    }
    assert all(each.amount is None and not each.parts for each in found.values())
    assert found["unseen:unmetered"].command == (
        "tally usage model --where status==unmetered --since all"
    )


# All of it.


def test_currencies_stay_apart(tmp_path: Path) -> None:
    calls = [
        call("a", {"cache_read": 1_000}),
        call("b", {"cache_read": 1_000}, provider="yuan", model="jade-big-2", minute=1),
    ]
    found = told(tmp_path, calls, "caching")
    # 1,000 x (8,000 - 800) in yuan, 1,000 x (4,000 - 400) in dollars.
    assert [each.amount for each in found] == [Money(7_200_000, "CNY"), usd(3_600_000)]


def test_advice_on_the_same_calls_says_that_it_overlaps(tmp_path: Path) -> None:
    calls = [
        call("a", {"cache_write_1h": 200_001}),
        call("b", {"input": 2_000, "output": 10}, minute=1, who={"session": "s2"}),
    ]
    # Of 3,200,016,000 for the first call 1,600,008,000 are those of the tier, as much would go
    # without a cache, and 1,200,006,000 for writes for 5 minutes.
    with book_of(tmp_path, calls) as book:
        found = {each.name: each.overlaps for each in advise(book, Query(), NOW)}
    cached, kept, long = (
        "caching:acme/USD",
        "cache-lifetime:acme/opal-big-2/USD",
        "long-context:acme/opal-big-2/USD",
    )
    assert list(found.items()) == [
        (cached, (long, kept)),
        (long, (cached, kept)),
        (kept, (cached, long)),
        ("cheaper-model:acme/opal-big-2/USD", ()),
    ]


def test_a_question_asks_only_for_its_own_calls(tmp_path: Path) -> None:
    calls = [
        call("a", {"cache_read": 1_000}),
        call("b", {"cache_read": 2_000}, minute=10, who={"session": "s2"}),
        call("c", {"cache_read": 4_000}, minute=20, who={"session": "s2"}),
    ]
    where = (Filter(dimension="session", values=("s2",)),)
    query = Query(where=where, until_ms=T0 + 20 * MINUTE)
    with book_of(tmp_path, calls) as book:
        _, found = advise(book, query, NOW)
        assert (found.amount, found.calls) == (usd(2_000 * 3_600), 1)
        assert found.command == (
            "tally usage session --where session=s2 --where provider==acme"
            " --until 2025-11-24T16:20:00+00:00"
        )


def test_what_is_too_little_is_left_out(tmp_path: Path) -> None:
    # 4,000,000,000 in all: a thousandth is 4,000,000, which 3,600 x 1,112 = 4,003,200 just is.
    def small(read: int) -> list[Reading]:
        return [
            *(call(f"c{n}", {"input": 100_000}, minute=n) for n in range(10)),
            call("z", {"cache_read": read}, minute=99),
        ]

    assert [each.calls for each in told(tmp_path, small(1_112), "caching")] == [1]
    (tmp_path / "other").mkdir()
    assert told(tmp_path / "other", small(1_100), "caching") == []


def test_nothing_is_advised_on_nothing(tmp_path: Path) -> None:
    with book_of(tmp_path, []) as book:
        assert advise(book, Query(), NOW) == ()


def test_sums_are_those_of_the_single_calls(tmp_path: Path) -> None:
    rates = (4_000, 20_000, 20_000, 400, 5_000, 8_000)
    chance = random.Random(7)
    calls, saved, premium = list[Reading](), 0, 0
    for n in range(300):
        counts = tuple(chance.randrange(9_000) for _ in CLASSES)
        fresh, _, _, read, short, long = counts
        session = {"session": f"s{n % 20}"}
        named = dict(zip(CLASSES, counts, strict=True))
        calls.append(call(f"c{n}", named, minute=n // 7, who=session))
        plain = (fresh + read + short + long, *counts[1:3], 0, 0, 0)
        saved += sum(a * b for a, b in zip(plain, rates, strict=True))
        saved -= sum(a * b for a, b in zip(counts, rates, strict=True))
        premium += long * 3_000
    chance.shuffle(calls)
    with book_of(tmp_path, calls) as book:
        found = {each.name.partition(":")[0]: each for each in advise(book, Query(), NOW)}
    assert found["caching"].amount == usd(abs(saved))
    assert found["cache-lifetime"].facts["premium"] == usd(premium).text


def test_calls_come_in_the_order_of_time(tmp_path: Path) -> None:
    calls = [call(f"c{n}", {"input": n}, minute=n) for n in (5, 1, 9, 3)]
    with book_of(tmp_path, calls) as book:
        got = [(each.started_ms, each.counts[0]) for each in book.ledger.spent_in(Query())]
        assert got == [(T0 + n * MINUTE, n) for n in (1, 3, 5, 9)]
        counts: Counts = (1, 0, 0, 0, 0, 0)
        first = next(iter(book.ledger.spent_in(Query())))
        assert (first.counts, first.nanos, first.currency, first.witness) == (
            counts,
            4_000,
            "USD",
            4,
        )


def test_json_and_text_say_the_same(tmp_path: Path) -> None:
    title = SessionFact("claude-code", "s1", "Fix \x1b[31mthe parser", 1)
    counts = {"cache_write_1h": 10_000}
    with book_of(tmp_path, [call("a", counts)], PRICES + PLAN, facts=[title]) as book:
        found = advise(book, Query(), NOW)
    whole = advised_json(found, Query())
    assert whole["schema"] == "tallybook.advice/1"
    assert json.loads(json.dumps(whole)) == whole
    first = advice_json(found[1])
    assert first["name"] == "caching:acme/USD"
    assert first["amount"] == {"amount": "0.04", "currency": "USD"}
    assert (first["kind"], first["calls_in_plan"], first["first_at"]) == (
        "caching",
        1,
        "2025-11-24T16:00:00+00:00",
    )
    assert first["named"] == [
        {
            "source": "claude-code",
            "session": "s1",
            "title": "Fix \x1b[31mthe parser",
            "amount": "0.04",
        }
    ]
    text = advice_text(found[1], "UTC", {each.name: at for at, each in enumerate(found, 1)})
    assert text.startswith("2. $0.0400 at list, inside a plan, could be saved: caching at acme")
    assert "Fix ·[31mthe parser s1 ($0.0400)" in text
    assert "a subscription paid for all of them" in text
    assert "may count the same calls as 1, 3" in text
