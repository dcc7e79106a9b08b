"""The OpenCode dialect: disjoint or not, decided by totals, forms and makers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import counter

count = counter("opencode")
LIFETIME = "cache-write-lifetime"


def usage(
    fresh: int = 0, out: int = 0, thought: int = 0, read: int = 0, write: int = 0,
    total: int | None = None, **around: object,
) -> bytes:  # fmt: skip
    tokens: dict[str, object] = {
        "input": fresh, "output": out, "reasoning": thought, "cache": {"read": read, "write": write}
    }  # fmt: skip
    if total is not None:
        tokens["total"] = total
    return json.dumps({"tokens": tokens, "provider": "openai", "model": "gpt-5", **around}).encode()


GOOGLE = {"provider": "google", "model": "gemini-2.5-pro"}
CLAUDE = {"provider": "anthropic", "model": "claude-sonnet-4-5"}


@pytest.mark.parametrize(
    ("raw", "counts", "assumptions"),
    [
        # 1.18.33: the total holds reasoning, so that it stands beside the output
        (
            usage(30011, 4001, 503, 20011, 23010, 77536),
            (30011, 4001, 503, 20011, 23010, 0),
            (LIFETIME,),
        ),
        (usage(889, 3307, 1583, 128881, 0, 134660), (889, 3307, 1583, 128881, 0, 0), ()),
        # 1.2.4: it does not, so that reasoning is part of the output
        (usage(30091, 4612, 563, 0, 0, 34703), (30091, 4049, 563, 0, 0, 0), ()),
        (usage(131176, 507, 417, 113, 0, 131796), (131176, 90, 417, 113, 0, 0), ()),
        (usage(10, 20, 5, 0, 0, 35, **GOOGLE), (10, 20, 5, 0, 0, 0), ()),
        # Google's tool-use prompts stand in the total only
        (
            usage(100, 20, 5, 30, 0, 165, **GOOGLE),
            (110, 20, 5, 30, 0, 0),
            ("tool-prompt-in-total",),
        ),
        # totals without the cache
        (usage(10, 20, 5, 1000, 0, 35), (10, 20, 5, 1000, 0, 0), ()),
        (usage(10, 20, 5, 1000, 0, 30), (10, 15, 5, 1000, 0, 0), ()),
        (usage(10, 20, 0, 1000, 0, 30), (10, 20, 0, 1000, 0, 0), ()),
        # totals that fit nothing
        (usage(10, 20, 0, 0, 0, 99), (10, 20, 0, 0, 0, 0), ("total-mismatch",)),
        (
            usage(10, 20, 5, 0, 0, 99),
            (10, 15, 5, 0, 0, 0),
            ("total-mismatch", "reasoning-inside-output"),
        ),
        # no total: 1.0.98 to 1.1
        (usage(10, 20, 5, 7), (10, 15, 5, 7, 0, 0), ("reasoning-inside-output",)),
        (usage(10, 20, 5, 7, **GOOGLE), (10, 20, 5, 7, 0, 0), ("reasoning-outside-output",)),
        (usage(10, 20, 0, 7, 9, **CLAUDE), (10, 20, 0, 7, 9, 0), (LIFETIME,)),
        # no total, before 1.0.98: the cache is part of the input, except for Anthropic
        (
            usage(39118, 4563, 557, 20063, form="early"),
            (19055, 4006, 557, 20063, 0, 0),
            ("cache-inside-input", "reasoning-inside-output"),
        ),
        (
            usage(50, 20, 5, 30, form="early", **GOOGLE),
            (20, 20, 5, 30, 0, 0),
            ("cache-inside-input", "reasoning-outside-output"),
        ),
        (usage(50, 20, 0, 30, form="early", **CLAUDE), (50, 20, 0, 30, 0, 0), ()),
        (usage(10, 20, 0, 30, form="early"), (10, 20, 0, 30, 0, 0), ()),
        (
            usage(50, 20, 0, 30, form="early", provider="unknown", model="unknown"),
            (50, 20, 0, 30, 0, 0),
            ("cache-outside-input",),
        ),
        # 2.0 writes no total and keeps reasoning apart
        (usage(10, 20, 5, 7, form="v2"), (10, 20, 5, 7, 0, 0), ("reasoning-outside-output",)),
        # Claude served by Google counts as Claude
        (
            usage(50, 20, 0, 30, form="early", provider="google-vertex", model="claude-opus-4"),
            (50, 20, 0, 30, 0, 0),
            (),
        ),
        # whole numbers with a fraction are numbers: the total decides as for others
        (
            b'{"tokens":{"input":10.0,"output":20,"reasoning":5,"cache":{"read":7},"total":42}}',
            (10, 20, 5, 7, 0, 0),
            (),
        ),
        (b'{"tokens":null,"model":"x"}', (0, 0, 0, 0, 0, 0), ()),
        (b"{}", (0, 0, 0, 0, 0, 0), ()),
    ],
)
def test_counts(raw: bytes, counts: tuple[int, ...], assumptions: tuple[str, ...]) -> None:
    counted = count(raw)
    assert counted.counts == counts
    assert counted.assumptions == assumptions
    assert counted.complaints == ()


def omo(provider: str = "openai", **fields: object) -> bytes:
    return json.dumps({"form": "omo", "provider": provider, "usage": fields}).encode()


@pytest.mark.parametrize(
    ("raw", "counts", "assumptions"),
    [
        (omo(promptTokens=100, completionTokens=20), (100, 20, 0, 0, 0, 0), ()),
        (
            omo(promptTokens=100, completionTokens=20, cacheReadTokens=30),
            (70, 20, 0, 30, 0, 0),
            ("cache-inside-input",),
        ),
        (
            omo(promptTokens=10, completionTokens=20, cacheReadTokens=30),
            (10, 20, 0, 30, 0, 0),
            ("cache-outside-input",),
        ),
        (
            omo("anthropic", promptTokens=100, completionTokens=20, cacheWriteTokens=30),
            (100, 20, 0, 0, 30, 0),
            ("cache-outside-input", LIFETIME),
        ),
        (
            omo(promptTokens=100, completionTokens=20, cacheReadTokens=30, totalTokens=150),
            (100, 20, 0, 30, 0, 0),
            (),
        ),
        (
            omo(
                "anthropic", promptTokens=99, completionTokens=1, cacheReadTokens=9, totalTokens=100
            ),
            (90, 1, 0, 9, 0, 0),
            (),
        ),
    ],
)
def test_the_shape_of_omo_quota(
    raw: bytes, counts: tuple[int, ...], assumptions: tuple[str, ...]
) -> None:
    counted = count(raw)
    assert counted.counts == counts
    assert counted.assumptions == assumptions
    assert counted.complaints == ()


@pytest.mark.parametrize(
    ("raw", "counts", "complaint"),
    [
        (b"not json", (0, 0, 0, 0, 0, 0), "usage is not a JSON object"),
        (b'{"tokens":7}', (0, 0, 0, 0, 0, 0), "tokens is not an object"),
        (usage(-5, 20), (0, 20, 0, 0, 0, 0), "input is negative"),
        (usage(5, 10**11), (5, 0, 0, 0, 0, 0), "output is impossibly large"),
        (usage(5, 3, 9), (5, 0, 9, 0, 0, 0), "more reasoning than output"),
        (
            b'{"tokens":{"input":"x","output":2.0,"reasoning":null,"cache":{"read":1.5}}}',
            (0, 2, 0, 0, 0, 0),
            "input is not a whole number",
        ),
        (
            omo(prompt=5),
            (0, 0, 0, 0, 0, 0),
            "usage has neither OpenCode's fields nor those of omo-quota",
        ),
    ],
)
def test_what_is_wrong_is_told(raw: bytes, counts: tuple[int, ...], complaint: str) -> None:
    counted = count(raw)
    assert counted.counts == counts
    assert complaint in counted.complaints


NUMBER = st.integers(0, 10**7)


@given(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, st.sampled_from(["", "early", "v2"]))
def test_a_total_of_everything_is_believed(
    fresh: int, out: int, thought: int, read: int, write: int, form: str
) -> None:
    total = fresh + out + thought + read + write
    counted = count(usage(fresh, out, thought, read, write, total, form=form))
    assert counted.counts == (fresh, out, thought, read, write, 0)
    assert sum(counted.counts) == total


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.dictionaries(
        st.sampled_from(
            ["tokens", "input", "output", "reasoning", "cache", "read", "write", "total", "form",
             "usage", "promptTokens", "completionTokens", "cacheReadTokens", "model"]
        ),
        inner,
    ) | st.lists(inner, max_size=2),
)  # fmt: skip


@given(JSON)
def test_nothing_raises_and_nothing_is_negative(value: object) -> None:
    assert min(count(json.dumps(value).encode()).counts) >= 0


@given(st.binary(max_size=60))
def test_bytes_never_raise(raw: bytes) -> None:
    assert min(count(raw).counts) >= 0
