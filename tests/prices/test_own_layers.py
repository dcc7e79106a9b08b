"""Where the user's own prices, aliases and plans stand among themselves and before the book."""

from __future__ import annotations

import decimal
from datetime import UTC, datetime

import pytest
from tests.ledger.books import reading

from tallybook.appraising import Appraising
from tallybook.errors import SettingsError
from tallybook.model import nanos_of
from tallybook.prices import PriceBook, open_price_book

MILLION_IN = (1_000_000, 0, 0, 0, 0, 0)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def own(tmp_path):
    def read(text: str) -> PriceBook:
        path = tmp_path / "prices.toml"
        path.write_text("schema = 1\n" + text, "utf-8")
        return open_price_book(path)

    return read


def rated(book: PriceBook, provider, model, at, counts=(1000, 0, 0, 0, 0, 0), **context):
    return book.rater(provider, model, context)(counts, (), ms(at))


def price(provider: str, model: str, rate: str, rest: str = "") -> str:
    key = "model_glob" if "*" in model else "model"
    return (
        f'[[price]]\nprovider = "{provider}"\n{key} = "{model}"\n'
        f'rates = {{ input = "{rate}" }}\n{rest}\n'
    )


# ---------------------------------------------------------------- outside an own price


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("zai-coding-plan", "glm-4.7"),  # the book has it by way of an alias
        ("anthropic", "claude-sonnet-4-5@20250929"),  # and without the date
        ("azure", "gpt-5"),
        ("ollama", "any"),
    ],
)
@pytest.mark.parametrize("wide", [False, True])
def test_outside_its_dates_an_own_price_gives_way_to_all_that_the_book_knows(
    own, provider, model, wide
):
    book = own(price(provider, "*" if wide else model, "9", "valid_from = 2026-11-01"))
    before = rated(book, provider, model, "2026-10-01")
    assert before == rated(own(""), provider, model, "2026-10-01")
    assert before.nanos is not None
    after = rated(book, provider, model, "2026-11-02")
    assert (after.nanos, after.assumptions) == (9_000_000, ())
    found = book.find(provider, model)
    assert found is not None
    assert found.steps_to(book.card(provider, model, ms("2026-11-02"), {})) == ()


def test_the_way_to_the_book_is_told_of_the_book_alone(own):
    book = own(price("zai-coding-plan", "glm-4.7", "9", "valid_from = 2026-11-01"))
    found = book.find("zai-coding-plan", "glm-4.7")
    card = book.card("zai-coding-plan", "glm-4.7", ms("2026-10-01"), {})
    assert found is not None
    assert found.steps_to(card) == ("provider:zai-coding-plan→zai",)
    assert [each.origin for each in found.cards] == ["override", "book"]


def test_an_own_price_of_a_selection_leaves_the_others_to_the_book(own):
    book = own(price("azure", "gpt-5", "9", 'when = { service_tier = "flex" }'))
    plain = rated(book, "azure", "gpt-5", "2026-10-01")
    assert (plain.nanos, plain.assumptions) == (1_250_000, ("priced-as:openai",))
    assert rated(book, "azure", "gpt-5", "2026-10-01", service_tier="Flex").nanos == 9_000_000


# ---------------------------------------------------------------- among themselves


def test_a_name_goes_before_a_pattern_and_a_longer_pattern_before_a_shorter(own):
    parts = [
        price("house", "big-*", "1"),
        price("house", "*", "2"),
        price("house", "big-2", "3", "valid_from = 2026-11-01\nvalid_to = 2026-11-02"),
        price("house", "b*-3", "4", 'when = { service_tier = "flex" }'),
    ]
    for order in (parts, parts[::-1]):
        book = own("".join(order))
        assert rated(book, "house", "big-1", "2026-01-01").nanos == 1_000_000
        assert rated(book, "house", "small", "2026-01-01").nanos == 2_000_000
        assert rated(book, "house", "big-2", "2026-11-01").nanos == 3_000_000
        assert rated(book, "house", "big-2", "2026-11-02").nanos == 1_000_000
        assert rated(book, "house", "big-3", "2026-11-02", service_tier="flex").nanos == 1_000_000


def test_two_selections_that_fit_alike_are_not_decided_by_the_order_of_the_file(own):
    flex = price("house", "m", "1", 'when = { service_tier = "flex" }')
    batch = price("house", "m", "2", 'when = { processing = "batch" }')
    context = {"service_tier": "flex", "processing": "batch"}
    one = rated(own(flex + batch), "house", "m", "2026-01-01", **context)
    assert one == rated(own(batch + flex), "house", "m", "2026-01-01", **context)
    assert one.assumptions == ("no-rate-for:processing=batch",)


def test_an_alias_of_one_model_goes_before_that_of_its_provider(own):
    general = '[[alias]]\nprovider = "proxy"\nas = "anthropic"\n'
    one = f'{general}model = "claude-opus-4-6"\nas_model = "claude-haiku-4-5"\n'
    for text in (general + one, one + general):
        assert rated(own(text), "proxy", "claude-opus-4-6", "2026-10-01").nanos == 1_000_000
        assert rated(own(text), "proxy", "claude-sonnet-4-6", "2026-10-01").nanos == 3_000_000


@pytest.mark.parametrize(
    ("place", "model"),
    [
        ("amazon-bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("openrouter", "anthropic/claude-sonnet-4-5-20250929"),
        ("openrouter", "qwen/qwen3-coder:free"),
        ("openai", "codex-auto-review"),
        ("ollama", "any"),
    ],
)
@pytest.mark.parametrize("day", ["2026-06-01", "2026-11-01"])
def test_an_alias_leads_to_whatever_the_other_endpoint_knows(own, place, model, day):
    book = own(f'[[alias]]\nprovider = "proxy"\nas = "{place}"\n')
    there = rated(book, place, model, day)
    assert there.nanos is not None
    assert rated(book, "proxy", model, day) == there


def test_a_factor_may_name_a_model_as_it_is_logged(own):
    for name in ("Claude-Sonnet-4-5@20250929", "claude-sonnet-4-5"):
        book = own(f'[[multiplier]]\nprovider = "anthropic"\nmodels = ["{name}"]\nfactor = "0.5"\n')
        half = rated(book, "anthropic", "claude-sonnet-4-5@20250929", "2026-10-01")
        assert half.nanos == 1_500_000


# ---------------------------------------------------------------- plans


def test_value_at_goes_by_provider_and_only_a_plan_of_whole_providers_is_told_as_one(own):
    plan = '[[plan]]\nid = "p"\nproviders = ["corp"]\nvalue_at = "zai"\n'
    whole = rated(own(plan), "corp", "glm-4.7", "2026-10-01")
    assert (whole.nanos, whole.assumptions) == (600_000, ("plan-value-at:zai",))
    part = rated(own(f'{plan}sources = ["codex"]\n'), "corp", "glm-4.7", "2026-10-01")
    assert (part.nanos, part.assumptions) == (600_000, ("priced-as:zai",))


def test_a_plan_whose_value_is_the_own_list_of_its_provider_changes_no_price(own):
    text = '[[plan]]\nid = "max"\nproviders = ["anthropic"]\nvalue_at = "anthropic"\n'
    call = ("anthropic", "claude-sonnet-4-5", "2026-10-01")
    assert rated(own(text), *call) == rated(own(""), *call)
    assert own(text).plan("anthropic", "claude-code", None, 0) is not None


# ---------------------------------------------------------------- what a table means


@pytest.mark.parametrize(
    ("rates", "counts", "nanos"),
    [
        ('per = 1000\nrates = { cache_write = "2" }', (0, 0, 0, 0, 500, 500), 2_000_000_000),
        ('rates = { cache_write = "1", cache_write_1h = "2" }', (0, 0, 0, 0, 10, 10), 30_000),
        ('rates = { cache_write_1h = "2", cache_write = "1" }', (0, 0, 0, 0, 10, 10), 30_000),
        ('per = 1\nrates = { input = "0.000000003625" }', MILLION_IN, 3_625_000),
        ('per = 1\nrates = { input = "3.625e-9" }', (1, 0, 0, 0, 0, 0), 4),
    ],
)
def test_rates_are_exact_and_each_class_by_its_own(own, rates, counts, nanos):
    book = own(f'[[price]]\nprovider = "house"\nmodel = "m"\n{rates}\n')
    assert rated(book, "house", "m", "2026-01-01", counts).nanos == nanos


def test_units_that_are_tokens_go_by_per_and_others_by_the_thousand(own):
    rates = 'per = 1\nrates = { input = "1", audio_input = "2", x_search = "5", web_search = "7" }'
    book = own(f'[[price]]\nprovider = "house"\nmodel = "m"\n{rates}\n')
    units = (("audio_input", 1), ("x_search", 1), ("web_search", 1))
    found = book.rater("house", "m", {})((3, 0, 0, 0, 0, 0), units, 0)
    assert found.nanos == 4 * 10**9 + 5 * 10**6 + 7 * 10**6


def test_pictures_without_a_rate_of_their_own_are_plain_input(own):
    book = own(price("house", "m", "1"))
    found = book.rater("house", "m", {})((3, 0, 0, 0, 0, 0), (("image_input", 2),), 0)
    assert (found.nanos, found.unpriced, found.assumptions) == (3_000, 0, ())


def test_sound_without_a_rate_of_its_own_is_unpriced_unless_all_is_free(own):
    free = '[[free]]\nprovider = "house"\nmodel = "gift"\n'
    same = 'same_as = { audio_input = "input" }\n'
    book = own(price("house", "m", "1") + price("house", "alike", "1", same) + free)
    for model, nanos, unpriced in (("m", 1_000, 2), ("alike", 3_000, 0), ("gift", 0, 0)):
        found = book.rater("house", model, {})((3, 0, 0, 0, 0, 0), (("audio_input", 2),), 0)
        assert (found.nanos, found.unpriced) == (nanos, unpriced)


def test_a_misspelt_unit_is_a_mistake_and_a_new_one_is_not(own):
    own('[[price]]\nprovider = "house"\nmodel = "m"\nrates = { pages_scanned = "1", input = "1" }')
    with pytest.raises(SettingsError, match=r"web_serch: unknown class or unit"):
        own('[[price]]\nprovider = "house"\nmodel = "m"\nrates = { web_serch = "1" }')


def test_names_are_taken_without_the_spaces_around_them(own):
    assert rated(own(price(" House ", " m ", "1")), "house", "m", "2026-01-01").nanos == 1_000_000


REASONING = """
[[price]]
provider = "house"
model = "m"
rates = { input = "1", output = "2", reasoning = "9" }
[[price.tier]]
over = 10
rates = { input = "2", output = "4" }
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (REASONING, "the tier over10 lacks reasoning"),
        (price("a", "m", "1", 'when = { servce_tier = "flex" }'), "did you mean 'service_tier'?"),
        (price("a", "m", "1", 'when = { speed = "standard" }'), "asks for the standard price"),
        (price("a", " ", "1"), "model: names nothing"),
        (price("a", "m", "1e-40"), "not an amount"),
        (price("a", "m", "1", "valid_from = 0001-01-01T00:00:00+14:00"), "a date out of range"),
        ('[[multiplier]]\nprovider = "a"\nfactor = "1e999999999"', "not an amount"),
        ('[[multiplier]]\nprovider = "a"\nfactor = "1e-999999999"', "not an amount"),
        (
            '[[fx]]\nfrom = "USD"\nto = "EUR"\nrate = "1"\nvalid_from = 2026-01-01T00:00:00Z',
            "expected a day",
        ),
    ],
)
def test_what_could_never_be_meant_is_refused(own, text, words):
    with pytest.raises(SettingsError) as told:
        own(text)
    assert words in f"{told.value} {told.value.because} {told.value.hint}"


def test_batch_as_one_vendor_writes_it_is_the_same_selection(own):
    book = own(price("house", "m", "1", 'when = { service_tier = "batch" }'))
    assert rated(book, "house", "m", "2026-01-01", processing="batch").nanos == 1_000_000


def test_hours_of_two_zones_are_compared_in_summer_and_in_winter(own):
    zones = ('zone = "America/New_York"', 'offset = "-04:00"')  # the same in summer alone
    first, second = (
        price("a", "m", "1", f'schedule = {{ hours = ["{hours}"], {zone} }}')
        for hours, zone in zip(("09:00-10:00", "09:30-10:00"), zones, strict=True)
    )
    with pytest.raises(SettingsError, match="hold at once"):
        own(first + second)
    own(first + second.replace("09:30-10:00", "10:00-11:00").replace("-04:00", "-05:00"))


def test_the_other_of_two_prices_is_told_by_its_line(own):
    with pytest.raises(SettingsError) as told:
        own(price("a", "m", "1") + price("a", "m", "2"))
    assert "prices.toml:7: price[1]" in told.value.because


def test_amounts_are_exact_whatever_the_program_around_us_set():
    with decimal.localcontext() as context:
        context.prec = 6
        assert nanos_of("1234.567891234") == 1_234_567_891_234
    assert nanos_of("12345678901234567890123.123456789") == 12345678901234567890123123456789


def test_a_plan_may_be_for_some_models_only(own):
    text = '[[plan]]\nid = "p"\nproviders = ["corp"]\nmodels = ["GLM-4.7"]\nvalue_at = "zai"\n'
    book = own(text)
    assert rated(book, "corp", "glm-4.7", "2026-10-01").nanos == 600_000
    assert rated(book, "corp", "glm-4.6", "2026-10-01").nanos is None
    assert book.plan("corp", "codex", None, 0, "Glm-4.7") is not None
    assert book.plan("corp", "codex", None, 0, "glm-4.6") is None


def test_calls_of_other_models_are_not_billed_by_such_a_plan(own):
    text = '[[plan]]\nid = "p"\nsources = ["claude-code"]\nmodels = ["claude-opus-4-6"]\n'
    appraising = Appraising(own(text))
    for model, billed in (("claude-opus-4-6", (0, "USD")), ("claude-haiku-4-5", None)):
        assert appraising.appraise(reading("a", model=model)).billed == billed
