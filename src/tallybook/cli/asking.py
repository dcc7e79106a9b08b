"""From options to an answer: the question, the sync before it, and asking the book.

How an answer is printed is `output`; the options themselves are `options`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import LedgerBusy, LedgerReadOnly, SettingsError, UsageMistake
from ..format import count
from ..query import Filter, Query, Report
from ..questions import parse_query
from ..settings import Settings, SourceSettings, survey_settings, zone_warning
from ..usagewords import with_defaults
from .options import Asked
from .progress import ProgressLine
from .shell import Shell, mention

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import SyncReceipt

PARTIAL = 5
"""Exit code when some histories could not be read and the answer is shown all the same."""


def begin(context: click.Context) -> tuple[Shell, Asked]:
    """Where the current command runs and what it was given. A book that is opened there says so
    if its ledger is a new one where there were others."""
    shell, asked = context.find_object(Shell) or Shell.real(), Asked.of(context)

    def opening(settings: Settings) -> Book:
        book = shell.open_book(settings)
        if book.ledger.begun:
            from .begun import tell_of_new

            tell_of_new(shell, settings, quiet=asked.quiet)
        return book

    return replace(shell, open_book=opening), asked


def settings_for(shell: Shell, asked: Asked) -> Settings:
    """The settings with this command line's own on top, and sources by their own names."""
    settings = shell.settings(**_flags(asked))
    _warn(settings, asked)
    for fault in mapping_faults(settings):
        raise fault
    named = {_source_of(name, settings): each for name, each in settings.sources.items()}
    return _by_own_names(settings, named) if named or settings.quotas else settings


def surveyed(shell: Shell, asked: Asked) -> tuple[Settings, tuple[SettingsError, ...]]:
    """The same for commands that must answer although the settings are wrong: what is
    understood of them, and every fault."""
    settings, found = survey_settings(shell.surroundings, _flags(asked))
    _warn(settings, asked)
    faults = [*found, *mapping_faults(settings)]
    named: dict[str, SourceSettings] = {}
    for name, each in settings.sources.items():
        try:
            named[_source_of(name, settings)] = each
        except SettingsError as fault:
            faults.append(fault)
    return _by_own_names(settings, named), tuple(faults)


def mapping_faults(settings: Settings) -> list[SettingsError]:
    """What is wrong with the kinds of logs of the settings that only shows beside the sources and
    dialects there are."""
    if not settings.logs:
        return []
    from .mappings import faults_of

    return list(faults_of(settings.logs))


def _by_own_names(settings: Settings, named: Mapping[str, SourceSettings]) -> Settings:
    from ..views import settled_quotas

    paths = {name: each.paths for name, each in named.items() if each.paths}
    return replace(settings, paths=paths, sources=named, quotas=settled_quotas(settings))


def _flags(asked: Asked) -> dict[str, str | None]:
    """What the command line says of settings."""
    return {"tz": asked.tz, "week_start": asked.week_start, "currency": asked.currency}


def _warn(settings: Settings, asked: Asked) -> None:
    if warning := zone_warning(settings):
        mention(f"{warning}; to choose a zone: --tz or TALLY_TZ", quiet=asked.quiet)


def question(
    shell: Shell, settings: Settings, asked: Asked, defaults: Iterable[tuple[str, str]] = ()
) -> Query:
    """The question of a command line; `defaults` fill in keys that were not given."""
    query = parse_query(with_defaults(asked.pairs, defaults), shell.frame(settings))
    where = tuple(_own_names(condition, shell, settings) for condition in query.where)
    return replace(query, where=where, limit=query.limit or None, currency=settings.currency)


def refresh(book: Book, shell: Shell, asked: Asked) -> SyncReceipt | None:
    """Read what is new before answering, unless told not to. When the ledger can't be written,
    now or at all, the answer is given from what is recorded, and that is said."""
    if not asked.sync:
        return None
    try:
        with ProgressLine(live=shell.live and not asked.quiet, width=shell.width) as line:
            receipt = book.sync(progress=line)
    except LedgerBusy:
        mention(
            "another process is writing the ledger: showing what is recorded", quiet=asked.quiet
        )
        return None
    except LedgerReadOnly:
        mention("the ledger can't be written: showing what is recorded", quiet=asked.quiet)
        return None
    if receipt.complaints:
        said = count(len(receipt.complaints), "complaint")
        mention(f"{said} while reading; to see them: tally doctor", quiet=asked.quiet)
    if asked.verbose:
        mention(
            f"read {count(receipt.places_read, 'place')}, "
            f"{count(receipt.new_events, 'new event')}, in {receipt.seconds:.2f} s",
            quiet=asked.quiet,
        )
    return receipt


def answer(book: Book, query: Query, receipt: SyncReceipt | None) -> Report:
    """Ask the book; the answer is incomplete when the sync before it was."""
    report = book.ask(query)
    whole = report.complete and (receipt is None or receipt.complete)
    return report if whole else replace(report, complete=False)


def exit_code(reports: Sequence[Report]) -> int:
    """0, or 5 when an answer is only a part."""
    return 0 if all(report.complete for report in reports) else PARTIAL


def _source_of(name: str, settings: Settings) -> str:
    from ..settings.layers import place_in
    from ..sources import source_name

    try:
        return source_name(name, settings.logs)
    except UsageMistake as problem:
        keys = (key for key in settings.origins if key.startswith(f"source.{name}."))
        place = place_in(Path(settings.origins[next(keys)]), "source", name)
        raise SettingsError(
            f"{problem} in {place}", because=problem.because, hint=problem.hint
        ) from problem


def _own_names(condition: Filter, shell: Shell, settings: Settings) -> Filter:
    """Sources may be named by their aliases; the ledger knows the names."""
    if condition.dimension != "source" or condition.op == "~":
        return condition
    names = tuple(_own_name(each, shell, settings) for each in condition.values)
    return replace(condition, values=names)


def _own_name(word: str, shell: Shell, settings: Settings) -> str:
    """What was recorded by hand, or from a log that the settings no longer have, is of a source
    that nobody reads: only the ledger knows it."""
    from ..manual import MANUAL
    from ..sources import source_name, source_names

    if word == MANUAL or word in source_names(settings.logs):
        return word
    if Path(settings.ledger).is_file():
        with shell.open_book(settings) as book:
            if word in book.ledger.names("source", word, 1):
                return word
    return source_name(word, settings.logs)
