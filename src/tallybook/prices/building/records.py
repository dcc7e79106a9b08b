"""The data module of genai-prices, read as data: its constructor calls become records. Nothing
of it is run or imported, so that it needs none of what the package needs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from ...errors import PriceError

_WHERE = "the data of genai-prices"


@dataclass(frozen=True, slots=True)
class Record:
    """One constructor call: the name of the class and the keyword arguments that are not None."""

    kind: str
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """The text of a field; `PriceError` if it is none."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise PriceError(f"{_WHERE}: {self.kind}.{name} is no text", because=f"found {value!r}")
        return value

    def texts(self, name: str) -> list[str]:
        """The texts of a list, none if it is absent."""
        return [item for item in self._items(name) if isinstance(item, str)]

    def records(self, name: str) -> list[Record]:
        """The records of a list, none if it is absent."""
        return [item for item in self._items(name) if isinstance(item, Record)]

    def record(self, name: str) -> Record:
        """The record of a field; `PriceError` if it is none."""
        value = self.fields.get(name)
        if not isinstance(value, Record):
            raise PriceError(f"{_WHERE}: {self.kind}.{name} is no record")
        return value

    def _items(self, name: str) -> list[object]:
        value = self.fields.get(name)
        return cast("list[object]", value) if isinstance(value, list) else []


def read_records(source: str) -> list[Record]:
    """The providers of the data module; `PriceError` if its form is not the known one."""
    try:
        body = ast.parse(source).body
    except SyntaxError as problem:
        raise PriceError(f"{_WHERE} can't be read", because=str(problem)) from problem
    for node in body:
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            if any(isinstance(each, ast.Name) and each.id == "providers" for each in targets):
                return Record("module", {"providers": _value(node.value)}).records("providers")
    raise PriceError(f"{_WHERE} has no list of providers", hint="is this release too new?")


def _value(node: ast.expr) -> object:
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple():
            return [_value(each) for each in node.elts]
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {_value(key): _value(value) for key, value in pairs if key is not None}
        case ast.Call():
            return _call(node)
        case ast.Attribute():
            return None
        case _:
            raise PriceError(f"{_WHERE}: unknown form {ast.dump(node)[:60]}")


def _call(node: ast.Call) -> object:
    name = ast.unparse(node.func)
    given = [_value(each) for each in node.args]
    if name == "Decimal" and len(given) == 1:
        return Decimal(str(given[0]))
    if name == "datetime.date" and all(isinstance(each, int) for each in given):
        return date(*cast("list[int]", given))
    named = {word.arg: _value(word.value) for word in node.keywords if word.arg}
    return Record(name, {key: value for key, value in named.items() if value is not None})


def matches(clause: Record, text: str) -> bool:
    """Whether a match clause of the data fits a name in lower case."""
    match clause.kind:
        case "ClauseOr":
            return any(matches(each, text) for each in clause.records("or_"))
        case "ClauseAnd":
            return all(matches(each, text) for each in clause.records("and_"))
        case "ClauseEquals":
            return text == clause.text("equals").lower()
        case "ClauseStartsWith":
            return text.startswith(clause.text("starts_with").lower())
        case "ClauseEndsWith":
            return text.endswith(clause.text("ends_with").lower())
        case "ClauseContains":
            return clause.text("contains").lower() in text
        case "ClauseRegex":
            return re.search(clause.text("regex"), text) is not None
        case _:
            raise PriceError(f"{_WHERE}: unknown clause {clause.kind}")


def first_match(models: list[Record], name: str) -> Record | None:
    """The model to which the data's own matching leads."""
    wanted = name.lower()
    return next((each for each in models if matches(each.record("match"), wanted)), None)
