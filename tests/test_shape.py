"""The house style that a machine can see: sizes, names, docstrings, no traces of a workplace."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/tallybook"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted([*(ROOT / "tools").glob("*.py"), *(ROOT / "bench").glob("*.py")])

HARD_CAP, MEDIAN_CAP = 500, 150
LINES, PARAMETERS, NESTING = 40, 5, 3
BANNED = re.compile(
    r"(^|_)(util|helper|common|misc|manager|processor|controller|service)s?($|_)"
)  # names that admit that the thing has no place
FORBIDDEN = "forbidden_modules"
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.TryStar, ast.Match)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """A short test id."""
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text("utf-8"))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a module, inner ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """Lines from `def` to the end, without the docstring: explaining is never too long."""
    total = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        total -= (first.end_lineno or 0) - first.lineno + 1
    return total


def parameters(function: Function) -> int:
    """Parameters without `self` and `cls`. A click command has one for each of its options."""
    if any("click." in ast.unparse(mark) for mark in function.decorator_list):
        return 0
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len([a for a in every if a.arg not in ("self", "cls")])


def depth(node: ast.AST, level: int = 0) -> int:
    """How deep blocks stand in blocks. An `elif` stands beside its `if`, not inside it."""
    deepest = level
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda):
            continue
        beside = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deeper = isinstance(child, BLOCKS) and not beside
        deepest = max(deepest, depth(child, level + deeper))
    return deepest


def camel_to_snake(name: str) -> str:
    """`UsageEvent` as `usage_event`, so that one pattern serves both kinds of name."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def public_nodes(module: ast.Module) -> Iterator[Function | ast.ClassDef]:
    """Public functions and classes at the top of a module, and public methods of the latter."""
    for node in module.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                inner = (n for n in node.body if isinstance(n, Function))
                yield from (n for n in inner if not n.name.startswith("_"))


def is_given_elsewhere(node: Function | ast.ClassDef) -> bool:
    """Overloads and overrides are documented where they are declared."""
    marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
    return bool(marks & {"overload", "override"})


def tracked() -> list[Path]:
    """Every text file that is, or would be, in the repository."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listing.returncode:  # an sdist has no repository
        skip = {".venv", "build", "dist", "__pycache__", ".git"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.parts)]
    paths = [ROOT / raw.decode() for raw in listing.stdout.split(b"\0") if raw]
    return [path for path in paths if path.is_file()]


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module(path: Path) -> None:
    text, module = path.read_text("utf-8"), tree(path)
    assert len(text.splitlines()) <= HARD_CAP, "one module, one idea"
    assert ast.get_docstring(module), "say what lives here and what does not"
    if module.body[1:]:
        assert "from __future__ import annotations" in text
    for part in (*path.relative_to(PACKAGE).parent.parts, path.stem):
        assert not BANNED.search(part), f"{part}: a name that says nothing"
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            assert not BANNED.search(camel_to_snake(node.name)), node.name


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=name_of)
def test_functions_stay_small(path: Path) -> None:
    wrong: list[str] = []
    for function in functions(path):
        seen = (body_lines(function), parameters(function), depth(function))
        caps = (LINES, PARAMETERS, NESTING)
        words = ("lines", "parameters", "levels")
        rows = zip(seen, caps, words, strict=True)
        wrong += [f"{function.name}: {n} {word} > {cap}" for n, cap, word in rows if n > cap]
    assert not wrong


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=name_of)
def test_public_names_are_explained(path: Path) -> None:
    nodes = [node for node in public_nodes(tree(path)) if not is_given_elsewhere(node)]
    assert [node.name for node in nodes if not ast.get_docstring(node)] == []


def test_every_module_below_the_command_line_is_kept_from_drawing() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    kept = next(set(c["source_modules"]) for c in contracts if "rich" in c.get(FORBIDDEN, ()))
    found = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert {f"tallybook.{name}" for name in found - {"__init__", "__main__", "cli", "tui"}} == kept


def test_the_median_module_is_short() -> None:
    sizes = [len(path.read_text("utf-8").splitlines()) for path in MODULES]
    assert statistics.median(sizes) <= MEDIAN_CAP


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_command_line_prints(path: Path) -> None:
    if path.is_relative_to(PACKAGE / "cli"):
        return
    calls = (n.func for n in ast.walk(tree(path)) if isinstance(n, ast.Call))
    assert not any(isinstance(f, ast.Name) and f.id == "print" for f in calls)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_silenced_without_a_reason(path: Path) -> None:
    silencer = re.compile(r"#\s*(type: ignore|pyright: ignore|noqa)(\[[^\]]*\])?(?!.*\w \w)")
    rows = path.read_text("utf-8").splitlines()
    assert [row.strip() for row in rows if silencer.search(row)] == []


def test_no_file_names_a_workplace_or_an_index() -> None:
    needles = [
        ("/wor" + "k/main").encode(),
        ("/wor" + "k/shared").encode(),
        ("." + "library").encode(),
        ("/opt/" + "pypi").encode(),
        ("pypi." + "org").encode(),
        ("pythonhosted." + "org").encode(),
        ("registry.npmjs." + "org").encode(),
    ]
    found = [
        f"{path.relative_to(ROOT)}: {needle.decode()}"
        for path in tracked()
        for needle in needles
        if needle in path.read_bytes()
    ]
    assert found == []
