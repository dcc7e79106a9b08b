"""What a table `[quota.NAME] [alert.NAME] [view.NAME] [probe.NAME]` means.

A table counts as a whole. Its keys are `tablekeys`, how single values are read `toldvalues`.
Whether a view can be asked, a probe is one that there is, and a digest has its view, is not known
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from ..errors import SettingsError, UsageMistake, nearest
from ..model import CLASSES
from ..quota import LEVELS, Limit, Quota, Window, window_of
from .tablekeys import ALERT, QUOTA, TABLE_KEYS, VIEW, toml_example
from .told import AlertRule, Probe, View
from .toldvalues import read_since
from .values import Ground

if TYPE_CHECKING:
    from .keys import Setting
    from .layers import Layer, Tell

_T = TypeVar("_T")

NAME = re.compile(r"[a-z][a-z0-9-]*")
"""What such a table may be called."""

_LONGEST = 300
"""Characters of a reason that are told: it holds what stands in the file."""

_NOWHERE = Ground(Path(), Path())
"""No path stands in these tables."""

Meaning = Quota | AlertRule | View | Probe


class Table(NamedTuple):
    """One table: what it means, and its `values` as they stand in the file. Of a quota the window
    waits for the zone and the first day of the week, which other settings tell."""

    meaning: Meaning
    values: Mapping[str, object]

    def settled(self, tz: str, week_start: int) -> Meaning:
        """What it means beside the other settings."""
        if not isinstance(self.meaning, Quota):
            return self.meaning
        return replace(self.meaning, window=_window(self.values, tz, week_start))


def read_table(
    path: tuple[str, str], values: Mapping[str, object], layer: Layer, tell: Tell
) -> Table | None:
    """What a table means; None if something in it is wrong, which is told, all of it."""
    faults: list[SettingsError] = []
    table = _Reading(path, values, layer, faults.append).table()
    for fault in faults:
        tell(fault)
    return table


class _Reading:
    """A table of the settings while it is read."""

    def __init__(
        self, path: tuple[str, str], values: Mapping[str, object], layer: Layer, tell: Tell
    ) -> None:
        self.path, self.values, self.layer, self.tell = path, values, layer, tell
        self.sound = True

    def table(self) -> Table | None:
        kind, name = self.path
        if not NAME.fullmatch(name):
            self._wrong((), "a name is small letters, digits and hyphens, a letter first")
        found = self._found(TABLE_KEYS[kind])
        meaning = _MAKERS[kind](self, found) if self.sound else None
        return Table(meaning, self.values) if meaning is not None and self.sound else None

    def _found(self, known: Mapping[str, Setting]) -> dict[str, object]:
        """The values by key, as far as they are understood."""
        found: dict[str, object] = {}
        for key, raw in self.values.items():
            if key not in known:
                close = nearest(key, known)
                hint = f"did you mean {close}?" if close else f"there are {', '.join(known)}"
                self._wrong((key,), "there is no such key", hint)
                continue
            try:
                found[key] = known[key].read(raw, self.layer.ground)
            except ValueError as problem:
                self._wrong((key,), str(problem), f"an example: {toml_example(key, known[key])}")
        return found

    def quota(self, found: Mapping[str, object]) -> Quota | None:
        if "per" not in found:
            self._missing("per", QUOTA)
            return None
        try:
            window = _window(self.values, "UTC", 0)
        except UsageMistake as problem:
            because = "; ".join(filter(None, (str(problem), problem.because)))
            self._wrong(("per",), because, problem.hint)
            return None
        return Quota(
            name=self.path[1],
            window=window,
            limit=_of(found, "limit", cast("Limit | None", None)),
            where=_of(found, "where", ()),
            basis=_of(found, "basis", "list"),
            classes=_of(found, "classes", CLASSES),
            each=_of(found, "each", cast("str | None", None)),
            multipliers=_of(found, "multipliers", ()),
            levels=_of(found, "warn", LEVELS),
            title=_of(found, "title", ""),
            origin=self.layer.origin,
        )

    def alert(self, found: Mapping[str, object]) -> AlertRule:
        if "to" not in found:
            self._missing("to", ALERT)
        if ("view" in found) != ("at" in found):
            because = "a digest needs both: the view that it shows, and when it is sent"
            self._wrong(("view" if "view" in found else "at",), because)
        elif "on" not in found and "view" not in found:
            self._missing("on", ALERT)
        return AlertRule(
            name=self.path[1],
            on=_of(found, "on", ()),
            to=_of(found, "to", ()),
            at_least=_of(found, "at_least", 0),
            secret=_of(found, "secret", ""),
            view=_of(found, "view", ""),
            at=_of(found, "at", ""),
            origin=self.layer.origin,
        )

    def view(self, found: Mapping[str, object]) -> View:
        if "usage" not in found:
            self._missing("usage", VIEW)
        return View(
            name=self.path[1],
            usage=_of(found, "usage", ()),
            title=_of(found, "title", ""),
            origin=self.layer.origin,
        )

    def probe(self, found: Mapping[str, object]) -> Probe:
        return Probe(
            name=self.path[1],
            consent=_of(found, "consent", default=False),
            every_s=_of(found, "every", 300),
            key=_of(found, "key", ""),
            url=_of(found, "url", ""),
            origin=self.layer.origin,
        )

    def _missing(self, key: str, known: Mapping[str, Setting]) -> None:
        about = re.sub("`", "", known[key].meaning)
        self._wrong(
            (), f"{key} is missing: {about}", f"an example: {toml_example(key, known[key])}"
        )

    def _wrong(self, path: tuple[str, ...], because: str, hint: str = "") -> None:
        self.sound = False
        whole = (*self.path, *path)
        self.tell(
            SettingsError(
                f"{'.'.join(whole)!r} in {self.layer.place(*whole)} can't be used",
                because=because if len(because) <= _LONGEST else f"{because[:_LONGEST]}…",
                hint=hint or "what such a table may hold: tally help settings",
            )
        )


_MAKERS: Mapping[str, Callable[[_Reading, Mapping[str, object]], Meaning | None]] = {
    "quota": _Reading.quota,
    "alert": _Reading.alert,
    "view": _Reading.view,
    "probe": _Reading.probe,
}


def _window(values: Mapping[str, object], tz: str, week_start: int) -> Window:
    """The window of a quota's values, in its own zone if it has one. Raises `UsageMistake`."""
    since = read_since(values["since"], _NOWHERE) if "since" in values else ""
    return window_of(
        str(values["per"]),
        tz=str(values.get("tz", tz)),
        week_start=week_start,
        since=since,
        now_ms=0,  # a day in a settings file is the same at every moment
    )


def _of(found: Mapping[str, object], key: str, default: _T) -> _T:
    """The value of a key, which its reader has made one of the kind that it is used as."""
    return cast("_T", found.get(key, default))
