"""What a program that runs for hours takes over from files that change meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tallybook.book import Book
from tallybook.errors import SettingsError
from tallybook.renewal import Renewal
from tallybook.settings import Surroundings, load_settings

NOW = 1_795_000_000_000
DAILY = '[quota.daily]\nlimit = "20usd"\nper = "day"\nwhere = ["source=claude"]\n'


@pytest.fixture
def book(home: Path) -> Iterator[Book]:
    around = Surroundings({"TZ": "UTC"}, home, home, home / "config.toml", home / "ledger.db")
    with Book.open(load_settings(around)) as opened:
        yield opened


def written(home: Path, text: str) -> None:
    """Settings that are surely newer than those before."""
    file = home / "config.toml"
    at = (file.stat().st_mtime_ns if file.exists() else 0) + 10**9
    file.write_text(text)
    os.utime(file, ns=(at, at))


def test_a_quota_that_is_set_holds_from_then_on(home: Path, book: Book) -> None:
    renewal = Renewal(book)
    renewal.renew()
    assert book.standings(NOW) == ()
    written(home, DAILY)
    assert not renewal.renew()  # nothing has to be read again for it
    (standing,) = book.standings(NOW)
    assert standing.quota.where[0].values == ("claude-code",)
    written(home, DAILY.replace("20usd", "30usd"))
    renewal.renew()
    assert [each.limit_nanos for each in book.standings(NOW)] == [30 * 10**9]
    (home / "config.toml").unlink()
    renewal.renew()
    assert book.standings(NOW) == ()


def test_settings_that_are_wrong_are_told_once_and_change_nothing(home: Path, book: Book) -> None:
    renewal = Renewal(book)
    written(home, DAILY)
    renewal.renew()
    written(home, '[quota.daily]\nlimit = "lots"\n')
    with pytest.raises(SettingsError):
        renewal.renew()
    assert not renewal.renew()
    assert [each.quota.name for each in book.standings(NOW)] == ["daily"]


def test_wrong_settings_do_not_hide_that_there_are_other_prices(home: Path, book: Book) -> None:
    prices = home / "prices.toml"
    prices.write_text("schema = 1\n")
    book.settings = replace(book.settings, prices=prices)
    renewal = Renewal(book)
    written(home, '[quota.daily]\nlimit = "lots"\n')
    prices.write_text('schema = 1\nsource = "mine"\n')
    with pytest.raises(SettingsError):
        renewal.renew()
    assert renewal.renew()  # calls without a price are held against the new ones


def test_a_project_s_quota_comes_with_its_file(home: Path, book: Book) -> None:
    renewal = Renewal(book)
    (home / "tally.toml").write_text(DAILY.replace("daily", "ours"))
    renewal.renew()
    assert [each.quota.name for each in book.standings(NOW)] == ["ours"]


def test_everything_else_stays_as_the_program_began_with_it(home: Path, book: Book) -> None:
    renewal = Renewal(book)
    written(home, 'tz = "Asia/Shanghai"\n' + DAILY)
    renewal.renew()
    assert book.settings.tz == "UTC"
    assert list(book.settings.quotas) == ["daily"]
