"""`tally price explain`: the arithmetic of one recorded charge, from counts to the amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..clock import local
from ..errors import TallyError, UsageMistake
from ..exporting.delimited import json_text
from ..format import DASH, count, money, number, plain
from ..model import decimal_text, instant
from ..query import exact_time
from ..reading import key_of
from ..wording import assumed, short_id, state_text
from .asking import begin, refresh, settings_for
from .options import Asked, excluding, json_option, run_options, sync_option
from .session import CURRENT
from .shell import Shell, say

if TYPE_CHECKING:
    from ..book import Book
    from ..charging import Working
    from ..ledger.evidence import Call
    from ..model import Money
    from ..prices.cards import RateCard
    from ..sessions import SessionAnswer

_SPACES = (
    "anthropic:response",
    "openai:response",
    "gemini-cli:message",
    "tallybook:manual",
)
"""The spaces of ids that are known without more: a response's, one given by hand. Those of other
agents' messages say nothing without their session."""


class _Numbered(NamedTuple):
    number: int
    call: Call


@click.command("explain", short_help="the arithmetic of one recorded charge")
@click.argument("call", metavar="CALL")
@click.option("--round", "number", type=int, metavar="N", help="That round of the session.")
@sync_option
@json_option
@run_options
@click.pass_context
def explain(context: click.Context, call: str, number: int | None, **_options: object) -> int:
    """The arithmetic of one recorded charge: classes, rates, card, tier, factors, assumptions.

    CALL is the id of a response, or a session (a prefix, or `current`) with a round behind it:
    3f2a91c0#7. A session alone lists its calls with their charges.
    """
    from ..charging import worked

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with shell.open_book(settings) as book:
        refresh(book, shell, asked)
        if call.partition("#")[0] == CURRENT:
            current = book.current_session(shell.surroundings.cwd)
            if current is None:
                raise TallyError("the ledger has no session yet", hint="tally doctor")
            call = current + call.removeprefix(CURRENT)
        found, calls = _found(book, call, number)
        if len(calls) == 1:
            working = worked(calls[0].call, book.prices)
            page = _Page(shell, asked, working, settings.tz)
            say(json_text(page.json()) if asked.format == "json" else "\n".join(page.lines()))
            return 0
    if asked.format == "json":
        raise UsageMistake(
            f"{call!r} is a session of {count(len(calls), 'call')}",
            hint=f"tally price explain {short_id(call)}#1 --json",
        )
    say("\n".join(_listing(shell, asked, found, calls)))
    return 0


def _found(
    book: Book, text: str, number: int | None
) -> tuple[SessionAnswer | None, list[_Numbered]]:
    """The call that is meant, or all of a session. Raises `TallyError` where there is none."""
    known = book.ledger.calls([key_of(space, text) for space in _SPACES])
    for each in known.values():
        return None, [_Numbered(0, each)]
    name, mark, digits = text.rpartition("#")
    if mark and not (digits.isdecimal() and len(digits) < 10):
        raise UsageMistake(f"{digits[:20]!r} is no round", hint="tally price explain SESSION#7")
    if mark and number is not None:
        raise excluding(f"#{digits}", "--round")
    if not (name if mark else text):
        raise UsageMistake("an empty CALL fits everything", hint="tally price explain SESSION#7")
    wanted = int(digits) if mark else number
    session = book.session(name if mark else text)
    if session is None:
        raise TallyError(
            f"no call and no session is known by {text!r}",
            because="CALL is the id of a response, or a session",
            hint="tally sessions",
        )
    calls = _calls(book, session)
    if wanted is None:
        return session, calls
    chosen = [each for each in calls if each.number == wanted]
    if not chosen:
        raise TallyError(
            f"session {short_id(session.session_id)} has no call in round {wanted}",
            hint=f"tally price explain {short_id(session.session_id)} lists them",
        )
    return session, chosen


def _calls(book: Book, session: SessionAnswer) -> list[_Numbered]:
    """The calls of a session by their rounds. Those that no round shows (recovered ones, or all
    where its files are gone) come after these, in the order of time."""
    rounds = [(each.round.number, each.call) for each in book.rounds(session)]
    calls = [_Numbered(number, call) for number, call in rounds if call]
    shown = {key for each in calls for key in each.call.keys}
    own = sorted(book.explain(session).own, key=lambda call: call.started_ms)
    last = max((number for number, _ in rounds), default=0)
    more = (call for call in own if shown.isdisjoint(call.keys))
    calls += [_Numbered(number, call) for number, call in enumerate(more, last + 1)]
    if not calls:
        raise TallyError(f"session {short_id(session.session_id)} has no recorded call")
    return calls


def _listing(
    shell: Shell, asked: Asked, found: SessionAnswer | None, calls: Sequence[_Numbered]
) -> Iterator[str]:
    from .tables import Column, Ink, draw, folded

    ink, name = Ink(on=shell.colour and asked.colour), found.session_id if found else ""
    copies = [each for each in calls if each.call.who.session != name]
    own = [each.call for each in calls if each not in copies]
    places = _places(*(each.call.cost for each in calls), _sum(own))
    rows = [_row(str(each.number), each.call, places) for each in calls]
    total = _total(own, places)
    titles = ("Round", "Model", "Tokens", "Cost", "Card")
    cells = zip(*rows, *([total] if total else []), strict=True)
    columns = [Column(title, each) for title, each in zip(titles, cells, strict=True)]
    columns[1] = columns[1]._replace(text=True, least=16)
    columns[2] = columns[2]._replace(rank=2)
    columns[4] = columns[4]._replace(text=True, rank=4)
    yield from draw(columns, shell.width, ink, total=bool(total))
    yield ""
    if copies:
        rounds = ", ".join(str(each.number) for each in copies)
        said = f"copies, which count where they were made and not in this session: {rounds}"
        yield from folded(said, shell.width)
    yield f"for one of them: tally price explain {short_id(name)}#{calls[0].number}"


def _row(number_: str, call: Call, places: int) -> tuple[str, ...]:
    tokens, cost = number(sum(call.counts)), _amount(call.cost, places)
    return number_, plain(call.model), tokens, cost, plain(call.card) or DASH


def _sum(own: Sequence[Call]) -> Money | None:
    """What calls come to, if they have one currency."""
    costs = [call.cost for call in own if call.cost]
    if len({cost.currency for cost in costs}) != 1:
        return None
    return reduce(add, costs)


def _total(own: Sequence[Call], places: int) -> tuple[str, ...] | None:
    cost = _sum(own)
    if cost is None:
        return None
    tokens = sum(sum(call.counts) for call in own)
    mark = "≥ " if any(call.unpriced for call in own) else ""
    return "Total", "", number(tokens), mark + _amount(cost, places), ""


class _Page(NamedTuple):
    """All that there is to tell about the charge of a call."""

    shell: Shell
    asked: Asked
    working: Working
    tz: str

    def lines(self) -> Iterator[str]:
        """For people."""
        from .pricequote import quote_table
        from .tables import Ink, facts

        ink, call = Ink(on=self.shell.colour and self.asked.colour), self.working.call
        at = local(call.started_ms, self.tz)
        yield ink.bold(
            plain(f"{call.provider or DASH}/{call.model}, {at:%Y-%m-%d %H:%M:%S} ({self.tz})")
        )
        yield from quote_table(self.working.quote, self.shell.width, ink)
        yield ""
        yield from facts([*self._card(), *self._call()], ink, self.shell.width)

    def json(self) -> dict[str, Any]:
        """The quote by today's prices, with what is recorded."""
        from ..quoting import quote_json
        from .pricefactors import factor_json

        working, call = self.working, self.working.call
        card, tier = working.card, working.tier
        return {
            **quote_json(working.quote),
            "steps": list(working.steps),
            "source": (card.source or card.origin) if card else None,
            "url": (card.url or None) if card else None,
            "from": _day(card.valid_from_ms) if card else None,
            "to": _day(card.valid_to_ms) if card else None,
            "prompt": working.prompt,
            "tier": tier.mark.lstrip("#") if tier else None,
            "hours": [factor_json(each) for each in working.hours],
            "factors": {name: f"{a}/{b}" for name, (a, b) in working.factors.items()},
            "recorded": {
                "session": call.who.session,
                "at": exact_time(call.started_ms, self.tz),
                "status": call.status,
                "amount": _json_amount(call.cost),
                "reported": _json_amount(call.reported),
                "billed": _json_amount(call.billed),
                "card": call.card or None,
                "dialect": call.dialect or None,
                "assumptions": list(call.assumptions),
                "same": working.same,
            },
        }

    def _card(self) -> Iterator[tuple[str, str]]:
        from .pricefactors import factor_facts, factor_text
        from .pricequote import BASES

        working, card, quote = self.working, self.working.card, self.working.quote
        if quote.reason:
            yield "unpriced", plain(quote.reason)
        if working.charge is None or card is None:
            return
        yield "card", plain(working.charge.card)
        yield "in force", _span(card)
        yield "reached by", ", ".join(map(plain, working.steps)) or "its very name"
        yield "basis", BASES[working.charge.basis]
        yield from self._tier()
        if card.schedule:
            yield "only at", plain(card.schedule.words)
        yield from factor_facts(working.factors)
        yield from (("by the hour", factor_text(each, card)) for each in working.hours)
        if quote.context:
            pairs = ", ".join(f"{key}={value}" for key, value in quote.context.items())
            yield "context", plain(pairs)
        origin = "your own price file" if card.origin == "override" else card.origin
        yield "source", plain(f"{card.source or origin} {card.url}".strip())
        yield from (("note", plain(note)) for note in card.notes)

    def _tier(self) -> Iterator[tuple[str, str]]:
        from .priceadvice import tier_text

        working = self.working
        tiers = working.card.tiers if working.card else ()
        met = f"a prompt of {count(working.prompt, 'token')}"
        if any(tier.output_over >= 0 for tier in tiers):
            met += f" with an answer of {number(sum(working.call.counts[1:3]))}"
        if working.tier is not None:
            mark = working.tier.mark.lstrip("#")
            yield "tier", f"{mark}, for {tier_text(working.tier)}: {met}"
        elif tiers and working.call.status != "recovered":
            others = " or ".join(map(tier_text, tiers))
            yield "tier", f"the base: {met}; another rate holds for {others}"

    def _call(self) -> Iterator[tuple[str, str]]:
        call, working = self.working.call, self.working
        codes = dict.fromkeys((*filter(None, call.note.split(";")), *call.assumptions))
        if working.same:
            codes |= dict.fromkeys(working.quote.assumptions)
        yield from (("assumed", assumed(code)) for code in codes)
        if not working.same:
            card = f" by {plain(call.card)}" if call.card else ""
            why = "above is what it costs today"
            if working.holds_more:
                why = "with extras that only its forgotten raw usage told"
            yield "recorded", f"{_amount(call.cost)}{card}, {why}"
            if not working.holds_more:
                yield "", "to see what else would change: tally price apply"
        told = f"{_amount(call.reported)}, by the agent itself"
        yield "reported", told if call.reported else "the agent told no cost"
        yield "billed", f"{_amount(call.billed)}, by a plan" if call.billed else "not known"
        if call.status != "complete":
            yield "state", state_text(call.status)
        version = f", version {call.version}" if call.version else ""
        dialect = f"the dialect {call.dialect}{version}" if call.dialect else ""
        yield "counted by", dialect or "the agent's own running totals"
        if call.who.session:
            yield "session", plain(call.who.session)


def _amount(money_: Money | None, places: int | None = None) -> str:
    """An amount with so many decimals, else with those that it has."""
    if money_ is None:
        return DASH
    return money(money_.nanos, money_.currency, _places(money_) if places is None else places)


def _places(*amounts: Money | None) -> int:
    """The decimals that amounts have, two at least."""
    return max(2, *(len(each.text.partition(".")[2]) for each in amounts if each))


def _json_amount(amount: Money | None) -> dict[str, str] | None:
    return None if amount is None else {amount.currency: decimal_text(amount.nanos)}


def _day(ms: int | None) -> str | None:
    return None if ms is None else instant(ms).date().isoformat()


def _span(card: RateCard) -> str:
    since, until, known = map(_day, (card.valid_from_ms, card.valid_to_ms, card.known_from_ms))
    first = since or (f"known since {known}," if known else "the first day")
    return f"{first} to {until or 'now'}" if since or until or known else "always"
