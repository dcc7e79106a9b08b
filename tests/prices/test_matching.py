"""Names as agents log them: the nine alias rules in their order, and what must never match."""

from __future__ import annotations

import pytest

from tallybook.prices import PriceBook
from tallybook.prices.alias import ModelAlias, ProviderAlias, Tables, match


@pytest.mark.parametrize(
    ("provider", "model", "place", "steps"),
    [
        # 1. exact, regardless of case
        ("anthropic", "claude-opus-4-5", "anthropic/claude-opus-4-5", ()),
        ("Anthropic", "Claude-Opus-4-5", "anthropic/claude-opus-4-5", ()),
        # 2. the provider's other names and its plans
        ("z-ai", "glm-4.6", "zai/GLM-4.6", ("provider:z-ai→zai",)),
        ("zai-coding-plan", "glm-4.6", "zai/GLM-4.6", ("provider:zai-coding-plan→zai",)),
        (
            "zhipuai-coding-plan",
            "glm-4.7",
            "zhipuai/glm-4.7",
            ("provider:zhipuai-coding-plan→zhipuai",),
        ),
        ("xai", "grok-code-fast-1", "x-ai/grok-code-fast-1", ("provider:xai→x-ai",)),
        # 3. markers of clients
        (
            "anthropic",
            "claude-sonnet-4-5[1m]",
            "anthropic/claude-sonnet-4-5",
            ("marker:claude-sonnet-4-5[1m]→claude-sonnet-4-5",),
        ),
        # 4. release dates
        (
            "anthropic",
            "claude-haiku-4-5-20251001",
            "anthropic/claude-haiku-4-5",
            ("date:claude-haiku-4-5-20251001→claude-haiku-4-5",),
        ),
        (
            "google-vertex-anthropic",
            "claude-sonnet-4-5@20250929",
            "vertex/claude-sonnet-4-5",
            (
                "provider:google-vertex-anthropic→vertex",
                "date:claude-sonnet-4-5@20250929→claude-sonnet-4-5",
            ),
        ),
        # 5. dots and dashes, of Claude and GPT only
        (
            "vertex",
            "claude-sonnet-4.6",
            "vertex/claude-sonnet-4-6",
            ("version:claude-sonnet-4.6→claude-sonnet-4-6",),
        ),
        # 6. the maker as prefix, at aggregators or where no provider was logged
        (
            "",
            "anthropic/claude-opus-4-5",
            "anthropic/claude-opus-4-5",
            ("prefix:anthropic/claude-opus-4-5→anthropic/claude-opus-4-5",),
        ),
        # 7. Bedrock
        (
            "amazon-bedrock",
            "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
            (
                (
                    "bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
                    "→regional.anthropic.claude-sonnet-4-5-20250929"
                ),
            ),
        ),
        # 8. an effort in the name, where the provider writes it there
        (
            "google",
            "antigravity-gemini-3.1-pro-preview-high",
            "google/gemini-3.1-pro-preview",
            ("effort:antigravity-gemini-3.1-pro-preview-high→gemini-3.1-pro-preview",),
        ),
        (
            "google",
            "antigravity-gemini-3-pro-high",
            "google/gemini-3-pro-preview",
            ("effort:antigravity-gemini-3-pro-high→gemini-3-pro",),
        ),
        # 9. named free by an aggregator
        ("openrouter", "qwen/qwen3-coder:free", "openrouter/qwen/qwen3-coder:free", ("free",)),
        ("opencode", "glm-4.7-free", "opencode/glm-4.7-free", ("free",)),
    ],
)
def test_rules(book, provider, model, place, steps):
    found = book.find(provider, model)
    assert found is not None
    assert f"{found.provider}/{found.model}" == place
    assert found.steps == steps
    assert found.basis == ("free" if steps == ("free",) else "alias" if steps else "rated")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-opus-4-50-foo"),  # a longer name is another model
        ("anthropic", "claude-opus-4-50"),
        ("anthropic", "opus-4-5"),
        ("anthropic", "claude-opus"),
        ("anthropic", "claude-opus-4-5-high"),  # effort suffixes are not Anthropic's
        ("anthropic", "claude-opus-4-5-2025"),
        ("anthropic", "anthropic/claude-opus-4-5"),  # a prefix, but no aggregator
        ("anthropic", "claude-opus-4-5-free"),  # "free" counts at aggregators only
        ("my-proxy", "claude-opus-4-5"),
        ("", "claude-opus-4-5"),  # without a provider nothing is guessed
        ("", "glm-4.7"),
        ("openai", "gpt-5.22"),
        ("openai", "gpt-5.2x"),
        ("openai", "gpt"),
        ("openai", ""),
        ("zai", "glm-4-7"),  # dots and dashes are swapped for Claude and GPT only
        ("minimax-cn-elsewhere", "minimax-m2"),  # the mainland lists are other products
        ("moonshotai-cn-elsewhere", "kimi-k2-thinking"),
        ("opencode-go", "no-such-model"),
        ("github-copilot", "no-such-model"),
    ],
)
def test_never(book, provider, model):
    assert book.find(provider, model) is None
    rated = book.rater(provider, model, {})((1, 0, 0, 0, 0, 0), (), 0)
    assert (rated.nanos, rated.unpriced) == (None, 1)


@pytest.mark.parametrize(
    ("provider", "model", "place"),
    [
        ("zai-coding-plan", "glm-4.7", "zai"),
        ("zhipuai-coding-plan", "glm-4.7", "zhipuai"),
        ("kimi-for-coding", "kimi-k2-thinking", "moonshotai"),
        ("kimi-code-plan", "kimi-k2-thinking", "moonshotai"),
        ("kimi-code-plan-global", "kimi-k2-thinking", "moonshotai"),
        ("kimi-code-plan-of-some-day", "kimi-k2-thinking", "moonshotai"),
        ("kimi-code-plan-cn", "kimi-k2-thinking", "moonshotai-cn"),
        ("minimax-coding-plan", "MiniMax-M2", "minimax"),
        ("minimax-cn-coding-plan", "MiniMax-M2", "minimax-cn"),
        ("alibaba-coding-plan", "qwen3-coder-plus", "alibaba"),
        ("alibaba-token-plan", "qwen3-coder-plus", "alibaba"),
        ("alibaba-coding-plan-cn", "qwen3-coder-plus", "alibaba-cn"),
        ("alibaba-token-plan-cn", "qwen3-coder-plus", "alibaba-cn"),
        ("opencode-go", "glm-4.7", "opencode"),
        ("antigravity", "gemini-3.1-pro-preview-low", "google"),
    ],
)
def test_a_plan_is_worth_what_its_sibling_asks(book, provider, model, place):
    found = book.find(provider, model)
    assert found is not None
    assert found.provider == place
    assert found.assumptions == (f"plan-value-at:{place}",)
    plan = book.plan(provider, "opencode", None, 0)
    assert plan is not None
    assert plan.value_at == place


@pytest.mark.parametrize(
    ("provider", "model", "place"),
    [
        ("z-ai", "glm-4.7", "zai"),
        ("x-ai", "grok-4.5", "x-ai"),
        ("xai", "grok-4.5", "x-ai"),
        ("moonshotai-cn", "kimi-k2-thinking", "moonshotai-cn"),
        ("minimax-cn", "MiniMax-M2", "minimax-cn"),
        ("alibaba-cn", "qwen3-coder-plus", "alibaba-cn"),
        ("amazon-bedrock", "anthropic.claude-opus-4-5-20251101-v1:0", "aws"),
        ("google-vertex-anthropic", "claude-opus-4-5@20251101", "vertex"),
        ("vertex_ai", "claude-opus-4-5@default", "vertex"),
        ("opencode", "glm-4.7", "opencode"),
    ],
)
def test_a_provider_by_another_name_is_no_plan(book, provider, model, place):
    found = book.find(provider, model)
    assert found is not None
    assert found.provider == place
    assert not [said for said in found.assumptions if said.startswith("plan-")]
    assert book.plan(provider, "opencode", None, 0) is None


def test_a_name_that_stands_for_another_model_at_another_time(book):
    turn = 1_783_555_200_000  # 2026-07-09
    rater = book.rater("openai", "codex-auto-review", {})
    before, after = (rater((1000, 0, 0, 0, 0, 0), (), turn + step) for step in (-1, 0))
    assert (before.nanos, after.nanos) == (5_000_000, 1_000_000)
    assert before.assumptions == ("estimated-as:openai/gpt-5.5",)
    assert after.assumptions == ("estimated-as:openai/gpt-5.6-luna",)
    assert rater.charge((1, 0, 0, 0, 0, 0), (), turn).basis == "estimate"
    found = book.find("openai", "codex-auto-review", turn - 1)
    assert found is not None
    assert found.steps == ("alias:openai/codex-auto-review→openai/gpt-5.5",)


@pytest.mark.parametrize("provider", ["ollama", "lmstudio", "llama.cpp"])
def test_local_models_cost_nothing_by_rule(book, provider):
    found = book.find(provider, "whatever:7b")
    assert found is not None
    assert found.basis == "free"
    rated = book.rater(provider, "whatever:7b", {"service_tier": "flex"})((9, 9, 9, 9, 9, 9), (), 0)
    assert (rated.nanos, rated.unpriced, rated.assumptions) == (0, 0, ())


def test_a_placeholder_is_no_call(book: PriceBook):
    found = book.find("anthropic", "<synthetic>")
    assert found is not None
    assert found.basis == "free"


def test_an_explicit_free_model_is_free_and_not_unknown(book: PriceBook):
    found = book.find("opencode", "big-pickle")
    assert found is not None
    assert (found.basis, found.steps) == ("free", ())
    assert book.rater("opencode", "big-pickle", {})((1, 1, 1, 1, 1, 1), (), 0).nanos == 0


def test_a_dated_card_comes_before_the_undated_one(book: PriceBook):
    dated = book.find("openai", "gpt-4o-2024-05-13")
    assert dated is not None
    old = book.rater("openai", "gpt-4o-2024-05-13", {})(
        (1000, 0, 0, 0, 0, 0), (), 1_780_000_000_000
    )
    new = book.rater("openai", "gpt-4o", {})((1000, 0, 0, 0, 0, 0), (), 1_780_000_000_000)
    assert (old.nanos, new.nanos) == (5_000_000, 2_500_000)


TABLES = Tables(
    providers={"plan": ProviderAlias(to=("maker",), kind="plan")},
    aggregators=frozenset({"agg"}),
)


def has(*cards: str):
    return lambda provider, model: model if f"{provider}/{model}" in cards else None


@pytest.mark.parametrize(
    ("provider", "model", "cards", "place"),
    [
        # the provider's own list before its alias
        ("plan", "m", ("plan/m", "maker/m"), "plan/m"),
        # the alias with the name as it is, before any respelling at home
        ("plan", "claude-1-20250101", ("plan/claude-1", "maker/claude-1-20250101"), "maker"),
        # marker before date, date before dots
        (
            "maker",
            "claude-1.5-20250101[1m]",
            ("maker/claude-1.5-20250101", "maker/claude-1.5"),
            "maker/claude-1.5-20250101",
        ),
        (
            "maker",
            "claude-1.5-20250101",
            ("maker/claude-1.5", "maker/claude-1-5-20250101"),
            "maker/claude-1.5",
        ),
        # an aggregator's own list before the maker's
        ("agg", "maker/m", ("agg/maker/m", "maker/m"), "agg/maker/m"),
        ("agg", "maker/m", ("maker/m",), "maker/m"),
        # what is named free is not priced at the maker's rate
        ("agg", "maker/m:free", ("maker/m", "maker/m:free"), "agg/maker/m:free"),
    ],
)
def test_order_of_the_rules(provider, model, cards, place):
    found = match(provider, model, TABLES, has(*cards))
    assert found is not None
    assert f"{found.provider}/{found.model}".startswith(place)


def test_own_aliases_come_before_the_rules():
    own = (ModelAlias(provider="proxy", to="maker", strip_prefix="x/"),)
    tables = Tables(own=own)
    found = match("proxy", "x/m", tables, has("maker/m"))
    assert found is not None
    assert (found.provider, found.model) == ("maker", "m")
    assert found.steps == ("own-alias:proxy/x/m→maker/m",)


def test_aliases_that_point_at_each_other_end():
    tables = Tables(providers={"a": ProviderAlias(to=("b",)), "b": ProviderAlias(to=("a",))})
    assert match("a", "m", tables, has()) is None
