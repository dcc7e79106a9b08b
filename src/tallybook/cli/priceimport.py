"""`tally price import opencode`: the prices of another program's configuration as your own.

What such a file says is read by `tallybook.prices.opencode_costs`; that program's file is only
read, never written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ..errors import SettingsError, UsageMistake
from ..exporting.delimited import json_text
from ..format import count, plain
from ..model import CLASSES
from .asking import PARTIAL, begin, settings_for
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
@click.argument("program", type=click.Choice(["opencode"]), metavar="PROGRAM")
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

    PROGRAM is opencode. They are dollars per million tokens. A class without a price stays
    unpriced; OpenCode counts it as free. A price that can't stand beside those that you have is
    named and left out; the exit code is then 5.
    """
    del program
    shell, asked = begin(context)
    file = _found(shell, path)
    costs = _read(shell, file)
    book = _book(settings_for(shell, asked))
    for remark in costs.remarks:
        mention(plain(remark), quiet=asked.quiet)
    if not costs.entries and asked.format != "json":
        mention(f"{shell.shown(file)} sets no price")
        return 0
    target = price_file(shell, asked)
    merged = _merged(costs.entries, text_of(target), shell.shown(target))
    write = write and bool(merged.entries)
    if write:
        write_prices(shell, asked, target, merged.text)
    code = PARTIAL if merged.conflicts else 0
    if asked.format == "json":
        told = _json(file, costs, book, shell.now_ms, merged)
        say(json_text({**told, "written_to": str(target) if write else None}))
        return code
    if merged.entries:
        say("\n".join(_page(merged.entries, book, shell.now_ms)).strip())
    for line in (*merged.changes, *starmap(_left_out, merged.conflicts.items())):
        mention(line, quiet=asked.quiet)
    found = f"{count(len(merged.entries), 'price')} in {shell.shown(file)}"
    if write:
        mention(f"\n{found}, written to {shell.shown(target)}", quiet=asked.quiet)
        tell_of_recorded(asked)
    elif merged.entries:
        mention(f"\n{found}. To write them into {shell.shown(target)}: --apply", quiet=asked.quiet)
    return code


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


class _Merged(NamedTuple):
    """A price file with the prices put in that can stand in it (`entries`), what that `changes`
    for the user's own, in words, and what stands in the way of the others, by model."""

    text: str
    entries: Sequence[Entry]
    changes: Sequence[str]
    conflicts: Mapping[str, SettingsError]


def _merged(entries: Sequence[Entry], text: str, name: str) -> _Merged:
    """Put the prices in, one after another. Raises `SettingsError` for a file that is wrong."""
    from ..prices.editing import START, with_entry
    from ..prices.overrides import survey_text

    for fault in survey_text((text or START).replace("\r\n", "\n"), name):
        raise fault
    taken: list[Entry] = []
    changes: list[str] = []
    conflicts: dict[str, SettingsError] = {}
    for entry in entries:
        model = f"{entry.provider}/{entry.model}"
        try:
            edited = with_entry(text, entry, name)
        except SettingsError as problem:
            conflicts[model] = problem
            continue
        if edited.replaced and edited.text != text:
            changes.append(f"replaces your own price of {plain(model)} in {name}")
        text = edited.text
        taken.append(entry)
    return _Merged(text, taken, changes, conflicts)


def _left_out(model: str, conflict: SettingsError) -> str:
    """Why a price is left out, and what to do, by the verbs that there are for it."""
    why = f"left out: {model}: {conflict} ({conflict.because.partition(';')[0]})"
    return plain(f"{why}; to take yours out: tally price unset {model}")


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
    file: Path, costs: Costs, book: PriceBook, now_ms: int, merged: _Merged
) -> dict[str, object]:
    def row(entry: Entry) -> dict[str, object]:
        card = book.card(entry.provider, entry.model, now_ms, {})
        conflict = merged.conflicts.get(f"{entry.provider}/{entry.model}")
        return {
            **entry.values(),
            "card": None if card is None else card.id,
            "compared": _compared(entry, card),
            "conflict": None if conflict is None else str(conflict),
        }

    return {
        "schema": SCHEMA,
        "file": str(file),
        "rows": [row(entry) for entry in costs.entries],
        "remarks": [*costs.remarks, *merged.changes],
    }
