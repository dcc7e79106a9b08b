"""What `docs/counting.md` takes from the dialects: conventions, classes, worked examples, guesses.

The examples are those of the tests. What they are counted as is asked of the dialects here, and so
is every convention, with a call that tells no total.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tallybook.dialects import counter
from tallybook.model import CLASSES
from tallybook.wording import PREFIXES, WORDS

FOLDER = Path(__file__).resolve().parents[1] / "tests/dialects/examples"
PROBE = {"input": 1000, "output": 500, "cache_read": 100, "reasoning": 50}
Said = Mapping[str, Any]
"""One file of examples."""


def files() -> list[Said]:
    """All APIs, by title."""
    read = [tomllib.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.toml")]
    return sorted(read, key=lambda said: said["title"].lower())


def conventions() -> list[tuple[str, ...]]:
    """A row for each API: what it is sold by, its dialect, what stands inside what, its stream."""
    return [
        (
            f"[{said['title']}](#{anchor(said['title'])})",
            ", ".join(f"`{name}`" for name in said["providers"]),
            f"`{said['dialect']}`",
            *inside(said),
            said["stream"],
        )
        for said in files()
    ]


def anchor(title: str) -> str:
    """The name of a heading in a link."""
    kept = (c for c in title.lower() if c.isalnum() or c in " -")
    return "".join(kept).replace(" ", "-")


def inside(said: Said) -> tuple[str, str]:
    """Whether the dialect takes the cache as part of the input, and reasoning of the output, where
    nothing but the names tells."""
    fields = said["fields"]
    usage: dict[str, Any] = {}
    for kind, value in PROBE.items():
        if kind in fields:
            place(usage, fields[kind], value, flat=said["dialect"] == "otel")
    counts = counter(said["dialect"])(json.dumps(usage).encode()).counts
    cache = "yes" if counts[0] < PROBE["input"] else "no"
    thought = "yes" if counts[1] < PROBE["output"] else "no"
    return (
        cache if "cache_read" in fields else "none told",
        thought if "reasoning" in fields else "none told",
    )


def place(usage: dict[str, Any], path: str, value: int, *, flat: bool) -> None:
    """Puts a number where its field is."""
    *holders, name = [path] if flat else path.split(".")
    for holder in holders:
        usage = usage.setdefault(holder, {})
    usage[name] = value


def chapters() -> Iterator[str]:
    """Classes, traps and examples of each API."""
    for said in files():
        yield f"### {said['title']}\n"
        yield "\n".join(f"- `{name}` = {made}" for name, made in formulas(said)) + "\n"
        yield "Worth knowing:\n"
        yield "\n".join(f"- {trap}" for trap in said["traps"]) + "\n"
        for number, example in enumerate(said["example"], 1):
            yield f"{number}. {example['name'][0].upper()}{example['name'][1:]}:\n"
            yield f"```json\n{example['usage'].strip()}\n```\n"
            yield answer(example.get("dialect", said["dialect"]), example["usage"]) + "\n"


def formulas(said: Said) -> Iterator[tuple[str, str]]:
    """Each class as what it is made of, in the API's own words."""
    fields, (cache, thought) = said["fields"], inside(said)
    held = [fields[kind] for kind in ("cache_read", "cache_write") if kind in fields]
    less = "".join(f" − `{field}`" for field in held if cache == "yes")
    more = f" + `{fields['tool']}`" if "tool" in fields else ""
    yield "input", f"`{fields['input']}`{less}{more}"
    if "output" in fields:
        less = f" − `{fields['reasoning']}`" if thought == "yes" else ""
        yield "output", f"`{fields['output']}`{less}"
    for name in ("reasoning", "cache_read"):
        if name in fields:
            yield name, f"`{fields[name]}`"
    if "cache_write" in fields:
        long = fields.get("cache_write_1h")
        yield "cache_write_5m", f"`{fields['cache_write']}`" + (f" − `{long}`" if long else "")
        if long:
            yield "cache_write_1h", f"`{long}`"


def answer(dialect: str, usage: str) -> str:
    """What the dialect makes of an example, in one line."""
    found = counter(dialect)(usage.encode())
    pairs = [*zip(CLASSES, found.counts, strict=True), *found.units]
    parts = [f"`{name}` {value:,}" for name, value in pairs if value]
    if found.context:
        parts.append(f"context `{found.context}`")
    parts += [f"guess `{code}`" for code in found.assumptions]
    parts += [f"complaint “{text}”" for text in found.complaints]
    return f"→ {', '.join(parts)}"


def guesses() -> list[tuple[str, str]]:
    """Every guess that has a name, and what it says."""
    rows = [(f"`{code}`", words) for code, words in WORDS.items()]
    rows += [(f"`{code}…`", f"{words}…") for code, words in PREFIXES.items()]
    return sorted(rows)
