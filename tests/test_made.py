"""What bulk paths make with `model.made` is looked at by nobody: each must have all its values."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import tallybook
from tallybook.model import Appraisal, made

ROOT = Path(tallybook.__file__).parent
USES = [
    (path.relative_to(ROOT), call)
    for path in sorted(ROOT.rglob("*.py"))
    if "made(" in (text := path.read_text("utf-8"))
    for call in ast.walk(ast.parse(text))
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "made"
]


def test_what_is_made_is_what_its_name_makes() -> None:
    values = ((1, 2, 3, 4, 5, 6), 7, "USD", "card", 0, "", ("guess",), (), (0, "USD"))
    one = made(Appraisal, values)
    assert type(one) is Appraisal
    assert one == Appraisal(*values)
    assert (one.nanos, one.billed) == (7, (0, "USD"))


@pytest.mark.parametrize(("path", "call"), USES, ids=[f"{p}:{c.lineno}" for p, c in USES])
def test_no_value_is_left_out(path: Path, call: ast.Call) -> None:
    kind, values = call.args
    assert isinstance(kind, ast.Name)
    assert isinstance(values, ast.Tuple)
    module = import_module(".".join(("tallybook", *path.with_suffix("").parts)))
    assert len(values.elts) == len(getattr(module, kind.id)._fields)
    assert not any(isinstance(value, ast.Starred) for value in values.elts)
