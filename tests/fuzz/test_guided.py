"""A minute or so of guided fuzzing for each target, where Atheris is installed (Linux)."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
SECONDS = int(os.environ.get("FUZZ_SECONDS", "45"))
"""For each target."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="Atheris is made for Linux"),
    pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="no Atheris here"),
]


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_guided(name: str, tmp_path: Path) -> None:
    seed = os.environ.get("FUZZ_SEED", "1")
    result = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, str(SECONDS), seed, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=SECONDS * 3 + 120,
    )
    kept = [each for each in tmp_path.iterdir() if each.is_file()]
    found = [f"{each.name}: {each.read_bytes()[:2_000]!r}" for each in kept]
    assert result.returncode == 0, f"seed {seed}: {result.stderr[-3_000:]}\n{found}"
    assert "DONE" in result.stderr or "Done" in result.stderr, result.stderr[-500:]
