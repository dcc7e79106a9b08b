"""What a call costs: from any usage to an amount, and what it says where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tallybook
from tallybook import quote
from tallybook.book import Book
from tallybook.dialects import cohere, openai_odd
from tallybook.dialects.forms import KINDS
from tallybook.errors import UsageMistake
from tallybook.ledger import open_ledger
from tallybook.model import CLASSES, nanos_of
from tallybook.owncounts import MOST, NAMES, own_counts
from tallybook.quoting import quote_json
from tallybook.settings import Settings

from .dialects.wires import WIRES, anthropic

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SONNET = ("anthropic", "claude-sonnet-4-5")


def told(*asked: Any, **more: Any) -> dict[str, Any]:
    """The JSON of a quote for a call at noon, through JSON."""
    return json.loads(json.dumps(quote_json(quote(*asked, **{"at": NOON, **more}))))


def test_counts_by_our_own_names_are_priced_line_by_line() -> None:
    found = told(*SONNET, {"input": 1200, "output": 300, "reasoning": 50, "web_search": 2})
    assert found == {
        "schema": "tallybook.quote/1",
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "at": "2026-11-20T12:00:00+00:00",
        "context": {},
        "tokens": dict(zip(CLASSES, (1200, 300, 50, 0, 0, 0), strict=True)),
        "units": {"web_search": 2},
        "currency": "USD",
        "amount": "0.02885",
        "lines": [
            {"class": "input", "count": 1200, "rate": "3", "per": 1000000, "amount": "0.0036"},
            {"class": "output", "count": 300, "rate": "15", "per": 1000000, "amount": "0.0045"},
            {"class": "reasoning", "count": 50, "rate": "15", "per": 1000000, "amount": "0.00075"},
            {"class": "web_search", "count": 2, "rate": "10", "per": 1000, "amount": "0.02"},
        ],
        "card": "anthropic/claude-sonnet-4-5@2025-09-29",
        "basis": "rated",
        "factors": {},
        "reported": None,
        "reason": None,
        "unpriced": {},
        "complete": True,
        "assumptions": [],
        "complaints": [],
    }


def test_a_response_is_counted_by_its_shape() -> None:
    found = told("anthropic", "", WIRES["anthropic"].text)
    assert found["model"] == "claude-sonnet-4-5"
    assert found["tokens"] == dict(zip(CLASSES, (25, 150, 0, 700, 8, 0), strict=True))
    assert (found["units"], found["complete"]) == ({"web_search": 2}, True)
    found = told("openai", "gpt-5.6", WIRES["responses"].text)
    assert found["tokens"]["input"] == 3
    assert found["context"] == {"service_tier": "flex"}
    assert found["card"].endswith("+service_tier=flex")
    found = told("google", "", WIRES["gemini, array"].text)
    assert (found["tokens"]["output"], found["tokens"]["reasoning"]) == (5, 185)


def test_what_is_given_goes_before_what_the_response_says() -> None:
    usage = json.loads(WIRES["responses"].text.split(b"data: ")[-1])["response"]
    found = told("openai", "gpt-5", usage, context={"Service_Tier": " priority "})
    assert (found["model"], found["context"]) == ("gpt-5", {"service_tier": "priority"})
    assert told("openai", "gpt-5", usage, context={"service_tier": "default"})["card"].endswith(
        "gpt-5@2025-08-07"
    )


def test_a_response_that_broke_off_costs_at_least_its_amount() -> None:
    text = anthropic()
    found = told(*SONNET, text[: text.index(b"event: message_delta")])
    assert found["tokens"]["output"] == 1
    assert found["amount"] is not None
    assert (found["complete"], found["reason"]) == (False, None)
    assert found["assumptions"][0] == "placeholder-output"
    assert found["complaints"] == ["the stream ends before its last event"]


def test_no_price_is_no_amount_and_no_zero() -> None:
    found = told("acme", "nova-1", {"input": 5, "web_search": 3}, context={"mood": "good"})
    assert (found["amount"], found["currency"], found["card"], found["basis"]) == (None,) * 4
    assert found["unpriced"] == {"input": 5, "web_search": 3}
    assert found["reason"].startswith("no rate card for acme/nova-1")
    assert "tally help prices" in found["reason"]
    assert (found["complete"], found["assumptions"]) == (False, ["unknown-context:mood"])


def test_what_has_no_rate_is_in_no_amount_and_named() -> None:
    found = told("openai", "gpt-5", {"input": 8000, "cache_write_1h": 7})
    assert (found["amount"], found["unpriced"]) == ("0.01", {"cache_write_1h": 7})
    assert found["reason"].startswith("no rate for cache_write_1h in openai/gpt-5@2025-08-07")
    assert found["complete"] is False
    found = told("openai", "gpt-5", {"cache_write_1h": 7})
    assert (found["amount"], found["lines"]) == (None, [])


@pytest.mark.parametrize(
    ("usage", "complaint"),
    [
        (b"", "there is nothing in it"),
        (b"\x00\xff", "there is no JSON object in it"),
        ({}, "no usage is told in it"),
        ({"usage": {"prompt_tokens": "many"}}, "prompt_tokens is not a whole number"),
    ],
)
def test_what_can_not_be_counted_has_no_amount(usage: Any, complaint: str) -> None:
    found = told("openai", "gpt-5", usage)
    assert (found["amount"], found["lines"], found["complete"]) == (None, [], False)
    assert found["reason"] == "nothing that was used could be counted; see the complaints"
    assert complaint in found["complaints"]


@pytest.mark.parametrize(
    ("usage", "amount", "complete"),
    [
        (b'{"prompt_tokens": NaN, "completion_tokens": 45}', "0.00045", False),
        (b'{"prompt_tokens": 1e30, "completion_tokens": 45}', "0.00045", False),
        (b'{"prompt_tokens": -5, "completion_tokens": 45}', "0.00045", False),
        (b'{"prompt_tokens": 5, "completion_tokens": 45, "total_tokens": 7}', "0.00045625", False),
        (b'{"prompt_tokens": 500}', "0.000625", False),
        (b'{"completion_tokens": 500}', "0.005", False),
        (b'{"total_tokens": 500}', "0.000625", False),
        (b'{"input": 5, "audio_input": 9}', "0.00000625", False),
        (b'{"prompt_tokens": "500", "completion_tokens": 0}', "0.000625", True),
        (b'{"prompt_tokens": 500, "total_tokens": 500}', "0.000625", True),
        (b'{"prompt_tokens": 400, "total_tokens": 445}', "0.00095", True),
    ],
)
def test_an_amount_is_whole_only_if_all_counts_are_told_and_understood(
    usage: bytes, amount: str, complete: bool
) -> None:
    found = told("openai", "gpt-5", usage)
    assert (found["amount"], found["complete"]) == (amount, complete)
    assert complete or found["complaints"] or found["assumptions"]


@pytest.mark.parametrize("field", ["prompt_tokens", "total_tokens"])
def test_what_has_no_price_for_output_lacks_none(field: str) -> None:
    assert told("openai", "text-embedding-3-small", {field: 500})["complete"]


@pytest.mark.parametrize(
    ("model", "response", "card"),
    [
        ("claude-sonnet-4-5-20250929", "msg_01", "anthropic/claude-sonnet-4-5@"),
        ("claude-sonnet-4-5@20250929", "msg_vrtx_01", "vertex/claude-sonnet-4-5@"),
        ("gpt-5-mini-2025-08-07", "resp_1", "openai/gpt-5-mini@"),
        ("openai/gpt-5", "gen-1", "openai/gpt-5@"),
    ],
)
def test_a_response_tells_who_served_it(model: str, response: str, card: str) -> None:
    whole = {"id": response, "model": model, "usage": {"input_tokens": 5, "output_tokens": 6}}
    assert told("", "", whole)["card"].startswith(card)


def test_a_response_of_an_unknown_model_names_it() -> None:
    with pytest.raises(UsageMistake, match="nothing says who served nova-1"):
        told("", "", {"model": "nova-1", "usage": {"input_tokens": 5}})


def test_what_the_provider_says_that_it_cost_stands_beside_our_price() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11, "cost": 0.9}
    found = told("openrouter", "", {"model": "openai/gpt-5", "usage": usage})
    assert found["reported"] == {"amount": "0.9", "currency": "USD"}
    assert (found["amount"], found["complete"]) == ("0.00006625", True)


def test_factors_are_named() -> None:
    found = told("anthropic", "claude-opus-5", {"input": 5, "web_search": 1},
                 context={"inference_geo": "us"})  # fmt: skip
    assert found["factors"] == {"input": "11/10"}


@pytest.mark.parametrize(
    ("provider", "advice"),
    [("opnai", "did you mean the provider openai?"), ("litellm", "an [[alias]] in your price"),
     ("openai", ""), ("ollama", ""), ("requesty", "")],
)  # fmt: skip
def test_an_unknown_provider_is_advised_on(provider: str, advice: str) -> None:
    reason = told(provider, "nova-1", {"input": 5})["reason"] or ""
    assert advice in reason
    assert bool(advice) == ("provider" in reason)


def test_sound_without_a_rate_is_told_by_its_own_name() -> None:
    usage = {"input": 1000, "output": 500, "audio_input": 800, "audio_output": 400}
    found = told("openai", "gpt-5", usage)
    assert (found["amount"], found["complete"]) == ("0.00125", False)
    assert found["unpriced"] == {"audio_input": 800, "audio_output": 400}
    found = told("google", "gemini-2.5-pro", usage)
    assert (found["amount"], found["unpriced"]) == ("0.00225", {"audio_output": 400})
    found = told("openai", "gpt-4o-audio-preview", usage)
    assert (found["amount"], found["complete"]) == ("0.0655", True)


def test_what_costs_no_more_than_its_tokens_is_no_gap() -> None:
    tools = {"web_search_requests": 1, "web_fetch_requests": 2}
    usage = {"input_tokens": 1000, "output_tokens": 100, "server_tool_use": tools}
    found = told(*SONNET, usage)
    assert (found["amount"], found["unpriced"], found["complete"]) == ("0.0145", {}, True)
    billed = {"input_tokens": 120, "output_tokens": 30}
    found = told("cohere", "command-a-03-2025", {"billed_units": billed, "cached_tokens": 64})
    assert found["tokens"]["cache_read"] == 64
    assert (found["amount"], found["unpriced"]) == ("0.0006", {})


@pytest.mark.parametrize(
    ("provider", "model", "card"),
    [
        ("aws.bedrock", "anthropic.claude-haiku-4-5-20251001-v1:0", "aws/"),
        ("azure.ai.openai", "gpt-5", "openai/gpt-5@"),
        ("gcp.gemini", "gemini-2.5-pro", "google/gemini-2.5-pro@"),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", "vertex/claude-sonnet-4-5@"),
        ("kimi", "kimi-k2.5", "moonshotai/kimi-k2.5@"),
        ("mistral_ai", "mistral-large-latest", "mistral/mistral-large-latest@"),
        ("moonshot_ai", "kimi-k2.5", "moonshotai/kimi-k2.5@"),
        ("qwen", "qwen-plus", "alibaba/qwen-plus@"),
        ("x_ai", "grok-4", "x-ai/grok-4"),
        # pi writes these
        ("openai-codex", "gpt-5.4", "openai/gpt-5.4@"),
        ("google-gemini-cli", "gemini-2.5-pro", "google/gemini-2.5-pro@"),
        ("google-antigravity", "gemini-3-pro-high", "google/gemini-3-pro"),
        ("kimi-coding", "kimi-k2.5", "moonshotai/kimi-k2.5@"),
        ("azure-openai-responses", "gpt-5.4", "openai/gpt-5.4@"),
        ("zai-coding-cn", "glm-4.7", "zhipuai/glm-4.7@"),
        ("vercel-ai-gateway", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4-5@"),
        ("qwen-token-plan", "qwen3-coder-plus", "alibaba/qwen3-coder-plus@"),
    ],
)
def test_providers_by_the_names_that_telemetry_and_people_give_them(
    provider: str, model: str, card: str
) -> None:
    assert told(provider, model, {"input": 5})["card"].startswith(card)


def test_nothing_used_costs_nothing_and_a_local_model_is_free() -> None:
    assert told(*SONNET, {"input": 0})["amount"] == "0"
    free = told("ollama", "", WIRES["ollama"].text)
    assert (free["amount"], free["basis"], free["tokens"]["output"]) == ("0", "free", 259)


def test_the_instant_decides_the_price() -> None:
    peak = datetime(2026, 11, 2, 10, 30, tzinfo=timezone(timedelta(hours=8)))
    model, counts = ("deepseek", "deepseek-v4-flash"), {"input": 1_000_000}
    loud, calm = (told(*model, counts, at=at) for at in (peak, peak + timedelta(hours=9)))
    assert nanos_of(loud["amount"]) == 2 * nanos_of(calm["amount"])
    assert loud["at"] == "2026-11-02T02:30:00+00:00"


def test_tokens_of_a_kind_are_part_of_their_class() -> None:
    assert own_counts({"cache_write_12h": 5})[0] == (0, 0, 0, 0, 0, 5)
    assert own_counts({"cache_write_12h": 5, "cache_write_1h": 9}) == (
        (0, 0, 0, 0, 0, 9),
        {"cache_write_12h": 5},
    )
    found = told("openai", "gpt-5.6", {"cache_write_12h": 1_000_000})
    assert [line["class"] for line in found["lines"]] == ["cache_write_12h"]
    with pytest.raises(UsageMistake, match="input is less than audio_input and image_input"):
        own_counts({"input": 5, "audio_input": 3, "image_input": 3})


@pytest.mark.parametrize("count", [-1, MOST + 1, 1.5, "5", True, None])
def test_an_impossible_count_is_a_mistake(count: object) -> None:
    with pytest.raises(UsageMistake, match="input is no count"):
        own_counts({"input": count})


def test_what_dialects_count_has_a_name_that_can_be_given() -> None:
    named = {name for form in (openai_odd.FORM, cohere.FORM) for name, _ in form.units}
    sides = ("input", "output", "cache_read")
    assert named | {f"{kind}_{side}" for kind in KINDS for side in sides} <= NAMES
    served = [{"modality": "VIDEO", "tokenCount": 200}]
    usage = {"promptTokenCount": 900, "cachedContentTokenCount": 300, "candidatesTokenCount": 5,
             "cacheTokensDetails": served}  # fmt: skip
    found = told("google", "gemini-2.5-pro", usage)
    assert (found["units"], found["unpriced"]) == ({"video_cache_read": 200}, {})
    assert found["complete"]


def test_a_file_by_our_own_names_tells_its_units_too() -> None:
    usage = {"input": 1000, "output": 10, "total": 1010, "web_search": 2}
    found = told(*SONNET, json.dumps(usage).encode())
    assert (found["units"], found["amount"]) == ({"web_search": 2}, "0.02315")
    found = told(*SONNET, b'{"input": 5, "audio_input": 9}')
    assert (found["tokens"]["input"], found["units"]) == (5, {})
    assert found["complaints"] == ["input is less than audio_input"]


def test_an_unknown_name_is_a_mistake_that_names_the_nearest() -> None:
    with pytest.raises(UsageMistake, match="cache_reed") as problem:
        own_counts({"cache_reed": 5})
    assert problem.value.hint == "did you mean cache_read?"
    with pytest.raises(UsageMistake, match="which model"):
        quote("anthropic", " ", {"input": 5})


COUNTS = st.integers(0, MOST) | st.integers(0, 10**6)


@given(
    st.dictionaries(st.sampled_from(sorted(NAMES)), COUNTS, min_size=1),
    st.sampled_from(
        [("openai", "gpt-5.6"), SONNET, ("google", "gemini-3-pro"), ("zhipuai", "glm-4.7"),
         ("acme", "nova-1"), ("ollama", "qwen3")]
    ),
    st.sampled_from([{}, {"service_tier": "flex"}, {"processing": "batch"}, {"speed": "fast"}]),
)  # fmt: skip
def test_the_amount_is_the_sum_of_its_lines(
    counts: dict[str, int], model: tuple[str, str], context: dict[str, str]
) -> None:
    try:
        found = told(*model, counts, context=context)
    except UsageMistake:
        return
    lines = found["lines"]
    if found["amount"] is not None:
        assert nanos_of(found["amount"]) == sum(nanos_of(line["amount"]) for line in lines)
    beside = {name: count for name, count in counts.items() if count and name not in CLASSES}
    assert found["units"] == beside
    priced = sum(line["count"] for line in lines) + sum(found["unpriced"].values())
    tokens = sum(found["tokens"].values())
    units = sum(count for name, count in beside.items() if found_beside(name))
    assert priced == tokens + units
    assert found["complete"] == (found["card"] is not None and not found["unpriced"])
    assert bool(found["reason"]) == (not found["complete"])


def found_beside(name: str) -> bool:
    """Whether a unit is no part of a class."""
    return own_counts({name: 1})[0] == (0, 0, 0, 0, 0, 0)


def test_a_book_quotes_by_its_own_prices(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        'schema = 1\n[[price]]\nprovider = "acme"\nmodel = "nova-1"\nrates = { input = "7" }\n'
    )
    file = tmp_path / "ledger.db"
    settings = Settings(ledger=str(file), prices=own)
    with Book(settings, open_ledger(str(file))) as book:
        found = book.quote("acme", "nova-1", {"input": 1_000_000}, NOON)
    assert found.amount == tallybook.Money(7_000_000_000, "USD")
    assert found.charge is not None
    assert found.charge.basis == "override"


def test_the_public_function_loads_nothing_heavy() -> None:
    code = (
        "import sys, tallybook\n"
        "tallybook.quote('anthropic', 'claude-sonnet-4-5', {'input': 5})\n"
        "print(sorted({'msgspec', 'click', 'rich', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
