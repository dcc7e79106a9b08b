"""Amounts computed by hand, class by class, against the shipped book; see `vectors.toml`."""

from __future__ import annotations

import re
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from tallybook.charges import Charge, UsageEvent
from tallybook.model import CLASSES, TokenCounts, decimal_text, nanos_of
from tallybook.prices import PriceBook
from tallybook.prices.cards import PART_OF

FILE = Path(__file__).with_name("vectors.toml")
VECTORS = tomllib.loads(FILE.read_text(encoding="utf-8"))["vector"]
COST = re.compile(r"(\w+) (\d+) × ([\d.]+)(?: / (\d+))? = ([\d.]+)")


def lines_of(vector) -> list[tuple[str, int, Fraction, int]]:
    """(name, count, rate, nano-units) of each cost, once its arithmetic is found right."""
    found = []
    for text in vector["costs"]:
        parts = COST.fullmatch(text)
        assert parts, text
        name, count, rate, per, amount = parts.groups()
        exact = int(count) * Fraction(rate) / int(per or 1_000_000)
        assert nanos_of(amount) == round(exact * 10**9), text  # Fraction rounds half to even
        found.append((name, int(count), Fraction(rate), nanos_of(amount)))
    return found


def event_of(vector, lines) -> UsageEvent:
    counts = dict.fromkeys(CLASSES, 0)
    units = {}
    for name, count, _, _ in lines:
        if name in CLASSES:
            counts[name] += count
        else:
            units[name] = count
            if name in PART_OF:
                counts[PART_OF[name]] += count
    provider, model = vector["who"].split(" ")
    at = int(vector["at"].timestamp() * 1000)
    return UsageEvent(
        provider=provider,
        model=model,
        tokens=TokenCounts(**counts),
        started_ms=at,
        ended_ms=at,
        context=dict(pair.split("=") for pair in vector.get("with", "").split()),
        units=units,
    )


def test_there_are_enough():
    assert len(VECTORS) >= 80
    assert {"CNY", "USD"} == {vector.get("currency", "USD") for vector in VECTORS}


@pytest.mark.parametrize(
    "vector", VECTORS, ids=[f"{at}-{v['who'].replace(' ', '/')}" for at, v in enumerate(VECTORS)]
)
def test_vector(book: PriceBook, vector):
    lines = lines_of(vector)
    event = event_of(vector, lines)
    charge = book.price(event)
    assert isinstance(charge, Charge), charge
    wanted = {name: (count, decimal_text(nanos)) for name, count, _, nanos in lines}
    assert {line.name: (line.count, decimal_text(line.amount)) for line in charge.lines} == wanted
    assert charge.currency == vector.get("currency", "USD")
    assert charge.unpriced == 0
    rater = book.rater(event.provider, event.model, event.context)
    quick = rater(event.tokens.as_tuple(), tuple(event.units.items()), event.ended_ms)
    assert quick.nanos == charge.amount.nanos
