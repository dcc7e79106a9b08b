"""What pricing costs: opening the book, the first price of a model, a million calls.

Usage: pricing.py [--calls N] [--runs K]

The calls are mixed: plain cards, long prompts, rates finer than a nano-unit a token, hours of the
day, units beside tokens, selections, names that take several rules, models without a price. The
best of K runs is shown; CPU time is that of this process. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable

from tallybook.model import Counts
from tallybook.prices import PriceBook, Rater, open_price_book

Units = tuple[tuple[str, int], ...]
Call = tuple[Rater, Counts, Units, int]

MODELS = (
    ("anthropic", "claude-sonnet-4-5-20250929", {}),
    ("anthropic", "claude-opus-4-6", {"inference_geo": "us"}),
    ("anthropic", "claude-haiku-4-5", {"processing": "batch"}),
    ("openai", "gpt-5.1-codex", {}),
    ("openai", "gpt-5.6-sol", {"service_tier": "flex"}),
    ("google", "gemini-2.5-pro", {}),
    ("deepseek", "deepseek-v4-pro", {}),
    ("zai-coding-plan", "glm-4.7", {}),
    ("openrouter", "anthropic/claude-sonnet-4.5", {}),
    ("nobody", "nothing", {}),
)
FIRST_MS, LAST_MS = 1_761_955_200_000, 1_795_305_600_000
SEED = 20261122


def calls(book: PriceBook, number: int) -> list[Call]:
    """So many calls, the same in every run."""
    chance = random.Random(SEED)
    raters = [book.rater(*model) for model in MODELS]
    made: list[Call] = []
    for _ in range(number):
        prompt = chance.choice((1_200, 24_000, 180_000, 320_000))
        read = prompt * 9 // 10
        counts = (
            prompt - read,
            chance.randrange(4_000),
            chance.randrange(800),
            read,
            prompt // 50,
            0,
        )
        units: Units = (("web_search", 2),) if chance.random() < 0.02 else ()
        made.append((chance.choice(raters), counts, units, chance.randrange(FIRST_MS, LAST_MS)))
    return made


def price_all(made: list[Call]) -> tuple[int, int]:
    """The sum of all amounts in nano-units, and how many calls had none."""
    total = missing = 0
    for rater, counts, units, at_ms in made:
        nanos = rater(counts, units, at_ms).nanos
        if nanos is None:
            missing += 1
        else:
            total += nanos
    return total, missing


def best(runs: int, work: Callable[[], object]) -> float:
    """Seconds of CPU of the fastest run."""
    taken: list[float] = []
    for _ in range(runs):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def first_prices() -> None:
    """Open the book and price one call of each model, as a first sync does."""
    book = open_price_book()
    for model in MODELS:
        book.rater(*model)((1, 1, 0, 0, 0, 0), (), LAST_MS)


def imports(words: str, runs: int) -> float:
    """Seconds of CPU of the best fresh interpreter that does so much."""
    code = f"import time; a = time.process_time(); {words}; print(time.process_time() - a)"
    command = [sys.executable, "-I", "-c", code]
    return min(float(subprocess.check_output(command)) for _ in range(runs))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    opening = "import tallybook.prices as p; p.open_price_book()"
    book = open_price_book()
    made = calls(book, asked.calls)
    spent = best(asked.runs, lambda: price_all(made))
    rows = (
        ("import the module and open the book", imports(opening, asked.runs) * 1e3, "ms"),
        ("open the book", best(asked.runs, open_price_book) * 1e3, "ms"),
        ("open it and meet ten models", best(asked.runs, first_prices) * 1e3, "ms"),
        (f"price {asked.calls:,} calls", spent, "s"),
        ("one call", spent / asked.calls * 1e6, "µs"),
    )
    for name, value, unit in rows:
        print(f"{name:<40}{value:>9.2f} {unit}")
    total, missing = price_all(made)
    print(f"sum of all currencies {total} nano-units, {missing:,} calls without a price")


if __name__ == "__main__":
    main()
