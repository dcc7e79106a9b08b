"""Whole responses, usage objects alone, and what is around them."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from tallybook.dialects import counter
from tallybook.dialects.choosing import dialect_of
from tallybook.dialects.responses import Heard, heard

from .wires import chat, sse
from .worked import Example, examples

EXAMPLES = list(examples())
IDS = [f"{each.api}: {each.name}" for each in EXAMPLES]
GOOD = [each for each in EXAMPLES if not each.complaints]

USAGE = {"prompt_tokens": 19, "completion_tokens": 10}
BODY = {"id": "c-1", "model": "gpt-5.6", "usage": USAGE}


def hear(value: object) -> Heard:
    """What is heard of an object."""
    return heard(json.dumps(value).encode())


@pytest.mark.parametrize("example", GOOD, ids=lambda each: f"{each.api}: {each.name}")
def test_a_usage_object_alone_is_heard_and_counted(example: Example) -> None:
    found = heard(example.raw)
    assert found.usage is not None
    assert found.complete
    dialect = dialect_of(found.usage, example.provider)
    counted = counter(dialect)(json.dumps(found.usage).encode())
    assert (dialect, counted.counts) == (example.dialect, example.tokens)
    assert dict(counted.units) == example.units


@pytest.mark.parametrize("example", GOOD, ids=lambda each: f"{each.api}: {each.name}")
def test_a_usage_object_in_a_response_is_the_same(example: Example) -> None:
    whole = {"id": "r-1", "model": "m", "usage": example.usage, "choices": [{"text": "a } b"}]}
    for text in (json.dumps(whole), json.dumps(whole, indent=4), "\ufeff" + json.dumps(whole)):
        assert heard(text.encode())[:3] == (example.usage, "m", "r-1")
    assert heard(sse(whole, done=True)) == heard(json.dumps(whole).encode())


@pytest.mark.parametrize(
    ("value", "usage", "model", "response_id", "context"),
    [
        (BODY, USAGE, "gpt-5.6", "c-1", ""),
        ({**BODY, "service_tier": "priority"}, USAGE, "gpt-5.6", "c-1", "service_tier=priority"),
        ({**BODY, "service_tier": "default"}, USAGE, "gpt-5.6", "c-1", ""),
        ({**BODY, "service_tier": "auto"}, USAGE, "gpt-5.6", "c-1", ""),
        ({"response": BODY, "traceId": "t"}, USAGE, "gpt-5.6", "c-1", ""),
        ({"status": 200, "body": BODY}, USAGE, "gpt-5.6", "c-1", ""),
        (
            {
                "id": "batch_req_1",
                "custom_id": "job-1",
                "response": {"status_code": 200, "request_id": "q", "body": BODY},
            },
            USAGE,
            "gpt-5.6",
            "c-1",
            "processing=batch",
        ),
        (
            {"custom_id": "job-1", "result": {"type": "succeeded", "message": BODY}},
            USAGE,
            "gpt-5.6",
            "c-1",
            "processing=batch",
        ),
        ({"key": "a", "response": BODY}, USAGE, "gpt-5.6", "c-1", "processing=batch"),
        (
            {"status": "", "processed_time": "2026-11-20", "request": {}, "response": BODY},
            USAGE,
            "gpt-5.6",
            "c-1",
            "processing=batch",
        ),
        (
            {"recordId": "1", "modelInput": {"model": "x"}, "modelOutput": BODY},
            USAGE,
            "gpt-5.6",
            "c-1",
            "processing=batch",
        ),
        ({**BODY, "metadata": {"id": "x", "model": "x"}}, USAGE, "gpt-5.6", "c-1", ""),
        (
            {"choices": [{"usage": {"cached_tokens": 4}}], **BODY},
            {**USAGE, "cached_tokens": 4},
            "gpt-5.6",
            "c-1",
            "",
        ),
        (
            {"text": "hi", "response_id": "a", "meta": {"billed_units": {"input_tokens": 5}}},
            {"billed_units": {"input_tokens": 5}},
            "",
            "a",
            "",
        ),
        (
            {"model": "q", "done": True, "response": "hi", "context": [1], "eval_count": 7},
            {"eval_count": 7},
            "q",
            "",
            "",
        ),
        (
            {"model_id": "g", "results": [{"generated_text": "x", "input_token_count": 4}]},
            {"input_token_count": 4},
            "g",
            "",
            "",
        ),
        (
            {"inputTextTokenCount": 5, "results": [{"tokenCount": 7, "outputText": "hi"}]},
            {"inputTextTokenCount": 5, "results": [{"tokenCount": 7}]},
            "",
            "",
            "",
        ),
        (
            {"serviceTier": {"type": "flex"}, "usage": {"inputTokens": 4}},
            {"inputTokens": 4},
            "",
            "",
            "service_tier=flex",
        ),
        (
            {
                "name": "chat",
                "attributes": [
                    {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "5"}},
                    {"key": "gen_ai.response.model", "value": {"stringValue": "gpt-5.6"}},
                    {"key": "gen_ai.response.id", "value": {"stringValue": "c-1"}},
                    {"key": "openai.response.service_tier", "value": {"stringValue": "flex"}},
                ],
            },
            {"gen_ai.usage.input_tokens": 5},
            "gpt-5.6",
            "c-1",
            "service_tier=flex",
        ),
        (
            {"attributes": {"gen_ai.usage.input_tokens": 5, "gen_ai.request.model": "m"}},
            {"gen_ai.usage.input_tokens": 5},
            "m",
            "",
            "",
        ),
    ],
)
def test_what_is_around_usage(
    value: dict[str, Any], usage: object, model: str, response_id: str, context: str
) -> None:
    assert hear(value) == Heard(usage, model, response_id, context, complete=True)


def test_amazons_own_count_is_for_want_of_a_better_one() -> None:
    trailer = {"inputTokenCount": 5, "outputTokenCount": 6}
    stop = {"type": "message_stop", "amazon-bedrock-invocationMetrics": trailer}
    start = {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 5}}}
    assert heard(sse({"type": "message_start", "message": {"id": "m"}}, stop)).usage == trailer
    assert heard(sse(start, stop)).usage == {"input_tokens": 5}


def test_a_response_that_is_cut_off() -> None:
    text = json.dumps({**BODY, "choices": [{"message": {"content": "a {, b"}}]}).encode()
    found = heard(text[: text.index(b", b")])
    assert found == Heard(USAGE, "gpt-5.6", "c-1", complaints=("the response is cut off",))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "there is nothing in it"),
        (b" \r\n\n", "there is nothing in it"),
        (b"hello\nworld", "there is no JSON object in it"),
        (bytes(range(256)), "there is no JSON object in it"),
        (b'"text"', "there is no JSON object in it"),
        (b"[1, 2]", "there is no JSON object in it"),
        (b"{}", "no usage is told in it"),
        (b'{"usage": null, "max_tokens": 9}', "no usage is told in it"),
        (b'{"usage": {}}', "no usage is told in it"),
        (b'{"usage": [1]}', "no usage is told in it"),
        (b'{"input": "text", "output": []}', "no usage is told in it"),
    ],
)
def test_where_no_usage_is_told(text: bytes, complaint: str) -> None:
    found = heard(text)
    assert found.usage is None
    assert not found.complete
    assert found.complaints == (complaint,)


def test_an_error_is_told_in_place_of_usage() -> None:
    found = hear({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}})
    assert found.usage is None
    assert found.complaints == ("the response tells an error: slow down", "no usage is told in it")
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "too long"}}
    found = hear({"custom_id": "a", "result": {"type": "errored", "error": error}})
    assert found.complaints[0] == "the response tells an error: too long"


def test_what_is_compressed_is_named() -> None:
    for packed, name in (
        (gzip.compress(json.dumps(BODY).encode()), "gzip"),
        (b"\x28\xb5\x2f\xfd\x04", "zstd"),
        (b"PK\x03\x04\x14", "zip"),
    ):
        found = heard(packed)
        assert found == Heard(None, complaints=(f"it is compressed by {name}: unpack it first",))


def test_what_powershell_wrote_is_read() -> None:
    for name in ("utf-16-le", "utf-16-be"):
        text = "\ufeff" + json.dumps(BODY)
        assert heard(text.encode(name)).usage == USAGE


def test_a_large_stream_costs_little() -> None:
    long = chat(None, done=False, system_fingerprint="x" * 100) * 9_000
    begun = time.process_time()
    found = heard(long + chat(USAGE))
    assert found.usage == USAGE
    assert time.process_time() - begun < 2.5, f"{len(long):,} bytes"
