"""`tally price set` and `unset`: a price of your own, one model at a time.

How a price file is changed without losing a comment is `tallybook.prices.editing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ..errors import SettingsError, UsageMistake
from ..exporting.delimited import json_text
from ..model import CLASSES
from ..settings import user_file
from .asking import begin, settings_for
from .options import Asked, json_option, run_options
from .priceentry import split_model, typed_entry
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..prices.editing import Edited, Entry
    from ..settings import Settings

SCHEMA = "tallybook.price-change/1"

_HEAD = "# Settings of Tallybook. What there is: tally help settings\n\n"
_MEANING: Mapping[str, str] = {
    "input": "A million input tokens that came from no cache.",
    "output": "A million output tokens.",
    "reasoning": "A million reasoning tokens; as output if left out.",
    "cache_read": "A million tokens read from a cache.",
    "cache_write_5m": "A million tokens written to a cache for the short or usual time.",
    "cache_write_1h": "A million tokens written to a cache for the long time.",
}
_F = TypeVar("_F", bound=Callable[..., object])


def rate_options(command: _F) -> _F:
    """`--input` to `--cache-write-1h`, one for each token class."""
    for name in reversed(CLASSES):
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, metavar="AMOUNT", help=_MEANING[name])(command)
    return command


_THOUSAND = "A thousand of another unit: web_search=10, …"


@click.command("set", short_help="a price of your own, before that of the book")
@click.argument("model", metavar="PROVIDER/MODEL")
@rate_options
@click.option("--rate", "units", multiple=True, metavar="UNIT=AMOUNT", help=_THOUSAND)
@click.option("--free", is_flag=True, help="It costs nothing, which is not the same as unknown.")
@click.option("--currency", "unit", metavar="CODE", help="That of the price until now, or USD.")
@click.option("--from", "begins", metavar="DATE", help="From this day on (UTC); else for ever.")
@click.option("--to", "ends", metavar="DATE", help="Until this day begins.")
@click.option("--when", multiple=True, metavar="KEY=VALUE", help="Only service_tier=flex, …")
@click.option(
    "--source", "origin", metavar="TEXT", help="Where the price comes from; kept with it."
)
@json_option
@run_options
@click.pass_context
def price_set(context: click.Context, model: str, **options: object) -> int:
    """Write a price of your own, per million tokens, into your price file.

    It comes before that of the book. A price that was in force until then ends where it begins.
    Comments and order of the file are kept; without a price file one is made beside the settings.
    A name with * or ? is a pattern of models.
    """
    from ..prices.editing import entry_text, with_entry

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    entry = typed_entry(model, options)
    text = text_of(file := price_file(shell, asked))
    if options["unit"] is None:
        entry = _in_currency(entry, settings, shell.now_ms)
    edited = with_entry(text, entry, shell.shown(file))
    write_prices(shell, asked, file, edited.text)
    remarks = (*_consequences(entry, edited), *_remarks(shell, settings, entry, options))
    if asked.format == "json":
        say(json_text(_json(file, entry, edited, remarks)))
        return 0
    say(entry_text(entry).rstrip("\n"))
    mention(f"written to {shell.shown(file)}", quiet=asked.quiet)
    for line in remarks:
        mention(line, quiet=asked.quiet)
    tell_of_recorded(asked)
    return 0


@click.command("unset", short_help="take a price of your own away")
@click.argument("model", metavar="PROVIDER/MODEL")
@json_option
@run_options
@click.pass_context
def price_unset(context: click.Context, model: str, **_options: object) -> int:
    """Take every price of your own for a model out of your price file; the book's holds again."""
    from ..prices.editing import without_entries

    shell, asked = begin(context)
    provider, name = split_model(model)
    file = settings_for(shell, asked).prices
    if file is None:
        raise UsageMistake("you have no prices of your own", hint="tally price set")
    edited = without_entries(text_of(file), provider, name, shell.shown(file))
    if not edited.replaced:
        raise UsageMistake(
            f"{shell.shown(file)} has no price of {model}", hint=f"tally price show {model}"
        )
    write_prices(shell, asked, file, edited.text)
    if asked.format == "json":
        say(json_text({"schema": SCHEMA, "file": str(file), "removed": edited.replaced}))
        return 0
    say(f"{model}: {edited.replaced} taken out of {shell.shown(file)}")
    tell_of_recorded(asked)
    return 0


def price_file(shell: Shell, asked: Asked) -> Path:
    """The user's price file, there or not."""
    file = settings_for(shell, asked).prices
    return file or user_file(shell.surroundings).with_name("prices.toml")


def text_of(file: Path) -> str:
    """What stands in a price file; nothing if there is none. Raises `SettingsError`."""
    import tomllib

    from ..settings.lines import fault_line

    text = ""
    try:
        text = file.read_bytes().decode("utf-8-sig") if file.exists() else ""
        tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as problem:
        line = fault_line(text, problem)
        raise SettingsError(
            f"{file}:{line}: this is not valid TOML" if line else f"{file} is not valid TOML",
            because=str(problem),
            hint="correct it in an editor, then: tally config check",
        ) from problem
    except (OSError, ValueError, RecursionError) as problem:
        raise SettingsError(f"can't read {file}", because=str(problem)) from problem
    return text


def write_prices(shell: Shell, asked: Asked, file: Path, text: str) -> None:
    """Write the price file, and name it in the user's settings if none is named yet."""
    from ..settings.writing import Change, change_file, replace_file

    try:
        replace_file(file.resolve(), text)
    except (OSError, RuntimeError) as problem:  # the latter for links that go in a circle
        raise SettingsError(
            f"can't write {file}",
            because=getattr(problem, "strerror", None) or str(problem),
            hint="mend the permissions of its folder",
        ) from problem
    if settings_for(shell, asked).prices is None:
        settings = user_file(shell.surroundings)
        change_file(settings, Change(("prices",), file.name), head=_HEAD)
        mention(f'prices = "{file.name}"  written to {shell.shown(settings)}', quiet=asked.quiet)


def tell_of_recorded(asked: Asked) -> None:
    """What other prices mean for calls that are recorded."""
    mention(
        "recorded calls without a price are priced by the next: tally sync\n"
        "the others keep their amounts until: tally price apply",
        quiet=asked.quiet,
    )


def _in_currency(entry: Entry, settings: Settings, now_ms: int) -> Entry:
    """The price in the currency of that which holds without it, the user's or the book's."""
    from dataclasses import replace

    from ..prices import open_price_book

    own = settings.prices
    book = open_price_book(own if own and own.exists() else None, settings.price_data)
    card = book.card(entry.provider, entry.model, now_ms, entry.when)
    return entry if card is None or card.free else replace(entry, currency=card.currency)


def _remarks(
    shell: Shell, settings: Settings, entry: Entry, options: Mapping[str, object]
) -> Iterator[str]:
    """What is to be known about the price; the currency, where nobody gave an unusual one."""
    from ..prices import open_price_book
    from .priceadvice import advice, recorded_names

    if options["unit"] is None and entry.rates and entry.currency != "USD":
        yield f"in {entry.currency}, as the price until now; in another: --currency CODE"
    book = open_price_book(installed=settings.price_data)
    yield from advice(entry, book, recorded_names(shell, settings), shell.now_ms)


def _consequences(entry: Entry, edited: Edited) -> Sequence[str]:
    lines: list[str] = []
    if edited.replaced:
        lines.append("it replaces the price that began on the same day")
    if edited.closed:
        lines.append(f"the price before it ends on {entry.valid_from}")
    if edited.resumed:
        lines.append(f"the one of before holds again from {entry.valid_to} on")
    return lines


def _json(file: Path, entry: Entry, edited: Edited, remarks: Sequence[str]) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "file": str(file),
        "provider": entry.provider,
        "model": entry.model,
        "currency": entry.currency,
        "rates": dict(entry.rates),
        "when": dict(entry.when),
        "free": not entry.rates,
        "from": None if entry.valid_from is None else entry.valid_from.isoformat(),
        "to": None if entry.valid_to is None else entry.valid_to.isoformat(),
        "replaced": edited.replaced,
        "closed": edited.closed,
        "resumed": edited.resumed,
        "remarks": list(remarks),
    }
