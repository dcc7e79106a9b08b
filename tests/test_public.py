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
from tallybook.model import CLASSES, nanos_of
from tallybook.reading import LimitSnapshot
from tallybook.sources import Place, open_source, source_names

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
    assert sum(map(len, shipped.values())) <= 350_000
    assert len(shipped) <= 120


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def test_the_screens_in_the_documents_are_what_it_prints() -> None:
    tool = [sys.executable, str(ROOT / "tools/make_screens.py"), "--check"]
    done = subprocess.run(tool, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}try: make screens"


def asked(tally: Tally, *question: str) -> list[dict[str, object]]:
    """The rows of a report about the sample histories, which are read first."""
    env = {"HOME": str(DEMO), "USERPROFILE": str(DEMO)}
    answer = tally(*question, "--since", "all", "--limit", "0", "--json", env=env)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)["rows"]


def test_the_demo_is_counted_exactly(tally: Tally) -> None:
    rows = asked(tally, "usage", "--by", "source,model,status")
    wanted = (*CLASSES, "requests")
    seen = {
        f"{row['source']} {row['model']} {row['status']}": {name: row[name] for name in wanted}
        for row in rows
    }
    assert seen == TRUTH["rows"]
    assert {name.partition(" ")[0] for name in seen} <= set(source_names())


def test_the_demo_gives_each_call_to_its_session_and_agent(tally: Tally) -> None:
    wanted = ("requests", "total")
    rows = asked(tally, "usage", "--by", "source,session")
    seen = {f"{row['source']} {row['session']}": {n: row[n] for n in wanted} for row in rows}
    assert seen == TRUTH["sessions"]
    tree = asked(tally, "sessions", "--tree")
    parents = {row["session"]: row["parent"] for row in tree if row["parent"]}
    assert parents == {key.partition(" ")[2]: parent for key, parent in TRUTH["parents"].items()}
    agents = asked(tally, "usage", "--by", "source,agent")
    counted = {f"{row['source']} {row['agent'] or ''}": row["requests"] for row in agents}
    assert counted == TRUTH["agents"]


def test_the_demo_knows_what_the_tools_say_themselves(tally: Tally) -> None:
    rows = asked(tally, "usage", "--by", "source")
    told = {row["source"]: nanos_of(row["reported_cost"]["USD"]) for row in rows
            if row["reported_cost"]}  # fmt: skip
    assert told == TRUTH["reported"]
    opencode = next(row for row in rows if row["source"] == "opencode")
    assert opencode["reported_cost"] == opencode["cost"], "it reckons with the same prices"


def test_the_demo_shows_the_official_windows_of_codex() -> None:
    source = open_source("codex", environ={"HOME": str(DEMO)})
    places = [place for place in source.locate() if isinstance(place, Place)]
    seen = [one for place in places for one in source.read(place, None)]
    latest: dict[str, LimitSnapshot] = {}
    for one in sorted(
        (o for o in seen if isinstance(o, LimitSnapshot)), key=lambda one: one.seen_ms
    ):
        latest[one.name] = one
    told = {
        one.name: {"minutes": one.window_minutes, "used": one.used, "resets_ms": one.resets_ms,
                   "seen_ms": one.seen_ms}
        for one in latest.values()
    }  # fmt: skip
    assert told == TRUTH["windows"]


def test_the_demo_runs_in_an_empty_home(tally: Tally, home: Path) -> None:
    answer = tally("demo")
    assert answer.returncode == 0, answer.stderr
    assert "sample" in (answer.stdout + answer.stderr)
    for made in ("claude-sonnet-4-5", "gpt-5.6-luna", "kimi-k2.5"):
        assert made in answer.stdout, "a model of each agent"
    assert "complaints   none" in answer.stdout
    assert list(home.rglob("*.db*")) == [], "the demo leaves no ledger behind"
