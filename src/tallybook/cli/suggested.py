"""The values that parameters take, for Tab: fixed words, and names of the ledger.

How they reach a shell is `completing`. Nothing here may take long, write or complain.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..errors import TallyError
from ..questions import NATIVE
from .shell import Shell

if TYPE_CHECKING:
    from ..book import Book
    from ..settings import Settings

_MOST = 50
_RECENT_MS = 30 * 86_400_000


class Value(NamedTuple):
    """One value to suggest, and a word about it where the shell has room for one."""

    text: str
    about: str = ""


Values = Callable[[str], Iterable[Value]]
"""Gives the values that begin with what was typed; it may give others too."""


def _fixed(*words: str) -> Values:
    return lambda _typed: map(Value, words)


def _groupings(typed: str) -> Iterator[Value]:
    from ..periods import WORDS
    from ..query import BUCKETS, DIMENSIONS, OTHER_NAMES

    yield from _views(typed)
    yield from map(Value, BUCKETS)
    yield from (Value(name) for name in (*DIMENSIONS, *OTHER_NAMES) if name != "date")
    yield from (Value(word) for word in WORDS if typed and word not in BUCKETS)


def _exports(typed: str) -> Iterator[Value]:
    from .exportorder import KINDS

    yield from map(Value, KINDS)
    yield from (each for each in _groupings(typed) if not each.text.startswith("@"))


def _times(_typed: str) -> Iterator[Value]:
    from ..periods import WORDS

    yield from map(Value, WORDS)


def _sources(_typed: str) -> Iterator[Value]:
    yield from map(Value, _source_names())


def _source_names() -> tuple[str, ...]:
    """Those that ship, and the logs of the settings as far as these are understood."""
    from ..sources import source_names

    return source_names(_settings().logs)


def _fields(_typed: str) -> Iterator[Value]:
    from ..query import DIMENSIONS, MEASURES

    yield from map(Value, (*MEASURES, *DIMENSIONS))


def _sorts(typed: str) -> Iterator[Value]:
    sign = typed[:1] if typed[:1] in ("-", "+") else ""
    yield from (Value(sign + field.text) for field in _fields(typed))


def _conditions(typed: str) -> Iterator[Value]:
    from ..query import DIMENSIONS

    dimension, sign, part = typed.partition("=")
    if not sign:
        yield from (Value(f"{name}=") for name in DIMENSIONS[1:])
        return
    values = _sources(part) if dimension == "source" else _names(dimension.rstrip("!"), part)
    yield from (Value(f"{dimension}={each.text}") for each in values)


def _topics(_typed: str) -> Iterator[Value]:
    from .app import COMMANDS
    from .help import TOPICS

    yield from map(Value, (*TOPICS, *COMMANDS))


def _keys(_typed: str) -> Iterator[Value]:
    from ..settings.keys import SETTINGS, SOURCE_KEYS

    yield from (Value(key, setting.meaning) for key, setting in SETTINGS.items())
    for name in _source_names():
        for key, setting in SOURCE_KEYS.items():
            yield Value(f"source.{name}.{key}", setting.meaning)
    yield from _table_keys()


def _table_keys() -> Iterator[Value]:
    """The keys of the quotas, alerts, views and probes that there are."""
    from ..settings.tablekeys import TABLE_KEYS

    for kind, name in _settings().tables:
        for key, setting in TABLE_KEYS[kind].items():
            yield Value(f"{kind}.{name}.{key}", setting.meaning)


def _views(typed: str) -> Iterator[Value]:
    """Saved views, where one was begun: `@` opens its name."""
    if typed.startswith("@"):
        for name, view in _settings().views.items():
            yield Value(f"@{name}", view.title or shlex.join(view.usage))


def _view_names(_typed: str) -> Iterator[Value]:
    yield from map(Value, _settings().views)


def _quota_names(_typed: str) -> Iterator[Value]:
    yield from (Value(name, quota.title) for name, quota in _settings().quotas.items())


def _alert_names(_typed: str) -> Iterator[Value]:
    for name, rule in _settings().alerts.items():
        yield Value(name, ", ".join(rule.on) or f"@{rule.view} at {rule.at}")


def _alert_rules(_typed: str) -> Iterator[Value]:
    """Those of quotas and digests by their names, the others as the settings take them."""
    from ..settings.toldvalues import RULES

    settings = _settings()
    yield from map(Value, RULES)
    yield from (Value(f"quota:{name}", each.title) for name, each in settings.quotas.items())
    yield from (Value(f"digest:{name}") for name, each in settings.alerts.items() if each.view)


def _settings() -> Settings:
    """The settings as far as they are understood."""
    from ..settings import survey_settings

    return survey_settings(Shell.real().surroundings)[0]


def setting_values_of(key: str) -> Values:
    """What a setting may be, where that is one of a few."""
    from ..periods import WEEK_DAYS
    from ..settings.values import CAPTURES, GLYPHS

    fixed = {
        "week_start": WEEK_DAYS,
        "titles": ("true", "false"),
        "active_within": ("5m", "1h"),
        "glyphs": GLYPHS,
        "capture": CAPTURES,
    }
    open_ended = {"tz": _zones, "currency": _currencies}
    return open_ended.get(key) or _fixed(*fixed.get(key.rpartition(".")[2], ()))


def _zones(_typed: str) -> Iterator[Value]:
    from zoneinfo import available_timezones

    yield from map(Value, sorted(available_timezones()))


def _currencies(_typed: str) -> Iterator[Value]:
    """Those of the amounts in the ledger and those that a rate leads to."""
    from ..query import AMOUNTS, Query

    def known(book: Book) -> list[Value]:
        totals = book.ask(Query()).totals
        units = {unit for kind in AMOUNTS for unit in getattr(totals, kind)}
        units.update(unit for rate in book.fx for unit in (rate.base, rate.to))
        return list(map(Value, sorted(units)))

    yield Value(NATIVE, "each amount in the currency of its price")
    yield from _from_ledger(known)


def _names(dimension: str, typed: str) -> Iterator[Value]:
    """What a dimension is called in the ledger."""
    yield from _from_ledger(lambda book: map(Value, book.ledger.names(dimension, typed, _MOST)))


def _sessions(typed: str) -> Iterator[Value]:
    """The latest sessions with their titles, or else any that begins like that."""
    from ..query import Query

    since = Shell.real().now_ms - _RECENT_MS
    query = Query(by=("session", "title"), since_ms=since, sort="-last_at")

    def recent(book: Book) -> list[Value]:
        named = [(row.dims.get("session"), row.dims.get("title")) for row in book.ask(query).rows]
        fitting = [(name, title) for name, title in named if name and name.startswith(typed)]
        return [Value(name, title or "") for name, title in fitting[:_MOST]]

    yield from _from_ledger(recent) or _names("session", typed)


def _sessions_or_current(typed: str) -> Iterator[Value]:
    yield Value("current", "the session with the latest call")
    yield from _sessions(typed)


def _from_ledger(ask: Callable[[Book], Iterable[Value]]) -> list[Value]:
    """An answer of the ledger if there is one; Tab neither makes it nor tells what is wrong
    with it."""
    shell = Shell.real()
    try:
        settings = shell.settings()
        if not is_current(settings.ledger):
            return []
        with shell.open_book(settings) as book:
            return list(ask(book))
    except (TallyError, OSError, sqlite3.Error):
        return []


def is_current(ledger: str) -> bool:
    """Whether a ledger is there that opening leaves as it is: an older one would be changed."""
    from ..ledger.migrate import check

    path = Path(ledger).absolute()
    if not path.is_file():
        return False
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return True  # opening it changes nothing
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return not check(db, ledger)


VALUES: Mapping[str, Values] = MappingProxyType(
    {
        "usage words": _groupings,
        "export words": _exports,
        "usage save": _view_names,
        "add name": _alert_names,
        "add on": _alert_rules,
        "rm name": _alert_names,
        "test names": _alert_names,
        "mute rule": _alert_rules,
        "unmute rule": _alert_rules,
        "history rule": _alert_rules,
        "add view": _view_names,
        "quota_name": _quota_names,
        "quota_names": _quota_names,
        "per": _fixed("day", "week", "month", "5h", "sliding 24h", "prepaid"),
        "basis": _fixed("list", "billed"),
        "by": _groupings,
        "since": _times,
        "until": _times,
        "last": _fixed("24h", "7d", "4w", "30d", "3mo", "12mo", "1y"),
        "tz": _zones,
        "currency": _currencies,
        "week_start": _fixed("monday", "saturday", "sunday"),
        "where": _conditions,
        "source": _sources,
        "sources": _sources,
        "explain name": _sources,
        "test name": _sources,
        "test what": _sources,
        "fields": _fields,
        "sort": _sorts,
        "session": _sessions,
        "session_id": _sessions_or_current,
        "topic": _topics,
        "key": _keys,
        **{
            name: partial(_names, name)
            for name in ("provider", "model", "project", "agent", "account", "user")
        },
        "show model": partial(_names, "model"),
    }
)
"""By the name of a parameter, or of a command and its parameter."""
