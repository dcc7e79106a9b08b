"""The pi dialect: what arithmetic tells, and what has to be guessed without it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import Counted, counter

COUNT = counter("pi")


def counted(api: str = "", *, early: bool = False, **usage: object) -> Counted:
    """The given fields of a usage object, as the source hands it over."""
    call = {"api": api, "usage": usage} | ({"early": True} if early else {})
    return COUNT(json.dumps(call).encode())


@pytest.mark.parametrize(
    ("api", "usage", "counts", "assumed"),
    [
        # 0.87 tells every class, as subsets of output and of cache writes
        (
            "anthropic-messages",
            {"input": 10, "output": 50, "cacheRead": 20, "cacheWrite": 30, "cacheWrite1h": 12,
             "reasoning": 7, "totalTokens": 110},
            (10, 43, 7, 20, 18, 12),
            (),
        ),
        # before 0.79.4: neither lifetimes nor reasoning
        (
            "anthropic-messages",
            {"input": 10, "output": 50, "cacheRead": 20, "cacheWrite": 30, "totalTokens": 110},
            (10, 50, 0, 20, 30, 0),
            ("cache-write-lifetime",),
        ),
        # Google before 0.63: the cache is inside the input, and the total says so
        (
            "google-generative-ai",
            {"input": 30, "output": 50, "cacheRead": 20, "cacheWrite": 0, "totalTokens": 80},
            (10, 50, 0, 20, 0, 0),
            (),
        ),
        # prompts of tools are only in Google's total, whether the cache is inside the input or not
        (
            "google-generative-ai",
            {"input": 50236, "output": 4684, "cacheRead": 20117, "totalTokens": 95049},
            (70248, 4684, 0, 20117, 0, 0),
            ("tool-prompt-in-total",),
        ),
        (
            "google-vertex",
            {"input": 30119, "output": 4684, "cacheRead": 20117, "totalTokens": 95049},
            (70248, 4684, 0, 20117, 0, 0),
            ("tool-prompt-in-total",),
        ),
        # nobody else has such prompts
        (
            "openai-responses",
            {"input": 10, "output": 5, "cacheRead": 2, "totalTokens": 99},
            (10, 5, 0, 2, 0, 0),
            ("total-mismatch",),
        ),
        (
            "google-generative-ai",
            {"input": 10, "output": 5, "cacheRead": 2, "totalTokens": 9},
            (10, 5, 0, 2, 0, 0),
            ("total-mismatch",),
        ),
        # a provider without a total is written as 0
        (
            "openai-responses",
            {"input": 10, "output": 5, "cacheRead": 2, "totalTokens": 0},
            (10, 5, 0, 2, 0, 0),
            (),
        ),
        # the first versions wrote no totals, and the headlines as they came
        ("openai-completions", {"input": 30, "output": 5, "cacheRead": 20},
         (10, 5, 0, 20, 0, 0), ("cache-inside-input",)),
        ("google-generative-ai", {"input": 3, "output": 5, "cacheRead": 20},
         (3, 5, 0, 20, 0, 0), ("cache-outside-input",)),
        ("anthropic-messages", {"input": 30, "output": 5, "cacheRead": 20},
         (30, 5, 0, 20, 0, 0), ()),
        ("", {"input": 30, "output": 5, "cacheRead": 20},
         (30, 5, 0, 20, 0, 0), ("cache-outside-input",)),
        ("anthropic-messages", {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0,
                                "totalTokens": 0}, (0, 0, 0, 0, 0, 0), ()),
    ],
)  # fmt: skip
def test_classes(
    api: str, usage: dict[str, int], counts: tuple[int, ...], assumed: tuple[str, ...]
) -> None:
    found = counted(api, **usage)
    assert found.counts == counts
    assert found.assumptions == assumed
    assert found.complaints == ()


def test_early_chat_may_hold_reasoning_twice() -> None:
    usage = {"input": 30071, "output": 5115, "cacheRead": 20051, "totalTokens": 55237}
    assert counted("openai-completions", early=True, **usage).assumptions == (
        "output-may-repeat-reasoning",
    )
    assert counted("openai-completions", **usage).assumptions == ()
    assert counted("openai-completions", early=True, reasoning=1, **usage).assumptions == ()
    assert counted("anthropic-messages", early=True, **usage).assumptions == ()


def test_the_bare_object_of_a_message() -> None:
    usage = {"input": 1, "output": 2, "cacheRead": 3, "cacheWrite": 4, "totalTokens": 10}
    found = COUNT(json.dumps(usage | {"cost": {"total": 0.1}}).encode())
    assert found == Counted((1, 2, 0, 3, 4, 0), (), "", ("cache-write-lifetime",), ())


@pytest.mark.parametrize(
    ("raw", "counts", "complaint"),
    [
        (b"[]", (0, 0, 0, 0, 0, 0), "usage is not a JSON object"),
        (b"\xff", (0, 0, 0, 0, 0, 0), "usage is not a JSON object"),
        (b'{"usage":3}', (0, 0, 0, 0, 0, 0), "usage is not an object"),
        (b'{"usage":{"x":3}}', (0, 0, 0, 0, 0, 0), "usage has neither input nor output"),
        (b'{"usage":{"input":-3,"output":4}}', (0, 4, 0, 0, 0, 0), "input is negative"),
        (
            b'{"usage":{"input":"3","output":4}}',
            (0, 4, 0, 0, 0, 0),
            "input is not a whole number",
        ),
        (
            b'{"usage":{"input":3,"output":4,"reasoning":5}}',
            (3, 0, 5, 0, 0, 0),
            "more reasoning than output",
        ),
        (
            b'{"usage":{"input":3,"output":4,"cacheWrite":1,"cacheWrite1h":2}}',
            (3, 4, 0, 0, 0, 2),
            "more cache writes of an hour than in all",
        ),
    ],
)
def test_what_is_wrong_is_told(raw: bytes, counts: tuple[int, ...], complaint: str) -> None:
    found = COUNT(raw)
    assert found.counts == counts
    assert complaint in found.complaints


NAMES = ("input", "output", "cacheRead", "cacheWrite", "cacheWrite1h", "reasoning", "totalTokens")


@given(
    usage=st.dictionaries(
        st.sampled_from(NAMES), st.one_of(st.none(), st.integers(-9, 99), st.text(max_size=2))
    ),
    api=st.sampled_from(("", "anthropic-messages", "google-vertex", "openai-completions")),
)
def test_no_class_is_ever_negative(usage: dict[str, object], api: str) -> None:
    assert min(counted(api, **usage).counts) >= 0


@given(parts=st.tuples(*[st.integers(0, 10**6)] * 6), api=st.sampled_from(("", "google-vertex")))
def test_classes_add_up_to_the_total(parts: tuple[int, ...], api: str) -> None:
    fresh, said, thought, read, short, long = parts
    usage = {
        "input": fresh, "output": said + thought, "cacheRead": read, "cacheWrite": short + long,
        "cacheWrite1h": long, "reasoning": thought, "totalTokens": sum(parts),
    }  # fmt: skip
    found = counted(api, **usage)
    assert found.counts == parts
    assert found.complaints == ()
