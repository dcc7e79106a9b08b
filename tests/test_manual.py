"""What an entry may say, and what it becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tallybook.clock import EARLIEST_MS
from tallybook.errors import UsageMistake
from tallybook.manual import entries, entry_of, reading_of
from tallybook.model import Money
from tallybook.periods import Frame
from tallybook.prices import open_price_book

NOW = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() * 1000)
FRAME = Frame(NOW, "Europe/Berlin")
PRICES = open_price_book()


def test_tokens_are_a_text_or_an_object() -> None:
    as_text = entry_of({"model": "m", "tokens": "input=1_200, output=3"}, FRAME)
    as_object = entry_of({"model": "m", "tokens": {"input": 1200, "output": 3}}, FRAME)
    assert as_text == as_object
    assert as_text.usage == b'{"input":1200,"output":3}'
    assert as_text.at_ms == NOW


def test_times_are_those_of_the_zone() -> None:
    entry = entry_of({"model": "m", "tokens": "input=1", "at": "2026-01-15"}, FRAME)
    assert entry.at_ms == int(datetime(2026, 1, 14, 23, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize("text", ["0.12USD", "0.12 usd", "USD 0.12"])
def test_a_cost_is_exact(text: str) -> None:
    assert entry_of({"model": "m", "cost": text}, FRAME).reported == Money(120_000_000, "USD")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "needs a model"),
        ({"model": "m"}, "needs tokens"),
        ({"model": "m", "tokens": ""}, "needs tokens"),
        ({"model": 3, "tokens": "input=1"}, "has to be a text"),
        ({"model": "m", "tokens": "inptu=1"}, "no token class 'inptu'"),
        ({"model": "m", "tokens": "input=-1"}, "no count"),
        ({"model": "m", "tokens": "input=٣"}, "no count"),
        ({"model": "m", "tokens": "input"}, "no count"),
        ({"model": "m", "tokens": {"input": 1.5}}, "no count"),
        ({"model": "m", "tokens": {"input": True}}, "no count"),
        ({"model": "m", "tokens": {"input": 10**11}}, "no count"),
        ({"model": "m", "tokens": [1]}, "counts by class"),
        ({"model": "m", "cost": "12"}, "can't read the cost"),
        ({"model": "m", "cost": "1.2.3USD"}, "can't read the cost"),
        ({"model": "m", "cost": "-1USD"}, "can't read the cost"),
        ({"model": "m", "tokens": "input=1", "at": "tomorrowish"}, "can't read the time"),
        ({"model": "m", "tokens": "input=1", "at": "all"}, "at one time"),
        ({"model": "m", "tokens": "input=1", "at": "2027"}, "in the future"),
        ({"model": "m", "tokens": "input=1", "at": "1969-12-31T23:50"}, "too long ago"),
        ({"model": "m", "tokens": "input=1", "at": "2014-12-31T23:59Z"}, "too long ago"),
        ({"model": "m", "cost": "99999999999USD"}, "not believed"),
        ({"model": "m", "cost": "1000000.000000001USD"}, "not believed"),
        ({"model": "m", "tokens": "input=1,input=2"}, "input is told twice"),
        ({"model": "m", "tokens": "input=1", "modle": "x"}, "no field 'modle'"),
    ],
)
def test_what_cant_be_understood_is_refused(said: dict[str, object], why: str) -> None:
    with pytest.raises(UsageMistake, match=why):
        entry_of(said, FRAME)


@pytest.mark.parametrize(
    ("model", "provider", "served"),
    [
        ("claude-opus-4-5", "", ("anthropic", "claude-opus-4-5")),
        ("gpt-5", "", ("openai", "gpt-5")),
        ("openai/gpt-5", "", ("openai", "gpt-5")),
        ("x/y", "my-proxy", ("my-proxy", "x/y")),
        # makers go before those who sell their models
        ("gpt-5-mini", "", ("openai", "gpt-5-mini")),
        ("o3", "", ("openai", "o3")),
        ("grok-4.5", "", ("x-ai", "grok-4.5")),
        ("qwen3-235b-a22b", "", ("alibaba", "qwen3-235b-a22b")),
        ("composer-2.5", "", ("cursor", "composer-2.5")),
        # providers by the names that other tools give them
        ("gemini/gemini-2.5-pro", "", ("google", "gemini-2.5-pro")),
        ("vertex_ai/gemini-2.5-pro", "", ("vertex", "gemini-2.5-pro")),
        ("bedrock/anthropic.claude-x", "", ("aws", "anthropic.claude-x")),
        ("kimi-for-coding/kimi-k2.5", "", ("kimi-for-coding", "kimi-k2.5")),
    ],
)
def test_who_served_it(model: str, provider: str, served: tuple[str, str]) -> None:
    entry = entry_of({"model": model, "provider": provider, "tokens": "input=1"}, FRAME)
    reading = reading_of(entry, PRICES)
    assert (reading.provider, reading.model) == served
    assert reading.who.source == "manual"


@pytest.mark.parametrize(
    ("model", "why"), [("kimi-k2.5", "moonshotai, moonshotai-cn"), ("nobody-knows", "no price")]
)
def test_who_served_it_is_never_guessed(model: str, why: str) -> None:
    entry = entry_of({"model": model, "tokens": "input=1"}, FRAME)
    with pytest.raises(UsageMistake) as caught:
        reading_of(entry, PRICES)
    assert why in caught.value.because
    assert "--provider" in caught.value.hint


def test_the_dearest_and_the_earliest_are_believed() -> None:
    said = {"model": "m", "cost": "1000000USD", "at": "2015-01-01T00:00Z"}
    entry = entry_of(said, FRAME)
    assert entry.reported == Money(10**15, "USD")
    assert entry.at_ms == EARLIEST_MS


def test_an_id_makes_a_call_the_same() -> None:
    def keys(**more: object) -> tuple[bytes, ...]:
        said = {"model": "gpt-5", "tokens": "input=1", **more}
        return reading_of(entry_of(said, FRAME), PRICES).keys

    assert keys(id="x") == keys(id="x", note="again")
    assert keys(id=7) == keys(id="7")
    assert keys(id="x") != keys(id="y")
    assert keys() != keys()


def test_lines_are_the_same_calls_each_time() -> None:
    line = json.dumps({"model": "gpt-5", "tokens": {"input": 1}, "at": "2026-01-01"})
    texts = [line, "", "{", "[]", line, '{"model":"gpt-5","tokens":"input=1"}', line + " "]
    found = list(entries(texts, FRAME))
    assert [each.number for each in found] == [1, 3, 4, 5, 6, 7]
    good = [reading_of(each.entry, PRICES).keys for each in found if each.entry]
    assert len({*good}) == len(good) == 3
    assert [each.entry for each in entries(texts, FRAME)] == [each.entry for each in found]
    assert "time of its call" in found[4].reason


def keys_of(text: str, frame: Frame = FRAME) -> list[tuple[bytes, ...]]:
    found = entries(text.splitlines(), frame)
    return [reading_of(each.entry, PRICES).keys for each in found if each.entry]


@pytest.mark.parametrize("at", ["2026-01-15", "2026-01", "2026-W03", "2026-01-15T14:30"])
def test_lines_are_the_same_calls_in_every_zone(at: str) -> None:
    line = json.dumps({"model": "gpt-5", "tokens": {"input": 1}, "at": at})
    assert keys_of(line, Frame(NOW, "UTC")) == keys_of(line, Frame(NOW, "Asia/Shanghai"))


def test_lines_are_the_same_calls_however_they_are_written() -> None:
    one = '{"model": "gpt-5", "at": "2026-01-15", "note": "n", "tokens": {"input":1,"output":2}}'
    other = '{"tokens": "output=2, input=1", "note": "n", "at": "2026-01-15", "model": "gpt-5"}'
    assert keys_of(one) == keys_of(other)
    assert len({*keys_of(f"{one}\n{other}")}) == 2


@pytest.mark.parametrize("word", ["today", "Yesterday", "week", "month", "year", " now "])
def test_a_line_is_of_a_day_that_stays(word: str) -> None:
    line = json.dumps({"model": "gpt-5", "tokens": {"input": 1}, "at": word})
    (found,) = entries([line], FRAME)
    assert found.entry is None
    assert "needs a date" in found.reason
