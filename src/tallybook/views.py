"""Saved views: what stands behind `tally usage`, kept in the settings under a name.

A view is words. Here they are divided, joined with those of a command line, and made a question.
How a report of it looks, and how a view is saved, is the command line's.
"""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from .errors import SettingsError, UsageMistake, nearest
from .periods import Frame
from .query import Filter, Query
from .questions import parse_query
from .usagewords import sorted_words, usage_pairs, usual_pairs, with_defaults

if TYPE_CHECKING:
    from .quota import Quota
    from .settings import Settings
    from .settings.told import AlertRule, View

MARK = "@"
"""What stands before the name of a view on the command line."""

_NARROWING = ("source", "provider", "model", "project", "agent", "account", "user", "session")
_REPEATED = ("--by", "--where", *(f"--{name}" for name in _NARROWING), "--consumer")
_SINGLE = (
    "--since",
    "--until",
    "--last",
    "--tz",
    "--week-start",
    "--currency",
    "--sort",
    "--limit",
)
_SHOWING = ("--format", "--fields", "--amounts", "--compare", "--chart")
FLAGS = ("--json", "--compact")

TAKES: Mapping[str, bool] = MappingProxyType(
    {**dict.fromkeys((*_REPEATED, *_SINGLE, *_SHOWING), True), **dict.fromkeys(FLAGS, False)}
)
"""The options of `tally usage` that a view may have, and whether a value follows. Those of a single
run, such as `--quiet`, are not kept."""

_CHART = "--chart"
_CHARTED = ("cost", "tokens")
_TIMES = frozenset({"--since", "--until", "--last", "-s", "-u", "--days"})
_INSTEAD: tuple[frozenset[str], ...] = (
    _TIMES,
    frozenset({"--format", "--json", "-j", "--jq"}),
    frozenset({"--chart", "--compare"}),
    frozenset({"--fields", "--amounts", "--no-cost"}),
)
"""Options of which any of a command line takes the place of all of a view."""


class Parts(NamedTuple):
    """A command line of `tally usage`, divided: words, and options with their values."""

    words: tuple[str, ...]
    options: tuple[tuple[str, str | None], ...]

    @property
    def flags(self) -> frozenset[str]:
        """The options without their values."""
        return frozenset(flag for flag, _ in self.options)


def parts_of(words: Sequence[str], takes: Mapping[str, bool] = TAKES) -> Parts:
    """Divide a command line. `takes` tells of each option whether a value follows; of others none
    does. Raises `UsageMistake` where one is missing."""
    plain: list[str] = []
    options: list[tuple[str, str | None]] = []
    rest = deque(words)
    while rest:
        word = rest.popleft()
        flag, equals, value = word.partition("=")
        if not word.startswith("-"):
            plain.append(word)
        elif equals or not takes.get(flag):
            options.append((flag, value if equals else None))
        elif flag == _CHART and not (rest and rest[0] in _CHARTED):
            options.append((flag, None))  # of what the rows are sorted by
        elif rest:
            options.append((flag, rest.popleft()))
        else:
            raise UsageMistake(f"{flag} needs a value", hint="tally usage --help")
    return Parts(tuple(plain), tuple(options))


def words_of(parts: Parts) -> list[str]:
    """The command line again."""
    return [*parts.words, *(word for each in parts.options for word in each if word is not None)]


def joined(view: Parts, given: Parts) -> Parts:
    """A view with what a command line says beside it, which comes first: another grouping, another
    time, other values. Conditions on calls are added."""
    own, own_when = sorted_words(view.words)
    grouped = bool(own) or "--by" in view.flags
    groupings, when = sorted_words(given.words, grouped=grouped)
    dropped = {flag for flag in given.flags if flag not in _REPEATED}
    for alike in _INSTEAD:
        dropped |= alike if alike & given.flags else frozenset()
    timed = bool(when) or bool(_TIMES & given.flags)
    dropped |= _TIMES if timed else frozenset()
    regrouped = bool(groupings) or "--by" in given.flags
    dropped |= {"--by"} if regrouped else frozenset()
    periods = tuple(filter(None, (when or ("" if timed else own_when),)))
    kept = tuple(each for each in view.options if each[0] not in dropped)
    return Parts((*(groupings if regrouped else own), *periods), (*kept, *given.options))


def view_named(views: Mapping[str, View], name: str) -> View:
    """A view by its name. Raises `UsageMistake` if there is none."""
    found = views.get(name)
    if found is not None:
        return found
    close = nearest(name, views)
    save = f"tally usage model --last 7d --save {name}"
    raise UsageMistake(
        f"there is no view {name!r}",
        because=f"saved are {', '.join(views)}" if views else "none is saved yet",
        hint=f"did you mean {MARK}{close}?" if close else f"to save one: {save}",
    )


def view_query(settings: Settings, name: str, frame: Frame) -> tuple[Query, str]:
    """The question of a saved view at a moment, and what the view is called. How a view is shown,
    as by `--chart`, is no part of that. Raises `UsageMistake` if there is none of that name, and
    `SettingsError` if it can't be asked."""
    view = view_named(settings.views, name)
    query = _query(view, frame)
    where = own_names(query.where, settings)
    currency = query.currency or settings.currency
    query = replace(query, where=where, limit=query.limit or None, currency=currency)
    return query, view.title or name


def view_faults(
    views: Mapping[str, View], alerts: Mapping[str, AlertRule], frame: Frame
) -> Iterator[SettingsError]:
    """What is wrong with views that only shows once they are asked, and digests of views that there
    are none of."""
    for view in views.values():
        try:
            _query(view, frame)
        except SettingsError as fault:
            yield fault
    for rule in alerts.values():
        if rule.view and rule.view not in views:
            close = nearest(rule.view, views)
            place = _place(rule.origin, "alert", rule.name, "view")
            save = "to save one: tally usage … --save NAME"
            yield SettingsError(
                f"there is no view {rule.view!r}, which a digest in {place} shows",
                hint=f"did you mean {close}?" if close else save,
            )


def demand_known(parts: Parts) -> None:
    """Raises `UsageMistake` for an option that a view can't have."""
    for flag, _ in parts.options:
        if flag not in TAKES:
            close = nearest(flag, TAKES)
            raise UsageMistake(
                f"a view can't have the option {flag}",
                because="it holds what is asked, and how that is shown",
                hint=f"did you mean {close}?" if close else f"there are {', '.join(TAKES)}",
            )


def _query(view: View, frame: Frame) -> Query:
    try:
        parts = parts_of(view.usage)
        demand_known(parts)
        told = [
            ("where" if flag == "--where" else flag[2:], value) for flag, value in parts.options
        ]
        shown = {flag[2:] for flag in (*_SHOWING, *FLAGS)}
        pairs = [(key, value) for key, value in told if value is not None and key not in shown]
        asked = usage_pairs(parts.words, pairs, frame)
        return parse_query(with_defaults(asked, usual_pairs(asked)), frame)
    except UsageMistake as problem:
        because = "; ".join(filter(None, (str(problem), problem.because)))
        place = _place(view.origin, "view", view.name, "usage")
        raise SettingsError(
            f"the view {view.name!r} in {place} can't be asked",
            because=f"{because} (it is: {shlex.join(view.usage)})",
            hint=problem.hint or f"correct it there, or: tally config unset view.{view.name}",
        ) from problem


def _place(origin: str, *path: str) -> str:
    """The file and line where a key stands."""
    from .settings.layers import place_in

    try:
        return place_in(Path(origin), *path)
    except OSError:  # the file went away meanwhile
        return origin


def settled_quotas(settings: Settings) -> dict[str, Quota]:
    """The quotas of the settings; a source that one is about may be named by an alias there."""
    return {
        name: replace(each, where=own_names(each.where, settings))
        for name, each in settings.quotas.items()
    }


def own_names(conditions: Iterable[Filter], settings: Settings) -> tuple[Filter, ...]:
    """Conditions with sources by their whole names: they may be written by beginnings of these.
    Those that nobody reads any more are only known to the ledger."""
    return tuple(
        replace(each, values=tuple(_own_name(value, settings) for value in each.values))
        if each.dimension == "source" and each.op != "~"
        else each
        for each in conditions
    )


def _own_name(word: str, settings: Settings) -> str:
    from .sources import source_name

    try:
        return source_name(word, settings.logs)
    except UsageMistake:
        return word
