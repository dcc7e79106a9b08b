"""`tally price`: what is in the price book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from ..errors import TallyError, nearest
from ..format import DASH, compact, count, plain
from ..model import CLASSES, decimal_text, instant
from .app import NearMissGroup
from .asking import begin, settings_for
from .delimited import json_text
from .options import Asked, json_option, run_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..prices import Found, PriceBook
    from ..prices.cards import Rate, RateCard
    from .tables import Column

_SHOWN = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
_TITLES = ("Input", "Output", "Cache read", "Write 5m", "Write 1h")
_PER = 1_000_000


@click.group(cls=NearMissGroup, short_help="the price book: list, show")
def price() -> None:
    """The price book: dated, exact, shipped with the program, nothing fetched."""


@price.command("list")
@click.argument("part", metavar="[FILTER]", default="")
@json_option
@run_options
@click.pass_context
def price_list(context: click.Context, part: str, **_options: object) -> int:
    """The rates in force now, per million tokens; FILTER is a part of provider/model."""
    shell, asked = begin(context)
    prices = _open(shell, asked)
    cards = [card for card in prices.cards() if _listed(card, part.lower(), shell.now_ms)]
    if asked.format == "json":
        rows = [card_json(card) for card in cards]
        say(json_text({"schema": "tallybook.prices/1", "book": prices.id, "rows": rows}))
        return 0
    if not cards:
        raise TallyError(f"no price matches {part!r}", hint="tally price list")
    from .tables import Ink, draw

    ink = Ink(on=shell.colour and asked.colour)
    say("\n".join(draw(_columns(cards), shell.width, ink)))
    mention(
        f"\n{count(len(cards), 'card')}, per million tokens. Price book {prices.id}",
        quiet=asked.quiet,
    )
    return 0


@price.command("show")
@click.argument("model", metavar="MODEL")
@json_option
@run_options
@click.pass_context
def price_show(context: click.Context, model: str, **_options: object) -> int:
    """Every rate of one model with dates, tiers and origin. MODEL may be provider/model."""
    shell, asked = begin(context)
    prices = _open(shell, asked)
    found = list(_found(prices, model))
    if not found:
        known = sorted({card.model for card in prices.cards()})
        close = nearest(model.lower().split("/")[-1], known)
        raise TallyError(
            f"no price is known for {model!r}",
            because="names match exactly or by a listed alias, never by likeness",
            hint=f"tally price show {close}" if close else "tally help prices",
        )
    if asked.format == "json":
        rows = [
            {**card_json(card), "steps": list(each.steps)} for each in found for card in each.cards
        ]
        say(json_text({"schema": "tallybook.prices/1", "book": prices.id, "rows": rows}))
        return 0
    say(
        "\n".join(
            line for each in found for card in each.cards for line in _page(each, card)
        ).strip()
    )
    return 0


def card_json(card: RateCard) -> dict[str, Any]:
    """One rate card: rates as exact decimal texts per so many units."""
    return {
        "card": card.id,
        "provider": card.provider,
        "model": card.model,
        "currency": card.currency,
        "rates": _rates_json(card.rates),
        "tiers": [{"over": tier.over, "rates": _rates_json(tier.rates)} for tier in card.tiers],
        "when": dict(card.when),
        "from": _day(card.valid_from_ms),
        "to": _day(card.valid_to_ms),
        "source": card.source,
        "url": card.url,
        "notes": list(card.notes),
    }


def _open(shell: Shell, asked: Asked) -> PriceBook:
    from ..prices import open_price_book

    return open_price_book(settings_for(shell, asked).prices)


def _listed(card: RateCard, part: str, now_ms: int) -> bool:
    return part in f"{card.provider}/{card.model}" and card.active(now_ms) and not card.when


def _found(prices: PriceBook, model: str) -> Iterator[Found]:
    """The cards under one provider if it is named, else under every provider that has them."""
    provider, slash, name = model.partition("/")
    if slash and (one := prices.find(provider, name)):
        yield one
        return
    for each in prices.providers:
        one = prices.find(each, model)
        if one is not None and one.cards and one.provider == each:
            yield one


def _rates_json(rates: Mapping[str, Rate]) -> dict[str, Any]:
    return {
        name: {"rate": decimal_text(rate.nanos), "per": rate.per} for name, rate in rates.items()
    }


def _day(ms: int | None) -> str | None:
    return None if ms is None else instant(ms).date().isoformat()


def _columns(cards: list[RateCard]) -> list[Column]:
    from .tables import Column

    names = tuple(plain(f"{card.provider}/{card.model}") for card in cards)
    columns = [Column(title="Model", cells=names, text=True, least=30)]
    for rank, (name, title) in enumerate(zip(_SHOWN, _TITLES, strict=True)):
        cells = tuple(rate_text(card.rates.get(name)) for card in cards)
        columns.append(Column(title=title, cells=cells, rank=rank + 2 if rank > 1 else 0))
    columns.append(Column(title="Currency", cells=tuple(card.currency for card in cards), rank=3))
    since = tuple(_day(card.valid_from_ms) or DASH for card in cards)
    return [*columns, Column(title="Since", cells=since, rank=7)]


def rate_text(rate: Rate | None) -> str:
    """A rate per million as decimal text; a dash where there is none (which is not zero)."""
    if rate is None:
        return DASH
    nanos, rest = divmod(rate.nanos * _PER, rate.per)
    return decimal_text(nanos) if rest == 0 else f"{decimal_text(rate.nanos)}/{rate.per}"


def _page(found: Found, card: RateCard) -> Iterator[str]:
    yield ""
    yield plain(card.id)
    since, until = _day(card.valid_from_ms), _day(card.valid_to_ms)
    span = f"{since or 'the first day'} to {until or 'now'}" if since or until else "always"
    yield f"  in force        {span}"
    if card.when:
        yield f"  only with       {', '.join(f'{key}={value}' for key, value in card.when.items())}"
    yield from _rate_lines(card.rates, card.currency, "  ")
    for tier in card.tiers:
        yield f"  for prompts of more than {compact(tier.over)} tokens"
        yield from _rate_lines(tier.rates, card.currency, "    ")
    missing = [name for name in CLASSES if name not in card.rates]
    if missing and not card.free:
        yield f"  no rate for     {', '.join(missing)} (such tokens stay unpriced)"
    if found.steps:
        yield f"  reached by      {', '.join(found.steps)}"
    yield from (f"  note            {plain(note)}" for note in card.notes)
    yield f"  origin          {plain(card.source or card.origin)} {plain(card.url)}".rstrip()


def _rate_lines(rates: Mapping[str, Rate], currency: str, indent: str) -> Iterable[str]:
    for name, rate in rates.items():
        per = "million tokens" if rate.per == _PER else f"{rate.per:,}"
        yield f"{indent}{name:<16}{decimal_text(rate.nanos)} {currency} per {per}"
