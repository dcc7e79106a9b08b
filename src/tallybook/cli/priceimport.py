"""`tally price import opencode`: the prices of another program's configuration as your own.

What such a file says is read by `tallybook.prices.opencode_costs`; that program's file is only
read, never written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import SettingsError, UsageMistake
from ..format import count, plain
from ..model import CLASSES
from .asking import begin, settings_for
from .delimited import json_text
from .options import json_option, run_options
from .priceset import price_file, tell_of_recorded, text_of, write_prices
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..prices import PriceBook
    from ..prices.cards import RateCard
    from ..prices.editing import Entry
    from ..prices.opencode_costs import Costs
    from ..settings import Settings

SCHEMA = "tallybook.price-import/1"

_FILES = ("opencode.jsonc", "opencode.json", "config.json")
"""What OpenCode calls its configuration, the first that is there counting."""


@click.command("import", short_help="prices from OpenCode's configuration")
@click.argument("program", type=click.Choice(["opencode"]))
@click.option("--file", "path", type=click.Path(path_type=Path), help="Another opencode.json(c).")
@click.option("--apply", "--yes", "write", is_flag=True, help="Write them into your price file.")
@json_option
@run_options
@click.pass_context
def price_import(
    context: click.Context, program: str, path: Path | None, write: bool, **_options: object
) -> int:
    """Show the prices that OpenCode's configuration sets (provider.*.models.*.cost) as prices of
    your own, each beside that of the book; --apply writes them.

    They are dollars per million tokens. A class without a price stays unpriced; OpenCode counts it
    as free.
    """
    del program
    shell, asked = begin(context)
    file = _found(shell, path)
    costs = _read(shell, file)
    book = _book(settings_for(shell, asked))
    for remark in costs.remarks:
        mention(plain(remark), quiet=asked.quiet)
    target = price_file(shell, asked)
    if write and costs.entries:
        text = _with(costs.entries, text_of(target), shell.shown(target))
        write_prices(shell, asked, target, text)
    if asked.format == "json":
        say(json_text(_json(file, costs, book, shell.now_ms, target if write else None)))
        return 0
    if not costs.entries:
        mention(f"{shell.shown(file)} sets no price")
        return 0
    say("\n".join(_page(costs.entries, book, shell.now_ms)).strip())
    found = f"{count(len(costs.entries), 'price')} in {shell.shown(file)}"
    if write:
        mention(f"\n{found}, written to {shell.shown(target)}", quiet=asked.quiet)
        tell_of_recorded(asked)
    else:
        mention(f"\n{found}. To write them into {shell.shown(target)}: --apply", quiet=asked.quiet)
    return 0


def _found(shell: Shell, path: Path | None) -> Path:
    """The configuration that is meant. Raises `UsageMistake` if there is none."""
    import sys

    from ..sources.opencode_configured import config_folders

    where = shell.surroundings
    if path is not None:
        file = where.cwd / path
        if not file.is_file():
            raise UsageMistake(f"there is no file {shell.shown(file)}")
        return file
    folders = config_folders(where.environ, where.home, sys.platform)
    named = where.environ.get("OPENCODE_CONFIG")
    places = [Path(named)] if named else []
    places += [folder / name for folder in reversed(folders) for name in _FILES]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UsageMistake(
            "OpenCode has no configuration here",
            because=f"looked into {', '.join(shell.shown(folder) for folder in folders)}",
            hint="tally price import opencode --file PATH",
        )
    return found


def _read(shell: Shell, file: Path) -> Costs:
    from ..prices.opencode_costs import configured_costs

    try:
        return configured_costs(file.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as problem:
        raise SettingsError(
            f"can't read {shell.shown(file)}",
            because=str(problem),
            hint="OpenCode itself does not start with such a file",
        ) from problem


def _book(settings: Settings) -> PriceBook:
    from ..prices import open_price_book

    own = settings.prices
    return open_price_book(own if own and own.exists() else None, settings.price_data)


def _with(entries: Sequence[Entry], text: str, name: str) -> str:
    """The price file with every price put in."""
    from ..prices.editing import with_entry

    for entry in entries:
        text = with_entry(text, entry, name).text
    return text


def _page(entries: Sequence[Entry], book: PriceBook, now_ms: int) -> Iterator[str]:
    from ..prices.editing import START, entry_text

    yield from START.splitlines()
    for entry in entries:
        yield ""
        yield f"# {_compared(entry, book.card(entry.provider, entry.model, now_ms, {}))}"
        yield entry_text(entry).rstrip("\n")


def _compared(entry: Entry, card: RateCard | None) -> str:
    """How a price differs from that which holds without it."""
    from .price import rate_text  # which registers this module's command

    if card is None:
        return "without this, such calls have no price"
    name = plain(card.id)
    if card.currency != entry.currency:
        return f"instead of {name}, which is in {card.currency}"
    differing = [
        f"{each} {rate_text(card.rates.get(each))}"
        for each in CLASSES
        if _differs(entry, card, each)
    ]
    if not differing:
        return f"the same as {name}"
    return f"instead of {', '.join(differing)} by {name}"


def _differs(entry: Entry, card: RateCard, name: str) -> bool:
    from ..model import nanos_of
    from ..prices.cards import MILLION, Rate

    group = "cache_write" if name.startswith("cache_write") else name
    told = entry.rates.get(name) or entry.rates.get(group)
    if told is None and name == "reasoning":
        told = entry.rates.get("output")
    theirs = card.rates.get(name)
    return (None if told is None else Rate(nanos_of(told), MILLION)) != theirs


def _json(
    file: Path, costs: Costs, book: PriceBook, now_ms: int, target: Path | None
) -> dict[str, object]:
    def row(entry: Entry) -> dict[str, object]:
        card = book.card(entry.provider, entry.model, now_ms, {})
        return {
            **entry.values(),
            "card": None if card is None else card.id,
            "compared": _compared(entry, card),
        }

    return {
        "schema": SCHEMA,
        "file": str(file),
        "written_to": None if target is None else str(target),
        "rows": [row(entry) for entry in costs.entries],
        "remarks": list(costs.remarks),
    }
