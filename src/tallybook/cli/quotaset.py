"""`tally quota set` and `rm`: a table `[quota.NAME]` in your own settings file.

What such a table may hold is `tallybook.settings.tablekeys`, how a file is changed without losing a
comment `tallybook.settings.writing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ..errors import SettingsError, UsageMistake, nearest
from ..exporting.delimited import json_text
from ..format import plain
from ..model import NANOS, decimal_text
from ..quota import exactly, limit_text, window_text
from ..settings import Settings, survey_file, user_file
from .asking import PARTIAL, begin, refresh, settings_for
from .filehead import user_head
from .options import Asked, filter_options, json_option, run_options, sync_option
from .quotafitting import fit_lines, set_line, unit_lines, way_back
from .quotajson import standings_json
from .shell import Shell, mention, say
from .tablefaults import tell_overlooked

if TYPE_CHECKING:
    from ..book import Book
    from ..quota import Quota
    from ..settings.tables import Table

SCHEMA = "tallybook.quota-change/1"

_THOUSANDTH = NANOS // 1_000

_TEXTS: Mapping[str, str] = {
    "limit": "most",
    "per": "per",
    "since": "begins",
    "tz": "zone",
    "basis": "basis",
    "each": "each",
    "title": "title",
}
"""The keys whose options are written as they are, and what these are called here."""

_NOTHING: tuple[object, ...] = ("", [], [""], {})
"""What takes a key out again: `--since ''`."""


@click.command("set", short_help="a limit of your own in a window of time")
@click.argument("quota_name", metavar="NAME")
@click.option("--limit", "most", metavar="LIMIT", help="20usd, 300 requests, 500k tokens, …")
@click.option("--per", metavar="WINDOW", help="day, week, month, 5h, sliding 24h, prepaid.")
@filter_options
@click.option("--each", metavar="DIM", help="For each of them alone: user, project, session, …")
@click.option("--warn", metavar="80,90", help="Per cent at which you are told. [80,90,100]")
@click.option("--basis", metavar="AMOUNT", help="list or billed: which amount counts. [list]")
@click.option("--classes", metavar="A,B", help="Only these token classes count.")
@click.option(
    "--multiplier", "multipliers", multiple=True, metavar="MODEL=N", help="Its calls count N times."
)
@click.option("--since", "begins", metavar="DAY", help="Where a month or what is prepaid begins.")
@click.option("--tz", "zone", metavar="ZONE", help="IANA time zone that cuts its window.")
@click.option("--title", metavar="TEXT", help="What it is called.")
@json_option
@sync_option
@run_options
@click.pass_context
def quota_set(context: click.Context, quota_name: str, **options: object) -> int:
    """Set a quota, or change what is said of one, and show what stands of it at once.

    It is written into your own settings file; comments and order of that are kept. An empty value,
    as in --since '', takes out what was said.
    """
    from ..settings.writing import write_table

    shell, asked = begin(context)
    file = user_file(shell.surroundings)
    before = _held(shell, file, quota_name)
    values = {**(before.values if before else {}), **_given(asked, options)}
    values = {key: value for key, value in values.items() if value not in _NOTHING}
    if values.get("per") == "prepaid":
        values.setdefault(
            "since", exactly(shell.now_ms // 1000 * 1000, settings_for(shell, asked).tz)
        )
    after = _understood(shell, quota_name, values, new=before is None)
    written = write_table(file, ("quota", quota_name), values, head=user_head(shell, file))
    settings = settings_for(shell, asked)
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        if asked.format == "json":
            say(json_text(_json(shell, book, before, after, written=written)))
        else:
            _tell(shell, book, before, after)
        for line in _remarks(book, options["most"], cast("Quota", after.meaning)):
            mention(line, quiet=asked.quiet)
    word = "written to" if written else "stands already in"
    mention(f"[quota.{quota_name}] {word} {shell.shown(file)}", quiet=asked.quiet)
    if written:
        back = way_back(quota_name, before.values if before else None, values)
        mention(f"to undo: {back}", quiet=asked.quiet)
    _tell_rest(shell, asked, settings, quota_name, file)
    return 0 if receipt is None or receipt.complete else PARTIAL


@click.command("rm", short_help="take a quota away")
@click.argument("quota_name", metavar="NAME")
@json_option
@run_options
@click.pass_context
def quota_rm(context: click.Context, quota_name: str, **_options: object) -> int:
    """Take a quota out of your own settings file. Usage and what was entered by hand stay."""
    from ..settings.writing import drop_table

    shell, asked = begin(context)
    settings, file = settings_for(shell, asked), user_file(shell.surroundings)
    before = _held(shell, file, quota_name)
    if before is None or not drop_table(file, ("quota", quota_name)):
        raise _none_there(shell, settings, quota_name)
    told = _words(before.meaning)
    if asked.format == "json":
        known = {"schema": SCHEMA, "file": str(file), "name": quota_name}
        say(json_text({**known, "before": dict(before.values), "after": None}))
    else:
        say(f"{quota_name} is gone; it was {told}")
    mention(f"to undo: {set_line(quota_name, before.values)}", quiet=asked.quiet)
    _tell_rest(shell, asked, settings_for(shell, asked), quota_name, file)
    return 0


def _given(asked: Asked, options: Mapping[str, object]) -> dict[str, object]:
    """What the command line says, as a table of the settings has it."""
    told = {key: options[name] for key, name in _TEXTS.items()}
    found: dict[str, object] = {key: text for key, text in told.items() if text is not None}
    where = [text if key == "where" else f"{key}={text}" for key, text in asked.pairs]
    if where:
        found["where"] = where
    for key in ("warn", "classes"):
        if options[key] is not None:
            words = [each.strip() for each in str(options[key]).split(",") if each.strip()]
            found[key] = [int(each) if each.isdecimal() else each for each in words]
    if pairs := cast("Sequence[str]", options["multipliers"]):
        found["multipliers"] = dict(map(_factor, filter(None, pairs)))
    return found


def _factor(text: str) -> tuple[str, str]:
    model, equals, factor = text.rpartition("=")
    if not equals or not model:
        raise UsageMistake(
            f"can't read the multiplier {text!r}", hint="--multiplier gpt-5-mini=0.33"
        )
    return model, factor


def _understood(shell: Shell, name: str, values: Mapping[str, object], *, new: bool) -> Table:
    """What these values mean. Raises what is wrong with them, before anything is written."""
    from ..settings.layers import Layer
    from ..settings.tables import read_table
    from ..settings.values import Ground

    if new and "per" not in values:
        raise UsageMistake(
            f"there is no quota {name!r} yet, and a new one needs a window",
            hint=f"tally quota set {name} --limit {values.get('limit', '20usd')} --per day",
        )

    def refuse(fault: SettingsError) -> None:
        example = fault.hint.startswith("an example")  # of a file, which is not what was typed
        raise UsageMistake(
            f"the quota {name!r} can't be set so",
            because=f"{str(fault).split()[0].strip(chr(39))}: {fault.because}",
            hint="tally quota set --help" if example else fault.hint,
        )

    ground = Ground(shell.surroundings.cwd, shell.surroundings.home)
    layer = Layer("command line", values, ground)
    table = read_table(("quota", name), values, layer, refuse)
    if table is None:
        raise UsageMistake(f"the quota {name!r} can't be set so", hint="tally quota set --help")
    return table


def _held(shell: Shell, file: Path, name: str) -> Table | None:
    """The table of that name in the user's own file."""
    if not file.is_file():
        return None
    values, _ = survey_file(file, shell.surroundings.home)
    return cast("Table | None", values.get(f"quota.{name}"))


def _tell(shell: Shell, book: Book, before: Table | None, after: Table) -> None:
    """What the quota is, what it was, and what stands of it."""
    from ..quotas import standing_text

    was, now = _words(before.meaning) if before else "", _words(after.meaning)
    name = cast("Quota", after.meaning).name
    say(f"{name}: {now}" + (f" (was {was})" if was and was != now else ""))
    if name not in book.settings.quotas:
        return
    for each in book.standings(shell.now_ms, [name]):
        say(standing_text(each, shell.now_ms))


def _words(meaning: object) -> str:
    """What a quota is: `$20.00 per day, of project=x, for each user`."""
    from .quotaboard import where_text

    quota = cast("Quota", meaning)
    limit = limit_text(quota.limit.nanos, quota.limit.unit) if quota.limit else "no limit"
    of, each = where_text(quota), quota.each and f"for each {quota.each}"
    factors = (f"{model} × {decimal_text(n * _THOUSANDTH)}" for model, n in quota.multipliers)
    parts = (
        f"{limit} {_window_words(quota)}",
        of and f"of {of}",
        each,
        quota.basis == "billed" and "as billed",
        ", ".join(factors),
        f"told at {', '.join(f'{level}%' for level in quota.levels)}",
    )
    return plain(", ".join(part for part in parts if part))


def _remarks(book: Book, typed: object, quota: Quota) -> Iterator[str]:
    yield from unit_lines(typed, quota)
    yield from fit_lines(book, quota)


def _window_words(quota: Quota) -> str:
    text = window_text(quota.window)
    before = {"sliding": "in the ", "prepaid": "", "ever": "for "}
    return f"{before.get(quota.window.kind, 'per ')}{text}"


def _json(
    shell: Shell, book: Book, before: Table | None, after: Table, *, written: bool
) -> dict[str, object]:
    name = cast("Quota", after.meaning).name
    found = book.standings(shell.now_ms, [name]) if name in book.settings.quotas else ()
    return {
        "schema": SCHEMA,
        "file": str(user_file(shell.surroundings)),
        "name": name,
        "written": written,
        "before": dict(before.values) if before else None,
        "after": dict(after.values),
        "standings": standings_json(found, book, shell.now_ms),
    }


def _tell_rest(shell: Shell, asked: Asked, settings: Settings, name: str, file: Path) -> None:
    """That a project has a quota of that name, too."""
    quota = settings.quotas.get(name)
    tell_overlooked(shell, settings, "quota", [name], quiet=asked.quiet)
    if quota is not None and Path(quota.origin) != file:
        said = f"{shell.shown(quota.origin)} has a quota of that name, which holds now"
        mention(said, quiet=asked.quiet)


def _none_there(shell: Shell, settings: Settings, name: str) -> UsageMistake:
    quota = settings.quotas.get(name)
    if quota is not None:
        return UsageMistake(
            f"{name} is not in your own settings",
            because=f"it is in {shell.shown(quota.origin)}, which others may share",
            hint=f"take [quota.{name}] out of that file in an editor",
        )
    close = nearest(name, settings.quotas)
    known = ", ".join(settings.quotas)
    return UsageMistake(
        f"there is no quota {name!r}",
        because=f"there are {known}" if known else "none is set",
        hint=f"tally quota rm {close}" if close else "tally quota list",
    )
