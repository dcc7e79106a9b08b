"""What LiteLLM and Envoy AI Gateway write of their calls, by the mappings that ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallybook.dialects import counter
from tallybook.model import Money
from tallybook.reading import Reading, Spot
from tallybook.sources import open_source
from tallybook.sources.source import Revisiting

from .folding import Call, Story, open_home, read_all

LITELLM = Path(__file__).parent / "litellm/home_proxy"
ENVOY = Path(__file__).parent / "envoy_ai_gateway/home_gateway"


def story(name: str, folder: Path, **line: Any) -> Story:
    """What a source says of one line."""
    (folder / "x.log").write_text(json.dumps(line) + "\n")
    source = open_source(name, [folder / "x.log"])
    found = Story()
    for place in source.locate():
        found.add(source.read(place, None))  # type: ignore[arg-type]  # nothing is in the way
    return found


def calls_of(name: str, home: Path) -> dict[int, Call]:
    """The calls of a home by their beginning, in seconds after 02:11 on 2026-03-24."""
    every = {id(each): each for each in read_all(open_home(name, home)).calls().values()}
    found = {(each.started_ms - 1_774_318_260_000) // 1_000: each for each in every.values()}
    assert len(found) == len(every)
    return found


def test_a_row_and_its_payload_are_one_call() -> None:
    found = calls_of("litellm", LITELLM)
    assert sorted(found) == [5, 60, 125, 180, 240, 660]
    claude = found[5]
    assert claude.who[1:7] == ("review-7", None, None, "platform", "ada", "ops")
    assert claude.reported == Money(13_200_000, "USD")
    assert claude.ended_ms - claude.started_ms == 3_583
    assert claude.tools == {"read_file": 1}


def test_states_and_reported_costs_of_rows() -> None:
    found = calls_of("litellm", LITELLM)
    assert {at: each.status for at, each in found.items() if each.status != "complete"} == {
        125: "failed",
        180: "unmetered",
    }
    assert found[60].reported == Money(553_000, "USD")
    assert found[240].reported == Money(311_000, "USD")
    assert found[125].reported is None
    assert found[240].model == "gemini-2.5-flash"


def test_the_words_of_a_payload_are_found_again() -> None:
    source = open_home("litellm", LITELLM)
    assert isinstance(source, Revisiting)
    payload = [each for each in read_all(source).readings if "payload.log" in each.place]
    spots = [Spot(each.keys, each.place, each.offset) for each in payload]
    first, second = source.revisit(spots)
    assert (first.question, first.answer, first.finish) == (
        "Is this safe?",
        "Let me look.",
        "tool_calls",
    )
    assert (first.response, first.first_token_ms) == ("stream", 583)
    assert first.tool_calls[0]["name"] == "read_file"
    assert (second.answer, second.response, second.first_token_ms) == ("Yes.", "normal", None)


@pytest.mark.parametrize("hit", ["True", True, "true"])
def test_answers_out_of_the_proxys_cache_are_no_calls(tmp_path: Path, hit: object) -> None:
    row = {"startTime": "2026-03-24T02:11:05", "model": "m", "prompt_tokens": 1, "id": "a"}
    assert story("litellm", tmp_path, **row, cache_hit=hit).readings == []
    assert len(story("litellm", tmp_path, **row, cache_hit="None").readings) == 1


def test_tools_are_no_calls_of_a_model(tmp_path: Path) -> None:
    row = {"startTime": "2026-03-24T02:11:05", "model": "MCP: files-read", "request_id": "a"}
    assert story("litellm", tmp_path, **row, call_type="call_mcp_tool").readings == []
    assert len(story("litellm", tmp_path, **row, call_type="acompletion").readings) == 1


def test_a_key_that_is_no_hash_is_hashed(tmp_path: Path) -> None:
    row = {"startTime": "2026-03-24T02:11:05", "model": "m", "api_key": "sk-1234"}
    (found,) = story("litellm", tmp_path, **row).readings
    assert found.who.key is not None
    assert "1234" not in found.who.key[:4]
    assert "sk-" not in found.who.key


def test_what_the_gateway_writes() -> None:
    found = calls_of("envoy-ai-gateway", ENVOY)
    assert {at: each.status for at, each in found.items()} == {
        5: "complete",
        60: "complete",
        120: "failed",
        180: "unmetered",
        240: "complete",
    }
    assert found[5].who[1:3] == (None, "httproute/default/chat/rule/0/match/0/*")
    assert found[60].who.session == found[240].who.session == "s-1"
    assert found[240].model == "claude-sonnet-4-5"


def test_bare_metadata_keys_are_understood(tmp_path: Path) -> None:
    line = {"start_time": "2026-03-24T02:11:05Z", "llm_input_token": 10, "llm_output_token": "3"}
    (found,) = story("envoy-ai-gateway", tmp_path, **line).readings
    assert isinstance(found, Reading)
    assert counter(found.dialect)(found.usage).counts == (10, 3, 0, 0, 0, 0)


def test_the_surer_attribution_wins_in_any_order(tmp_path: Path) -> None:
    """A payload names no session but a trace, and a row may name no alias of the team."""
    row = {
        "request_id": "a", "startTime": "2026-03-24T02:11:05", "model": "gpt-4o",
        "prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10,
    }  # fmt: skip
    spend = {**row, "session_id": "a-session", "team_id": "t-1"}
    trace = {**row, "trace_id": "z-trace", "metadata": {"user_api_key_team_alias": "team"}}
    for lines in ((spend, trace), (trace, spend)):
        (tmp_path / "x.log").write_text("".join(f"{json.dumps(each)}\n" for each in lines))
        source = open_source("litellm", [tmp_path / "x.log"])
        (call,) = {id(each): each for each in read_all(source).calls().values()}.values()
        assert (call.who.session, call.who.account) == ("a-session", "t-1")
    alias = {**spend, "metadata": {"user_api_key_team_alias": "team"}}
    (tmp_path / "x.log").write_text(f"{json.dumps(spend)}\n{json.dumps(alias)}\n")
    source = open_source("litellm", [tmp_path / "x.log"])
    (call,) = {id(each): each for each in read_all(source).calls().values()}.values()
    assert call.who.account == "team"
