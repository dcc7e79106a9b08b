"""How a price book is built from data packages: on small packages written here, as folders and as
wheels, and held against the real ones where they are installed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from tallybook.errors import PriceError, TallyError
from tallybook.prices.alias import ModelAlias, Tables
from tallybook.prices.building.builder import build, build_newer, epoch_of
from tallybook.prices.building.curated import FOLDER, read_curated
from tallybook.prices.building.difference import differences
from tallybook.prices.building.drafts import Entry, nanos
from tallybook.prices.building.genai import genai_books, newest_day
from tallybook.prices.building.inputs import read_inputs
from tallybook.prices.building.installing import install, remove
from tallybook.prices.building.layering import layered, rename
from tallybook.prices.building.records import matches, read_records
from tallybook.prices.building.snapshot import read_snapshot, schedules, snapshot_books
from tallybook.prices.cards import Rate, RateCard
from tallybook.prices.shelf import Shelf, open_shelf

GENAI = '''
"""DO NOT EDIT"""
import datetime
from decimal import Decimal
from .types import *

__import__("os").mkdir("/nowhere/it/is/run")

providers: list[Provider] = [
    Provider(
        id="{provider}",
        name="Maker",
        api_pattern="x",
        pricing_urls=["https://maker.example/prices"],
        models=[
            ModelInfo(
                id="one",
                match=ClauseOr(
                    or_=[ClauseEquals(equals="one-latest"), ClauseStartsWith(starts_with="one-a")]
                ),
                prices=[
                    ConditionalPrice(
                        prices=ModelPrice(input_mtok=Decimal("2"), output_mtok=Decimal("4"))
                    ),
                    ConditionalPrice(
                        constraint=StartDateConstraint(start_date=datetime.date(2026, 5, 1)),
                        prices=ModelPrice(
                            input_mtok=TieredPrices(
                                base=Decimal("1"), tiers=[Tier(start=1000, price=Decimal("3"))]
                            ),
                            output_mtok=Decimal("2"),
                            requests_kcount=Decimal("5"),
                        ),
                    ),
                    ConditionalPrice(
                        constraint=TimeOfDateConstraint(
                            start_time=datetime.time(1, tzinfo=datetime.timezone.utc),
                            end_time=datetime.time(4, tzinfo=datetime.timezone.utc),
                        ),
                        prices=ModelPrice(input_mtok=Decimal("9"), output_mtok=Decimal("9")),
                    ),
                ],
                price_variants=[
                    PriceVariant(
                        when={{"service_tier": "flex"}},
                        prices=ModelPrice(input_mtok=Decimal("0.5"), output_mtok=Decimal("1")),
                        constraint=StartDateConstraint(start_date=datetime.date(2026, 6, 1)),
                    )
                ],
            ),
            ModelInfo(
                id="gift",
                match=ClauseEquals(equals="gift"),
                prices=ModelPrice(input_mtok=Decimal("0")),
            ),
        ],
    ),
]
'''


TODAY = date(2026, 11, 22)


def genai(provider: str = "mistral") -> str:
    return GENAI.format(provider=provider)


def maker(provider: str = "mistral"):
    log: list[str] = []
    books, pages = genai_books(genai(provider), {provider}, log.append)
    return books, pages, log


def test_the_data_module_is_read_and_never_run():
    (provider,) = read_records(genai())
    assert provider.text("id") == "mistral"
    match = provider.records("models")[0].record("match")
    assert [matches(match, name) for name in ("one-latest", "one-abc", "two")] == [
        True,
        True,
        False,
    ]
    assert newest_day(genai(), date(2026, 11, 22)) == date(2026, 6, 1)
    assert newest_day(genai(), date(2026, 5, 31)) == date(2026, 5, 1)


@pytest.mark.parametrize("text", ["providers = [", "x = 1", "providers = [a + b]"])
def test_another_form_of_the_data_is_refused(text):
    with pytest.raises(PriceError, match="genai-prices"):
        read_records(text)


def test_a_model_becomes_dated_cards_with_their_variants():
    books, pages, log = maker()
    assert pages == {"mistral": "https://maker.example/prices"}
    assert log == ["skipped  mistral/one: an hourly price"]
    assert set(books["mistral"]) == {"one"}  # only zeros are no price
    entry = books["mistral"]["one"]
    assert entry.names == {"one-latest", "one-a"}
    first, second, early, flex = entry.cards
    assert (first.valid_from_ms, first.valid_to_ms) == (None, second.valid_from_ms)
    assert [tier.rates["input"].nanos for tier in second.tiers] == [3_000_000_000]
    assert second.tiers[0].rates["output"] == second.rates["output"]
    assert second.assume == ("fee-not-counted:requests_kcount",)
    # half of the price of its day, and so of the price before
    assert flex.when == early.when == {"service_tier": "flex"}
    assert (early.rates["input"].nanos, flex.rates["input"].nanos) == (1_000_000_000, 500_000_000)
    assert early.assume == ("same-part-of-standard",)
    assert early.valid_to_ms == flex.valid_from_ms


SNAPSHOT = {
    "updated_at": "2026-10-23T00:00:00Z",
    "aliases": {"models": {"uno": "mistral/one"}},
    "prices": {
        "mistral": {
            "one": {
                "standard": [
                    {
                        "start": None,
                        "rates": {
                            "input": 0.1,
                            "output": 0.3,
                            "source": "page",
                            "valid_from": "2026-01-02T03:04:05Z",
                        },
                    },
                    {
                        "start": "2026-03-01T00:00:00Z",
                        "rates": {
                            "input": 0.1,
                            "output": 0.3,
                            "cache_read": 0.01,
                            "source": "page",
                            "valid_from": "2026-03-01T00:00:00Z",
                        },
                    },
                ]
            }
        }
    },
    "schedules": {
        "holidays": {
            "cn": {"dates": ["2026-10-01"], "covers_through": "2026-12-31", "utc_offset_hours": 8}
        },
        "schedule": [
            {
                "provider": "mistral",
                "peak_hours_utc": [["01:00", "04:30"]],
                "peak_multiplier": 2.0,
                "valid_from": "2026-08-16T16:00:00Z",
                "weekdays_only": True,
                "holidays": "cn",
                "source": "page",
            }
        ],
    },
}


def test_a_list_that_only_gained_cache_prices_is_the_same_list():
    data = read_snapshot(json.dumps(SNAPSHOT))
    entry = snapshot_books(data, {"mistral": "mistral"}, print)["mistral"]["one"]
    early, late = entry.cards
    assert early.rates == late.rates
    assert (early.assume, late.assume) == (("cache-rates-as-listed-later",), ())
    assert entry.names == {"uno"}


def test_hours_are_minutes_of_the_day_with_the_calendar_beside_them():
    (factor,) = schedules(read_snapshot(json.dumps(SNAPSHOT)), {"mistral": "mistral"})["mistral"]
    assert factor["factor"] == [2, 1]
    assert factor["schedule"]["hours"] == [[60, 270]]
    assert factor["schedule"]["offset"] == 480
    assert factor["schedule"]["known_to"] == 1_798_732_800_000  # 2027-01-01 in China


def test_prices_are_exact_or_the_log_says_that_they_moved():
    log: list[str] = []
    assert nanos(Decimal("0.003625"), "here", log.append) == 3_625_000
    assert log == []
    assert nanos(Decimal("0.04166666666666665"), "here", log.append) == 41_666_667
    assert log == ["moved    here: 0.04166666666666665 → 0.041666667"]


def test_rows_of_a_list_are_cards(tmp_path):
    rules = FOLDER / "rules.toml"
    (tmp_path / "rules.toml").write_text(rules.read_text("utf-8"), encoding="utf-8")
    (tmp_path / "own.toml").write_text(
        '[[list]]\nprovider = "house"\ncurrency = "CNY"\n'
        'columns = ["input", "output", "cache_read"]\n'
        '[list.models]\na = "1 2 - | out 200+: 3 4 | 32000: 5 6"\n'
    )
    card = read_curated(tmp_path).books["house"]["a"].cards[0]
    assert card.currency == "CNY"
    assert set(card.rates) == {"input", "output"}
    assert [(t.over, t.output_over, t.rates["input"].nanos) for t in card.tiers] == [
        (-1, 199, 3_000_000_000),
        (32_000, -1, 5_000_000_000),
    ]
    (tmp_path / "own.toml").write_text(
        '[[list]]\nprovider = "house"\ncolumns = ["input"]\n[list.models]\na = "1 2"\n'
    )
    with pytest.raises(PriceError, match="more rates than columns"):
        read_curated(tmp_path)


def packages(folder, version="0.9.9", genai_text=None):
    """The installed data packages in a folder of their own, as another version."""
    inputs = read_inputs()
    (folder / "genai_prices").mkdir(parents=True)
    (folder / "genai_prices" / "data.py").write_text(
        genai_text or inputs["genai-prices"].text, encoding="utf-8"
    )
    (folder / f"genai_prices-{version}.dist-info").mkdir()
    (folder / f"genai_prices-{version}.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: genai-prices\nVersion: {version}\n\nText\n"
    )
    return folder


@pytest.fixture(scope="module")
def real():
    try:
        return read_inputs()
    except PriceError:
        pytest.skip("the data packages are not installed: make setup")


def test_folders_and_wheels_are_read_alike(real, tmp_path):
    folder = packages(tmp_path / "site")
    wheel = tmp_path / "genai_prices-0.9.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder).as_posix())
    for path in (folder, wheel):
        found = read_inputs([path])
        assert found["genai-prices"].version == "0.9.9"
        assert found["genai-prices"].text == real["genai-prices"].text
        assert found["model-prices"] == real["model-prices"]


def test_a_place_without_data_is_refused(real, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(TallyError) as raised:
            read_inputs([path])
        assert raised.value.hint


def test_the_same_packages_give_the_same_cards_and_a_higher_epoch(real, tmp_path):
    shipped = Shelf()
    files = build_newer(real, shipped.id, shipped.epoch, TODAY, lambda _: None)
    install(files, tmp_path / "prices")
    newer = Shelf(tmp_path / "prices")
    assert differences(shipped, newer) == []
    assert newer.epoch > shipped.epoch
    assert newer.base == shipped.id
    assert newer.id >= shipped.id[:10]
    assert build(real, lambda _: None).keys() == files.keys()


def test_differences_name_what_is_new_changed_and_gone(real, tmp_path):
    text = real["genai-prices"].text
    at = text.index("id='claude-opus-5-5'")
    changed = text[:at] + text[at:].replace("Decimal('4')", "Decimal('3')", 1)
    changed = changed.replace("id='grok-4.7'", "id='grok-4.8'", 1)  # Cursor's list
    inputs = read_inputs([packages(tmp_path / "site", genai_text=changed)])
    shipped = Shelf()
    install(
        build_newer(inputs, shipped.id, shipped.epoch, TODAY, lambda _: None), tmp_path / "prices"
    )
    found = differences(shipped, Shelf(tmp_path / "prices"))
    kinds = {(each.change, each.card.provider, each.card.model) for each in found}
    assert ("changed", "anthropic", "claude-opus-5-5") in kinds
    assert {("new", "cursor", "grok-4.8"), ("gone", "cursor", "grok-4.7")} <= kinds


def test_an_installed_book_holds_only_on_the_release_that_it_stands_on(real, tmp_path):
    folder = tmp_path / "prices"
    shipped = Shelf()
    assert open_shelf(folder).id == shipped.id
    install(build_newer(real, shipped.id, shipped.epoch, TODAY, lambda _: None), folder)
    assert open_shelf(folder).base == shipped.id
    install(build_newer(real, "2026-01-01.0000000000", 1, TODAY, lambda _: None), folder)
    assert open_shelf(folder).id == shipped.id
    (folder / "index.json").write_text("{")
    with pytest.raises(PriceError) as raised:
        open_shelf(folder)
    assert "--shipped" in raised.value.hint
    assert remove(folder)
    assert not remove(folder)
    assert open_shelf(folder).id == shipped.id


def card(rate: int, since: int | None = None, until: int | None = None, **more) -> RateCard:
    return RateCard(
        provider="house",
        model="one",
        currency="USD",
        rates={"input": Rate(rate)},
        valid_from_ms=since,
        valid_to_ms=until,
        **more,
    )


def test_a_layer_that_ends_is_continued_by_the_next():
    flex = {"service_tier": "flex"}
    above = {"house": {"one": Entry(cards=[card(9, until=100)])}}
    below = {"house": {"one": Entry(cards=[card(1, until=50), card(2, 50), card(3, when=flex)])}}
    cards = layered([above, below], Tables(), print)["house"]["one"].cards
    assert [(c.rates["input"].nanos, c.valid_from_ms, c.valid_to_ms) for c in cards] == [
        (9, None, 100),
        (2, 100, None),
        (3, None, None),
    ]


def test_a_layer_without_an_end_hides_the_next():
    above = {"house": {"one": Entry(cards=[card(9, until=100), card(8, 100)])}}
    below = {"house": {"one": Entry(cards=[card(1)])}}
    cards = layered([above, below], Tables(), print)["house"]["one"].cards
    assert [c.rates["input"].nanos for c in cards] == [9, 8]


def test_names_that_move_belong_to_no_model():
    books = {"house": {"one": Entry(names={"one-latest"}, cards=[card(1)])}}
    moving = ModelAlias(provider="house", model="one-latest", to="house", to_model="one")
    rename(books, {"house": {"one": ("uno",)}}, Tables(models=(moving,)))
    assert books["house"]["one"].names == {"uno"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Decimal('4')", "Decimal('four')"),
        ("Decimal('4')", "Decimal('NaN')"),
        ("Decimal('4')", "Decimal('1e999999')"),
        ("datetime.date(2026, 10, 14)", "datetime.date(2026, 13, 45)"),
        ("Tier(start=272000, ", "Tier("),
        ("id='google'", "id='nobody'"),
        ("ClauseRegex(regex=", "ClauseRegex(regex='(' "),
    ],
)
def test_data_of_an_unknown_form_is_refused(real, tmp_path, old, new):
    text = real["genai-prices"].text
    assert old in text
    inputs = read_inputs([packages(tmp_path / "site", genai_text=text.replace(old, new))])
    with pytest.raises(PriceError):
        build_newer(inputs, "base", 1, TODAY, lambda _: None)


def test_a_package_that_is_no_text_is_refused(real, tmp_path):
    folder = packages(tmp_path / "site")
    (folder / "genai_prices" / "data.py").write_bytes(b"\xff\xfe")
    with pytest.raises(PriceError, match="can't be read"):
        read_inputs([folder])


def test_epochs_rise_with_the_days():
    assert epoch_of("2026-11-22", 1) < epoch_of("2026-11-22", 32) < epoch_of("2026-11-23", 0)


def test_nothing_of_it_is_loaded_where_prices_are_only_used():
    code = (
        "import sys; from tallybook.prices import open_price_book; "
        "open_price_book().rater('openai', 'gpt-5', {}); "
        "print([name for name in sys.modules if name.startswith('tallybook.prices.building')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
