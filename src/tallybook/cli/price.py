"""`tally price`: what is in the price book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from ..errors import TallyError, nearest
from ..exporting.delimited import json_text
from ..format import DASH, count, plain
from ..model import CLASSES, decimal_text, instant
from .app import NearMissGroup
from .asking import begin, settings_for
from .options import Asked, json_option, run_options
from .priceadvice import tier_text
from .priceapply import apply
from .priceaudit import audit
from .priceexplain import explain
from .pricefactors import factor_json, factor_text, factors_on
from .priceimport import price_import
from .pricequote import price_quote
from .priceset import price_set, price_unset
from .priceupdate import price_update
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..prices import Found, PriceBook
    from ..prices.cards import Multiplier, Rate, RateCard, Tier
    from .tables import Column

_SHOWN = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
_TITLES = ("Input", "Output", "Cache read", "Write 5m", "Write 1h")
_PER = 1_000_000


@click.group(cls=NearMissGroup, short_help="the price book: list, quote, explain, apply, …")
def price() -> None:
    """The price book: dated, exact, shipped with the program, nothing fetched."""


for _verb in (
    price_quote,
    explain,
    apply,
    audit,
    price_set,
    price_unset,
    price_import,
    price_update,
):
    price.add_command(_verb)


@price.command("list", short_help="the rates in force now")
@click.argument("part", metavar="[FILTER]", default="")
@json_option
@run_options
@click.pass_context
def price_list(context: click.Context, part: str, **_options: object) -> int:
    """The rates in force now, per million tokens; FILTER is a part of provider/model.

    A price of your own is marked, and stands instead of the book's.
    """
    from ..prices.age import stale

    shell, asked = begin(context)
    prices = _open(shell, asked)
    cards = _in_force(prices, part.lower(), shell.now_ms)
    if asked.format == "json":
        rows = [card_json(card) for card in cards]
        say(json_text({"schema": "tallybook.prices/1", "book": prices.id, "rows": rows}))
        return 0
    if not cards:
        raise TallyError(f"no price matches {part!r}", hint="tally price list")
    from .tables import Ink, draw

    ink = Ink(on=shell.colour and asked.colour)
    say("\n".join(draw(_columns(cards), shell.width, ink)))
    told = f"{count(len(cards), 'card')}, per million tokens. {book_text(prices)}"
    mention(f"\n{told}", quiet=asked.quiet)
    if warning := stale(prices.id, shell.now_ms):
        mention(warning, quiet=asked.quiet)
    return 0


@price.command("show", short_help="every rate of one model, with dates, tiers and origin")
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
            {
                **card_json(card),
                "factors": list(map(factor_json, factors_on(prices, each, card))),
                "steps": list(each.steps_to(card)),
            }
            for each in found
            for card in each.cards
        ]
        say(json_text({"schema": "tallybook.prices/1", "book": prices.id, "rows": rows}))
        return 0
    say(
        "\n".join(
            line
            for each in found
            for card in each.cards
            for line in _page(each, card, factors_on(prices, each, card))
        ).strip()
    )
    return 0


def book_text(prices: PriceBook) -> str:
    """Which book it is, and where a newer one than the shipped was built from."""
    made = ", ".join(prices.updated_from)
    return f"Price book {prices.id}" + (f", updated from {made}" if made else "")


def card_json(card: RateCard) -> dict[str, Any]:
    """One rate card: rates as exact decimal texts per so many units."""
    return {
        "card": card.id,
        "provider": card.provider,
        "model": card.model,
        "currency": card.currency,
        "rates": _rates_json(card.rates),
        "tiers": [_tier_json(tier) for tier in card.tiers],
        "when": dict(card.when),
        "hours": card.schedule.words if card.schedule else None,
        "from": _day(card.valid_from_ms),
        "to": _day(card.valid_to_ms),
        "source": card.source,
        "url": card.url,
        "notes": list(card.notes),
    }


def _tier_json(tier: Tier) -> dict[str, Any]:
    """One tier; a threshold that it does not have is null."""
    over, output_over = (None if n < 0 else n for n in (tier.over, tier.output_over))
    return {"over": over, "output_over": output_over, "rates": _rates_json(tier.rates)}


def _open(shell: Shell, asked: Asked) -> PriceBook:
    from ..prices import open_price_book

    settings = settings_for(shell, asked)
    return open_price_book(settings.prices, settings.price_data)


def _in_force(prices: PriceBook, part: str, now_ms: int) -> list[RateCard]:
    """The standard cards of now whose names contain a part; of the book's only those that no card
    of the user's own stands before."""
    cards = [card for card in prices.cards() if card.active(now_ms) and not card.when]
    if any(_is_own(card) for card in cards):
        cards = [card for card in cards if _is_own(card) or not _set_aside(prices, card, now_ms)]
    return [card for card in cards if part in f"{card.provider}/{card.model}".lower()]


def _set_aside(prices: PriceBook, card: RateCard, now_ms: int) -> bool:
    found = prices.find(card.provider, card.model)
    own = found.own if found else ()
    return any(each.active(now_ms) and not each.when and not each.schedule for each in own)


def _is_own(card: RateCard) -> bool:
    return card.origin == "override"


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

    own = {True: " (own)", False: ""}
    names = tuple(plain(f"{c.provider}/{c.model}{own[_is_own(c)]}") for c in cards)
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


def _page(found: Found, card: RateCard, factors: Iterable[Multiplier]) -> Iterator[str]:
    yield ""
    yield plain(card.id)
    since, until = _day(card.valid_from_ms), _day(card.valid_to_ms)
    begin, end = f"from {since} on" if since else "", f"until {until}" if until else ""
    span = f"{since} to {until}" if since and until else begin or end
    known = _day(card.known_from_ms)
    told = (span, f"known since {known}" if known and known != since else "")
    yield f"  in force        {', '.join(filter(None, told)) or 'always'}"
    if card.schedule:
        yield f"  only at         {plain(card.schedule.words)}"
    if card.when:
        told = ", ".join(f"{key}={value}" for key, value in card.when.items())
        yield f"  only with       {plain(told)}"
    yield from _rate_lines(card.rates, card.currency, "  ")
    for tier in card.tiers:
        yield f"  for {tier_text(tier)}"
        yield from _rate_lines(tier.rates, card.currency, "    ")
    yield from (f"  factor          {factor_text(each, card)}" for each in factors)
    missing = [name for name in CLASSES if name not in card.rates]
    if missing and not card.free:
        yield f"  no rate for     {', '.join(missing)} (such tokens stay unpriced)"
    if steps := found.steps_to(card):
        yield f"  reached by      {', '.join(map(plain, steps))}"
    yield from (f"  note            {plain(note)}" for note in card.notes)
    origin = "yours, and goes before the book's" if _is_own(card) else card.origin
    if card.source:
        origin = f"{origin}: {card.source}" if _is_own(card) else card.source
    yield f"  origin          {plain(origin)} {plain(card.url)}".rstrip()


def _rate_lines(rates: Mapping[str, Rate], currency: str, indent: str) -> Iterable[str]:
    from ..prices.cards import PART_OF

    classes = [name for name in CLASSES if name in rates]
    for name in (*classes, *(unit for unit in rates if unit not in CLASSES)):
        rate, tokens = rates[name], name in CLASSES or name in PART_OF
        per = "million tokens" if rate.per == _PER and tokens else f"{rate.per:,}"
        beside = f" per {per}" if tokens or rate.nanos else ""
        yield f"{indent}{name + ' ':<16}{decimal_text(rate.nanos)} {currency}{beside}"
