"""Start-up stays small: what a fresh interpreter has loaded after the quick commands."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tallybook

HEAVY = {"rich", "tomlkit", "textual", "starlette", "psycopg", "psutil", "msgspec"}
PROBE = """
import json, sys
sys.argv = ["tally", *{arguments!r}]
try:
    from tallybook.cli import main
    code = main()
except SystemExit as end:
    code = end.code
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})), file=sys.stderr)
sys.exit(code)
"""


def loaded_after(program: str) -> set[str]:
    """Top-level names in `sys.modules` when a program that tells them on stderr has ended."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (0, None), done.stderr
    return set(json.loads(done.stderr.strip().splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy() -> None:
    names = "json.dumps([name.partition('.')[0] for name in sys.modules])"
    program = f"import json, sys, tallybook; print({names}, file=sys.stderr)"
    assert loaded_after(program) & {*HEAVY, "click", "sqlite3"} == set()


def test_importing_the_package_loads_only_itself_of_its_modules() -> None:
    program = "import sys, tallybook; print([m for m in sys.modules if m.startswith('tallybook.')])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_version_needs_no_click() -> None:
    loaded = loaded_after(PROBE.format(arguments=["--version"]))
    assert loaded & {*HEAVY, "click", "sqlite3", "decimal", "zoneinfo"} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["usage", "--no-sync", "--json"],
        ["usage", "model", "--since", "all", "--no-sync", "--format", "csv"],
    ],
    ids=" ".join,
)
def test_a_report_without_a_table_needs_neither_rich_nor_msgspec(arguments: list[str]) -> None:
    assert loaded_after(PROBE.format(arguments=arguments)) & HEAVY == set()


def test_what_a_screen_shows_is_made_without_textual() -> None:
    plain = [name for name, told in sorted(screen_modules().items()) if "No Textual" in told]
    assert len(plain) > 10
    program = f"""
import importlib, json, sys
for name in {plain}:
    importlib.import_module(f"tallybook.tui.{{name}}")
print(json.dumps([name.partition(".")[0] for name in sys.modules]), file=sys.stderr)
"""
    assert loaded_after(program) & {"textual", "psutil"} == set()


def screen_modules() -> dict[str, str]:
    """The modules of the live screen, and what their docstrings say."""
    folder = Path(tallybook.__file__).parent / "tui"
    files = [file for file in folder.glob("*.py") if file.stem != "__init__"]
    trees = {file.stem: ast.parse(file.read_text(encoding="utf-8")) for file in files}
    return {name: " ".join((ast.get_docstring(tree) or "").split()) for name, tree in trees.items()}
