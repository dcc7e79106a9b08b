"""`tally price quote`, as people and programs use it."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tallybook.prices import open_price_book
from tallybook.prices.alias import ESTIMATED
from tallybook.prices.thinking import FROM_REASONING
from tallybook.prices.timeline import AFTER_LAST, BEFORE_FIRST, HOLIDAYS_UNKNOWN
from tallybook.wording import assumed

from ..dialects.wires import WIRES, anthropic
from .conftest import Ask

GPT = ("price", "quote", "--provider", "openai", "--model", "gpt-5")
SONNET = ("price", "quote", "--model", "claude-sonnet-4-5")

PAGE = """\
anthropic/claude-sonnet-4-5, 2026-05-01 00:00 (UTC), inference_geo=us, mood=good

Class             Count  Rate      Per  Amount USD
input           250,000     6  million     1.50000
output              300  22.5  million     0.00675
cache_write_1h    1,000    12  million     0.01200
web_search            2    10    1,000     0.02000
──────────────────────────────────────────────────
total           251,300                    1.53875

card     anthropic/claude-sonnet-4-5@2025-09-29#over200000
basis    the list price of that very model
assumed  priced at the standard rate, none being known for inference_geo=us
assumed  told something that is not understood: mood
"""


@pytest.fixture
def printed(ask: Ask, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a command line prints on stdout; on stderr where it fails."""

    def go(*words: str, code: int = 0, width: int = 100) -> str:
        assert ask(*words, width=width) == code
        said = capsys.readouterr()
        return said.err if code else said.out

    return go


def test_a_page_for_people(printed: Any) -> None:
    counts = "input=250_000,output=300,cache_write_1h=1000,web_search=2"
    context = ("--context", "inference_geo=us, mood=good")
    assert printed(*SONNET, "--tokens", counts, "--at", "2026-05-01", *context) == PAGE


def test_an_estimate_of_the_book_is_not_called_the_users_own(printed: Any) -> None:
    page = printed("price", "quote", "--provider", "openai", "--model", "codex-auto-review",
                   "--tokens", "input=1000", "--at", "2026-11-01")  # fmt: skip
    assert "an estimate by another model's price" in page
    assert "your own" not in page


def test_every_guess_of_the_price_book_has_words() -> None:
    codes = {code for card in open_price_book().cards() for code in card.assume}
    codes |= {BEFORE_FIRST, AFTER_LAST, HOLIDAYS_UNKNOWN, FROM_REASONING, "tier-unknown"}
    codes |= {f"{ESTIMATED}a/b", "priced-as:a", "plan-value-at:a", "bedrock-region-unknown"}
    assert [code for code in sorted(codes) if assumed(code) == code] == []


def test_a_response_from_a_file_or_from_stdin(
    printed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reply.txt").write_bytes(WIRES["chat, priority"].text)
    words = ("price", "quote", "--provider", "openai", "--usage")
    found = json.loads(printed(*words, "reply.txt", "--json"))
    assert (found["model"], found["tokens"]["cache_read"]) == ("gpt-5.6", 4)
    assert found["context"] == {"service_tier": "priority"}
    assert found["at"] == "2026-11-22T12:00:00+00:00"
    stdin = io.TextIOWrapper(io.BytesIO(WIRES["chat, priority"].text))
    monkeypatch.setattr("sys.stdin", stdin)
    assert json.loads(printed(*words, "-", "--json")) == found


def test_a_part_of_an_amount_is_marked(printed: Any, tmp_path: Path) -> None:
    page = printed(*GPT, "--tokens", "input=8000,cache_write_1h=7", width=60)
    assert "≥0.01" in page
    assert "unpriced  no rate for cache_write_1h" in page
    assert max(map(len, page.splitlines())) <= 60
    text = anthropic()
    (tmp_path / "cut").write_bytes(text[: text.index(b"event: message_delta")])
    page = printed("price", "quote", "--provider", "anthropic", "--usage", "cut")
    assert "≥0." in page
    assert "complaint  the stream ends before its last event" in page


def test_no_price_is_an_answer(printed: Any, tmp_path: Path) -> None:
    page = printed("price", "quote", "--provider", "acme", "--model", "nova", "--tokens", "input=5")
    assert "total      5                  –" in page
    assert "no rate card for acme/nova" in page
    (tmp_path / "empty").write_text("")
    page = printed(*GPT, "--usage", "empty")
    assert "nothing that was used could be counted" in page
    assert "complaint  there is nothing in it" in page


def test_a_whole_response_needs_no_options(printed: Any, tmp_path: Path) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 0, "cost": 0.9}
    (tmp_path / "reply").write_text(json.dumps({"model": "gpt-5-mini", "usage": usage}))
    page = printed("price", "quote", "--usage", "reply")
    assert page.startswith("openai/gpt-5-mini, ")
    assert "reported  0.9 USD, by the provider itself" in page


def test_factors_are_shown(printed: Any) -> None:
    words = ("--model", "claude-opus-5", "--tokens", "input=50", "--context", "inference_geo=us")
    assert "factor  input × 1.1\n" in printed("price", "quote", *words)


def test_nothing_used_is_a_total_of_nothing(printed: Any) -> None:
    assert "total      0                   0.00\n" in printed(*GPT, "--tokens", "input=0")


def test_what_is_compressed_is_said_to_be(printed: Any, tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(b"{}"))
    said = printed("price", "quote", "--usage", "x.json.gz", code=2)
    assert "because: it is compressed by gzip: unpack it first" in said


@pytest.mark.parametrize("width", [20, 40, 60, 80, 160])
def test_it_fits_any_width(printed: Any, width: int) -> None:
    page = printed(*GPT, "--tokens", "input=5,output=7,cache_write_1h=7", width=width)
    assert max(map(len, page.splitlines())) <= max(width, 36)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (GPT, "nothing says what was used"),
        ((*GPT, "--tokens", "input=5", "--usage", "x"), "exclude each other"),
        ((*GPT, "--tokens", " "), "tells no counts"),
        ((*GPT, "--tokens", "inptu=5"), "did you mean input?"),
        ((*GPT, "--tokens", "input=-5"), "input is no count of tokens: '-5'"),
        ((*GPT, "--tokens", "input=5,input=6"), "input is told twice"),
        ((*GPT, "--tokens", "input=" + "9" * 30), "input is no count"),
        ((*GPT, "--tokens", "input=1,audio_input=2"), "input is less than audio_input"),
        ((*GPT, "--usage", "nowhere.json"), "can't read nowhere.json"),
        ((*GPT, "--usage", "."), "can't read ."),
        ((*GPT, "--usage", "a\0b"), "can't read"),
        ((*GPT, "--tokens", "input=5", "--context", "flex"), "can't read the price context 'flex'"),
        ((*GPT, "--tokens", "input=5", "--at", "all"), "a call is at one time"),
        ((*GPT, "--tokens", "input=5", "--at", "yesterdy"), "did you mean yesterday?"),
        ((*GPT[:2], "--tokens", "input=5"), "nothing says which model it was"),
        ((*GPT[:4], "--tokens", "input=5"), "nothing says which model it was"),
        ((*GPT[:2], "--model", "glm-4.7", "--tokens", "input=5"), "nothing says who served"),
    ],
)
def test_mistakes(printed: Any, words: tuple[str, ...], said: str) -> None:
    answer = printed(*words, code=2)
    assert said in answer
    assert "\n  try: " in answer


@pytest.mark.parametrize(
    ("at", "instant"),
    [
        ("2026-11-02T10:30:00+08:00", "2026-11-02T02:30:00+00:00"),
        ("2026-11-02T02:30:00.125Z", "2026-11-02T02:30:00.125+00:00"),
        ("2026-11-02T02:30", "2026-11-02T01:30:00+00:00"),
        ("yesterday", "2026-11-20T23:00:00+00:00"),
        ("2027-01", "2026-12-31T23:00:00+00:00"),
    ],
)
def test_moments(printed: Any, at: str, instant: str) -> None:
    words = (*GPT, "--tokens", "input=5", "--at", at, "--tz", "Europe/Berlin", "--json")
    assert json.loads(printed(*words))["at"] == instant
