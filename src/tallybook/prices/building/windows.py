"""How much each model takes in at once, as genai-prices tells it: the text of `windows.json`.

Which name leads to which model is `tallybook.prices.windows`.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from .genai import declared_names
from .records import Record, read_records


def windows_text(source: str, wanted: Collection[str]) -> str:
    """Provider → tokens → names of models in lower case, in the text of the data module: few
    numbers stand for many models. It is no part of the book's id: no price depends on it."""
    providers = (each for each in read_records(source) if each.text("id") in wanted)
    return _written({each.text("id"): sizes for each in providers if (sizes := _sizes(each))})


def _sizes(provider: Record) -> dict[str, list[str]]:
    """Tokens → names of the models of a provider that take in so much, the fewest first."""
    models = provider.records("models")
    found: dict[str, int] = {}
    for model in models:
        window = model.fields.get("context_window")
        if isinstance(window, int) and window > 0:
            found[model.text("id").lower()] = window
            for name in sorted(declared_names(models, model)):
                found.setdefault(name, window)
    sizes: dict[str, list[str]] = {}
    for name, window in sorted(found.items(), key=lambda pair: (pair[1], pair[0])):
        sizes.setdefault(str(window), []).append(name)
    return sizes


def _written(told: dict[str, dict[str, list[str]]]) -> str:
    """A line for each number of a provider, in which changes read well."""
    parts: list[str] = []
    for provider, sizes in sorted(told.items()):
        lines = [
            f"{json.dumps(window)}:{json.dumps(names, ensure_ascii=False, separators=(',', ':'))}"
            for window, names in sizes.items()
        ]
        parts.append(f"{json.dumps(provider)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
