"""What a price file may say, beyond plain cards: patterns, hours, plans, exchange rates; and what
is said of every mistake in one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tallybook.errors import SettingsError
from tallybook.prices import PriceBook, open_price_book, price_file_faults
from tallybook.prices.plans import Fee


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def own(tmp_path):
    def read(text: str) -> PriceBook:
        path = tmp_path / "prices.toml"
        path.write_text("schema = 1\n" + text, "utf-8")
        return open_price_book(path)

    return read


def nanos(book: PriceBook, provider, model, at, counts=(1_000_000, 0, 0, 0, 0, 0), **context):
    return book.rater(provider, model, context)(counts, (), at).nanos


# ---------------------------------------------------------------- hours

HOURS = """
[[price]]
provider = "house"
model = "m"
rates = { input = "1" }
[[price]]
provider = "house"
model = "m"
rates = { input = "3" }
[price.schedule]
hours = ["09:00-12:00", "22:00-02:00"]
weekdays = ["mon", "tue", "wed", "thu", "fri"]
holidays = [2026-10-01]
offset = "+08:00"
"""


@pytest.mark.parametrize(
    ("at", "dollars"),
    [
        ("2026-11-10T00:59:59.999", 1),  # a Tuesday, 08:59:59.999 by the clock of the place
        ("2026-11-10T01:00:00.000", 3),
        ("2026-11-10T03:59:59.999", 3),
        ("2026-11-10T04:00:00.000", 1),
        ("2026-11-10T14:00:00.000", 3),  # 22:00, and over midnight
        ("2026-11-10T17:59:59.999", 3),
        ("2026-11-10T18:00:00.000", 1),
        ("2026-11-13T15:59:59.999", 3),  # Friday 23:59:59.999; then it is Saturday there
        ("2026-11-13T16:00:00.000", 1),
        ("2026-11-14T02:00:00.000", 1),
        ("2026-11-15T16:00:00.000", 3),  # Sunday here, Monday 00:00 there
        ("2026-10-01T02:00:00.000", 1),  # a holiday
    ],
)
def test_hours_by_the_clock_of_a_place(own, at, dollars):
    book = own(HOURS)
    assert nanos(book, "house", "m", ms(at)) == dollars * 10**9
    assert book.rater("house", "m", {}).by_completion


@pytest.mark.parametrize(
    ("at", "dollars"),
    [
        ("2026-07-01T12:59:59", 1),
        ("2026-07-01T13:00", 2),
        ("2026-12-01T13:00", 1),
        ("2026-12-01T14:00", 2),
    ],
)
def test_hours_of_a_zone_follow_its_summer_time(own, at, dollars):
    book = own("""
[[price]]
provider = "house"
model = "m"
rates = { input = "1" }
[[multiplier]]
provider = "house"
factor = "2"
schedule = { hours = ["09:00-17:00"], zone = "America/New_York" }
""")
    assert nanos(book, "house", "m", ms(at)) == dollars * 10**9


def test_two_schedules_stack_where_they_meet_and_tiers_with_them(own):
    book = own("""
[[price]]
provider = "house"
model = "m"
rates = { input = "1" }
[[price.tier]]
over = 10
rates = { input = "10" }
[[multiplier]]
provider = "house"
factor = "1/3"
schedule = { hours = ["00:00-12:00"] }
[[multiplier]]
provider = "house"
factor = "1.1"
schedule = { hours = ["06:00-18:00"] }
valid_from = 2026-01-02
""")
    one = (9, 0, 0, 0, 0, 0)
    assert [
        nanos(book, "house", "m", ms(f"2026-03-01T{hour}"), one)
        for hour in ("05:00", "11:00", "17:00", "19:00")
    ] == [
        3_000,
        3_300,
        9_900,
        9_000,
    ]
    assert nanos(book, "house", "m", ms("2026-01-01T11:00"), one) == 3_000  # before the second
    assert nanos(book, "house", "m", ms("2026-03-01T11:00"), (11, 0, 0, 0, 0, 0)) == 40_333
    rated = book.rater("house", "m", {})((11, 0, 0, 0, 0, 0), (), ms("2026-03-01T11:00"))
    assert rated.card == "house/m@undated+override+hours#over10"


def test_a_multiplier_with_hours_asks_for_its_context_too(own):
    book = own("""
[[price]]
provider = "house"
model = "m"
rates = { input = "1" }
[[multiplier]]
provider = "house"
when = { service_tier = "flex" }
factor = "1/2"
schedule = { hours = ["00:00-24:00"] }
""")
    assert nanos(book, "house", "m", 0) == 10**9
    assert nanos(book, "house", "m", 0, service_tier="flex") == 5 * 10**8


def test_holidays_that_are_not_known_yet_are_an_assumption(own):
    book = own(HOURS.replace("offset =", "holidays_to = 2027-01-01\noffset ="))
    rater = book.rater("house", "m", {})
    assert rater((1, 0, 0, 0, 0, 0), (), ms("2026-12-31T23:59")).assumptions == ()
    assert rater((1, 0, 0, 0, 0, 0), (), ms("2027-01-01")).assumptions == ("holidays-unknown",)


def test_a_price_only_for_some_hours_leaves_the_others_unpriced(own):
    book = own(
        HOURS.replace('[[price]]\nprovider = "house"\nmodel = "m"\nrates = { input = "1" }', "")
    )
    rater = book.rater("house", "m", {})
    assert nanos(book, "house", "m", ms("2026-11-10T02:00")) == 3 * 10**9
    quiet = rater((7, 0, 0, 0, 0, 0), (), ms("2026-11-10T05:00"))
    assert (quiet.nanos, quiet.unpriced, quiet.reason) == (None, 7, "no standard rate for house/m")
    assert rater.charge((7, 0, 0, 0, 0, 0), (), ms("2026-11-10T05:00")).reason == quiet.reason


# ---------------------------------------------------------------- patterns, layers


def test_a_pattern_of_models_is_asked_for_and_gives_way_to_a_name(own):
    book = own("""
[[price]]
provider = "house"
model_glob = "big-*"
rates = { input = "1" }
[[price]]
provider = "house"
model = "big-2"
rates = { input = "2" }
[[price]]
provider = "openai"
model_glob = "*"
rates = { input = "9" }
""")
    assert nanos(book, "house", "Big-1", 0) == 10**9
    assert nanos(book, "house", "big-2", 0) == 2 * 10**9
    assert nanos(book, "house", "small", 0) is None
    assert nanos(book, "openai", "<synthetic>", 0) == 0
    assert nanos(book, "openai", "gpt-5", ms("2026-06-01")) == 9 * 10**9
    card = book.card("house", "big-1", 0, {})
    assert card is not None
    assert (card.model, card.notes) == ("big-1", ("by the pattern big-*",))


def test_an_own_price_by_any_name_of_a_model_comes_before_the_book(own):
    book = own("""
[[price]]
provider = "openai"
model = "gpt-5.5-2026-04-23"
rates = { input = "7" }
valid_to = 2026-06-01
""")
    assert nanos(book, "openai", "gpt-5.5-2026-04-23", ms("2026-05-01")) == 7 * 10**9
    later = book.card("openai", "gpt-5.5-2026-04-23", ms("2026-07-01"), {})
    assert later is not None
    assert later.origin == "book"


def test_the_book_never_mixes_into_an_own_card(own):
    book = own("""
[[price]]
provider = "anthropic"
model = "claude-opus-4-6"
rates = { input = "4", output = "20" }
[[price]]
provider = "deepseek"
model = "deepseek-v4-flash"
rates = { input = "0.1", output = "0.2" }
""")
    at = ms("2026-11-10T02:00")  # DeepSeek's peak hours
    assert nanos(book, "deepseek", "deepseek-v4-flash", at) == 10**8
    for context, word in (
        ({"processing": "batch"}, "no-rate-for:processing=batch"),
        ({"speed": "fast"}, "no-rate-for:speed=fast"),
        ({"inference_geo": "us"}, "no-rate-for:inference_geo=us"),
    ):
        rated = book.rater("anthropic", "claude-opus-4-6", context)((10, 0, 0, 0, 0, 0), (), at)
        assert (rated.nanos, rated.assumptions) == (40_000, (word,))
    lacking = book.rater("anthropic", "claude-opus-4-6", {})(
        (1, 0, 0, 5, 6, 0), (("web_search", 1),), at
    )
    assert (lacking.nanos, lacking.unpriced) == (4_000, 11)
    assert lacking.assumptions == (
        "no-rate-for:web_search",
        "no-rate-for:cache_read",
        "no-rate-for:cache_write_5m",
    )


def test_own_factors_apply_to_own_cards_and_to_the_book(own):
    book = own("""
[[multiplier]]
provider = "anthropic"
models = ["Claude-Opus-4-6"]
factor = "0.9"
[[multiplier]]
provider = "zai-coding-plan"
factor = "1/7"
""")
    assert nanos(book, "anthropic", "claude-opus-4-6", ms("2026-06-01")) == 4_500_000_000
    batch = nanos(book, "anthropic", "claude-opus-4-6", ms("2026-06-01"), processing="batch")
    assert batch == 2_250_000_000
    # 0.6 $ / 7, rounded once
    assert nanos(book, "zai-coding-plan", "glm-4.7", ms("2026-06-01")) == 85_714_286
    assert nanos(book, "zai", "glm-4.7", ms("2026-06-01")) == 600_000_000


def test_own_aliases_come_before_the_book_and_hold_between_dates(own):
    book = own("""
[[alias]]
provider = "openai"
model = "gpt-5"
as = "anthropic"
as_model = "claude-opus-4-6"
valid_from = 2026-05-01
valid_to = 2026-06-01
""")
    days = ("2026-04-30T23:59:59.999", "2026-05-01", "2026-05-31T23:59:59.999", "2026-06-01")
    assert [nanos(book, "openai", "gpt-5", ms(day)) for day in days] == [
        1_250_000_000,
        5_000_000_000,
        5_000_000_000,
        1_250_000_000,
    ]


# ---------------------------------------------------------------- plans

PLANS = """
[[plan]]
id = "max"
sources = ["claude-code"]
accounts = ["work"]
fee = { amount = "200", currency = "USD", period = "month" }
valid_from = 2026-03-01
valid_to = 2026-09-01
[[plan]]
id = "team"
providers = ["Corp-LLM"]
value_at = "anthropic"
[[plan]]
id = "odd"
providers = ["odd-plan"]
estimate_as = "zai/glm-4.7"
valid_from = 2026-05-01
[[plan]]
id = "also-odd"
providers = ["odder-plan"]
estimate_as = "zai"
"""


def test_a_plan_pays_for_what_fits_it_while_it_holds(own):
    book = own(PLANS)
    june = ms("2026-06-01")
    plan = book.plan("anthropic", "Claude-Code", "work", june)
    assert plan is not None
    assert (plan.id, plan.billing, plan.value_at) == ("max", "subscription", "")
    assert plan.fee == Fee(nanos=200 * 10**9, currency="USD", period="month")
    assert book.plan("anthropic", "claude-code", "home", june) is None
    assert book.plan("anthropic", "claude-code", None, june) is None
    assert book.plan("anthropic", "codex", "work", june) is None
    assert book.plan("anthropic", "claude-code", "work", ms("2026-02-28T23:59:59.999")) is None
    assert book.plan("anthropic", "claude-code", "work", ms("2026-09-01")) is None
    assert book.plans("anthropic", "codex", None) == ()
    assert book.has_plans


def test_a_plan_that_is_shipped_is_one_too(own):
    for provider, place in (("zai-coding-plan", "zai"), ("kimi-code-plan-new", "moonshotai")):
        found = own("").plan(provider, "opencode", None, 0)
        assert found is not None
        assert (found.id, found.value_at) == (provider, place)
    again = own('[[plan]]\nid = "mine"\nproviders = ["zai-coding-plan"]\n')
    found = again.plan("zai-coding-plan", "opencode", None, 0)
    assert found is not None
    assert found.id == "mine"


def test_the_value_of_a_plan_is_that_of_its_sibling_and_says_so(own):
    book = own(PLANS)
    june = ms("2026-06-01")
    rated = book.rater("corp-llm", "claude-opus-4-6", {})((10, 0, 0, 0, 0, 0), (), june)
    assert (rated.nanos, rated.assumptions) == (50_000, ("plan-value-at:anthropic",))
    found = book.find("corp-llm", "claude-opus-4-6")
    assert found is not None
    assert found.steps == ("plan:team:corp-llm/claude-opus-4-6→anthropic/claude-opus-4-6",)
    guess = book.rater("odd-plan", "whatever", {})((10, 0, 0, 0, 0, 0), (), june)
    assert (guess.nanos, guess.assumptions) == (6_000, ("estimated-as:zai/GLM-4.7",))
    assert book.rater("odd-plan", "whatever", {})((1, 0, 0, 0, 0, 0), (), 0).nanos is None
    assert book.rater("odder-plan", "glm-4.7", {})((10, 0, 0, 0, 0, 0), (), 0).nanos == 6_000
    charge = book.rater("odd-plan", "whatever", {}).charge((10, 0, 0, 0, 0, 0), (), june)
    assert charge.basis == "estimate"


def test_an_own_price_comes_before_what_a_plan_says_of_its_provider(own):
    book = own(
        PLANS
        + '\n[[price]]\nprovider = "corp-llm"\nmodel = "claude-opus-4-6"\nrates = { input = "1" }\n'
    )
    rated = book.rater("corp-llm", "claude-opus-4-6", {})((10, 0, 0, 0, 0, 0), (), 0)
    assert (rated.nanos, rated.assumptions) == (10_000, ())


# ---------------------------------------------------------------- exchange rates


def test_exchange_rates_are_exact(own):
    book = own("""
[[fx]]
from = "CNY"
to = "USD"
rate = "0.1391"
valid_from = 2026-10-01
source = "month-end"
[[fx]]
from = "EUR"
to = "USD"
rate = "8/7"
valid_from = 2026-10-01
""")
    first, second = book.fx
    assert (first.base, first.to, first.numerator, first.denominator) == (
        "CNY",
        "USD",
        1391,
        10_000,
    )
    assert (first.valid_from_ms, first.source) == (ms("2026-10-01"), "month-end")
    assert (second.numerator, second.denominator) == (8, 7)
    assert own("").fx == ()


# ---------------------------------------------------------------- mistakes


BROKEN = """schema = 1
[[price]]
provider = "a"
model = "m"
rates = { inptu = "1" }

[[price]]
provider = "a"
model = "n"
rates = { input = "1" }
[price.schedule]
hours = ["9-12"]

[[plan]]
id = "everything"
[[fx]]
from = "CNY"
to = "USD"
rate = 0.14
valid_from = 2026-10-01

[[prise]]
[[price]]
provider = "a"
model = "o"
rates = { input = "1", output = "2" }
[[price.tier]]
over = 10
rates = { input = "2" }
"""


def test_every_mistake_is_told_with_its_line(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text(BROKEN)
    said = [str(fault).removeprefix(str(path)) for fault in price_file_faults(path)]
    assert said == [
        ":22: prise: unknown key",
        ":5: price[0].rates.inptu: unknown class or unit",
        ':12: price[1].schedule.hours: expected hours such as "09:00-12:00"',
        ":23: price[2]: the tier over10 lacks output, reasoning",
        ":19: fx[0].rate: expected a text",
        ":14: plan[0]: a plan must say whose calls it pays: providers, sources or accounts",
    ]
    with pytest.raises(SettingsError, match="prise: unknown key"):
        open_price_book(path)


CARD = '[[price]]\nprovider = "a"\nmodel = "m"\nrates = { input = "1" }\n'
MORNING = f'{CARD}schedule = {{ hours = ["09:00-12:00"] }}\n'
NOON = f'{CARD}schedule = {{ hours = ["11:00-13:00"], weekdays = ["tue"] }}\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{CARD}[[price.tier]]\nrates = {{ input = "2" }}', "needs `over` or `output_over`"),
        (f'{CARD}[[price.tier]]\nover = -1\nrates = {{ input = "2" }}', "over: expected a whole"),
        (f"{CARD}same_as = {{ cache_read = 'nothing' }}", "cache_read can't be billed as nothing"),
        (f'{CARD}schedule = {{ weekdays = ["monday"] }}', "unknown day 'monday'"),
        (f'{CARD}schedule = {{ holidays = ["2026-10-01"] }}', "expected dates"),
        (f'{CARD}schedule = {{ zone = "Mars/Base" }}', "no known time zone"),
        (f'{CARD}schedule = {{ zone = "UTC", offset = "+01:00" }}', "zone or offset, not both"),
        (f'{CARD}schedule = {{ offset = "8" }}', "expected an offset"),
        (f'{CARD}schedule = {{ hours = ["09:00-09:00"] }}', "expected hours"),
        (f'{CARD}model_glob = "m*"', "model or model_glob, not both"),
        (f"{CARD}per = 0", "per: must be 1 or more"),
        (f"{MORNING}{NOON}", "hold at once"),
        ('[[plan]]\nid = "p"\nproviders = ["a"]\nbilling = "free"', "billing can only be"),
        ('[[plan]]\nid = "p"\nsources = ["a"]\nvalue_at = "zai"', "value_at and estimate_as need"),
        (
            '[[plan]]\nid = "p"\nproviders = ["a"]\nvalue_at = "b"\nestimate_as = "c"',
            "value_at or estimate_as, not both",
        ),
        (
            '[[plan]]\nid = "p"\nproviders = ["a"]\nfee = { amount = "5", period = "day" }',
            "unknown period 'day'",
        ),
        ('[[plan]]\nid = "p"\nproviders = ["a"]\nfee = { amount = 5 }', "amount: expected a text"),
        ('[[fx]]\nfrom = "CNY"\nto = "USD"\nrate = "0.1"', "valid_from: missing"),
        ('[[fx]]\nfrom = "CNY"\nto = "CNY"\nrate = "1"\nvalid_from = 2026-01-01', "between two"),
        ('[[fx]]\nfrom = "yuan"\nto = "USD"\nrate = "1"\nvalid_from = 2026-01-01', "currency code"),
        (
            '[[fx]]\nfrom = "CNY"\nto = "USD"\nrate = "1"\nvalid_from = 2026-01-01\n' * 2,
            "two rates of CNY to USD begin on 2026-01-01",
        ),
        (
            '[[fx]]\nfrom = "CNY"\nto = "USD"\nrate = "1"\nvalid_from = 2026-01-01T12:00:00',
            "without a time",
        ),
        ('[[alias]]\nprovider = "a"\nas = "b"\nvalid_to = 2026-13-01', "not valid TOML"),
    ],
)
def test_mistakes(own, text, words):
    with pytest.raises(SettingsError) as told:
        own(text)
    assert words in f"{told.value} {told.value.because}"
    assert "prices.toml:" in str(told.value)


def test_hours_that_do_not_meet_may_both_be_priced(own):
    book = own(MORNING.replace("12:00", "11:00") + NOON)
    assert nanos(book, "a", "m", ms("2026-11-10T12:30")) == 10**9
