"""What others rely on: public names, the version, pinned dependencies, the sample histories."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

import tallybook
from tallybook.model import CLASSES

Tally = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "src/tallybook/demo/home"
TRUTH = json.loads((ROOT / "tests/demo/truth.json").read_text("utf-8"))


@pytest.mark.parametrize("name", tallybook.__all__)
def test_public_name(name: str) -> None:
    value = getattr(tallybook, name)
    assert name == "__version__" or value.__doc__
    assert name in dir(tallybook)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tallybook.no_such_name


def test_there_is_one_version(tally: Tally) -> None:
    assert tally("--version").stdout == f"tally {tallybook.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", tallybook.__version__)


def test_the_entry_point_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, function = project["scripts"]["tally"].partition(":")
    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_dependency_is_pinned_by_hash(name: str) -> None:
    pins = (ROOT / f"requirements/{name}.txt").read_text("utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", pins, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *groups["build"]]
    wanted += [w for w in (*groups["dev"], *groups["prices"]) if name == "dev" and "=" in w]
    names = {re.match(r"[a-z0-9-]+", w).group() for w in wanted if isinstance(w, str)}
    assert names - set(pinned) == set()
    blocks = re.split(r"^(?=[a-z0-9-]+==)", pins, flags=re.MULTILINE)[1:]
    assert [b.split()[0] for b in blocks if "--hash=sha256:" not in b] == []
    assert "://" not in pins


def test_the_demo_is_small_and_made_by_its_tool(tmp_path: Path) -> None:
    arguments = ["--out", str(tmp_path / "made"), "--truth", str(tmp_path / "truth.json")]
    tool = [sys.executable, str(ROOT / "tools/make_demo.py"), *arguments]
    subprocess.run(tool, check=True, stdout=subprocess.DEVNULL)
    made, shipped = contents(tmp_path / "made"), contents(DEMO)
    assert made == shipped
    assert json.loads((tmp_path / "truth.json").read_text("utf-8")) == TRUTH
    assert sum(map(len, shipped.values())) <= 250_000


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def test_the_screens_in_the_documents_are_what_it_prints() -> None:
    tool = [sys.executable, str(ROOT / "tools/make_screens.py"), "--check"]
    done = subprocess.run(tool, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}try: make screens"


def test_the_demo_is_counted_exactly(tally: Tally) -> None:
    question = ("usage", "--by", "model,status", "--since", "all", "--json")
    answer = tally(*question, env={"HOME": str(DEMO), "USERPROFILE": str(DEMO)})
    assert answer.returncode == 0, answer.stderr
    rows = json.loads(answer.stdout)["rows"]
    wanted = (*CLASSES, "requests")
    seen = {f"{row['model']} {row['status']}": {name: row[name] for name in wanted} for row in rows}
    assert seen == TRUTH["rows"]


def test_the_demo_runs_in_an_empty_home(tally: Tally, home: Path) -> None:
    answer = tally("demo")
    assert answer.returncode == 0, answer.stderr
    assert "sample" in (answer.stdout + answer.stderr)
    assert "claude-sonnet-4-5" in answer.stdout
    assert list(home.rglob("*.db*")) == [], "the demo leaves no ledger behind"
