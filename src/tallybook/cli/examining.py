"""What the doctor looks at: versions, settings, terminal, ledger, prices, sources, complaints.

A fault (a wrong setting, a ledger that can't be opened, a damaged price file) is kept, and the
rest is looked at all the same. Nothing is hidden here: how it is told is `doctor`, what may be
told to strangers `redacting`.
"""

from __future__ import annotations

import platform
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .. import __version__
from ..clock import NO_ZONE
from ..errors import SettingsError, TallyError
from ..limits import limit_json
from ..places import data_folder
from ..query import Query
from ..settings import Settings, user_file, zone_warning
from ..settings.keys import setting_of
from ..whereabouts import known_sources, source_json
from .byhand import read_by_hand
from .configedit import table_lines
from .contentpage import captured_text, held_text
from .regions import unsettled
from .shell import Shell
from .statuslinefiles import LACKING, Files

if TYPE_CHECKING:
    from ..book import Book
    from ..reading import Complaint
    from ..sources import Source

_SOON = 64_000_000
"""Bytes of a ledger that is checked in passing; a larger one takes too long for that."""

_LIBRARIES = ("click", "msgspec", "rich", "tomlkit")


class Examination(NamedTuple):
    """What was found: the sections of the page, the complaints that stand, those of them that were
    `acknowledged` apart, and the faults."""

    found: dict[str, Any]
    complaints: list[Complaint]
    acknowledged: list[Complaint]
    faults: list[TallyError]


class _Kept(NamedTuple):
    """What the ledger says beside its numbers: complaints, and by source the logs that were read
    and that no setting names."""

    complaints: list[Complaint]
    acknowledged: list[Complaint]
    by_hand: dict[str, list[dict[str, Any]]]


def examined(shell: Shell, settings: Settings, known: Sequence[SettingsError]) -> Examination:
    """Everything, as it is. `known` are the faults of the settings."""
    faults: list[TallyError] = [*known, *_bars(shell)]
    kept = _Kept([], [], {})
    sources = known_sources(settings)
    found = {
        "versions": _versions(),
        "settings": _settings(shell, settings),
        "terminal": _terminal(shell),
        "ledger": _ledger(shell, settings, sources, kept, faults),
        "prices": _prices(shell, settings, faults),
        "content": _content(settings, faults),
        "sources": [_source(shell, each, kept) for each in sources],
    }
    return Examination(found, kept.complaints, kept.acknowledged, faults)


def _bars(shell: Shell) -> Iterator[TallyError]:
    """What went wrong when status lines, which tell nobody, were last brought up to date."""
    around = shell.surroundings
    data = data_folder(around.environ, around.home)
    if trouble := Files(data, around.environ).trouble():
        because, hint = trouble, "tally statusline --refresh"
        yield TallyError("status lines show what they knew", because=because, hint=hint)
    if lacking := Files(data, around.environ).noted(LACKING):
        asked = "status lines ask for a quota that is not there"
        yield TallyError(asked, because=lacking, hint="tally quota list")


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {
        "tallybook": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
    }


def _settings(shell: Shell, settings: Settings) -> dict[str, Any]:
    from .config import origin_of, setting_values

    rows = [
        {
            "key": key,
            "place" if _is_named(key) else "value": _listed(value),
            "origin": _origin(shell, settings, origin_of(settings, key)),
        }
        for key, value in setting_values(settings).items()
    ]
    return {"files": list(map(str, settings.files)), "values": rows, "zone": zone_warning(settings)}


def _listed(value: object) -> object:
    return table_lines(cast("dict[str, str]", value)) if isinstance(value, dict) else value


def _is_named(key: str) -> bool:
    """Whether a value holds names of the user's: folders, or patterns of what is blackened."""
    setting = setting_of(key)
    return setting is None or setting.is_path or key.endswith((".redact", ".providers"))


def _origin(shell: Shell, settings: Settings, origin: str) -> str:
    """Of which kind the layer is that a value comes from."""
    if origin.startswith(NO_ZONE):
        return "default, as TZ names no zone"
    if origin == str(user_file(shell.surroundings)):
        return "your settings file"
    return "the project's tally.toml" if origin in map(str, settings.files) else origin


def _terminal(shell: Shell) -> dict[str, Any]:
    encoding = getattr(sys.stdout, "encoding", None) or "unknown"
    environ = shell.surroundings.environ
    return {
        "width": shell.width,
        "colour": shell.colour,
        "encoding": encoding,
        "stdout": "a terminal" if sys.stdout.isatty() else "no terminal",
        "variables": [
            n for n in ("TERM", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE") if environ.get(n)
        ],
    }


def _ledger(
    shell: Shell,
    settings: Settings,
    sources: Sequence[Source],
    kept: _Kept,
    faults: list[TallyError],
) -> dict[str, Any]:
    try:
        with shell.open_book(settings) as book:
            kept.complaints.extend(book.complaints())
            kept.acknowledged.extend(book.ledger.acknowledged())
            kept.by_hand.update((each.name, read_by_hand(book, each)) for each in sources)
            return _ledger_inside(book, settings)
    except TallyError as fault:
        faults.append(fault)
    except (OSError, sqlite3.Error) as problem:
        what = f"can't open the ledger {settings.ledger}"
        hint = "put a backup back: tally ledger restore FILE; or name another one by TALLY_LEDGER"
        faults.append(TallyError(what, because=str(problem), hint=hint))
    return {"path": settings.ledger, "problem": str(faults[-1])}


def _ledger_inside(book: Book, settings: Settings) -> dict[str, Any]:
    info = dict(book.ledger.info())
    totals = book.ask(Query()).totals
    checked = int(info["bytes"]) <= _SOON
    return {
        **info,
        "requests": totals.requests,
        "sessions": totals.sessions,
        "limits": [limit_json(each, settings.tz) for each in book.ledger.limits()],
        "unsettled": unsettled(book, settings),
        "path": settings.ledger,
        "sound": not book.ledger.verify() if checked else None,
    }


def _prices(shell: Shell, settings: Settings, faults: list[TallyError]) -> dict[str, Any]:
    """Which price book is in use, what it was built from and how old it is."""
    from ..prices import open_price_book
    from ..prices.age import age_days, stale

    found: dict[str, Any] = {}
    try:
        book = open_price_book(settings.prices, settings.price_data)
    except TallyError as fault:
        faults.append(fault)
        book = open_price_book()
        found["problem"] = str(fault)
    found |= {"book": book.id, "age": f"{age_days(book.id, shell.now_ms)} days"}
    if book.updated_from:
        found["updated from"] = ", ".join(book.updated_from)
    if warning := stale(book.id, shell.now_ms):
        found["warning"] = warning
    return found


def _content(settings: Settings, faults: list[TallyError]) -> dict[str, Any]:
    """Of which sources words are captured, and how much is stored; nothing where neither is."""
    captured = captured_text(settings)
    found: dict[str, Any] = {"captured": captured} if captured else {}
    file = settings.content_file
    if file is None or not file.exists():
        return found
    from ..content import ContentStore

    store = ContentStore(file)
    try:
        found["stored"] = "; ".join(map(held_text, store.holdings())) or "nothing"
    except TallyError as fault:
        faults.append(fault)
        found["problem"] = str(fault)
    return {**found, "path": str(file)}


def _source(shell: Shell, each: Source, kept: _Kept) -> dict[str, Any]:
    """What is known of a source, which reader it has, and which of its variables are set."""
    known = source_json(each)
    environ = shell.surroundings.environ
    given = [name for name in known["variables"] if environ.get(name)]
    known |= {"reader": each.version, "dialect": each.dialect, "variables_set": given}
    return {**known, "by_hand": kept.by_hand.get(each.name, [])}
