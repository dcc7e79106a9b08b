"""Asking for official limits: only with consent, not too often, once by all processes; and what of
it is kept.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tallybook.alerts import Attendant
from tallybook.book import Book
from tallybook.errors import UsageMistake
from tallybook.ledger.asked import Asked
from tallybook.limits import (
    is_stale,
    left_text,
    limit_json,
    limit_text,
    present_json,
    present_limits,
    window_words,
)
from tallybook.probes.claude_windows import status_line_limits
from tallybook.probes.opencode_go import OpenCodeGoProbe
from tallybook.probing import Probed, is_due, keep, probe_due, probe_standings
from tallybook.reading import LimitSnapshot
from tallybook.settings import Settings
from tallybook.settings.told import Probe

from .probes.provider import Provider, running

NOW = 1_795_400_000_000
MINUTE, HOUR = 60_000, 3_600_000
GO = "/zen/go/v1/usage"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Provider]:
    """OpenCode Go on this machine, and a key for it."""
    monkeypatch.setenv("OPENCODE_API_KEY", "secret-key")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with running() as found:
        told(found, 15)
        yield found


def told(provider: Provider, percent: int) -> None:
    window = {"percent": percent, "resetsAt": "2026-11-23T05:00:00Z"}
    provider.tells(GO, {"usage": {"rolling": window}})


def settings(tmp_path: Path, provider: Provider, **more: object) -> Settings:
    probe = replace(Probe(name="opencode-go", consent=True, url=provider.url), **more)
    return Settings(ledger=str(tmp_path / "ledger.db"), probes={probe.name: probe})


@pytest.fixture
def book(tmp_path: Path, provider: Provider) -> Iterator[Book]:
    with Book.open(settings(tmp_path, provider)) as opened:
        yield opened


def used(book: Book) -> list[tuple[int, int]]:
    return [(each.used, each.seen_ms) for each in book.ledger.limits()]


def test_an_answer_is_kept_and_not_asked_for_again_before_it_is_old(
    book: Book, provider: Provider
) -> None:
    assert probe_due(book, NOW) == Probed(asked=("opencode-go",), windows=1)
    assert used(book) == [(1_500, NOW)]
    told(provider, 20)
    assert probe_due(book, NOW + 5 * MINUTE - 1) == Probed(waiting=("opencode-go",))
    assert len(provider.asked) == 1
    assert probe_due(book, NOW + 5 * MINUTE).windows == 1
    assert used(book) == [(2_000, NOW + 5 * MINUTE)]
    assert provider.paths == [GO, GO]


def test_who_asks_for_it_gets_it_at_once_but_not_twice(book: Book, provider: Provider) -> None:
    assert probe_due(book, NOW, force=True).windows == 1
    assert probe_due(book, NOW + 19_999, force=True).waiting == ("opencode-go",)
    assert probe_due(book, NOW + 20_000, ("opencode-go",), force=True).windows == 1
    assert len(provider.asked) == 2


def test_nothing_is_asked_without_consent(tmp_path: Path, provider: Provider) -> None:
    with Book.open(settings(tmp_path, provider, consent=False)) as book:
        assert probe_due(book, NOW, force=True) == Probed()
        assert probe_standings(book) == ()
        with pytest.raises(UsageMistake) as problem:
            probe_due(book, NOW, ("opencode-go",))
        assert problem.value.hint == "tally config set probe.opencode-go.consent true"
        with pytest.raises(UsageMistake, match="unknown probe"):
            probe_due(book, NOW, ("opencode",))
    assert provider.asked == []


def test_every_provider_is_left_alone_for_a_minute(tmp_path: Path, provider: Provider) -> None:
    with Book.open(settings(tmp_path, provider, every_s=1)) as book:
        for at in (0, 1_000, MINUTE - 1, MINUTE):
            probe_due(book, NOW + at)
    assert len(provider.asked) == 2


def test_a_provider_that_fails_is_asked_less_and_less(book: Book, provider: Provider) -> None:
    provider.tells(GO, {}, status=503)
    at, waits = NOW, list[int]()
    for _ in range(6):
        (trouble,) = probe_due(book, at).troubles
        assert probe_due(book, trouble.again_ms - 1, force=True).waiting == ("opencode-go",)
        waits.append((trouble.again_ms - at) // MINUTE)
        at = trouble.again_ms
    assert waits == [5, 10, 20, 40, 60, 60]
    told(provider, 30)
    assert probe_due(book, at).windows == 1
    provider.tells(GO, {}, status=503)
    (trouble,) = probe_due(book, at + 5 * MINUTE).troubles
    assert trouble.again_ms == at + 10 * MINUTE  # it has begun anew
    assert used(book) == [(3_000, at)]  # what was told last stays


def test_a_provider_says_how_long_it_wants_to_rest(book: Book, provider: Provider) -> None:
    provider.tells(GO, {}, status=429, headers={"Retry-After": "7200"})
    (trouble,) = probe_due(book, NOW).troubles
    assert trouble.again_ms == NOW + 2 * HOUR
    assert trouble.because == "OpenCode Go gave no answer: it was asked too often"
    assert probe_due(book, NOW + HOUR, force=True).waiting == ("opencode-go",)
    (standing,) = probe_standings(book)
    assert standing.trouble == trouble
    assert (standing.asked_ms, standing.due_ms) == (NOW, NOW + 2 * HOUR)


def test_refused_credentials_are_tried_again_when_somebody_asks(
    book: Book, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.tells(GO, {}, status=401)
    (trouble,) = probe_due(book, NOW).troubles
    assert trouble.again_ms == NOW + 15 * MINUTE
    assert "check the key" in trouble.hint
    monkeypatch.delenv("OPENCODE_API_KEY")
    (trouble,) = probe_due(book, NOW + MINUTE, force=True).troubles
    assert trouble.because.startswith("nothing to ask OpenCode Go with: ")
    assert trouble.again_ms == NOW + 6 * MINUTE
    assert len(provider.asked) == 1


def test_a_clock_that_was_set_back_stops_nothing(book: Book, provider: Provider) -> None:
    probe_due(book, NOW)
    assert probe_due(book, NOW - HOUR).asked == ("opencode-go",)


def test_a_clock_that_goes_back_a_little_does_not_ask_again(book: Book, provider: Provider) -> None:
    """As a clock that is kept right does, or that of another machine."""
    provider.tells(GO, {}, status=429, headers={"Retry-After": "7200"})
    probe_due(book, NOW)
    assert probe_due(book, NOW - 500, force=True).waiting == ("opencode-go",)
    assert not is_due(book, NOW - MINUTE)
    assert len(provider.asked) == 1


def test_an_answer_without_any_limit_is_told(book: Book, provider: Provider) -> None:
    told(provider, 15)
    probe_due(book, NOW)
    provider.tells(GO, {"usage": {"rolling": {"percent": "15 %"}, "weekly": None}})
    (trouble,) = probe_due(book, NOW + HOUR).troubles
    assert trouble.because == ("OpenCode Go told of no limit: its answer has none that can be read")
    assert trouble.again_ms == NOW + HOUR + 5 * MINUTE
    assert used(book) == [(1_500, NOW)]


def test_a_mistake_of_ours_is_told_without_what_it_says(
    book: Book, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its text may hold a credential, and nobody waits for a thread that is gone."""

    def broken(_probe: object, _around: object) -> object:
        raise RuntimeError("secret-key")

    monkeypatch.setattr(OpenCodeGoProbe, "credentials", broken)
    begun = time.monotonic()
    (trouble,) = probe_due(book, NOW).troubles
    assert time.monotonic() - begun < 5
    assert trouble.because.endswith("there is a mistake in Tallybook (RuntimeError)")
    assert "secret-key" not in "".join(capfd.readouterr())


def test_credentials_are_nowhere_in_the_ledger(book: Book, tmp_path: Path) -> None:
    probe_due(book, NOW)
    files = [each.read_bytes() for each in tmp_path.glob("ledger.db*")]
    assert files
    assert not any(b"secret-key" in each for each in files)


def _race(around: Settings, barrier: object, heard: object) -> None:
    with Book.open(around) as book:
        barrier.wait()
        heard.put(len(probe_due(book, NOW).asked))


def test_several_processes_ask_once(tmp_path: Path, provider: Provider) -> None:
    around = settings(tmp_path, provider)
    Book.open(around).close()
    context = multiprocessing.get_context("spawn")
    barrier, heard = context.Barrier(3), context.Queue()
    racers = [context.Process(target=_race, args=(around, barrier, heard)) for _ in range(3)]
    for each in racers:
        each.start()
    assert sorted(heard.get(timeout=60) for _ in racers) == [0, 0, 1]
    for each in racers:
        each.join()
    assert provider.paths == [GO]


def test_a_mark_moves_only_from_where_it_stands(book: Book) -> None:
    asks, first = book.ledger.asks, Asked("x", NOW, NOW + 1)
    assert asks.move(None, first)
    assert not asks.move(None, first)
    later = first._replace(asked_ms=NOW + 1, failures=2, trouble="why", hint="what")
    assert asks.move(first, later)
    assert not asks.move(first, later)
    assert asks.all() == {"x": later}


def test_what_follows_asks_beside_it(book: Book, provider: Provider) -> None:
    """The thread that sends alerts has a book of its own; this one sees what it kept."""
    attendant = Attendant(book, lambda _: None, lambda: NOW)
    try:
        attendant.attend()
        until = time.monotonic() + 20
        while not used(book) and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        attendant.close()
    assert used(book) == [(1_500, NOW)]
    assert not is_due(book, NOW)
    assert is_due(book, NOW + 5 * MINUTE)


# -- what is kept


STATUS_LINE = json.loads(
    '{"model": {"id": "m"}, "rate_limits": {'
    '"five_hour": {"used_percentage": 23.5, "resets_at": 1795410000},'
    '"seven_day": {"used_percentage": 105, "resets_at": 1795788000}}}'
)


def test_the_status_line_of_claude_code() -> None:
    assert [each[:6] for each in status_line_limits(STATUS_LINE, NOW)] == [
        ("claude-code", "five_hour", 2_350, 300, 1_795_410_000_000, NOW),
        ("claude-code", "seven_day", 10_500, 10_080, 1_795_788_000_000, NOW),
    ]


@pytest.mark.parametrize(
    "handed",
    [{}, {"rate_limits": None}, {"rate_limits": {"five_hour": 5}}, {"rate_limits": {"x": {}}}]
    + [{"rate_limits": {"x": {"used_percentage": 5, "resets_at": odd}}} for odd in ("x", None, -1)],
)
def test_a_status_line_without_limits(handed: dict[str, object]) -> None:
    assert status_line_limits(handed, NOW) == ()


def sight(name: str = "five_hour", used: int = 100, at: int = NOW, **more: object) -> LimitSnapshot:
    seen = LimitSnapshot("claude-code", name, used, 300, NOW + HOUR, at)
    return seen._replace(**more)


def test_the_same_sight_is_written_once_a_minute(book: Book) -> None:
    assert keep(book, [sight(), sight("seven_day")]) == 2
    before = book.ledger.revision()
    assert keep(book, [sight(at=NOW + MINUTE - 1), sight(used=50, at=NOW - 1)]) == 0
    assert book.ledger.revision() == before
    assert keep(book, [sight(at=NOW + MINUTE)]) == 1
    assert keep(book, [sight(used=90, at=NOW + MINUTE + 1)]) == 1  # less is news, too
    assert book.ledger.limits()[0][2:6] == (90, 300, NOW + HOUR, NOW + MINUTE + 1)


def test_a_sight_without_a_plan_is_of_the_window_that_ends_with_it(book: Book) -> None:
    book.ledger.keep_limits([sight(plan="max"), sight(used=200, at=NOW + 1)])
    (found,) = book.ledger.limits()
    assert (found.used, found.plan) == (200, "max")
    book.ledger.keep_limits([sight(used=300, at=NOW + 2, plan="max")])
    assert [(each.used, each.plan) for each in book.ledger.limits()] == [(300, "max")]


def test_a_plan_that_was_left_is_not_shown_after_its_window(book: Book) -> None:
    team = sight(plan="team", at=NOW + 30 * MINUTE, resets_ms=NOW + 5 * HOUR)
    book.ledger.keep_limits([sight(plan="pro"), team])
    assert [each.plan for each in book.ledger.limits()] == ["pro", "team"]  # both may be used
    book.ledger.keep_limits([team._replace(seen_ms=NOW + HOUR)])
    assert [each.plan for each in book.ledger.limits()] == ["team"]


def test_a_sight_of_the_future_does_not_hide_the_present(book: Book) -> None:
    """A clock that was wrong for a while, here or where a history was written."""
    book.ledger.keep_limits([sight(used=9_900, at=NOW + 400 * 24 * HOUR, resets_ms=0)])
    assert present_limits(book.ledger, NOW) == ()
    assert keep(book, [sight(used=100)]) == 1
    assert [each.used for each in present_limits(book.ledger, NOW)] == [100]


def test_a_window_that_nobody_tells_of_any_more_goes(book: Book) -> None:
    gone = sight("tangelo", at=NOW - 31 * 24 * HOUR)
    book.ledger.keep_limits([gone, sight(at=NOW - 29 * 24 * HOUR)])
    assert [each.name for each in present_limits(book.ledger, NOW)] == ["five_hour"]
    assert len(book.ledger.limits()) == 2  # what was seen stays


# -- words


def test_words_of_balances_and_allowances() -> None:
    requests = sight("premium_interactions", 2_971, window_minutes=0, plan="pro")
    requests = requests._replace(most=1_500 * 10**9, left=1_054_250_000_000, unit="requests")
    told = limit_json(requests, "UTC")
    assert (told["most"], told["left"], told["unit"]) == ("1500", "1054.25", "requests")
    assert limit_text(told, NOW + MINUTE) == (
        "limit (premium_interactions, pro): 29.71% used, 1,054.25 requests left, seen 1 min ago,"
        " resets 2026-11-23 03:13"
    )
    bare = sight("credits", 0, window_minutes=0, resets_ms=0, left=796 * 10**9, unit="USD")
    assert limit_json(bare, "UTC")["used_percent"] is None
    assert limit_text(limit_json(bare, "UTC"), NOW) == (
        "limit (credits): $796.00 left, seen 0 ms ago"
    )
    assert (left_text(bare), left_text(sight())) == ("$796.00 left", "")


def test_a_window_that_is_over_or_was_seen_long_ago_says_so_to_programs() -> None:
    seen = sight(at=NOW, resets_ms=NOW + 4 * HOUR)
    at = (NOW + MINUTE, NOW + HOUR, NOW + 4 * HOUR)
    told = [present_json(seen, "UTC", each) for each in at]
    assert [(each["over"], each["stale"]) for each in told] == [
        (False, False),
        (False, True),
        (True, True),
    ]


@pytest.mark.parametrize(
    ("name", "minutes", "words"),
    [
        ("five_hour", 300, "5 h"),
        ("primary", 300, "5 h"),
        ("seven_day_fable_5", 10_080, "7 d fable 5"),
        ("codex_bengalfox/secondary", 10_080, "7 d codex bengalfox"),
        ("tokens", 300, "5 h tokens"),
        ("premium_interactions", 0, "premium interactions"),
        ("monthly", 0, "monthly"),
    ],
)
def test_what_a_window_is_called(name: str, minutes: int, words: str) -> None:
    assert window_words(sight(name, window_minutes=minutes)) == words


@pytest.mark.parametrize(
    ("minutes", "stale_ms"),
    [(300, 30 * MINUTE), (60, 10 * MINUTE), (10_080, 6 * HOUR), (0, 6 * HOUR)],
)
def test_a_sight_gets_stale(minutes: int, stale_ms: int) -> None:
    seen = sight(window_minutes=minutes)
    assert not is_stale(seen, NOW + stale_ms)
    assert is_stale(seen, NOW + stale_ms + 1)
