"""The worked examples, and what must hold for whatever is made of them."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tallybook.dialects
from tallybook.dialects import DIALECTS, Counted, counter
from tallybook.dialects.choosing import dialect_of
from tallybook.dialects.reporting import reported
from tallybook.wording import assumed

from .worked import Example, apis, examples

EXAMPLES = list(examples())
IDS = [f"{each.api}: {each.name}" for each in EXAMPLES]
TOTALS = ("total_tokens", "totalTokens", "totalTokenCount", "total_token_count")


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_is_counted_as_told(example: Example) -> None:
    assert dialect_of(example.usage, example.provider) == example.dialect
    found = counter(example.dialect)(example.raw)
    assert found.counts == example.tokens
    assert dict(found.units) == example.units
    assert found.context == example.context
    assert found.assumptions == example.assumptions
    assert found.complaints == example.complaints
    amount = reported(example.usage)
    assert (amount and amount.text) == example.reported


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_the_classes_make_the_total(example: Example) -> None:
    totals = [example.usage[name] for name in TOTALS if name in example.usage]
    if totals and not example.complaints:
        assert totals == [sum(example.tokens)]


def test_there_are_two_examples_for_every_api() -> None:
    assert len(apis()) >= 20
    assert [api.title for api in apis() if len(api.examples) < 2] == []
    own = {"opencode", "tallybook", "gemini-cli", "pi"}  # stored by agents, tested beside them
    own |= {"auto"}  # it is all the others
    assert {each.dialect for each in EXAMPLES} == set(DIALECTS) - own


def turned(value: Any) -> Any:
    """The same object with its fields in the opposite order."""
    if isinstance(value, dict):
        return {name: turned(inner) for name, inner in reversed(value.items())}
    return [turned(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_order_and_unknown_fields_change_nothing(example: Example) -> None:
    count = counter(example.dialect)
    assert count(json.dumps(turned(example.usage)).encode()) == count(example.raw)
    more = {"zzz": 7, **example.usage, "novelty": {"tokens": 9, "list": [1, {"a": None}]}}
    assert count(json.dumps(more).encode()) == count(example.raw)
    assert dialect_of(more, example.provider) == example.dialect


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where values stand in an object."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, inner in pairs:
        found.append((*before, name))
        if isinstance(inner, dict | list):
            found += paths(inner, (*before, name))
    return found


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=4),
    st.just({}), st.just([]), st.just([{"ttl": "1h"}, 3]), st.just({"cached_tokens": 5, "a": [1]}),
)  # fmt: skip


def sound(found: Counted) -> None:
    """What holds for any object."""
    assert all(type(each) is int and 0 <= each <= 10**12 for each in found.counts), found
    assert all(type(number) is int and number > 0 for _, number in found.units), found
    parts = [part.split("=") for part in found.context.split(",") if part]
    assert all(len(part) == 2 for part in parts)
    assert parts == sorted(parts)


@given(st.data())
def test_any_value_in_any_place_is_survived(data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(EXAMPLES))
    usage = example.usage
    for _ in range(data.draw(st.integers(1, 3))):
        *outer, last = data.draw(st.sampled_from(paths(usage) or [("a",)]))
        place: Any = usage
        for name in outer:
            place = place[name]
        place[last] = copy.deepcopy(data.draw(ODD))
    found = counter(example.dialect)(json.dumps(usage).encode())
    sound(found)
    dialect = dialect_of(usage, example.provider)
    assert counter(dialect)(json.dumps(usage).encode()) is not None
    amount = reported(usage)
    assert amount is None or amount.nanos >= 0


NEW = sorted({each.dialect for each in EXAMPLES})


@pytest.mark.parametrize("dialect", NEW)
@given(raw=st.binary(max_size=80))
def test_any_bytes_are_survived(dialect: str, raw: bytes) -> None:
    sound(counter(dialect)(raw))


@pytest.mark.parametrize("dialect", NEW)
@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"7", b'{"a"', b"\xff\xfe", b"[" * 9_000])
def test_what_is_no_object_is_told(dialect: str, raw: bytes) -> None:
    found = counter(dialect)(raw)
    assert (sum(found.counts), found.complaints) == (0, ("usage is not a JSON object",))


PARTS = st.integers(0, 10**7)


@given(parts=st.tuples(*[PARTS] * 5), cache=st.booleans(), thought=st.booleans())
def test_any_convention_with_a_total_sums_up(
    parts: tuple[int, ...], cache: bool, thought: bool
) -> None:
    fresh, said, reasoning, read, written = parts
    usage = {
        "prompt_tokens": fresh + (read + written if cache else 0),
        "completion_tokens": said + (reasoning if thought else 0),
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": sum(parts),
    }
    for dialect in ("openai", "xai"):
        found = counter(dialect)(json.dumps(usage).encode())
        assert sum(found.counts) == sum(parts)
        assert found.complaints == ()


@given(parts=st.tuples(*[PARTS] * 5))
def test_google_sums_up(parts: tuple[int, ...]) -> None:
    fresh, said, reasoning, read, tool = parts
    usage = {
        "promptTokenCount": fresh + read,
        "cachedContentTokenCount": read,
        "toolUsePromptTokenCount": tool,
        "candidatesTokenCount": said,
        "thoughtsTokenCount": reasoning,
        "totalTokenCount": sum(parts),
    }
    found = counter("google")(json.dumps(usage).encode())
    assert found.counts == (fresh + tool, said, reasoning, read, 0, 0)
    assert (found.assumptions, found.complaints) == ((), ())


LIFETIMES: list[tuple[Any, tuple[int, int], dict[str, int], int, int]] = [
    ({"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4}, (3, 4), {}, 0, 0),
    ({"ephemeral_30m_input_tokens": 7}, (7, 0), {"cache_write_30m": 7}, 0, 0),
    ({"cache_write_12h_tokens": 5}, (2, 5), {"cache_write_12h": 5}, 1, 0),
    ({"ephemeral_1h_input_tokens": 9}, (0, 9), {}, 0, 1),
    ({"novelty": 9}, (7, 0), {}, 1, 0),
    (None, (7, 0), {}, 1, 0),
]


@pytest.mark.parametrize(("split", "written", "units", "guesses", "complaints"), LIFETIMES)
def test_writes_by_lifetime(
    split: Any, written: tuple[int, int], units: dict[str, int], guesses: int, complaints: int
) -> None:
    details = {"cache_write_tokens": 7, "cache_creation": split}
    usage = {"prompt_tokens": 20, "completion_tokens": 1, "prompt_tokens_details": details}
    found = counter("openai")(json.dumps(usage).encode())
    assert found.counts[4:] == written
    assert dict(found.units) == units
    assert len(found.assumptions) == guesses
    assert len(found.complaints) == complaints


CONTEXTS: list[tuple[str, dict[str, Any], str]] = [
    ("openai", {"service_tier": "default"}, ""),
    ("openai", {"service_tier": "auto"}, ""),
    ("openai", {"service_tier": "Flex"}, "service_tier=flex"),
    ("openai", {"service_tier": "batch"}, "processing=batch"),
    ("openai", {"service_tier": 4, "speed": "fast"}, "speed=fast"),
    ("openai", {"service_tier": "a,b=c"}, "service_tier=a_b_c"),
    ("google", {"trafficType": "PROVISIONED_THROUGHPUT"}, "service_tier=provisioned_throughput"),
    ("google", {"trafficType": "ON_DEMAND_FLEX"}, "service_tier=flex"),
    ("google", {"trafficType": "TRAFFIC_TYPE_UNSPECIFIED"}, ""),
    ("google", {"serviceTier": "SERVICE_TIER_PRIORITY"}, "service_tier=priority"),
]


@pytest.mark.parametrize(("dialect", "fields", "context"), CONTEXTS)
def test_selectors(dialect: str, fields: dict[str, Any], context: str) -> None:
    assert counter(dialect)(json.dumps(fields).encode()).context == context


def test_sound_that_may_have_been_cached_is_limited() -> None:
    details = {"cached_tokens": 90, "audio_tokens": 50}
    usage = {"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": details}
    found = counter("openai")(json.dumps(usage).encode())
    assert found.units == (("audio_input", 10),)
    assert found.assumptions == ("kind-share-not-told",)


MISSING: list[tuple[dict[str, int], tuple[int, ...], tuple[str, ...]]] = [
    ({"completion_tokens": 5}, (0, 5, 0, 0, 0, 0), ("input-not-told",)),
    ({"prompt_tokens": 5}, (5, 0, 0, 0, 0, 0), ("output-not-told",)),
    ({"prompt_tokens": 5, "total_tokens": 9}, (5, 4, 0, 0, 0, 0), ("output-from-total",)),
    ({"completion_tokens": 5, "total_tokens": 9}, (4, 5, 0, 0, 0, 0), ("input-from-total",)),
    ({"completion_tokens": 5, "cached_tokens": 3}, (0, 5, 0, 3, 0, 0), ("input-not-told",)),
    ({"prompt_tokens": 5, "reasoning_tokens": 3}, (5, 0, 3, 0, 0, 0), ("output-not-told",)),
    ({"total_tokens": 9, "cached_tokens": 4}, (5, 0, 0, 4, 0, 0), ("only-total-told",)),
]


@pytest.mark.parametrize(("usage", "counts", "assumptions"), MISSING)
def test_absent_is_not_zero(
    usage: dict[str, int], counts: tuple[int, ...], assumptions: tuple[str, ...]
) -> None:
    found = counter("openai")(json.dumps(usage).encode())
    assert (found.counts, found.assumptions, found.complaints) == (counts, assumptions, ())


def test_every_assumption_has_words() -> None:
    folder = Path(tallybook.dialects.__file__).parent
    codes: set[str] = set()
    for path in folder.glob("*.py"):
        codes |= set(re.findall(r'assume\(\s*"([a-z-]+)"', path.read_text("utf-8")))
    codes |= {f"{name}-{way}" for name in ("input", "output") for way in ("not-told", "from-total")}
    assert len(codes) > 10
    assert [code for code in sorted(codes) if assumed(code) == code] == []


CHOSEN: list[tuple[dict[str, Any], str, str, str]] = [
    ({}, "anthropic", "", "anthropic"),
    ({}, "", "", "openai"),
    ({"output_tokens": 3}, "anthropic", "", "anthropic"),
    ({"output_tokens": 3}, "amazon", "", "openai"),
    ({"input_tokens": 3, "cached_tokens": 1}, "anthropic", "", "openai"),
    ({"input_tokens": 3, "cache_read_input_tokens": 1}, "moonshotai", "", "anthropic"),
    ({"prompt_tokens": 3, "cache_read_input_tokens": 1}, "anthropic", "", "openai"),
    ({"prompt_tokens": 3, "completion_tokens": 1}, "xai", "grok-4", "xai"),
    ({"prompt_tokens": 3, "completion_tokens": 1}, "", "grok-4", "xai"),
    ({"prompt_tokens": 3, "completion_tokens": 1}, "openrouter", "x-ai/grok-4", "openai"),
    ({"input_tokens": 3, "output_tokens": 1}, "xai", "grok-4", "openai"),
    ({"input": 3, "output": 1, "cache_write_5m": 2}, "", "", "tallybook"),
    ({"input": 3, "output": 1, "cacheRead": 2}, "", "", "pi"),
    ({"input": 3, "output": 1, "thoughts": 2}, "", "", "gemini-cli"),
    ({"input": 3, "output": 1, "cache": {"read": 2}}, "", "", "openai"),
    ({"tokens": {"input": 3}, "provider": "zai", "model": "glm"}, "", "", "opencode"),
    ({"tokens": {"input_tokens": 3}}, "cohere", "", "cohere"),
    ({"inputTokens": 3, "outputTokens": 4}, "", "", "bedrock"),
    ({"inputTokens": 3, "reasoningTokens": 4}, "", "", "openai"),
]


@pytest.mark.parametrize(("usage", "provider", "model", "dialect"), CHOSEN)
def test_the_shape_decides(usage: dict[str, Any], provider: str, model: str, dialect: str) -> None:
    assert dialect_of(usage, provider, model) == dialect
