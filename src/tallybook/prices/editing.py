"""Changing a file of own prices: one price at a time, everything else in it stays as it is.

Texts go in and come out; files are written by who asks. Comments, order and layout are kept by
tomlkit, behind `draft`. What a change means is worked out on plain values too, and a text that
does not say just that is refused, as is one that has mistakes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, cast

from ..errors import SettingsError
from .draft import Draft, Table
from .form import moment_of
from .overrides import SCHEMA, survey_text

HEAD = "# Prices of your own, which come before those of the book. The form: tally help prices\n"
START = f"{HEAD}schema = {SCHEMA}\n"

Day = date | datetime
_KINDS = ("price", "free")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One price as a file has it, of a model or a pattern of models: rates by class as decimal
    texts, per million tokens, and tiers as (over, rates). Without rates it is an explicit zero."""

    provider: str
    model: str
    currency: str = "USD"
    rates: Mapping[str, str] = field(default_factory=dict[str, str])
    tiers: Sequence[tuple[int, Mapping[str, str]]] = ()
    when: Mapping[str, str] = field(default_factory=dict[str, str])
    valid_from: Day | None = None
    valid_to: Day | None = None
    source: str = ""

    @property
    def is_pattern(self) -> bool:
        """Whether it is for every model whose name fits, as in `large-*`."""
        return "*" in self.model or "?" in self.model

    @property
    def kind(self) -> str:
        """The list of the file that it belongs to."""
        return "price" if self.rates else "free"

    def values(self) -> dict[str, object]:
        """What its table holds."""
        every: dict[str, object] = {
            "provider": self.provider,
            "model_glob" if self.is_pattern else "model": self.model,
            "currency": self.currency if self.rates and self.currency != "USD" else None,
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "source": self.source or None,
            "when": dict(self.when) or None,
            "rates": dict(self.rates) or None,
            "tier": [{"over": over, "rates": dict(rates)} for over, rates in self.tiers] or None,
        }
        return {key: value for key, value in every.items() if value is not None}

    def names(self, table: Mapping[str, object], *since: Day | None) -> bool:
        """Whether a table of the file is a price of the same model and selection, without hours
        of its own; with `since`, one that begins then."""
        return (
            _is_of(table, self.provider, self.model)
            and _selection(table.get("when")) == _selection(self.when)
            and "schedule" not in table
            and (not since or _moment(table.get("valid_from")) == _moment(since[0]))
        )


class Edited(NamedTuple):
    """A changed text, and what the change did: prices that were `replaced` or taken out, those
    that end where the new one begins (`closed`), and those that hold again where it ends."""

    text: str
    replaced: int = 0
    closed: int = 0
    resumed: int = 0


def with_entry(text: str, entry: Entry, name: str) -> Edited:
    """The text of the file `name` with a price put in: it replaces one that begins on the same
    day, and an earlier one that was still in force ends where it begins; either holds again where
    the new one ends. Raises `SettingsError` if the file is wrong, before or after, and where a
    later price begins while the new one holds."""
    done = Edited("")

    def change(draft: Draft) -> None:
        nonlocal done
        _check_later(draft, entry)
        rests = _rests(draft, entry)
        closed = _close(draft, entry)
        replaced = _put(draft, entry)
        for kind, values in rests:
            draft.append(kind, values)
        done = Edited("", replaced, closed, len(rests))

    changed = _changed(text or START, change, name)
    return done._replace(text=changed)


def without_entries(text: str, provider: str, model: str, name: str) -> Edited:
    """The text of the file `name` without any price of a model. Raises `SettingsError` if the
    file is wrong."""
    taken = 0

    def change(draft: Draft) -> None:
        nonlocal taken
        found = [
            (kind, at)
            for kind in _KINDS
            for at, table in enumerate(draft.tables(kind))
            if _is_of(table, provider, model)
        ]
        for kind, at in reversed(found):
            draft.remove(kind, at)
        taken = len(found)

    return Edited(_changed(text, change, name), taken)


def entry_text(entry: Entry) -> str:
    """A price as it is written into a file."""
    import tomlkit

    document = tomlkit.document()
    _put(Draft(cast("Table", document), toml=True), entry)
    return document.as_string().strip() + "\n"


def _put(draft: Draft, entry: Entry) -> int:
    """Write an entry in, over the one that begins on the same day if there is one."""
    there = ((kind, at, each) for kind in _KINDS for at, each in enumerate(draft.tables(kind)))
    same = (found for found in there if entry.names(found[2], entry.valid_from))
    kind, at, table = next(same, ("", 0, None))
    if table is not None and kind == entry.kind:
        _rewrite(draft, table, entry.values())
        return 1
    if table is not None:
        draft.remove(kind, at)
    draft.append(entry.kind, entry.values())
    return 0 if table is None else 1


def _rewrite(draft: Draft, table: Table, values: Mapping[str, object]) -> None:
    """Make a table say just that, keeping the comments beside what stays."""
    for key in [key for key in table if key not in values]:
        del table[key]
    fresh = draft.dressed(values)
    for key, value in values.items():
        if table.get(key) != value:
            table[key] = fresh[key]


def _close(draft: Draft, entry: Entry) -> int:
    """End the earlier prices of the same model that would still hold when the new one begins."""
    closed = 0
    for kind in _KINDS:
        for table in draft.tables(kind):
            if entry.names(table) and _reaches(table, entry.valid_from):
                table["valid_to"] = entry.valid_from
                closed += 1
    return closed


def _rests(draft: Draft, entry: Entry) -> list[tuple[str, dict[str, object]]]:
    """What is left of other prices of the same model when the new one ends, as its kind and
    values."""
    found: list[tuple[str, dict[str, object]]] = []
    for kind in _KINDS:
        for table in draft.tables(kind):
            if entry.names(table) and _reaches(table, entry.valid_to):
                values = {**draft.plain(table), "valid_from": entry.valid_to}
                found.append((kind, dict(sorted(values.items(), key=lambda v: v[0] == "tier"))))
    return found


def _check_later(draft: Draft, entry: Entry) -> None:
    """Raise `SettingsError` where a price of the same model begins while the new one holds."""
    end, begin = _moment(entry.valid_to), _moment(entry.valid_from)
    for table in (table for kind in _KINDS for table in draft.tables(kind)):
        then = _moment(table.get("valid_from"))
        if then is None or not entry.names(table) or (begin is not None and then <= begin):
            continue
        if end is None or then < end:
            day = table["valid_from"]
            raise SettingsError(
                f"another price of {entry.provider}/{entry.model} begins on {day}",
                because="two prices can't hold at once; nothing was written",
                hint=f"end the new one there: --to {day}; or take all of them out: tally price"
                f" unset {entry.provider}/{entry.model}",
            )


def _reaches(table: Table, day: Day | None) -> bool:
    """Whether a price begins before a day and ends after it, or never."""
    since, until, then = map(_moment, (table.get("valid_from"), table.get("valid_to"), day))
    return then is not None and (since is None or since < then) and (until is None or until > then)


def _moment(day: object) -> int | None:
    return moment_of(day) if isinstance(day, date) else None


def _is_of(table: Mapping[str, object], provider: str, model: str) -> bool:
    names = (table.get("provider"), table.get("model") or table.get("model_glob"))
    return tuple(str(name).lower() for name in names) == (provider.lower(), model.lower())


def _selection(when: object) -> dict[str, str]:
    """A `when` of the file or of an entry, for comparison."""
    return {key: str(value).lower() for key, value in cast("Table", when or {}).items()}


def _changed(text: str, change: Callable[[Draft], None], name: str) -> str:
    """The text after a change, proved to say that and nothing else."""
    before = text.replace("\r\n", "\n")
    for fault in survey_text(before, name):
        raise fault
    wanted = tomllib.loads(before)
    change(Draft(wanted, toml=False))
    after = _redrafted(before, change)
    if after is None or tomllib.loads(after) != wanted:
        raise SettingsError(
            f"{name} is laid out in a way that can't be changed safely",
            because="nothing was written",
            hint="change it in an editor, then: tally config check",
        )
    for fault in survey_text(after, name):
        said = str(fault).removeprefix(f"{name}:").partition(": ")[2]  # of a line not written
        raise SettingsError(
            "this can't be written", because=f"{said}; nothing was changed", hint=fault.hint
        )
    return after.replace("\n", "\r\n") if "\r\n" in text else after


def _redrafted(text: str, change: Callable[[Draft], None]) -> str | None:
    """The text as tomlkit has it after the change; None where its layout stands in the way."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        change(Draft(cast("Table", document), toml=True))
        after = document.as_string()
        tomllib.loads(after)
    except (TOMLKitError, ValueError, TypeError, LookupError):
        return None
    return after
