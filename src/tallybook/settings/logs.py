"""Logs that are read without code: the tables `[log.NAME]` of the settings.

A table says where the files are, and where in a line, which is a JSON object, each thing stands.
How lines are read by it is `tallybook.sources.mapped`; which dialects and sources there are is
known there too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from ..errors import SettingsError, nearest
from .fieldpaths import Condition, FieldPath, condition, field_path
from .layers import Layer, Tell
from .values import Ground, read_paths, read_text

T = TypeVar("T")

AUTO = "auto"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""What a log may be called: as sources are."""

CURRENCY = re.compile("[A-Z]{3}")
"""A currency's code."""

FIELDS: Mapping[str, str] = {
    "usage": "the usage object as the provider wrote it, or a table of single counts",
    "counts": "a table of single counts for lines without such an object",
    "model": "the model that answered",
    "provider": "who served the model",
    "service": "what the gateway calls the service behind it, if it names no provider",
    "time": "when the call began: ISO 8601, or seconds, ms, µs or ns since 1970",
    "ended": "when its answer was whole, likewise",
    "duration_ms": "how long it took, in milliseconds",
    "duration_s": "how long it took, in seconds",
    "first_token_ms": "how long the first part of the answer took, in milliseconds",
    "first_token_at": "when the first part of the answer came",
    "request": "the call's own id in the log: one call, however often it is written",
    "response": "the provider's id of the answer, by which other witnesses know the call too",
    "session": "the conversation that the call belongs to",
    "user": "the person or consumer",
    "key": "the name or hash of the API key, never the key itself",
    "account": "the account, team or organisation",
    "project": "the project, application or route",
    "agent": "the agent or its part",
    "machine": "the machine",
    "status_code": "the HTTP status",
    "cost": "what the log itself says that the call cost",
    "currency": "the currency of that cost",
    "question": "what was asked",
    "answer": "what was answered",
    "reasoning": "what was thought before it",
    "messages": "the conversation as it was sent, a list of role and content",
    "tool_calls": "the tools that the answer asks for, as OpenAI writes them",
    "stream": "whether the answer was streamed",
    "finish": "why the answer ended",
}
"""What a field of `[log.NAME.fields]` means."""

FIXED: Mapping[str, str] = {
    "paths": "files or patterns such as `/var/log/gateway/*.jsonl`",
    "title": "what the source is called in tables",
    "dialect": "how its usage objects count; by their shape if it is not set",
    "provider": "who served the models, where a line does not tell it",
    "currency": "of costs, where a line does not tell it; USD if it is not set",
    "only": "conditions that a line must meet, such as `type=chat`",
    "skip": "conditions of which a line must meet none",
    "failed": "conditions of which a call that was refused or failed meets one",
    "fields": "where in a line each thing stands",
}
"""The keys of `[log.NAME]` beside its fields."""


def _nowhere(*_path: str) -> str:
    return "the settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMapping:
    """One kind of log. `fields` are the paths of each thing, of which the first that is there
    wins; `usage` are those of single counts by their path in the usage object that is put together
    of them. `place` tells where a key of the table stands, for messages."""

    name: str
    paths: tuple[Path, ...]
    title: str
    fields: Mapping[str, tuple[FieldPath, ...]]
    usage: Mapping[FieldPath, tuple[FieldPath, ...]]
    dialect: str = AUTO
    provider: str = ""
    currency: str = "USD"
    only: tuple[Condition, ...] = ()
    skip: tuple[Condition, ...] = ()
    failed: tuple[Condition, ...] = ()
    place: Callable[..., str] = field(default=_nowhere, compare=False, repr=False)


def read_log(name: str, table: Mapping[str, object], layer: Layer, tell: Tell) -> LogMapping | None:
    """The log that a table describes; None if something in it is wrong, which is told."""
    faults: list[SettingsError] = []
    mapping = _Table(name, table, layer, faults.append).mapping()
    for fault in faults:
        tell(fault)
    return None if faults else mapping


class _Table:
    """A table of the settings while it is read."""

    def __init__(self, name: str, table: Mapping[str, object], layer: Layer, tell: Tell) -> None:
        self.name, self.table, self.layer, self.tell = name, table, layer, tell

    def mapping(self) -> LogMapping:
        if not NAME.fullmatch(self.name):
            self._wrong((), "a log's name is small letters, digits and hyphens")
        self._only_known((), self.table, FIXED)
        fields, usage = self._fields()
        return LogMapping(
            name=self.name,
            paths=self._read("paths", lambda raw: read_paths(raw, self.layer.ground), ()),
            title=self._text("title", self.name),
            fields=fields,
            usage=usage,
            dialect=self._text("dialect", AUTO),
            provider=self._text("provider", ""),
            currency=self._read("currency", _currency, "USD"),
            only=self._read("only", _conditions, ()),
            skip=self._read("skip", _conditions, ()),
            failed=self._read("failed", _conditions, ()),
            place=partial(self.layer.place, "log", self.name),
        )

    def _fields(
        self,
    ) -> tuple[dict[str, tuple[FieldPath, ...]], dict[FieldPath, tuple[FieldPath, ...]]]:
        """Where each thing stands, and the counts of a usage object in single fields."""
        table = self.table.get("fields")
        if not isinstance(table, dict) or not table:
            below = f"write [log.{self.name}.fields], and below it time, usage, model, session …"
            self._wrong(("fields",), "nothing says where in a line each thing stands", below)
            return {}, {}
        named = cast("dict[str, object]", table)
        self._only_known(("fields",), named, FIELDS)
        counts: dict[FieldPath, tuple[FieldPath, ...]] = {}
        fields: dict[str, tuple[FieldPath, ...]] = {}
        for key, raw in named.items():
            if isinstance(raw, dict) and key in ("usage", "counts"):
                counts.update(self._counts(key, cast("dict[str, object]", raw)))
            elif key in FIELDS:
                fields.update(self._paths(("fields",), {key: cast("object", raw)}))
        if not (named.get("usage") or named.get("counts")):
            self._wrong(("fields",), f"usage is missing: {FIELDS['usage']}")
        if not (named.get("time") or named.get("ended")):
            self._wrong(("fields",), f"time is missing: {FIELDS['time']}")
        return fields, counts

    def _counts(
        self, table: str, named: Mapping[str, object]
    ) -> Iterator[tuple[FieldPath, tuple[FieldPath, ...]]]:
        """Where single counts stand, by where they belong in the usage object."""
        for key, found in self._paths(("fields", table), named):
            try:
                yield field_path(key), found
            except ValueError as problem:
                self._wrong(("fields", table, key), str(problem))

    def _paths(
        self, above: tuple[str, ...], named: Mapping[str, object]
    ) -> Iterator[tuple[str, tuple[FieldPath, ...]]]:
        for key, raw in named.items():
            try:
                yield key, tuple(map(field_path, _texts(raw)))
            except ValueError as problem:
                self._wrong((*above, key), str(problem))

    def _text(self, key: str, default: str) -> str:
        return self._read(key, lambda raw: read_text(raw, self.layer.ground), default)

    def _read(self, key: str, read: Callable[[object], T], default: T) -> T:
        if key not in self.table:
            return default
        try:
            return read(self.table[key])
        except ValueError as problem:
            self._wrong((key,), str(problem))
            return default

    def _only_known(
        self, above: tuple[str, ...], table: Mapping[str, object], known: Mapping[str, str]
    ) -> None:
        for key in table:
            if key not in known:
                close = nearest(key, known)
                self._wrong(
                    (*above, key),
                    "there is no such key",
                    f"did you mean {close}?" if close else f"there are {', '.join(known)}",
                )

    def _wrong(self, path: Sequence[str], because: str, hint: str = "") -> None:
        whole = ("log", self.name, *path)
        self.tell(
            SettingsError(
                f"{'.'.join(whole)!r} in {self.layer.place(*whole)} can't be used",
                because=because,
                hint=hint or "a worked example: tally help logs",
            )
        )


def _currency(raw: object) -> str:
    """A currency by its code. Raises `ValueError`."""
    if not isinstance(raw, str) or CURRENCY.fullmatch(raw.upper()) is None:
        raise ValueError("it must be the code of a currency, such as USD, EUR or CNY")
    return raw.upper()


def _conditions(raw: object) -> tuple[Condition, ...]:
    return tuple(map(condition, _texts(raw)))


def _texts(raw: object) -> list[str]:
    """A text, or a list of texts that is not empty. Raises `ValueError`."""
    several = cast("list[object]", raw) if isinstance(raw, list) else [raw]
    texts = [each for each in several if isinstance(each, str) and each]
    if not texts or len(texts) < len(several):
        raise ValueError("it must be a text, or a list of texts")
    return texts


def mapping_of(name: str, table: Mapping[str, object]) -> LogMapping:
    """The log of a table that is no user's. Raises `SettingsError` for what is wrong in it."""

    def refuse(fault: SettingsError) -> None:
        raise fault

    return _Table(name, table, Layer("the program", {}, Ground(Path(), Path())), refuse).mapping()
