#!/usr/bin/env python3
"""Builds the shipped price book from pinned public data and our own curated files.

    build_prices.py [--out FOLDER]     (default: src/tallybook/prices/data)

Reads the *data* of genai-prices and model-prices (the versions pinned below; their code is never
run) and the curated files, and writes one JSON file a provider and `index.json`. Integers only;
the same inputs give the same bytes. Everything that had to be changed, skipped or doubted is
printed. How it is built lives in `tallybook.prices.building`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from tallybook.prices.building.builder import build  # noqa: E402 - the path is set just above
from tallybook.prices.building.inputs import read_inputs  # noqa: E402 - likewise

PINNED = {"genai-prices": "0.2.3", "model-prices": "0.0.5"}


def main() -> None:
    """Writes the files and removes those of providers that are gone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    default = HERE.parent / "src/tallybook/prices/data"
    parser.add_argument("--out", type=Path, default=default)
    out: Path = parser.parse_args().out
    inputs = read_inputs()
    for package, version in PINNED.items():
        if inputs[package].version != version:
            raise SystemExit(f"{package} must be {version}, found {inputs[package].version}")
    files = build(inputs, lambda line: print(line, file=sys.stderr))
    out.mkdir(parents=True, exist_ok=True)
    for path in out.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    size = sum(len(text.encode()) for text in files.values())
    print(f"{len(files)} files, {size:,} bytes, book {json.loads(files['index.json'])['id']}")


if __name__ == "__main__":
    main()
