"""`tally price set` and `unset`: a price of your own, one model at a time.

How a price file is changed without losing a comment is `tallybook.prices.editing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import click

from ..errors import SettingsError, UsageMistake
from ..model import CLASSES, decimal_text, nanos_of
from ..settings import user_file
from .asking import begin, settings_for
from .delimited import json_text
from .options import Asked, excluding, json_option, run_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..prices import PriceBook
    from ..prices.editing import Edited, Entry

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
@click.option("--currency", "unit", metavar="CODE", default="USD", help="USD if left out.")
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
    """
    from ..prices import open_price_book
    from ..prices.editing import with_entry

    shell, asked = begin(context)
    entry = _entry(model, options)
    book = open_price_book(installed=settings_for(shell, asked).price_data)
    file = price_file(shell, asked)
    edited = with_entry(text_of(file), entry, shell.shown(file))
    write_prices(shell, asked, file, edited.text)
    if asked.format == "json":
        say(json_text(_json(file, entry, edited)))
        return 0
    from ..prices.editing import entry_text

    say(entry_text(entry).rstrip("\n"))
    mention(f"written to {shell.shown(file)}", quiet=asked.quiet)
    for line in (*_consequences(entry, edited), *_lacking(entry, book, shell.now_ms)):
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


def split_model(text: str) -> tuple[str, str]:
    """The provider and the model of PROVIDER/MODEL. Raises `UsageMistake`."""
    provider, _, model = (part.strip() for part in text.partition("/"))
    if not provider or not model:
        raise UsageMistake(
            f"{text!r} names no provider",
            because="a model has a price at a provider, and others elsewhere",
            hint=f"tally price set anthropic/{model or provider or 'claude-sonnet-4-5'} --input 3",
        )
    return provider.lower(), model


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
    mention("calls recorded so far keep their amounts until: tally price apply", quiet=asked.quiet)


def _entry(model: str, options: Mapping[str, object]) -> Entry:
    from ..prices.editing import Entry
    from ..prices.form import moment_of

    provider, name = split_model(model)
    rates = {each: _amount(each, options[each]) for each in CLASSES if options[each] is not None}
    units = _pairs("--rate", options["units"])
    if twice := next((each for each in units if each in rates), ""):
        raise excluding(f"--{twice.replace('_', '-')}", f"--rate {twice}")
    rates |= {each: _amount(each, text) for each, text in units.items()}
    if options["free"]:
        given = [f"--{key}" for key in (*rates, "when") if key in rates or options.get(key)]
        if given:
            raise excluding("--free", given[0].replace("_", "-"))
    elif not rates:
        raise UsageMistake("a price needs a rate", hint=f"--input 3 --output 15, for {model}")
    begins, ends = _day("--from", options["begins"]), _day("--to", options["ends"])
    if begins and ends and moment_of(begins) >= moment_of(ends):
        raise UsageMistake(f"--to {ends} is not after --from {begins}", hint="--to a later day")
    return Entry(
        provider=provider,
        model=name,
        currency=str(options["unit"]).upper(),
        rates=rates,
        when=_pairs("--when", options["when"]),
        valid_from=begins,
        valid_to=ends,
        source=str(options["origin"] or ""),
    )


def _amount(name: str, text: object) -> str:
    from decimal import Decimal

    try:
        nanos = nanos_of(str(text).strip())
    except ValueError as problem:
        raise UsageMistake(f"{name}: {problem}", hint="write it like 0.25") from problem
    if nanos < 0:
        raise UsageMistake(f"{name}: a price can't be below 0", hint="--free is a price of 0")
    amount = decimal_text(nanos)
    if Decimal(amount) != Decimal(str(text).strip()):
        raise UsageMistake(
            f"{name}: {text} has more than nine decimals",
            because="amounts are by the million tokens, and other units by the thousand",
            hint="write it into the price file, where `per` may be another: tally help prices",
        )
    return amount


def _pairs(option: str, given: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in cast("tuple[str, ...]", given):
        key, _, value = text.partition("=")
        if not key or not value:
            example = "web_search=10" if option == "--rate" else "service_tier=flex"
            raise UsageMistake(f"{option} {text}: expected NAME=VALUE", hint=f"{option} {example}")
        found[key.strip()] = value.strip()
    return found


def _day(option: str, text: object) -> date | None:
    """A date, or a time with UTC where it names no zone."""
    if text is None:
        return None
    with suppress(ValueError):
        return date.fromisoformat(str(text))
    with suppress(ValueError):
        when = datetime.fromisoformat(str(text))
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    raise UsageMistake(f"{option} {text}: no date", hint=f"{option} 2026-11-22")


def _consequences(entry: Entry, edited: Edited) -> Sequence[str]:
    lines: list[str] = []
    if edited.replaced:
        lines.append("it replaces the price that began on the same day")
    if edited.closed:
        lines.append(f"the price before it ends on {entry.valid_from}")
    if edited.resumed:
        lines.append(f"the one of before holds again from {entry.valid_to} on")
    return lines


def _lacking(entry: Entry, book: PriceBook, now_ms: int) -> Sequence[str]:
    """Classes that the book prices and the new price does not: such tokens stay unpriced."""
    card = book.card(entry.provider, entry.model, now_ms, entry.when)
    if card is None or not entry.rates:
        return ()
    have = {*entry.rates, *({"reasoning"} if "output" in entry.rates else ())}
    if "cache_write" in have:
        have |= {"cache_write_5m", "cache_write_1h"}
    missing = [name for name in CLASSES if name in card.rates and name not in have]
    if not missing:
        return ()
    options = " ".join(f"--{name.replace('_', '-')}" for name in missing)
    return (f"the book prices more: without {options} such tokens stay unpriced",)


def _json(file: Path, entry: Entry, edited: Edited) -> dict[str, object]:
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
    }
