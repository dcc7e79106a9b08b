"""`tally price update`: a newer price book from data packages on this machine, shown before it is
used. Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import PriceError, UsageMistake
from ..exporting.delimited import json_text
from ..format import DASH, count, plain
from ..model import decimal_text, instant
from .asking import begin, settings_for
from .options import Asked, json_option, run_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..prices.building.difference import Difference
    from ..prices.building.inputs import Input
    from ..prices.cards import Rate, RateCard
    from ..prices.shelf import Shelf
    from .tables import Column

SCHEMA = "tallybook.price-update/1"
_SHOWN = (("input", "Input"), ("output", "Output"), ("cache_read", "Cache read"))
_NOW_OLD = "recorded calls keep their amounts; to price them again: tally price apply"


@click.command("update", short_help="a newer book from data packages on this machine")
@click.option(
    "--from",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="A data package: its wheel, or the folder it was installed into. May be repeated.",
)
@click.option("--apply", "--yes", "install", is_flag=True, help="Use the newer book from now on.")
@click.option("--shipped", is_flag=True, help="Go back to the book that came with Tallybook.")
@json_option
@run_options
@click.pass_context
def price_update(
    context: click.Context,
    paths: tuple[Path, ...],
    install: bool,
    shipped: bool,
    **_options: object,
) -> int:
    """Build a newer price book from newer data packages on this machine, and show what differs.

    The packages are genai-prices and model-prices, as installed beside Tallybook or named by
    --from; they are read as data and never run, and nothing is fetched. With --apply the newer
    book is used from then on, until Tallybook itself is updated or --shipped goes back.
    """
    shell, asked = begin(context)
    folder = settings_for(shell, asked).price_data
    if folder is None:
        raise PriceError("there is no place for a newer price book")
    if shipped:
        if paths or install:
            raise UsageMistake("--shipped goes alone", hint="tally price update --shipped")
        return _back(folder, asked)
    return _update(shell, asked, folder, paths, install=install)


def _back(folder: Path, asked: Asked) -> int:
    from ..prices.building.installing import remove
    from ..prices.shelf import Shelf

    gone, book = remove(folder), Shelf().id
    if asked.format == "json":
        say(json_text({"schema": SCHEMA, "book": book, "removed": gone}))
    else:
        say(f"{'Back to' if gone else 'Already at'} the shipped price book {book}")
        if gone:
            mention(_NOW_OLD, quiet=asked.quiet)
    return 0


def _update(
    shell: Shell, asked: Asked, folder: Path, paths: Sequence[Path], *, install: bool
) -> int:
    from ..prices.building.builder import build_newer
    from ..prices.building.difference import differences, rules_of
    from ..prices.building.inputs import read_inputs
    from ..prices.building.installing import install as put
    from ..prices.shelf import Shelf, open_shelf

    shipped, current = Shelf(), open_shelf(folder)
    inputs = read_inputs(paths)
    log: list[str] = []
    after, today = max(shipped.epoch, current.epoch), instant(shell.now_ms).date()
    files = build_newer(inputs, shipped.id, after, today, log.append)
    newer = _as_shelf(files)
    found, rules = differences(current, newer), rules_of(current, newer)
    put_in = install and bool(found or rules)
    if put_in:
        put(files, folder)
    sources = [f"{each.package} {each.version}" for each in inputs.values()]
    if asked.format == "json":
        head = {"schema": SCHEMA, "book": current.id, "newer": newer.id, "sources": sources}
        rows = [_row(each) for each in found]
        say(json_text({**head, "installed": put_in, "rows": rows, "rules": rules, "log": log}))
        return 0
    _tell(shell, asked, found, rules)
    for warning in _older(inputs, shipped):
        mention(warning, quiet=asked.quiet)
    told = f"{', '.join(sources)} give the price book {newer.id}, which"
    if not found and not rules:
        say(f"{', '.join(sources)} give the same prices as the book in use, {current.id}")
    elif install:
        say(f"{told} is used from now on")
        mention(_NOW_OLD, quiet=asked.quiet)
    else:
        again = " ".join(f"--from {path}" for path in paths)
        say(f"{told} would replace {current.id}")
        mention(f"to use it: tally price update {again}".rstrip() + " --apply", quiet=asked.quiet)
    return 0


def _older(inputs: Mapping[str, Input], shipped: Shelf) -> Iterator[str]:
    """A line for each package that is older than the one that the shipped book was built from."""
    from ..prices.decode import table

    for source in shipped.sources:
        named = table(source, "sources")
        name, version = str(named.get("name")), str(named.get("version"))
        each = inputs.get(name)
        if each is not None and _parts(each.version) < _parts(version):
            yield f"{name} {each.version} is older than {version}, which the shipped book is from"


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _as_shelf(files: Mapping[str, str]) -> Shelf:
    """The built files, opened as a book that is in use would be."""
    from tempfile import TemporaryDirectory

    from ..prices.shelf import Shelf

    with TemporaryDirectory() as name:
        for file, text in files.items():
            (Path(name) / file).write_text(text, encoding="utf-8")
        shelf = Shelf(Path(name))
        for _ in shelf.files():  # all of them, before the folder goes
            pass
    return shelf


def _tell(shell: Shell, asked: Asked, found: Sequence[Difference], rules: Sequence[str]) -> None:
    """The table of what differs, how much of each kind, and where the rules beside the cards do."""
    if rules:
        say(f"Factors, hours or names of models differ at {', '.join(rules)}\n")
    if not found:
        return
    from .tables import Ink, draw

    ink = Ink(on=shell.colour and asked.colour)
    say("\n".join(draw(list(_columns(found)), shell.width, ink)))
    kinds = [each.change for each in found]
    told = [f"{kinds.count(kind)} {kind}" for kind in ("new", "changed", "gone") if kind in kinds]
    say(f"\n{count(len(found), 'card')}: {', '.join(told)}; per million tokens")


def _columns(found: Sequence[Difference]) -> Iterator[Column]:
    from .tables import LISTED, Column

    yield Column(title="", cells=tuple(each.change for each in found))
    yield Column(title="Card", cells=tuple(_name(each.card) for each in found), text=True, least=24)
    for rank, (name, title) in enumerate(_SHOWN):
        cells = tuple(_moved(each, name) for each in found)
        yield Column(title=title, cells=cells, rank=rank + 1 if rank else 0)
    parts = tuple(LISTED.join(each.parts) or DASH for each in found)
    yield Column(title="Differs in", cells=parts, rank=4, text=True, listed=True)
    yield Column(title="Currency", cells=tuple(each.card.currency for each in found), rank=5)


def _name(card: RateCard) -> str:
    return plain(card.id)


def _moved(each: Difference, name: str) -> str:
    """A rate before and after, or the one that there is."""
    from .price import rate_text

    before = rate_text(each.before.rates.get(name)) if each.before else ""
    after = rate_text(each.after.rates.get(name)) if each.after else ""
    return f"{before} → {after}" if before and after and before != after else after or before


def _row(each: Difference) -> dict[str, Any]:
    card = each.card
    return {
        "change": each.change,
        "card": card.id,
        "provider": card.provider,
        "model": card.model,
        "currency": card.currency,
        "differs": list(each.parts),
        "before": _rates(each.before),
        "after": _rates(each.after),
        "source": card.source,
    }


def _rates(card: RateCard | None) -> list[dict[str, Any]] | None:
    """The rates of a card, then of its tiers; None for a card that isn't there."""
    if card is None:
        return None
    sheets: list[Mapping[str, Rate]] = [card.rates, *(tier.rates for tier in card.tiers)]
    return [
        {name: {"rate": decimal_text(rate.nanos), "per": rate.per} for name, rate in sheet.items()}
        for sheet in sheets
    ]
