"""Draws the screens in the documents again: what `tally` prints on the sample histories.

Usage: make_screens.py [--check]

A fenced block of kind `console` holds one command after `$ ` and what it prints. Each is run in
a home that has the sample histories and an empty ledger. With --check nothing is written, and
the exit code is 1 if a document shows something else than the program.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "src/tallybook/demo/home"
PAGES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```console\n\$ (tally[^\n]*)\n.*?^```$", re.MULTILINE | re.DOTALL)


def screen(command: str, ledger: str) -> str:
    """What one command prints, at 96 columns, in UTC, without colour."""
    environ = {"HOME": str(DEMO), "TALLY_HOME": ledger, "TZ": "UTC", "COLUMNS": "96"}
    environ |= {"USERPROFILE": str(DEMO), "NO_COLOR": "1", "PATH": os.environ.get("PATH", "")}
    program = [sys.executable, "-m", "tallybook", *shlex.split(command)[1:]]
    done = subprocess.run(program, env=environ, check=True, stdout=subprocess.PIPE)
    rows = done.stdout.decode().splitlines()
    return "\n".join(row.rstrip() for row in rows).rstrip()


def redrawn(text: str, ledger: str) -> str:
    """The document with every screen drawn again."""
    return BLOCK.sub(lambda m: f"```console\n$ {m[1]}\n{screen(m[1], ledger)}\n```", text)


def main() -> int:
    """Draw all pages again, or compare. Returns the exit code."""
    stale: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tally-screens-") as ledger:
        for name in PAGES:
            page = ROOT / name
            old = page.read_text("utf-8")
            new = redrawn(old, ledger)
            stale += [] if new == old else [name]
            if "--check" not in sys.argv:
                page.write_text(new, "utf-8")
    print(f"screens that differ: {', '.join(stale) or 'none'}")
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
