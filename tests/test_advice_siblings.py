"""Which model stands next below another one, by the shipped prices."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tallybook.advice.siblings import generation, next_below
from tallybook.prices import open_price_book

BOOK = open_price_book()


def ms(day: str) -> int:
    """A day at noon."""
    return int(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("provider", "model", "day", "below"),
    [
        ("anthropic", "claude-opus-4-5", "2026-01-10", "claude-sonnet-4-5"),
        ("anthropic", "claude-sonnet-4-5", "2026-01-10", "claude-haiku-4-5"),
        ("anthropic", "claude-haiku-4-5", "2026-01-10", None),  # older ones are no advice
        ("anthropic", "claude-haiku-4-5", "2026-11-01", "claude-haiku-5-5"),
        ("openai", "gpt-5", "2026-01-10", "gpt-5-mini"),
        ("openai", "gpt-5-mini", "2026-01-10", "gpt-5-nano"),
        ("google", "gemini-2.5-pro", "2026-01-10", "gemini-2.5-flash"),
        ("google", "gemini-2.5-flash", "2026-01-10", "gemini-2.5-flash-lite"),
        ("anthropic", "nobody-knows", "2026-01-10", None),
        ("nobody", "claude-opus-4-5", "2026-01-10", None),
    ],
)
def test_the_next_one_below_is_of_the_same_generation_where_there_is_one(
    provider: str, model: str, day: str, below: str | None
) -> None:
    found = next_below(BOOK, provider, model, ms(day))
    assert (found and found.model) == below


@pytest.mark.parametrize(
    ("model", "numbers"),
    [
        ("claude-opus-4-5", (4, 5)),
        ("claude-opus-4-5-20251101", (4, 5)),
        ("claude-sonnet-4-0", (4,)),
        ("claude-3-5-haiku-latest", (3, 5)),
        ("gpt-5.6-sol", (5, 6)),
        ("gpt-5-mini", (5,)),
        ("gpt-4o-mini", (4,)),
        ("gemini-2.5-flash-lite-preview-09-2025", (2, 5)),
        ("deepseek-v4-pro", (4,)),
        ("deepseek-chat", ()),
        ("o3-mini", ()),
    ],
)
def test_a_generation_is_the_first_number_of_a_name(model: str, numbers: tuple[int, ...]) -> None:
    assert generation(model) == numbers
