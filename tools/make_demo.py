"""Writes the sample histories that `tally demo` reads, and the truth about them for the tests.

Usage: make_demo.py [--out DIR] [--truth FILE]

The same seed gives the same bytes on every machine. The files have the shapes that three agents
write; what happens in them is told in `demo_claude`, `demo_codex` and `demo_opencode`. All text
is made up. What is counted is counted while the replies are invented, never read back, so it can
be held against what Tallybook reads.
"""

from __future__ import annotations

import argparse
import random
import shutil
from pathlib import Path

import demo_claude
import demo_codex
import demo_opencode
from demo_world import SEED, Truth

ROOT = Path(__file__).resolve().parents[1]
AGENTS = (demo_claude, demo_codex, demo_opencode)


def main() -> None:
    """Write the home and the truth, from nothing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "src/tallybook/demo/home")
    parser.add_argument("--truth", type=Path, default=ROOT / "tests/demo/truth.json")
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    truth, size = Truth(), 0
    for number, agent in enumerate(AGENTS):  # each with its own chances: one can change alone
        for path, content in agent.invent(random.Random(SEED + number), truth):
            target = args.out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            size += target.write_bytes(content)
    args.truth.parent.mkdir(parents=True, exist_ok=True)
    args.truth.write_bytes(truth.text())
    print(f"{args.out}: {size:,} bytes")


if __name__ == "__main__":
    main()
