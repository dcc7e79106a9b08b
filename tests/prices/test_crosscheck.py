"""The maintainers' cross-check: what it compares, what it finds, and that all of it is known."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tallybook.errors import PriceError
from tallybook.prices.building.inputs import read_inputs

TOOLS = Path(__file__).parents[2] / "tools"


def crosscheck(*words: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, TOOLS / "crosscheck_prices.py", "--at", "2026-11-22", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr[-2000:]
    return done.returncode, done.stdout


def entry(price: float, **more: float) -> dict[str, object]:
    return {"litellm_provider": "anthropic", "input_cost_per_token": price, **more}


def litellm(path: Path, price: float) -> Path:
    path.write_text(
        json.dumps({"claude-opus-5-5": entry(price), "claude-unknown": entry(1e-3), "spec": {}})
    )
    return path


def test_agreement_is_silent_and_a_difference_fails(tmp_path):
    code, said = crosscheck("--litellm", litellm(tmp_path / "right.json", 4e-06))
    assert (code, said.splitlines()[-1]) == (0, "0 disagreements: 0 known, 0 not")
    code, said = crosscheck("--litellm", litellm(tmp_path / "wrong.json", 5e-06))
    assert code == 1
    assert said.split()[:5] == ["litellm", "anthropic/claude-opus-5-5", "input", "5", "against"]


def test_a_wheel_is_read_as_the_file_that_it_holds(tmp_path):
    wheel = tmp_path / "litellm-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        name = "litellm/model_prices_and_context_window_backup.json"
        archive.writestr(name, litellm(tmp_path / "wrong.json", 5e-06).read_text())
    assert crosscheck("--litellm", wheel)[0] == 1


def test_the_catalogue_is_found_in_a_program(tmp_path):
    program = tmp_path / "opencode"
    program.write_bytes(
        b'\x7fELF\x00 var a={b:1};p=f(()=>({other:{id:"other",env:["K"],models:{}},'
        b'"anthropic":{id:"anthropic",env:["A"],api:"https://x/{y}",models:{"claude-opus-5-5":'
        b'{id:"claude-opus-5-5",name:"O \\"5\\"",open:!1,limit:{context:1e6},'
        b"cost:{input:5,output:20,cache_read:.2}}}}}))\x00;tail()"
    )
    code, said = crosscheck("--models-dev", program)
    assert code == 1
    assert "models.dev    anthropic/claude-opus-5-5" in said
    assert "5 against our 4" in said
    assert "1 disagreements: 0 known, 1 not" in said


def test_every_dispute_says_who_is_right_and_why():
    disputes = tomllib.loads((TOOLS / "known_disputes.toml").read_text("utf-8"))["dispute"]
    for each in disputes:
        assert each["right"] in ("book", "them", "both")
        assert len(each["why"].split()) >= 4, each
        assert each.keys() <= {"source", "model", "classes", "right", "why"}


def test_the_snapshot_holds_nothing_that_is_not_known():
    try:
        read_inputs()
    except PriceError:
        pytest.skip("the data packages are not installed: make setup")
    code, said = crosscheck("--model-prices")
    assert code == 0, said
